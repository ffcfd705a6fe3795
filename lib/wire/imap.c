/* SPDX-License-Identifier: MIT */
#include "wire/imap.h"

#include "wire/escape.h"
#include "wire/sasl.h"

#include <string.h>

/* ---- Lines ---- */

static struct str behind(struct str s, size_t len)
{
    return (struct str){s.at + len, s.len - len};
}

/* Up to the next blank. */
static struct str first_word(struct str s)
{
    const char *end = memchr(s.at, ' ', s.len);

    return (struct str){s.at, end ? (size_t)(end - s.at) : s.len};
}

/* Behind the first word and its blank. */
static struct str other_words(struct str s)
{
    size_t len = first_word(s).len;

    return behind(s, len < s.len ? len + 1 : len);
}

static enum imap_status read_status(struct str word)
{
    static const struct str words[] = {
        [IMAP_OK] = STR("OK"),           [IMAP_NO] = STR("NO"),   [IMAP_BAD] = STR("BAD"),
        [IMAP_PREAUTH] = STR("PREAUTH"), [IMAP_BYE] = STR("BYE"),
    };
    enum imap_status i = IMAP_OK;

    while (i < IMAP_NONE && !str_equal_nocase(word, words[i]))
        i++;
    return i;
}

static bool begins_with(struct str line, struct str word)
{
    return str_equal(first_word(line), word);
}

void imap_read_line(struct str line, struct str tag, struct imap_line *ret)
{
    *ret = (struct imap_line){IMAP_OTHER, IMAP_NONE, line};
    if (begins_with(line, STR("+")))
        ret->kind = IMAP_CONTINUE;
    else if (begins_with(line, STR("*")) && line.len > 1)
        ret->kind = IMAP_UNTAGGED;
    else if (tag.len && begins_with(line, tag))
        ret->kind = IMAP_TAGGED;
    else
        return;
    ret->text = other_words(line);
    if (ret->kind != IMAP_CONTINUE)
        ret->status = read_status(first_word(ret->text));
}

bool imap_has_literal(struct str line, int64_t *ret_len)
{
    int64_t len = 0;
    size_t at;

    if (line.len < 3 || line.at[line.len - 1] != '}')
        return false;
    for (at = line.len - 1; at && line.at[at] != '{'; at--)
        ;
    if (line.at[at] != '{' || at + 2 == line.len)
        return false;
    for (at++; at + 1 < line.len; at++) {
        if (line.at[at] < '0' || line.at[at] > '9' || len > (INT64_MAX - 9) / 10)
            return false;
        len = len * 10 + (line.at[at] - '0');
    }
    *ret_len = len;
    return true;
}

static bool is_number(struct str word)
{
    for (size_t i = 0; i < word.len; i++) {
        if (word.at[i] < '0' || word.at[i] > '9')
            return false;
    }
    return word.len;
}

static bool is_one_of(struct str word, const struct str *words, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (str_equal_nocase(word, words[i]))
            return true;
    }
    return false;
}

bool imap_answers(struct str text, struct str command)
{
    /* The untagged responses to these have other names, or all are wanted. */
    static const struct str with_any[] = {STR("SELECT"),       STR("EXAMINE"), STR("SEARCH"),
                                          STR("EXPUNGE"),      STR("LSUB"),    STR("UID"),
                                          STR("GETQUOTAROOT"), STR("NOOP")};
    struct str word = first_word(text);

    if (is_number(word))
        word = first_word(other_words(text));
    return str_equal_nocase(word, command) ||
           (str_equal_nocase(command, STR("STORE")) && str_equal_nocase(word, STR("FETCH"))) ||
           is_one_of(command, with_any, sizeof(with_any) / sizeof(with_any[0]));
}

struct str imap_find_uidvalidity(struct str text)
{
    static const struct str start = STR("OK [UIDVALIDITY ");
    struct str number;

    if (!str_starts_nocase(text, start))
        return STR("");
    number = behind(text, start.len);
    for (size_t i = 0; i < number.len; i++) {
        if (number.at[i] == ']')
            return (struct str){number.at, i};
    }
    return STR("");
}

static void read_ability(struct str word, struct imap_abilities *a)
{
    static const struct str auth = STR("AUTH=");

    if (str_equal_nocase(word, STR("STARTTLS")))
        a->starttls = true;
    else if (str_equal_nocase(word, STR("LOGINDISABLED")))
        a->login_disabled = true;
    else if (str_equal_nocase(word, STR("SASL-IR")))
        a->first_message = true;
    else if (str_starts_nocase(word, auth))
        a->sasl |= sasl_find(behind(word, auth.len));
}

