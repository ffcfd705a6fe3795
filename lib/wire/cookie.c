/* SPDX-License-Identifier: MIT */
#include "wire/cookie.h"

#include "wire/date.h"

#include <arpa/inet.h>

enum {
    LIFE_MOST_S = 400 * 24 * 3600, /* RFC 6265bis 5.5 */
    DATE_MOST = 79,                /* bytes of an Expires date */
    ADDRESS_MOST = 64,
};

/* ---- Hosts ---- */

bool cookie_host_is_address(struct str host)
{
    char text[ADDRESS_MOST];
    unsigned char address[16];

    if (host.len > 2 && host.at[0] == '[' && host.at[host.len - 1] == ']')
        host = (struct str){host.at + 1, host.len - 2};
    if (!host.len || host.len >= sizeof(text))
        return false;
    memcpy(text, host.at, host.len);
    text[host.len] = '\0';
    return inet_pton(AF_INET, text, address) == 1 || inet_pton(AF_INET6, text, address) == 1;
}

bool cookie_host_is_local(struct str host)
{
    return str_equal_nocase(host, STR("localhost")) || str_equal(host, STR("127.0.0.1")) ||
           str_equal(host, STR("[::1]")) || str_equal(host, STR("::1"));
}

bool cookie_domain_has(struct str domain, struct str host)
{
    if (host.len < domain.len)
        return false;
    if (host.len > domain.len && host.at[host.len - domain.len - 1] != '.')
        return false;
    return str_equal_nocase((struct str){host.at + host.len - domain.len, domain.len}, domain);
}

/* ---- Sending ---- */

/* RFC 6265 5.1.4. */
static bool path_has(struct str cookie, struct str request)
{
    if (!request.len || request.at[0] != '/')
        request = STR("/");
    if (cookie.len <= 1)
        return true;
    return request.len >= cookie.len && !memcmp(cookie.at, request.at, cookie.len) &&
           (request.len == cookie.len || request.at[cookie.len] == '/');
}

bool cookie_matches(const struct cookie *c, const struct cookie_origin *to)
{
    if (c->secure && !to->secure)
        return false;
    if (!path_has(c->path, to->path))
        return false;
    if (!c->domain.len)
        return true;
    if (c->tail && !cookie_host_is_address(to->host))
        return cookie_domain_has(c->domain, to->host);
    return str_equal_nocase(c->domain, to->host);
}

/* ---- One cookie and another ---- */

bool cookie_same(const struct cookie *a, const struct cookie *b)
{
    return a->tail == b->tail && str_equal(a->name, b->name) && str_equal(a->path, b->path) &&
           str_equal_nocase(a->domain, b->domain);
}

bool cookie_domains_meet(const struct cookie *a, const struct cookie *b)
{
    return str_equal_nocase(a->domain, b->domain) ||
           (a->tail && cookie_domain_has(a->domain, b->domain)) ||
           (b->tail && cookie_domain_has(b->domain, a->domain));
}

/* A path up to its second slash. */
static struct str first_component(struct str path)
{
    const char *slash = path.len > 1 ? memchr(path.at + 1, '/', path.len - 1) : NULL;

    return slash ? (struct str){path.at, (size_t)(slash - path.at)} : path;
}

bool cookie_overlays(const struct cookie *newer, const struct cookie *older)
{
    struct str part = first_component(older->path);

    if (!older->secure || newer->secure || !str_equal(newer->name, older->name) ||
        !newer->domain.len || !older->domain.len || !cookie_domains_meet(newer, older))
        return false;
    return newer->path.len >= part.len && !memcmp(newer->path.at, part.at, part.len);
}

/* ---- Set-Cookie ---- */

static bool has_bad_octets(struct str text)
{
    for (size_t i = 0; i < text.len; i++) {
        if ((unsigned char)text.at[i] < ' ' || text.at[i] == 0x7f)
            return true;
    }
    return false;
}

/* Cuts what stands before the next semicolon from `rest`; name and value without blanks around
 * them. *ret_pair: there was a '='. */
static void take_piece(struct str *rest, struct str *ret_name, struct str *ret_value,
                       bool *ret_pair)
{
    const char *end = memchr(rest->at, ';', rest->len);
    struct str piece = {rest->at, end ? (size_t)(end - rest->at) : rest->len};
    const char *equals = piece.len ? memchr(piece.at, '=', piece.len) : NULL;
    size_t used = piece.len + (end ? 1 : 0),
           name = equals ? (size_t)(equals - piece.at) : piece.len;

    *ret_name = str_trim_blanks((struct str){piece.at, name});
    *ret_value = STR("");
    if (equals)
        *ret_value = str_trim_blanks((struct str){equals + 1, piece.len - name - 1});
    *ret_pair = equals != NULL;
    rest->at += used;
    rest->len -= used;
}

