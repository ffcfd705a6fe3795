/* SPDX-License-Identifier: MIT */
/* What a protocol needs of the network while it has its connection: another one beside it, TLS on
 * it, the addresses of a name. Each as the transfer's settings say. */
#include "transfer/state.h"

#include "base/clock.h"

static struct transfer *transfer_of(struct hop *hop)
{
    return CONTAINER_OF(hop, struct transfer, hop);
}

static int64_t connect_timeout_us(const struct transfer *t)
{
    return t->settings->connect_timeout_ms * CLOCK_MS;
}

/* Where to: a direct connection goes to the address that the first one reached, whatever other ones
 * the name has; a proxy is told the name. CURLOPT_LOCALPORT is taken already. */
static void aim(struct target *target, const struct connection *c, struct str host, int port)
{
    struct dial_target *d = &target->dial;
    bool is_proxied = d->proxies.socks || d->proxies.http;

    if (host.len)
        d->connect_host = host;
    else if (!is_proxied)
        d->connect_host = str_of(c->remote_ip);
    d->connect_port = port;
    d->unix_path = NULL;
    d->socket.local_port = 0;
}

CURLcode hop_connect_beside(struct hop *hop, struct str host, int port, struct connection **ret)
{
    struct transfer *t = transfer_of(hop);
    const struct request *r = t->exchange->request;
    struct dial_report report = {0};
    scoped(target) target = {0};
    CURLcode result = target_for(t, &target);

    if (result)
        return result;
    aim(&target, hop->connection, host, port);
    result = dial_beside(&target.dial, &r->stores, &t->hooks, r->closer, CLOCK_NEVER,
                         connect_timeout_us(t), &report, ret);
    t->hooks.phase(t, PHASE_TALK);
    if (result)
        t->facts->os_errno = report.os_errno;
    t->facts->connects += report.new_connects;
    return exchange_result(t->exchange, result);
}

void hop_forget_failure(struct hop *hop)
{
    transfer_of(hop)->error_text[0] = '\0';
}

/* For getinfo, as if TLS had begun with the connection. */
static CURLcode note_secured(struct transfer *t, const struct dial_report *report,
                             const struct connection *c, CURLcode result)
{
    const struct curl_certinfo *certinfo = result ? report->certinfo : c->certinfo;

    t->facts->appconnect_time = hop_add_time(&t->hop, t->hop.earlier.appconnect, clock_now());
    t->facts->ssl_verify_result = result ? report->verify_result : c->verify_result;
    certinfo_free(t->certinfo);
    t->certinfo = certinfo_copy(certinfo);
    return certinfo && !t->certinfo ? CURLE_OUT_OF_MEMORY : CURLE_OK;
}

CURLcode hop_secure(struct hop *hop, struct connection *c)
{
    struct transfer *t = transfer_of(hop);
    struct dial_report report = {0};
    scoped(target) target = {0};
    CURLcode result = target_for(t, &target), noted = CURLE_OK;

    if (result)
        return result;
    target.dial.tls = &t->settings->tls;
    target.dial.alpn = NULL;
    result = dial_secure(&target.dial, &t->exchange->request->stores, &t->hooks, CLOCK_NEVER,
                         connect_timeout_us(t), &report, c);
    t->hooks.phase(t, PHASE_TALK);
    if (c == hop->connection)
        noted = note_secured(t, &report, c, result);
    certinfo_free(report.certinfo);
    return result ? exchange_result(t->exchange, result) : noted;
}

CURLcode hop_resolve(struct hop *hop, struct str host, struct addresses **ret)
{
    struct transfer *t = transfer_of(hop);
    scoped(target) target = {0};
    CURLcode result = target_for(t, &target);

    if (result)
        return result;
    result = dial_resolve(&target.dial, &t->exchange->request->stores, &t->hooks, host, 0,
                          CLOCK_NEVER, ret);
    return exchange_result(t->exchange, result);
}
