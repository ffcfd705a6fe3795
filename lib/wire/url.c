/* SPDX-License-Identifier: MIT */
#include "wire/url.h"

#include "base/mem.h"
#include "wire/scheme.h"
#include "wire/url_host.h"
#include "wire/url_inner.h"

/* ---- The object ---- */

void url_release(struct url *u)
{
    char *const parts[] = {u->scheme,  u->user, u->password, u->options, u->host,
                           u->zone_id, u->port, u->path,     u->query,   u->fragment};

    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
        mem_free(parts[i]);
    *u = (struct url){0};
}

static bool copy_text(const char *from, char **to)
{
    *to = from ? mem_strdup(from) : NULL;
    return !from || *to;
}

CURLUcode url_copy(const struct url *from, struct url *ret_to)
{
    struct url u = {.port_number = from->port_number, .guessed_scheme = from->guessed_scheme};

    if (!copy_text(from->scheme, &u.scheme) || !copy_text(from->user, &u.user) ||
        !copy_text(from->password, &u.password) || !copy_text(from->options, &u.options) ||
        !copy_text(from->host, &u.host) || !copy_text(from->zone_id, &u.zone_id) ||
        !copy_text(from->port, &u.port) || !copy_text(from->path, &u.path) ||
        !copy_text(from->query, &u.query) || !copy_text(from->fragment, &u.fragment)) {
        url_release(&u);
        return CURLUE_OUT_OF_MEMORY;
    }
    *ret_to = u;
    return CURLUE_OK;
}

int url_default_port(const char *scheme)
{
    const struct scheme *s = scheme_find(str_of(scheme));

    return s ? s->port : 0;
}

/* ---- Parsing an absolute URL ---- */

/* A copy of `s` in *ret_text. */
static CURLUcode keep(struct str s, char **ret_text)
{
    *ret_text = mem_memdup0(s.at, s.len);
    return *ret_text ? CURLUE_OK : CURLUE_OUT_OF_MEMORY;
}

static struct str cut(struct str s, size_t len)
{
    return (struct str){s.at + len, s.len - len};
}

/* Bytes in front of the first of `stops`, all if there is none. */
static size_t span_to(struct str s, const char *stops)
{
    for (size_t len = 0; len < s.len; len++)
        for (const char *stop = stops; *stop; stop++)
            if (s.at[len] == *stop)
                return len;
    return s.len;
}

/* Controls may stand nowhere, blanks only where a flag allows them. */
static bool has_junk(struct str s, unsigned flags)
{
    unsigned char last_bad = flags & CURLU_ALLOW_SPACE ? 0x1f : 0x20;

    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.at[i];

        if (c <= last_bad || c == 0x7f)
            return true;
    }
    return false;
}

/* "user", "user:password", with ";options" behind either for a scheme that has such. */
static CURLUcode parse_login(struct url *u, struct str login)
{
    const struct scheme *scheme = u->scheme ? scheme_find(str_of(u->scheme)) : NULL;
    bool options = scheme && scheme->login_options;
    const char *stops = options ? ":;" : ":";
    size_t len = span_to(login, stops);
    CURLUcode result = keep((struct str){login.at, len}, &u->user);

    login = cut(login, len);
    while (!result && login.len) {
        bool password = login.at[0] == ':';
        char **part = password ? &u->password : &u->options;

        login = cut(login, 1);
        len = span_to(login,
                      password ? (options && !u->options ? ";" : "") : (u->password ? "" : ":"));
        if (password || len)
            result = keep((struct str){login.at, len}, part);
        login = cut(login, len);
    }
    return result;
}

static CURLUcode parse_port(struct url *u, struct str text, bool had_scheme)
{
    size_t digits = 0;

    if (!text.len)
        return had_scheme ? CURLUE_OK : CURLUE_BAD_PORT_NUMBER;
    while (digits < text.len && ascii_is_digit(text.at[digits]))
        digits++;
    if (digits < text.len && text.at[digits] == '\\')
        return CURLUE_BACKSLASH;
    if (!url_parse_port(text, &u->port_number))
        return CURLUE_BAD_PORT_NUMBER;
    while (text.len > 1 && text.at[0] == '0')
        text = cut(text, 1);
    return keep(text, &u->port);
}

