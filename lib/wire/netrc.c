/* SPDX-License-Identifier: MIT */
#include "wire/netrc.h"

void netrc_login_release(struct netrc_login *l)
{
    buf_release(&l->user);
    buf_release(&l->password);
}

/* ---- Words ---- */

struct reader {
    struct str rest;
    struct buf word;
    bool bare; /* the word was not quoted: it may be a key */
};

static bool is_space(char c)
{
    return ascii_is_blank(c) || c == '\n' || c == '\r' || c == '\f' || c == '\v';
}

static void skip(struct reader *r, size_t len)
{
    r->rest.at += len;
    r->rest.len -= len;
}

static void skip_line(struct reader *r)
{
    const char *end = memchr(r->rest.at, '\n', r->rest.len);

    skip(r, end ? (size_t)(end - r->rest.at) + 1 : r->rest.len);
}

/* A macro's lines, up to an empty one. */
static void skip_macro(struct reader *r)
{
    skip_line(r);
    while (r->rest.len && r->rest.at[0] != '\n' &&
           !(r->rest.at[0] == '\r' && r->rest.len > 1 && r->rest.at[1] == '\n'))
        skip_line(r);
}

static char unescaped(char c)
{
    return (char)(c == 'n' ? '\n' : c == 'r' ? '\r' : c == 't' ? '\t' : c);
}

/* Behind the opening quote. */
static enum netrc_outcome quoted_word(struct reader *r)
{
    while (r->rest.len && r->rest.at[0] != '"' && r->rest.at[0] != '\n' && r->rest.at[0]) {
        char c = r->rest.at[0];
        skip(r, 1);
        if (c == '\\') {
            if (!r->rest.len || !r->rest.at[0] || r->rest.at[0] == '\n')
                return NETRC_SYNTAX;
            c = unescaped(r->rest.at[0]);
            skip(r, 1);
        }
        if (!buf_append_char(&r->word, c))
            return NETRC_NO_MEMORY;
    }
    if (!r->rest.len || r->rest.at[0] != '"')
        return NETRC_SYNTAX;
    skip(r, 1);
    return NETRC_FOUND;
}

static enum netrc_outcome bare_word(struct reader *r)
{
    size_t len = 0;

    while (len < r->rest.len && r->rest.at[len] && !is_space(r->rest.at[len]))
        len++;
    r->bare = true;
    if (!buf_append(&r->word, r->rest.at, len))
        return NETRC_NO_MEMORY;
    skip(r, len);
    return NETRC_FOUND;
}

/* The next word: NETRC_NO_MATCH at the end. */
static enum netrc_outcome next_word(struct reader *r)
{
    buf_clear(&r->word);
    r->bare = false;
    while (r->rest.len) {
        char c = r->rest.at[0];
        if (c == '"') {
            skip(r, 1);
            return quoted_word(r);
        }
        if (c == '#' || !c)
            skip_line(r);
        else if (is_space(c))
            skip(r, 1);
        else
            return bare_word(r);
    }
    return NETRC_NO_MATCH;
}

/* ---- Entries ---- */

struct search {
    struct str host, user;
    bool ours; /* the entry is for our host */
    bool has_login, has_password, found;
    struct netrc_login entry, best; /* best: has a login only */
};

static bool copy(struct buf *to, const struct buf *from)
{
    buf_clear(to);
    return buf_append(to, buf_text(from), from->len);
}

static bool login_matches(const struct search *s)
{
    return !s->user.at || !s->has_login ||
           str_equal(s->user, (struct str){buf_text(&s->entry.user), s->entry.user.len});
}

/* An entry, or a pair in it, is complete. True when it is what we look for. */
static bool judge(struct search *s)
{
    if (!s->ours || !login_matches(s))
        return false;
    if (s->has_password)
        return true;
    if (s->has_login && !s->found) {
        s->found = true;
        copy(&s->best.user, &s->entry.user); /* what fails stays failed: looked at in the end */
    }
    return false;
}

static void begin_entry(struct search *s, bool ours)
{
    s->ours = ours;
    s->has_login = s->has_password = false;
    buf_clear(&s->entry.user);
    buf_clear(&s->entry.password);
}

/* Takes one key with its word in. NETRC_FOUND: an entry fits; NETRC_NO_MATCH: go on. */
static enum netrc_outcome take(struct search *s, struct reader *r)
{
    struct str key = {buf_text(&r->word), r->word.len};
    bool machine = str_equal_nocase(key, STR("machine"));
    bool login = str_equal_nocase(key, STR("login"));
    bool password = str_equal_nocase(key, STR("password"));
    enum netrc_outcome outcome;

    if (machine || str_equal_nocase(key, STR("default"))) {
        if (judge(s))
            return NETRC_FOUND;
        begin_entry(s, !machine);
    }
    if (!machine && !login && !password)
        return NETRC_NO_MATCH;
    if ((login || password) && s->ours && s->has_login && s->has_password) {
        if (judge(s)) /* another pair of the same machine */
            return NETRC_FOUND;
        begin_entry(s, true);
    }
    outcome = next_word(r);
    if (outcome)
        return outcome;
    if (machine)
        s->ours = str_equal_nocase((struct str){buf_text(&r->word), r->word.len}, s->host);
    else if (login)
        s->has_login = true;
    else
        s->has_password = true;
    if (!machine && !copy(login ? &s->entry.user : &s->entry.password, &r->word))
        return NETRC_NO_MEMORY;
    return NETRC_NO_MATCH;
}

static enum netrc_outcome search(struct search *s, struct reader *r)
{
    for (;;) {
        enum netrc_outcome outcome = next_word(r);
        if (outcome == NETRC_NO_MATCH)
            return judge(s) ? NETRC_FOUND : NETRC_NO_MATCH;
        if (outcome)
            return outcome;
        if (str_equal_nocase((struct str){buf_text(&r->word), r->word.len}, STR("macdef"))) {
            skip_macro(r);
            continue;
        }
        outcome = take(s, r);
        if (outcome != NETRC_NO_MATCH)
            return outcome;
    }
}

static bool give(struct netrc_login *to, const struct netrc_login *from)
{
    return copy(&to->user, &from->user) && copy(&to->password, &from->password);
}

enum netrc_outcome netrc_find(struct str file, struct str host, struct str user,
                              struct netrc_login *ret_login)
{
    struct reader r = {.rest = file};
    struct search s = {.host = host, .user = user};
    enum netrc_outcome outcome = search(&s, &r);

    if (buf_failed(&s.best.user) || (outcome == NETRC_FOUND && !give(ret_login, &s.entry)))
        outcome = NETRC_NO_MEMORY;
    else if (outcome == NETRC_NO_MATCH && s.found)
        outcome = give(ret_login, &s.best) ? NETRC_FOUND : NETRC_NO_MEMORY;
    buf_release(&r.word);
    netrc_login_release(&s.entry);
    netrc_login_release(&s.best);
    return outcome;
}
