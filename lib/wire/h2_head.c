/* SPDX-License-Identifier: MIT */
#include "wire/h2_head.h"

#include "base/mem.h"

#include <string.h>

enum { PSEUDO_FIELDS = 4 };

void h2_head_release(struct h2_head *h)
{
    mem_free(h->fields);
    h->fields = NULL;
    buf_release(&h->names);
}

/* Takes the next line, without its end. */
static struct str next_line(struct str *text)
{
    const char *end = text->len ? memchr(text->at, '\n', text->len) : NULL;
    size_t len = end ? (size_t)(end - text->at) : text->len;
    struct str line = {text->at, len && text->at[len - 1] == '\r' ? len - 1 : len};

    text->at += end ? len + 1 : len;
    text->len -= end ? len + 1 : len;
    return line;
}

static bool split(struct str line, struct str *name, struct str *value)
{
    const char *colon = line.len ? memchr(line.at, ':', line.len) : NULL;

    if (!colon)
        return false;
    *name = (struct str){line.at, (size_t)(colon - line.at)};
    *value = str_trim_blanks((struct str){colon + 1, line.len - name->len - 1});
    return true;
}

/* Whether a Connection field's value names this field. */
static bool is_named_by(struct str list, struct str name)
{
    while (list.len) {
        const char *comma = memchr(list.at, ',', list.len);
        size_t len = comma ? (size_t)(comma - list.at) : list.len;

        if (str_equal_nocase(str_trim_blanks((struct str){list.at, len}), name))
            return true;
        list.at += comma ? len + 1 : len;
        list.len -= comma ? len + 1 : len;
    }
    return false;
}

static bool is_of_http1(struct str name, struct str value, struct str connection)
{
    static const char *const names[] = {
        "Host",    "Connection",        "Keep-Alive",    "Proxy-Connection",
        "Upgrade", "Transfer-Encoding", "HTTP2-Settings"};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (str_equal_nocase(name, str_of(names[i])))
            return true;
    }
    if (str_equal_nocase(name, STR("TE")))
        return !str_equal_nocase(value, STR("trailers"));
    return is_named_by(connection, name);
}

static struct str find(struct str text, struct str wanted)
{
    struct str name, value;

    while (text.len) {
        if (split(next_line(&text), &name, &value) && str_equal_nocase(name, wanted))
            return value;
    }
    return (struct str){0};
}

static size_t count_lines(struct str text)
{
    size_t count = 0;

    for (; text.len; count++)
        next_line(&text);
    return count;
}

static void add(struct h2_head *h, struct str name, struct str value)
{
    h->fields[h->count++] = (struct h2_field){name, value};
}

/* The name in lower case, in memory of the head's that was reserved. */
static struct str lower(struct h2_head *h, struct str name)
{
    char *at = h->names.bytes + h->names.len;

    for (size_t i = 0; i < name.len; i++)
        at[i] = ascii_lower(name.at[i]);
    h->names.len += name.len;
    return (struct str){at, name.len};
}

/* "scheme://authority/path", of a request to a proxy. */
static bool split_absolute(struct str target, struct str *scheme, struct str *authority,
                           struct str *path)
{
    const char *mark = target.at ? memmem(target.at, target.len, "://", 3) : NULL;
    struct str rest;
    size_t len = 0;

    if (!mark || memchr(target.at, '/', (size_t)(mark - target.at)))
        return false;
    *scheme = (struct str){target.at, (size_t)(mark - target.at)};
    rest = (struct str){mark + 3, target.len - scheme->len - 3};
    while (len < rest.len && rest.at[len] != '/' && rest.at[len] != '?')
        len++;
    *authority = (struct str){rest.at, len};
    *path = len < rest.len ? (struct str){rest.at + len, rest.len - len} : STR("/");
    return true;
}

/* "METHOD target HTTP/1.1" */
static void add_request_line(struct h2_head *h, struct str line, struct str scheme, struct str host)
{
    const char *blank = memchr(line.at, ' ', line.len);
    size_t method = blank ? (size_t)(blank - line.at) : line.len;
    struct str rest = {line.at + method, line.len - method};
    struct str target, authority = {0}, path;
    size_t last = rest.len;

    while (last && rest.at[last - 1] != ' ')
        last--;
    target = path = str_trim_blanks((struct str){rest.at, last});
    add(h, STR(":method"), (struct str){line.at, method});
    if (str_equal((struct str){line.at, method}, STR("CONNECT"))) {
        add(h, STR(":authority"), target);
        return;
    }
    (void)split_absolute(target, &scheme, &authority, &path);
    add(h, STR(":scheme"), scheme);
    if (host.at || authority.len)
        add(h, STR(":authority"), host.at ? host : authority);
    add(h, STR(":path"), path);
}

bool h2_head_parse(struct str text, struct str scheme, struct h2_head *ret)
{
    struct str connection = find(text, STR("Connection")), host = find(text, STR("Host"));
    struct str name, value, line;

    *ret = (struct h2_head){0};
    ret->fields = mem_calloc(count_lines(text) + PSEUDO_FIELDS, sizeof(*ret->fields));
    if (!ret->fields || !buf_reserve(&ret->names, text.len + 1)) {
        h2_head_release(ret);
        return false;
    }
    add_request_line(ret, next_line(&text), scheme, host);
    while (text.len) {
        line = next_line(&text);
        if (split(line, &name, &value) && name.len && !is_of_http1(name, value, connection))
            add(ret, lower(ret, name), value);
    }
    return true;
}

static bool is_clean(struct str s)
{
    return !s.len ||
           (!memchr(s.at, '\r', s.len) && !memchr(s.at, '\n', s.len) && !memchr(s.at, '\0', s.len));
}

bool h2_head_append_line(struct buf *lines, struct str name, struct str value)
{
    if (!is_clean(name) || !is_clean(value))
        return false;
    if (name.len && name.at[0] == ':') {
        if (!str_equal(name, STR(":status")))
            return false;
        buf_append_text(lines, "HTTP/2 ");
        buf_append(lines, value.at, value.len);
        buf_append_text(lines, " \r\n");
        return true;
    }
    buf_append(lines, name.at, name.len);
    buf_append_text(lines, ": ");
    buf_append(lines, value.at, value.len);
    buf_append_text(lines, "\r\n");
    return true;
}