static CURLUcode parse_host_and_port(struct url *u, struct str text, bool had_scheme,
                                     unsigned flags)
{
    size_t host_len;
    struct str port;
    CURLUcode result;

    if (text.len && text.at[0] == '[') {
        host_len = span_to(text, "]") + 1;
        if (host_len > text.len)
            return CURLUE_BAD_IPV6;
        if (host_len < text.len && text.at[host_len] != ':')
            return text.at[host_len] == '\\' ? CURLUE_BACKSLASH : CURLUE_BAD_PORT_NUMBER;
    } else {
        host_len = span_to(text, ":");
    }
    port = cut(text, host_len);
    if (!host_len && (port.len || u->user || !(flags & CURLU_NO_AUTHORITY)))
        return CURLUE_NO_HOST;
    if (port.len) {
        result = parse_port(u, cut(port, 1), had_scheme);
        if (result)
            return result;
    }
    return url_host_parse((struct str){text.at, host_len}, true, &u->host, &u->zone_id);
}

static CURLUcode parse_authority(struct url *u, struct str text, bool had_scheme, unsigned flags)
{
    size_t login_len = span_to(text, "@");

    if (login_len < text.len) {
        CURLUcode result;

        if (flags & CURLU_DISALLOW_USER)
            return CURLUE_USER_NOT_ALLOWED;
        result = parse_login(u, (struct str){text.at, login_len});
        if (result)
            return result;
        text = cut(text, login_len + 1);
    }
    return parse_host_and_port(u, text, had_scheme, flags);
}

/* One of path, query and fragment, encoded if asked for. */
static CURLUcode keep_piece(struct str s, bool query, unsigned flags, char **ret_text)
{
    scoped(buf) text = {0};

    if (!(flags & CURLU_URLENCODE))
        return keep(s, ret_text);
    url_append_clean(&text, s, query);
    *ret_text = buf_take(&text);
    return *ret_text ? CURLUE_OK : CURLUE_OUT_OF_MEMORY;
}

static CURLUcode parse_path(struct url *u, struct str path, unsigned flags)
{
    scoped(buf) text = {0};
    CURLUcode result;

    if (!path.len)
        return CURLUE_OK;
    result = keep_piece(path, false, flags, &u->path);
    if (result || flags & CURLU_PATH_AS_IS)
        return result;
    if (!url_append_without_dots(&text, str_of(u->path)))
        return CURLUE_OUT_OF_MEMORY;
    mem_free(u->path);
    u->path = buf_take(&text);
    return u->path ? CURLUE_OK : CURLUE_OUT_OF_MEMORY;
}

/* What follows the authority. */
static CURLUcode parse_rest(struct url *u, struct str rest, unsigned flags)
{
    size_t path_len = span_to(rest, "?#");
    CURLUcode result = parse_path(u, (struct str){rest.at, path_len}, flags);

    rest = cut(rest, path_len);
    if (!result && rest.len && rest.at[0] == '?') {
        size_t len = span_to(rest, "#");

        result = keep_piece((struct str){rest.at + 1, len - 1}, true, flags, &u->query);
        rest = cut(rest, len);
    }
    if (!result && rest.len)
        result = keep_piece(cut(rest, 1), false, flags, &u->fragment);
    return result;
}

/* A drive letter, which is no path on this system. */
static bool has_drive(struct str path)
{
    if (path.len && path.at[0] == '/')
        path = cut(path, 1);
    return path.len >= 2 && ascii_is_alpha(path.at[0]) &&
           (path.at[1] == ':' || path.at[1] == '|') &&
           (path.len == 2 || path.at[2] == '/' || path.at[2] == '\\');
}

/* Behind "file:": "/path", "///path", or a name of this machine between the second and third slash.
 */
static CURLUcode parse_file(struct url *u, struct str rest, unsigned flags)
{
    bool authority = rest.len >= 2 && rest.at[0] == '/' && rest.at[1] == '/';

    if (authority) {
        struct str host;

        rest = cut(rest, 2);
        host = (struct str){rest.at, span_to(rest, "/")};
        if (host.len && !str_equal_nocase(host, STR("localhost")) &&
            !str_equal_nocase(host, STR("127.0.0.1")))
            return CURLUE_BAD_FILE_URL;
        rest = cut(rest, host.len);
    }
    if (!rest.len || rest.at[0] != '/' || has_drive(rest) || (!authority && rest.len == 1))
        return CURLUE_BAD_FILE_URL;
    return parse_rest(u, rest, flags);
}

