/* SPDX-License-Identifier: MIT */
/* Setting single parts. Little is checked: a program may build what no parser would accept. */
#include "wire/url_inner.h"

#include "base/mem.h"
#include "wire/escape.h"
#include "wire/scheme.h"
#include "wire/url_host.h"

/* The place of a part that is plain text, NULL for the others. */
static char **place_of(struct url *u, CURLUPart part)
{
    switch (part) {
    case CURLUPART_SCHEME:
        return &u->scheme;
    case CURLUPART_USER:
        return &u->user;
    case CURLUPART_PASSWORD:
        return &u->password;
    case CURLUPART_OPTIONS:
        return &u->options;
    case CURLUPART_HOST:
        return &u->host;
    case CURLUPART_ZONEID:
        return &u->zone_id;
    case CURLUPART_PORT:
        return &u->port;
    case CURLUPART_PATH:
        return &u->path;
    case CURLUPART_QUERY:
        return &u->query;
    case CURLUPART_FRAGMENT:
        return &u->fragment;
    default:
        return NULL;
    }
}

static void replace(char **place, char *text)
{
    mem_free(*place);
    *place = text;
}

static CURLUcode remove_part(struct url *u, CURLUPart part)
{
    replace(place_of(u, part), NULL);
    if (part == CURLUPART_PORT)
        u->port_number = 0;
    if (part == CURLUPART_SCHEME)
        u->guessed_scheme = false;
    return CURLUE_OK;
}

static CURLUcode set_scheme(struct url *u, struct str text, unsigned flags)
{
    char *scheme;

    if (!text.len || text.len > URL_SCHEME_MAX)
        return CURLUE_BAD_SCHEME;
    if (!(flags & CURLU_NON_SUPPORT_SCHEME) && !scheme_known(text))
        return CURLUE_UNSUPPORTED_SCHEME;
    if (!url_scheme_is_good(text))
        return CURLUE_BAD_SCHEME;
    scheme = mem_memdup0(text.at, text.len);
    if (!scheme)
        return CURLUE_OUT_OF_MEMORY;
    for (char *c = scheme; *c; c++)
        *c = ascii_lower(*c);
    replace(&u->scheme, scheme);
    u->guessed_scheme = false;
    return CURLUE_OK;
}

static CURLUcode set_port(struct url *u, struct str text)
{
    scoped(buf) b = {0};
    char *port;
    int number;

    if (!url_parse_port(text, &number))
        return CURLUE_BAD_PORT_NUMBER;
    buf_append_number(&b, number);
    port = buf_take(&b);
    if (!port)
        return CURLUE_OUT_OF_MEMORY;
    replace(&u->port, port);
    u->port_number = number;
    return CURLUE_OK;
}

/* Encoding first means that an address in brackets, or a name with a slash, is refused. A name that
 * is set stays as it is written; what it means without escapes must be a name. */
static CURLUcode set_host(struct url *u, struct str text, unsigned flags)
{
    scoped(buf) encoded = {0};
    char *host, *zone_id;
    CURLUcode result;

    if (!text.len && !(flags & CURLU_NO_AUTHORITY))
        return CURLUE_BAD_HOSTNAME;
    if (flags & CURLU_URLENCODE) {
        if (!escape_append(&encoded, text))
            return CURLUE_OUT_OF_MEMORY;
        text = (struct str){encoded.bytes, encoded.len};
    }
    result = url_host_parse(text, false, &host, &zone_id);
    if (result)
        return result;
    if (host[0] != '[') {
        mem_free(host);
        host = mem_memdup0(text.at, text.len);
        if (!host)
            return CURLUE_OUT_OF_MEMORY;
    }
    replace(&u->host, host);
    replace(&u->zone_id, zone_id);
    return CURLUE_OK;
}

/* Existing escapes get upper case; nothing else changes. */
static bool append_escapes_upper(struct buf *b, struct str text)
{
    size_t start = b->len;

    if (!buf_append(b, text.at, text.len))
        return false;
    for (size_t i = start; i + 2 < b->len; i++) {
        char *c = b->bytes + i;

        if (c[0] == '%' && ascii_is_hex(c[1]) && ascii_is_hex(c[2])) {
            c[1] = ascii_upper(c[1]);
            c[2] = ascii_upper(c[2]);
        }
    }
    return true;
}

/* A query's blanks become "+"; in what is appended the first "=" stays. */
static bool append_query_encoded(struct buf *b, struct str text, bool appending)
{
    while (text.len) {
        bool equals = appending && text.at[0] == '=';
        bool done;

        if (text.at[0] == ' ')
            done = buf_append_char(b, '+');
        else if (equals)
            done = buf_append_char(b, '=');
        else
            done = escape_append(b, (struct str){text.at, 1});
        if (!done)
            return false;
        appending = appending && !equals;
        text = (struct str){text.at + 1, text.len - 1};
    }
    return buf_append(b, "", 0);
}

static bool append_value(struct buf *b, CURLUPart part, struct str text, unsigned flags)
{
    if (!(flags & CURLU_URLENCODE))
        return append_escapes_upper(b, text);
    if (part == CURLUPART_QUERY)
        return append_query_encoded(b, text, (flags & CURLU_APPENDQUERY) != 0);
    return escape_append_except(b, text, part == CURLUPART_PATH ? "/!$&'(){}[]*+,;=:@" : "");
}

static CURLUcode set_text(struct url *u, CURLUPart part, struct str text, unsigned flags)
{
    char **place = place_of(u, part);
    scoped(buf) b = {0};
    char *value;

    /* To append nothing that is to be encoded removes the query: so does libcurl. */
    if (part == CURLUPART_QUERY && flags & CURLU_APPENDQUERY && u->query && u->query[0] &&
        (text.len || !(flags & CURLU_URLENCODE))) {
        buf_append_text(&b, u->query);
        if (u->query[strlen(u->query) - 1] != '&')
            buf_append_char(&b, '&');
    }
    if (part == CURLUPART_PATH && (!text.len || text.at[0] != '/'))
        buf_append_char(&b, '/');
    append_value(&b, part, text, flags);
    value = buf_take(&b);
    if (!value)
        return CURLUE_OUT_OF_MEMORY;
    replace(place, value);
    return CURLUE_OK;
}

CURLUcode url_set_part(struct url *u, CURLUPart part, const char *text, unsigned flags)
{
    struct str s = str_of(text);

    if (part == CURLUPART_URL)
        return url_set_whole(u, text, flags);
    if (!place_of(u, part))
        return CURLUE_UNKNOWN_PART;
    if (!text)
        return remove_part(u, part);
    if (s.len > URL_INPUT_MAX)
        return CURLUE_MALFORMED_INPUT;
    switch (part) {
    case CURLUPART_SCHEME:
        return set_scheme(u, s, flags);
    case CURLUPART_HOST:
        return set_host(u, s, flags);
    case CURLUPART_PORT:
        return set_port(u, s);
    default:
        return set_text(u, part, s, flags);
    }
}
