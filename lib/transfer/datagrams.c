/* SPDX-License-Identifier: MIT */
/* For a protocol on datagrams: the socket to the URL's host, as the transfer's settings say. */
#include "transfer/state.h"

#include "base/clock.h"
#include "net/datagram.h"
#include "net/socket.h"

static void note_socket(struct transfer *t, const struct datagrams *d)
{
    struct facts *f = t->facts;
    int64_t elapsed = hop_elapsed(&t->hop);
    struct address local = socket_local_address(d->fd);

    transfer_note_protocol(t);
    address_text(&d->peer, f->remote_ip);
    f->remote_port = address_port(&d->peer);
    if (local.len) {
        address_text(&local, f->local_ip);
        f->local_port = address_port(&local);
    }
    f->connects++;
    f->connect_time = f->pretransfer_time = elapsed;
}

static WAITS CURLcode open_to(struct transfer *t, const struct target *target,
                              struct datagrams *ret)
{
    const struct dial_target *d = &target->dial;
    struct addresses *addresses = NULL;
    struct socket_settings socket = d->socket;
    int error = 0;
    CURLcode result = dial_resolve(d, &t->exchange->request->stores, &t->hooks, d->connect_host,
                                   d->connect_port, CLOCK_NEVER, &addresses);

    if (result)
        return result;
    t->facts->namelookup_time = hop_elapsed(&t->hop);
    t->hooks.phase(t, PHASE_CONNECT);
    socket.closer = t->exchange->request->closer;
    result =
        datagrams_open(addresses, d->connect_port, &socket, &t->hooks, CLOCK_NEVER, ret, &error);
    addresses_unref(addresses);
    t->facts->os_errno = error;
    return result;
}

CURLcode hop_open_datagrams(struct hop *hop, struct datagrams *ret)
{
    struct transfer *t = CONTAINER_OF(hop, struct transfer, hop);
    scoped(target) target = {0};
    CURLcode result = target_for(t, &target);

    *ret = (struct datagrams){.fd = CURL_SOCKET_BAD};
    if (result)
        return result;
    if (target.dial.proxies.socks || target.dial.proxies.http)
        return transfer_fail(t, CURLE_COULDNT_CONNECT, "%s does not go through a proxy",
                             t->url.scheme);
    t->hooks.phase(t, PHASE_RESOLVE);
    result = open_to(t, &target, ret);
    if (result)
        return exchange_result(t->exchange, result);
    t->hooks.phase(t, PHASE_TALK);
    note_socket(t, ret);
    return CURLE_OK;
}
