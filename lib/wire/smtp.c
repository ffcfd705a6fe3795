/* SPDX-License-Identifier: MIT */
#include "wire/smtp.h"

#include "base/mem.h"
#include "wire/idn.h"
#include "wire/sasl.h"

#include <string.h>

/* ---- Replies ---- */

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

bool smtp_read_line(struct str line, struct smtp_line *ret)
{
    enum { CODE = 3 };

    if (line.len < CODE || !is_digit(line.at[0]) || !is_digit(line.at[1]) || !is_digit(line.at[2]))
        return false;
    if (line.len > CODE && line.at[CODE] != ' ' && line.at[CODE] != '-')
        return false;
    ret->code = (line.at[0] - '0') * 100 + (line.at[1] - '0') * 10 + (line.at[2] - '0');
    ret->last = line.len == CODE || line.at[CODE] == ' ';
    ret->text = line.len > CODE ? (struct str){line.at + CODE + 1, line.len - CODE - 1} : STR("");
    return true;
}

/* What is behind a word, if the text begins with it. */
static bool has_word(struct str text, struct str word, struct str *ret_rest)
{
    if (!str_starts_nocase(text, word))
        return false;
    *ret_rest = (struct str){text.at + word.len, text.len - word.len};
    return !ret_rest->len || *ret_rest->at == ' ';
}

void smtp_read_ability(struct str text, struct smtp_abilities *a)
{
    struct str rest;

    if (has_word(text, STR("STARTTLS"), &rest)) {
        a->starttls = true;
    } else if (has_word(text, STR("SIZE"), &rest)) {
        a->size = true;
    } else if (has_word(text, STR("SMTPUTF8"), &rest)) {
        a->utf8 = true;
    } else if (has_word(text, STR("AUTH"), &rest)) {
        a->auth = true;
        a->sasl |= sasl_read_list(rest);
    }
}

/* ---- Addresses ---- */

void smtp_read_address(struct str address, struct smtp_address *ret)
{
    const char *end;

    *ret = (struct smtp_address){.local = STR(""), .host = STR(""), .parameters = STR("")};
    if (address.len && *address.at == '<') {
        address = (struct str){address.at + 1, address.len - 1};
        end = memrchr(address.at, '>', address.len);
        if (end) {
            size_t len = (size_t)(end - address.at);

            ret->parameters = (struct str){end + 1, address.len - len - 1};
            address.len = len;
        }
    }
    ret->local = address;
    end = memrchr(address.at, '@', address.len);
    if (!end)
        return;
    ret->local.len = (size_t)(end - address.at);
    ret->host = (struct str){end + 1, address.len - ret->local.len - 1};
}

/* As it is where there is no punycode of it: the server decides. */
static bool append_host(struct buf *to, struct str host)
{
    scoped(buf) name = {0};
    char *ascii = NULL;
    CURLUcode result;

    if (!idn_is_needed(host))
        return buf_append(to, host.at, host.len);
    if (!buf_append(&name, host.at, host.len))
        return false;
    result = idn_to_ascii(name.bytes, &ascii);
    if (result == CURLUE_OUT_OF_MEMORY)
        return false;
    if (result)
        return buf_append(to, host.at, host.len);
    buf_append_text(to, ascii);
    mem_free(ascii);
    return !buf_failed(to);
}

bool smtp_append_mailbox(struct buf *to, const struct smtp_address *a)
{
    buf_append(to, a->local.at, a->local.len);
    if (!a->host.len)
        return !buf_failed(to);
    buf_append_char(to, '@');
    return append_host(to, a->host);
}

bool smtp_address_is_utf8(const struct smtp_address *a)
{
    return idn_is_needed(a->local) || idn_is_needed(a->host);
}

/* ---- The message ---- */

bool smtp_stuff(struct smtp_stuffing *s, const char *bytes, size_t len, struct buf *to)
{
    size_t done = 0;

    for (size_t i = 0; i < len; i++) {
        if (s->state == SMTP_LINE_BEGINS && bytes[i] == '.') {
            buf_append(to, bytes + done, i - done);
            buf_append_char(to, '.');
            done = i;
        }
        if (bytes[i] == '\n' && s->state == SMTP_CR)
            s->state = SMTP_LINE_BEGINS;
        else
            s->state = bytes[i] == '\r' ? SMTP_CR : SMTP_INSIDE;
    }
    buf_append(to, bytes + done, len - done);
    return !buf_failed(to);
}

bool smtp_stuff_end(const struct smtp_stuffing *s, struct buf *to)
{
    if (s->state != SMTP_LINE_BEGINS)
        buf_append_text(to, "\r\n");
    return buf_append_text(to, ".\r\n");
}