static bool is_oversized(struct str name, struct str value)
{
    return name.len > COOKIE_PART_MAX || value.len > COOKIE_PART_MAX ||
           name.len + value.len > COOKIE_PAIR_MAX;
}

/* Without quotes around it and slashes at its end; "/" when it does not begin with one. */
static struct str clean_path(struct str path)
{
    if (path.len && path.at[0] == '"') {
        path.at++;
        path.len--;
        if (path.len && path.at[path.len - 1] == '"')
            path.len--;
    }
    if (!path.len || path.at[0] != '/')
        return STR("/");
    while (path.len > 1 && path.at[path.len - 1] == '/')
        path.len--;
    return path;
}

/* RFC 6265 5.1.4: the folder of the request. */
static struct str default_path(struct str request)
{
    const char *slash;

    if (!request.at || !request.len || request.at[0] != '/')
        return STR("/");
    slash = memrchr(request.at, '/', request.len);
    if (!slash || slash == request.at)
        return STR("/");
    return (struct str){request.at, (size_t)(slash - request.at)};
}

static enum cookie_outcome take_domain(struct str value, const struct cookie_origin *from,
                                       struct cookie *c)
{
    bool address;

    if (value.len && value.at[0] == '.')
        value = (struct str){value.at + 1, value.len - 1};
    if (!value.len)
        return COOKIE_GOOD;
    c->domain = value;
    address = cookie_host_is_address(from->host.at ? from->host : value);
    c->tail = !address;
    if (value.at[0] == '.')
        return COOKIE_BAD_DOMAIN;
    if (!from->host.at)
        return COOKIE_GOOD;
    if (address ? str_equal_nocase(value, from->host) : cookie_domain_has(value, from->host))
        return COOKIE_GOOD;
    return COOKIE_BAD_DOMAIN;
}

/* What is no number lets the cookie end at once. */
static int64_t parse_max_age(struct str value, int64_t now)
{
    int64_t seconds;

    if (value.len && value.at[0] == '"')
        value = (struct str){value.at + 1, value.len - 1};
    if (!value.len || !ascii_is_digit(value.at[0]))
        return 1;
    if (!str_take_number(&value, INT64_MAX, &seconds))
        return INT64_MAX;
    if (!seconds)
        return 1;
    return seconds > INT64_MAX - now ? INT64_MAX : now + seconds;
}

static int64_t parse_expires(struct str value)
{
    int64_t time;

    if (value.len > DATE_MOST || !date_parse(value, &time))
        return 0;
    return time > 0 ? time : 1;
}

static enum cookie_outcome take_attribute(struct str name, struct str value,
                                          const struct cookie_origin *from, int64_t now,
                                          struct cookie *c)
{
    if (!value.len) {
        c->secure = c->secure || str_equal_nocase(name, STR("secure"));
        c->http_only = c->http_only || str_equal_nocase(name, STR("httponly"));
        return c->secure && from->host.at && !from->secure ? COOKIE_INSECURE : COOKIE_GOOD;
    }
    if (str_equal_nocase(name, STR("path")))
        c->path = clean_path(value);
    else if (str_equal_nocase(name, STR("domain")))
        return take_domain(value, from, c);
    else if (str_equal_nocase(name, STR("max-age")))
        c->expires = parse_max_age(value, now);
    else if (str_equal_nocase(name, STR("expires")) && !c->expires)
        c->expires = parse_expires(value);
    return COOKIE_GOOD;
}

/* Rounded to a minute, as programs compare files. */
static int64_t cap_life(int64_t expires, int64_t now)
{
    int64_t most = now + LIFE_MOST_S;

    return expires > most ? (most + 30) / 60 * 60 : expires;
}

static bool keeps_prefix(const struct cookie *c)
{
    if (c->name.len >= 9 && !memcmp(c->name.at, "__Secure-", 9))
        return c->secure;
    if (c->name.len >= 7 && !memcmp(c->name.at, "__Host-", 7))
        return c->secure && !c->tail && str_equal(c->path, STR("/"));
    return true;
}

static enum cookie_outcome check(const struct cookie *c)
{
    if (has_bad_octets(c->name) || has_bad_octets(c->value) || has_bad_octets(c->path) ||
        has_bad_octets(c->domain))
        return COOKIE_BAD_OCTETS;
    return keeps_prefix(c) ? COOKIE_GOOD : COOKIE_BAD_PREFIX;
}

