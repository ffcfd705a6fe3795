/* SPDX-License-Identifier: MIT */
/* Past the proxies, each a stream or a conversation on the one before: SOCKS, TLS with an HTTPS
 * proxy, its tunnel, the line for HAProxy. */
#include "net/dial_state.h"

#include <string.h>

static WAITS CURLcode secure_proxy(const struct dialing *d, struct connection *c)
{
    const struct proxy *p = d->target->proxies.http;
    const char *alpn = p->tls->alpn ? d->target->proxies.http_alpn : NULL;
    struct tls_result secured = {0};
    CURLcode result = dial_handshake(d, c, p->host, p->port, alpn, p->tls, &secured);
    bool http2 = !result && !strcmp(secured.alpn, "h2");

    d->report->proxy_verify_result = c->proxy_verify_result = secured.verify_result;
    certinfo_free(secured.certinfo);
    c->proxy_http2 = http2 && d->target->proxies.tunnel;
    if (http2 && !d->target->proxies.tunnel) /* the requests are the proxy's to answer */
        memcpy(c->alpn, secured.alpn, sizeof(c->alpn));
    if (!result)
        c->proxy_ssl = secured.ssl;
    return result;
}

/* Where the SOCKS proxy is to connect to: the HTTP proxy behind it, or the destination. */
static WAITS CURLcode pass_socks(const struct dialing *d, struct connection *c)
{
    const struct dial_target *t = d->target;
    const struct proxy_way *w = &t->proxies;
    struct socks_way way = {.host = w->http ? w->http->host : t->connect_host,
                            .port = w->http ? w->http->port : t->connect_port,
                            .login = &w->socks_login};
    struct addresses *addresses = NULL;
    CURLcode result = CURLE_OK;

    if (w->http)
        LOG(d->hooks, "SOCKS%d: connecting to HTTP proxy %.*s port %d",
            w->socks->type == CURLPROXY_SOCKS4 || w->socks->type == CURLPROXY_SOCKS4A ? 4 : 5,
            (int)way.host.len, way.host.at, way.port);
    if (socks_resolves_here(w->socks->type)) {
        result = dial_look_up(d, way.host, way.port, &addresses);
        if (result == CURLE_COULDNT_RESOLVE_HOST) {
            d->report->proxy_error = CURLPX_RESOLVE_HOST;
            result = CURLE_PROXY;
        }
        way.addresses = addresses;
    }
    if (!result)
        result = socks_connect(&c->stream, w->socks, &way, d->hooks, d->deadline,
                               &d->report->proxy_error);
    addresses_unref(addresses);
    return dial_say_timeout(d, result, "Connection");
}

/* Says who we are to a server that stands behind HAProxy's like: the PROXY line, version 1. */
static WAITS CURLcode introduce(const struct dialing *d, struct connection *c)
{
    const char *client = d->target->proxies.haproxy_client_ip;
    const char *from = client ? client : c->local_ip, *to = client ? client : c->remote_ip;
    scoped(buf) line = {0};
    CURLcode result;

    if (!c->remote_ip[0])
        buf_append_text(&line, "PROXY UNKNOWN\r\n");
    else
        buf_printf(&line, "PROXY TCP%c %s %s %d %d\r\n", strchr(from, ':') ? '6' : '4', from, to,
                   c->local_port, c->remote_port);
    if (buf_failed(&line))
        return CURLE_OUT_OF_MEMORY;
    result = stream_send_all(c->stream, line.bytes, line.len, d->deadline);
    if (result == CURLE_SEND_ERROR)
        return d->hooks->fail(d->hooks->owner, result, "Failed to send the PROXY line");
    return dial_say_timeout(d, result, "Connection");
}

CURLcode dial_pass_proxies(const struct dialing *d, struct connection *c, bool *ret_again)
{
    const struct dial_target *t = d->target;
    const struct proxy_way *w = &t->proxies;
    CURLcode result = CURLE_OK;

    if (w->socks)
        result = pass_socks(d, c);
    if (!result && w->http && w->http->tls)
        result = secure_proxy(d, c);
    if (!result && w->http && w->tunnel)
        result = dial_say_timeout(d,
                                  d->hooks->tunnel(d->hooks->owner, c, t->connect_host,
                                                   t->connect_port, d->deadline, ret_again),
                                  "Proxy CONNECT");
    if (!result && !*ret_again && w->haproxy)
        result = introduce(d, c);
    return result;
}
