/* SPDX-License-Identifier: MIT */
/* Parts and whole URLs, as text. */
#include "wire/url_inner.h"

#include "base/mem.h"
#include "wire/escape.h"
#include "wire/idn.h"
#include "wire/scheme.h"

/* ---- Ports and schemes under flags ---- */

/* The port to show, -1 for none. */
static int shown_port(const struct url *u, unsigned flags)
{
    int standard = u->scheme ? url_default_port(u->scheme) : 0;

    if (!u->port)
        return flags & CURLU_DEFAULT_PORT && standard ? standard : -1;
    if (flags & CURLU_NO_DEFAULT_PORT && standard && u->port_number == standard)
        return -1;
    return u->port_number;
}

static const char *shown_scheme(const struct url *u, unsigned flags)
{
    if (u->scheme)
        return u->scheme;
    return flags & CURLU_DEFAULT_SCHEME ? "https" : NULL;
}

/* ---- Hosts under flags ---- */

static CURLUcode append_converted(struct buf *b, const struct url *u,
                                  CURLUcode (*convert)(const char *, char **))
{
    char *name = NULL;
    CURLUcode result = convert(u->host, &name);

    if (!result && !buf_append_text(b, name))
        result = CURLUE_OUT_OF_MEMORY;
    mem_free(name);
    return result;
}

static CURLUcode append_host(struct buf *b, const struct url *u, unsigned flags, bool whole)
{
    struct str host = str_of(u->host);
    bool done;

    if (host.len && host.at[0] == '[') {
        size_t open = host.len - 1;

        if (!whole || !u->zone_id)
            open = host.len;
        done = buf_append(b, host.at, open) &&
               (open == host.len || (buf_append_text(b, "%25") && buf_append_text(b, u->zone_id) &&
                                     buf_append_char(b, ']')));
    } else if (flags & CURLU_URLENCODE) {
        done = escape_append(b, host);
    } else if (flags & CURLU_PUNYCODE && idn_is_needed(host)) {
        return append_converted(b, u, idn_to_ascii);
    } else if (flags & CURLU_PUNY2IDN && idn_is_punycode(host)) {
        return append_converted(b, u, idn_to_unicode);
    } else {
        done = buf_append(b, host.at, host.len);
    }
    return done ? CURLUE_OK : CURLUE_OUT_OF_MEMORY;
}

CURLUcode url_get_hostname(const struct url *u, char **ret_name)
{
    struct str host = str_of(u->host);

    if (!u->host)
        return CURLUE_NO_HOST;
    if (idn_is_needed(host))
        return idn_to_ascii(u->host, ret_name);
    if (host.len > 1 && host.at[0] == '[')
        host = (struct str){host.at + 1, host.len - 2};
    *ret_name = mem_memdup0(host.at, host.len);
    return *ret_name ? CURLUE_OK : CURLUE_OUT_OF_MEMORY;
}

/* ---- The whole ---- */

static bool append_login(struct buf *b, const struct url *u)
{
    const struct scheme *scheme = u->scheme ? scheme_find(str_of(u->scheme)) : NULL;
    const char *options = scheme && scheme->login_options ? u->options : NULL;

    if (!u->user && !u->password && !options)
        return true;
    return (!u->user || buf_append_text(b, u->user)) &&
           (!u->password || (buf_append_char(b, ':') && buf_append_text(b, u->password))) &&
           (!options || (buf_append_char(b, ';') && buf_append_text(b, options))) &&
           buf_append_char(b, '@');
}

CURLUcode url_append_origin(struct buf *b, const struct url *u, unsigned flags)
{
    const char *scheme = shown_scheme(u, flags);
    int port = shown_port(u, flags);
    CURLUcode result;

    if (url_is_file(u))
        return buf_append_text(b, "file://") ? CURLUE_OK : CURLUE_OUT_OF_MEMORY;
    if (!u->host)
        return CURLUE_NO_HOST;
    if (!scheme)
        return CURLUE_NO_SCHEME;
    if (!(flags & CURLU_NO_GUESS_SCHEME && u->guessed_scheme)) {
        if (!buf_append_text(b, scheme) || !buf_append_text(b, "://"))
            return CURLUE_OUT_OF_MEMORY;
    }
    if (!append_login(b, u))
        return CURLUE_OUT_OF_MEMORY;
    result = append_host(b, u, flags, true);
    if (!result && port >= 0 && (!buf_append_char(b, ':') || !buf_append_number(b, port)))
        result = CURLUE_OUT_OF_MEMORY;
    return result;
}

static bool append_path(struct buf *b, const char *path)
{
    if ((!path || path[0] != '/') && !buf_append_char(b, '/'))
        return false;
    return !path || buf_append_text(b, path);
}

/* A part that may be an empty text, which counts only if asked for. */
static const char *shown(const char *text, unsigned flags)
{
    return text && (text[0] || flags & CURLU_GET_EMPTY) ? text : NULL;
}

static bool append_marked(struct buf *b, char mark, const char *text)
{
    return !text || (buf_append_char(b, mark) && buf_append_text(b, text));
}