enum cookie_outcome cookie_parse_field(struct str line, const struct cookie_origin *from,
                                       int64_t now, struct cookie *c)
{
    bool pair;
    struct str name, value;

    *c = (struct cookie){
        .name = {"", 0},
          .value = {"", 0},
          .domain = {"", 0},
          .path = {"", 0}
    };
    if (line.len > COOKIE_LINE_MAX)
        return COOKIE_OVERSIZED;
    take_piece(&line, &c->name, &c->value, &pair);
    if (!pair || !c->name.len)
        return COOKIE_NONE;
    if (is_oversized(c->name, c->value))
        return COOKIE_OVERSIZED;
    while (line.len) {
        enum cookie_outcome outcome;

        take_piece(&line, &name, &value, &pair);
        outcome = is_oversized(name, value) ? COOKIE_OVERSIZED
                                            : take_attribute(name, value, from, now, c);
        if (outcome)
            return outcome;
    }
    if (!c->domain.len && from->host.at)
        c->domain = from->host;
    if (!c->path.len && from->host.at)
        c->path = default_path(from->path);
    c->expires = cap_life(c->expires, now);
    return check(c);
}

bool cookie_is_field(struct str text, struct str *ret_value)
{
    const struct str name = STR("Set-Cookie:");

    text = str_trim_blanks(text);
    if (!str_starts_nocase(text, name))
        return false;
    *ret_value = str_trim_blanks((struct str){text.at + name.len, text.len - name.len});
    return true;
}

/* ---- Lines of a file ---- */

/* Cuts the next field: fields stand between one or more TABs. */
static bool take_field(struct str *line, struct str *ret)
{
    const char *tab;

    while (line->len && line->at[0] == '\t') {
        line->at++;
        line->len--;
    }
    if (!line->len)
        return false;
    tab = memchr(line->at, '\t', line->len);
    *ret = (struct str){line->at, tab ? (size_t)(tab - line->at) : line->len};
    line->at += ret->len;
    line->len -= ret->len;
    return true;
}

static bool is_true(struct str field)
{
    return str_equal_nocase(field, STR("TRUE"));
}

static bool is_flag(struct str field)
{
    return is_true(field) || str_equal_nocase(field, STR("FALSE"));
}

static bool parse_time(struct str field, int64_t *ret)
{
    if (!field.len || !ascii_is_digit(field.at[0]))
        return false;
    if (!str_take_number(&field, INT64_MAX, ret)) {
        *ret = INT64_MAX;
        return true;
    }
    return !field.len;
}

static struct str without_dot(struct str domain)
{
    if (domain.len && domain.at[0] == '.')
        return (struct str){domain.at + 1, domain.len - 1};
    return domain;
}

/* Domain, whether hosts below it count, path, secure, expires, name, value. A path that is missing
 * is "/", and a value may be. */
enum cookie_outcome cookie_parse_line(struct str line, struct cookie *c)
{
    const struct str http_only = STR("#HttpOnly_");
    struct str fields[7], path;
    size_t count = 0, flag;

    *c = (struct cookie){
        .value = {"", 0}
    };
    if (line.len > COOKIE_LINE_MAX)
        return COOKIE_OVERSIZED;
    if (line.len > http_only.len && !memcmp(line.at, http_only.at, http_only.len)) {
        c->http_only = true;
        line = (struct str){line.at + http_only.len, line.len - http_only.len};
    }
    if (!line.len || line.at[0] == '#')
        return COOKIE_NONE;
    while (count < 7 && take_field(&line, &fields[count]))
        count++;
    path = count > 2 && !is_flag(fields[2]) ? fields[2] : STR("/");
    flag = count > 2 && is_flag(fields[2]) ? 2 : 3;
    if (count < flag + 3 || line.len || !parse_time(fields[flag + 1], &c->expires))
        return COOKIE_BAD_LINE;
    c->domain = without_dot(fields[0]);
    c->tail = is_true(fields[1]);
    c->path = clean_path(path);
    c->secure = is_true(fields[flag]);
    c->name = fields[flag + 2];
    if (count > flag + 3)
        c->value = fields[flag + 3];
    if (count > flag + 4 || !c->domain.len || c->domain.at[0] == '.' || c->domain.at[0] == '#')
        return COOKIE_BAD_LINE;
    if (is_oversized(c->name, c->value))
        return COOKIE_OVERSIZED;
    return check(c);
}

bool cookie_append_line(struct buf *b, const struct cookie *c)
{
    if (c->http_only)
        buf_append_text(b, "#HttpOnly_");
    if (c->tail && c->domain.len && c->domain.at[0] != '.')
        buf_append_char(b, '.');
    if (c->domain.len)
        buf_append(b, c->domain.at, c->domain.len);
    else
        buf_append_text(b, "unknown");
    buf_append_text(b, c->tail ? "\tTRUE\t" : "\tFALSE\t");
    if (c->path.len)
        buf_append(b, c->path.at, c->path.len);
    else
        buf_append_char(b, '/');
    buf_append_text(b, c->secure ? "\tTRUE\t" : "\tFALSE\t");
    buf_append_number(b, c->expires);
    buf_append_char(b, '\t');
    buf_append(b, c->name.at, c->name.len);
    buf_append_char(b, '\t');
    return buf_append(b, c->value.at, c->value.len);
}