/* The slashes behind a scheme's colon: one to three. */
static CURLUcode skip_slashes(struct str *rest, unsigned flags)
{
    size_t slashes = 0;

    while (slashes < rest->len && rest->at[slashes] == '/')
        slashes++;
    if (slashes < 2 && slashes < rest->len && rest->at[slashes] == '\\')
        return CURLUE_BACKSLASH;
    if (slashes > 2 && flags & CURLU_NO_AUTHORITY)
        slashes = 2; /* the third begins the path, and the host is empty */
    if (slashes < 1 || slashes > 3)
        return CURLUE_BAD_SLASHES;
    *rest = cut(*rest, slashes);
    return CURLUE_OK;
}

static CURLUcode keep_scheme(struct url *u, struct str scheme)
{
    CURLUcode result = keep(scheme, &u->scheme);

    for (char *c = u->scheme; c && *c; c++)
        *c = ascii_lower(*c);
    return result;
}

/* The scheme that a URL without one gets. */
static CURLUcode find_scheme(struct url *u, struct str authority, unsigned flags)
{
    size_t login_len = span_to(authority, "@");

    if (flags & CURLU_DEFAULT_SCHEME)
        return keep_scheme(u, STR("https"));
    if (login_len < authority.len)
        authority = cut(authority, login_len + 1);
    u->guessed_scheme = true;
    return keep_scheme(u, str_of(scheme_guess(authority)));
}

static CURLUcode parse_into(struct url *u, struct str text, unsigned flags)
{
    size_t scheme_len = url_scheme_len(text, url_guesses(flags));
    struct str authority;
    CURLUcode result;

    if (scheme_len) {
        struct str scheme = {text.at, scheme_len};

        text = cut(text, scheme_len + 1);
        result = keep_scheme(u, scheme);
        if (result)
            return result;
        if (!(flags & CURLU_NON_SUPPORT_SCHEME) && !scheme_known(scheme))
            return CURLUE_UNSUPPORTED_SCHEME;
        if (url_is_file(u))
            return parse_file(u, text, flags);
        result = skip_slashes(&text, flags);
        if (result)
            return result;
    } else if (!url_guesses(flags)) {
        return CURLUE_BAD_SCHEME;
    }
    authority = (struct str){text.at, span_to(text, "/?#")};
    result = scheme_len ? CURLUE_OK : find_scheme(u, authority, flags);
    if (!result)
        result = parse_authority(u, authority, scheme_len > 0, flags);
    return result ? result : parse_rest(u, cut(text, authority.len), flags);
}

static CURLUcode parse_absolute(struct url *u, struct str text, unsigned flags)
{
    struct url parsed = {0};
    CURLUcode result;

    if (text.len > URL_INPUT_MAX || has_junk(text, flags))
        return CURLUE_MALFORMED_INPUT;
    result = parse_into(&parsed, text, flags);
    if (result) {
        url_release(&parsed);
        return result;
    }
    url_release(u);
    *u = parsed;
    return CURLUE_OK;
}

CURLUcode url_set_whole(struct url *u, const char *text, unsigned flags)
{
    struct str reference = str_of(text);
    scoped(buf) resolved = {0};
    CURLUcode result;

    if (!text) {
        url_release(u);
        return CURLUE_OK;
    }
    if (reference.len > URL_INPUT_MAX)
        return CURLUE_MALFORMED_INPUT;
    if (url_scheme_len(reference, url_guesses(flags)))
        return parse_absolute(u, reference, flags);
    result = url_resolve(u, reference, flags, &resolved);
    if (!result)
        return parse_absolute(u, (struct str){resolved.bytes, resolved.len}, flags);
    if (result == CURLUE_OUT_OF_MEMORY)
        return result;
    /* What is there is no base. */
    return reference.len ? parse_absolute(u, reference, flags) : CURLUE_MALFORMED_INPUT;
}