void imap_read_abilities(struct str text, struct imap_abilities *a)
{
    if (!str_equal_nocase(first_word(text), STR("CAPABILITY")))
        return;
    for (text = other_words(text); text.len; text = other_words(text))
        read_ability(first_word(text), a);
}

/* ---- Texts ---- */

bool imap_append_quoted(struct buf *to, struct str text)
{
    buf_append_char(to, '"');
    for (size_t i = 0; i < text.len; i++) {
        if (text.at[i] == '"' || text.at[i] == '\\')
            buf_append_char(to, '\\');
        buf_append_char(to, text.at[i]);
    }
    return buf_append_char(to, '"');
}

static bool is_atom(struct str text)
{
    for (size_t i = 0; i < text.len; i++) {
        if ((unsigned char)text.at[i] <= ' ' || strchr("(){%*]\"\\\x7f", text.at[i]))
            return false;
    }
    return text.len;
}

bool imap_append_astring(struct buf *to, struct str text)
{
    return is_atom(text) ? buf_append(to, text.at, text.len) : imap_append_quoted(to, text);
}

/* ---- URLs ---- */

void imap_place_release(struct imap_place *p)
{
    struct buf *const all[] = {&p->mailbox, &p->uidvalidity, &p->uid,  &p->index,
                               &p->section, &p->partial,     &p->query};

    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
        buf_release(all[i]);
}

/* What was said already, or has bytes that no command can carry, is no part of such a URL. */
static CURLcode decode(struct buf *to, struct str text)
{
    if (to->len)
        return CURLE_URL_MALFORMAT;
    if (!unescape_append(to, text))
        return CURLE_OUT_OF_MEMORY;
    for (size_t i = 0; i < to->len; i++) {
        if ((unsigned char)to->bytes[i] < ' ' || to->bytes[i] == 0x7f)
            return CURLE_URL_MALFORMAT;
    }
    return CURLE_OK;
}

static struct buf *find_parameter(struct imap_place *p, struct str name)
{
    const struct {
        struct str name;
        struct buf *value;
    } known[] = {
        {STR("UIDVALIDITY"), &p->uidvalidity},
        {STR("UID"),         &p->uid        },
        {STR("MAILINDEX"),   &p->index      },
        {STR("SECTION"),     &p->section    },
        {STR("PARTIAL"),     &p->partial    },
    };

    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        if (str_equal_nocase(name, known[i].name))
            return known[i].value;
    }
    return NULL;
}

/* "NAME=VALUE", up to the next semicolon; a slash at the end belongs to what follows. */
static CURLcode read_parameter(struct str text, struct imap_place *p)
{
    const char *equals = memchr(text.at, '=', text.len);
    struct buf *to;
    struct str value;

    if (!equals)
        return CURLE_URL_MALFORMAT;
    to = find_parameter(p, (struct str){text.at, (size_t)(equals - text.at)});
    value = behind(text, (size_t)(equals + 1 - text.at));
    if (value.len && value.at[value.len - 1] == '/')
        value.len--;
    return to && value.len ? decode(to, value) : CURLE_URL_MALFORMAT;
}

static struct str up_to_semicolon(struct str text)
{
    const char *end = memchr(text.at, ';', text.len);

    return (struct str){text.at, end ? (size_t)(end - text.at) : text.len};
}

CURLcode imap_read_place(const char *path, const char *query, struct imap_place *ret)
{
    struct str rest = str_of(path && *path == '/' ? path + 1 : "");
    struct str mailbox = up_to_semicolon(rest);
    CURLcode result = CURLE_OK;

    rest = behind(rest, mailbox.len);
    if (mailbox.len && mailbox.at[mailbox.len - 1] == '/')
        mailbox.len--;
    if (mailbox.len)
        result = decode(&ret->mailbox, mailbox);
    while (!result && rest.len) {
        struct str parameter = up_to_semicolon(behind(rest, 1));

        rest = behind(rest, parameter.len + 1);
        result = read_parameter(parameter, ret);
    }
    if (!result && query && *query && ret->mailbox.len && !ret->uid.len && !ret->index.len)
        result = decode(&ret->query, str_of(query));
    return result;
}
