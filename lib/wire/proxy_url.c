/* SPDX-License-Identifier: MIT */
#include "wire/proxy_url.h"

#include "base/mem.h"
#include "wire/escape.h"
#include "wire/url.h"

#include <string.h>

enum { PORT_HTTPS = 443, PORT_OTHER = 1080 };

static const struct {
    const char *scheme;
    long type;
} kinds[] = {
    {"http",    CURLPROXY_HTTP           },
    {"https",   CURLPROXY_HTTPS          },
    {"socks",   CURLPROXY_SOCKS4         },
    {"socks4",  CURLPROXY_SOCKS4         },
    {"socks4a", CURLPROXY_SOCKS4A        },
    {"socks5",  CURLPROXY_SOCKS5         },
    {"socks5h", CURLPROXY_SOCKS5_HOSTNAME},
};

void proxy_url_release(struct proxy_url *p)
{
    buf_release(&p->host);
    buf_release(&p->unix_path);
    buf_release(&p->user);
    buf_release(&p->password);
}

/* The variants of a kind have no schemes of their own. */
static long refine(long found, long type)
{
    if (found == CURLPROXY_HTTP && type == CURLPROXY_HTTP_1_0)
        return type;
    if (found == CURLPROXY_HTTPS && type == CURLPROXY_HTTPS2)
        return type;
    return found;
}

static bool find_type(const char *scheme, long type, long *ret)
{
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (!strcmp(kinds[i].scheme, scheme)) {
            *ret = refine(kinds[i].type, type);
            return true;
        }
    }
    return false;
}

/* A NUL would end the text early for who reads it as C text. */
static enum proxy_url_outcome decode(const char *part, struct buf *to)
{
    if (!part)
        return PROXY_URL_OK;
    if (!unescape_append(to, str_of(part)))
        return PROXY_URL_NO_MEMORY;
    return to->len == strlen(buf_text(to)) ? PROXY_URL_OK : PROXY_URL_SYNTAX;
}

static enum proxy_url_outcome take_login(const struct url *u, struct proxy_url *p)
{
    enum proxy_url_outcome outcome = decode(u->user, &p->user);

    p->has_user = u->user || u->password;
    return outcome ? outcome : decode(u->password, &p->password);
}

/* A path is that of a unix socket, with SOCKS and "localhost"; it means nothing to others. */
static enum proxy_url_outcome take_path(const struct url *u, struct proxy_url *p)
{
    if (!proxy_is_socks(p->type) || !u->path || !u->path[0] || !strcmp(u->path, "/"))
        return PROXY_URL_OK;
    if (!text_equal_nocase(u->host, "localhost"))
        return PROXY_URL_OK;
    return decode(u->path, &p->unix_path);
}

static enum proxy_url_outcome take_host(const struct url *u, struct proxy_url *p)
{
    char *name;
    CURLUcode why = url_get_hostname(u, &name);

    if (why)
        return why == CURLUE_OUT_OF_MEMORY ? PROXY_URL_NO_MEMORY : PROXY_URL_SYNTAX;
    buf_append_text(&p->host, name);
    mem_free(name);
    if (u->zone_id) {
        buf_append_char(&p->host, '%');
        buf_append_text(&p->host, u->zone_id);
    }
    return buf_failed(&p->host) ? PROXY_URL_NO_MEMORY : PROXY_URL_OK;
}

static int port_of(const struct url *u, long type, long port)
{
    if (u->port_number)
        return u->port_number;
    if (port)
        return (int)port;
    return type == CURLPROXY_HTTPS || type == CURLPROXY_HTTPS2 ? PORT_HTTPS : PORT_OTHER;
}

enum proxy_url_outcome proxy_url_parse(const char *text, long type, long port,
                                       struct proxy_url *ret)
{
    bool has_scheme = strstr(text, "://") != NULL;
    scoped(url) u = {0};
    scoped(buf) whole = {0};
    enum proxy_url_outcome outcome;
    CURLUcode why;

    if (!has_scheme)
        buf_append_text(&whole, "http://");
    if (!buf_append_text(&whole, text))
        return PROXY_URL_NO_MEMORY;
    why = url_set_whole(&u, whole.bytes, CURLU_NON_SUPPORT_SCHEME);
    if (why)
        return why == CURLUE_OUT_OF_MEMORY ? PROXY_URL_NO_MEMORY : PROXY_URL_SYNTAX;
    ret->type = type;
    if (has_scheme && !find_type(u.scheme, type, &ret->type))
        return PROXY_URL_SCHEME;
    ret->port = port_of(&u, ret->type, port);
    outcome = take_host(&u, ret);
    if (!outcome)
        outcome = take_login(&u, ret);
    return outcome ? outcome : take_path(&u, ret);
}