static CURLUcode append_whole(struct buf *b, const struct url *u, unsigned flags)
{
    CURLUcode result = url_append_origin(b, u, flags);

    if (result)
        return result;
    append_path(b, u->path);
    append_marked(b, '?', shown(u->query, flags));
    append_marked(b, '#', shown(u->fragment, flags));
    return CURLUE_OK;
}

/* ---- Parts ---- */

static bool has_control(const struct buf *b)
{
    for (size_t i = 0; i < b->len; i++) {
        if ((unsigned char)b->bytes[i] < 0x20)
            return true;
    }
    return false;
}

/* A text without its escapes; in a query a "+" is a blank. */
static CURLUcode append_decoded(struct buf *b, const char *text, bool query)
{
    scoped(buf) escaped = {0};
    scoped(buf) decoded = {0};

    buf_append_text(&escaped, text);
    for (size_t i = 0; query && i < escaped.len; i++) {
        if (escaped.bytes[i] == '+')
            escaped.bytes[i] = ' ';
    }
    if (buf_failed(&escaped) ||
        !unescape_append(&decoded, (struct str){buf_text(&escaped), escaped.len}))
        return CURLUE_OUT_OF_MEMORY;
    if (has_control(&decoded))
        return CURLUE_URLDECODE;
    return buf_append(b, decoded.bytes, decoded.len) ? CURLUE_OK : CURLUE_OUT_OF_MEMORY;
}

/* A part's text under the flags that fit it; `absent` when there is none. */
static CURLUcode append_shown(struct buf *b, const char *text, CURLUcode absent, unsigned flags)
{
    bool query = absent == CURLUE_NO_QUERY, done;

    if (!text)
        return absent;
    if (flags & CURLU_URLDECODE)
        return append_decoded(b, text, query);
    done = flags & CURLU_URLENCODE ? url_append_clean(b, str_of(text), query)
                                   : buf_append_text(b, text);
    return done ? CURLUE_OK : CURLUE_OUT_OF_MEMORY;
}

static CURLUcode append_name(struct buf *b, const struct url *u, unsigned flags)
{
    scoped(buf) host = {0};
    CURLUcode result;

    if (!u->host)
        return CURLUE_NO_HOST;
    if (!(flags & (CURLU_URLENCODE | CURLU_URLDECODE)))
        return append_host(b, u, flags, false);
    result = append_host(&host, u, flags & ~(unsigned)CURLU_URLENCODE, false);
    return result ? result : append_shown(b, buf_text(&host), CURLUE_NO_HOST, flags);
}

static CURLUcode append_port(struct buf *b, const struct url *u, unsigned flags)
{
    int port = shown_port(u, flags);

    if (port < 0)
        return CURLUE_NO_PORT;
    return buf_append_number(b, port) ? CURLUE_OK : CURLUE_OUT_OF_MEMORY;
}

static CURLUcode append_scheme(struct buf *b, const struct url *u, unsigned flags)
{
    const char *scheme = shown_scheme(u, flags);

    if (u->guessed_scheme && flags & CURLU_NO_GUESS_SCHEME)
        scheme = NULL;
    return append_shown(b, scheme, CURLUE_NO_SCHEME, 0);
}

static CURLUcode append_shown_path(struct buf *b, const struct url *u, unsigned flags)
{
    scoped(buf) path = {0};

    if (u->path && u->path[0] == '/')
        return append_shown(b, u->path, CURLUE_OK, flags);
    if (!append_path(&path, u->path))
        return CURLUE_OUT_OF_MEMORY;
    return append_shown(b, buf_text(&path), CURLUE_OK, flags);
}

CURLUcode url_append_part(struct buf *b, const struct url *u, CURLUPart part, unsigned flags)
{
    switch (part) {
    case CURLUPART_URL:
        return append_whole(b, u, flags);
    case CURLUPART_SCHEME:
        return append_scheme(b, u, flags);
    case CURLUPART_USER:
        return append_shown(b, u->user, CURLUE_NO_USER, flags);
    case CURLUPART_PASSWORD:
        return append_shown(b, u->password, CURLUE_NO_PASSWORD, flags);
    case CURLUPART_OPTIONS:
        return append_shown(b, u->options, CURLUE_NO_OPTIONS, flags);
    case CURLUPART_HOST:
        return append_name(b, u, flags);
    case CURLUPART_PORT:
        return append_port(b, u, flags);
    case CURLUPART_PATH:
        return append_shown_path(b, u, flags);
    case CURLUPART_QUERY:
        return append_shown(b, shown(u->query, flags), CURLUE_NO_QUERY, flags);
    case CURLUPART_FRAGMENT:
        return append_shown(b, shown(u->fragment, flags), CURLUE_NO_FRAGMENT, flags);
    case CURLUPART_ZONEID:
        return append_shown(b, u->zone_id, CURLUE_NO_ZONEID, flags);
    default:
        return CURLUE_UNKNOWN_PART;
    }
}

CURLUcode url_get_part(const struct url *u, CURLUPart part, char **ret_text, unsigned flags)
{
    scoped(buf) b = {0};
    CURLUcode result = url_append_part(&b, u, part, flags);

    if (result)
        return result;
    *ret_text = buf_take(&b);
    return *ret_text ? CURLUE_OK : CURLUE_OUT_OF_MEMORY;
}
