/* SPDX-License-Identifier: MIT */
/* What is kept of a response for other transfers, and given to them: cookies (RFC 6265bis 5.6, 5.8)
 * and hosts that want TLS only. */
#include "protocols/http.h"

#include "base/mem.h"
#include "base/test_hooks.h"
#include "boundary/request.h"

#include <string.h>

static struct cookies *store(const struct http *h)
{
    return h->hop->exchange->request->cookies;
}

static void say(struct http *h, const struct buf *text)
{
    const struct net_hooks *hooks = h->hop->hooks;

    if (hooks->log && text->len)
        hooks->log(hooks->owner, "%s", text->bytes);
}

/* "name:port", "[address]:port" without the port. */
static struct str without_port(struct str host)
{
    const char *end;

    if (host.len && host.at[0] == '[') {
        end = memchr(host.at, ']', host.len);
        return end ? (struct str){host.at, (size_t)(end - host.at) + 1} : host;
    }
    end = host.len ? memchr(host.at, ':', host.len) : NULL;
    return end ? (struct str){host.at, (size_t)(end - host.at)} : host;
}

/* Whom cookies are for: what the program's own "Host" names, else the URL's host. */
static CURLcode find_host(struct http *h, struct str host)
{
    char *name;

    host = without_port(host);
    buf_clear(&h->cookie_host);
    if (host.len)
        return buf_append(&h->cookie_host, host.at, host.len) ? CURLE_OK : CURLE_OUT_OF_MEMORY;
    if (url_get_hostname(h->hop->url, &name))
        return CURLE_OUT_OF_MEMORY;
    buf_append_text(&h->cookie_host, name);
    mem_free(name);
    return buf_failed(&h->cookie_host) ? CURLE_OUT_OF_MEMORY : CURLE_OK;
}

static struct cookie_origin origin(const struct http *h)
{
    const struct url *u = h->hop->url;
    struct str host = {buf_text(&h->cookie_host), h->cookie_host.len};

    return (struct cookie_origin){
        .host = host,
        .path = u->path ? str_of(u->path) : STR("/"),
        .secure =
            !strcmp(u->scheme, "https") || !strcmp(u->scheme, "wss") || cookie_host_is_local(host),
    };
}

static CURLcode append_kept(struct http *h, struct str host, struct buf *line)
{
    scoped(buf) log = {0};
    struct cookie_origin to;
    CURLcode result = find_host(h, host);

    if (result)
        return result;
    to = origin(h);
    result = cookies_append_matching(store(h), &to, line, &log);
    if (!result)
        say(h, &log);
    return result;
}

CURLcode http_write_cookies(struct http *h, struct str host, bool replaced)
{
    bool sends_own = h->hop->trusted && !replaced;
    const struct rstr *own = sends_own ? h->hop->settings->cookie : NULL;
    scoped(buf) line = {0};
    CURLcode result = store(h) ? append_kept(h, host, &line) : CURLE_OK;

    if (result)
        return result;
    if (own) {
        if (line.len)
            buf_append_text(&line, "; ");
        buf_append(&line, own->bytes, own->len);
    }
    if (buf_failed(&line))
        return CURLE_OUT_OF_MEMORY;
    if (!line.len && !own)
        return CURLE_OK;
    buf_append_text(&h->request, "Cookie: ");
    buf_append(&h->request, line.bytes, line.len);
    buf_append_text(&h->request, "\r\n");
    return CURLE_OK;
}

CURLcode http_take_cookie(struct http *h, struct str value)
{
    scoped(buf) log = {0};
    struct cookie_origin from;
    CURLcode result;

    if (!store(h) || h->cookies_set++ >= COOKIE_SET_MAX)
        return CURLE_OK;
    from = origin(h);
    result = cookies_set(store(h), value, &from, h->hop->hooks->log ? &log : NULL);
    if (!result)
        say(h, &log);
    return result;
}

CURLcode http_take_hsts(struct http *h, struct str value)
{
    struct hsts_store *hosts = h->hop->exchange->request->hsts;
    const struct net_hooks *hooks = h->hop->hooks;
    CURLcode result;
    char *host;

    if (!hosts || h->hsts_seen ||
        (strcmp(h->hop->url->scheme, "https") != 0 && !test_hook("CURL_HSTS_HTTP")))
        return CURLE_OK;
    h->hsts_seen = true;
    if (url_get_hostname(h->hop->url, &host))
        return CURLE_OUT_OF_MEMORY;
    result = hsts_store_set(hosts, str_of(host), value);
    mem_free(host);
    if (result == CURLE_BAD_FUNCTION_ARGUMENT) {
        if (hooks->log)
            hooks->log(hooks->owner, "Illegal STS header skipped");
        return CURLE_OK;
    }
    return result;
}
