/* SPDX-License-Identifier: MIT */
/* Whom a dialing connects to, and under which addresses. */
#include "net/dial_state.h"

#include "net/address.h"
#include "net/ares_channels.h"
#include "net/bind.h"
#include "net/socket.h"

static struct dial_peer peer_of_proxy(const struct proxy *p)
{
    return (struct dial_peer){
        .host = p->host, .port = p->port, .unix_path = p->unix_path, .is_proxy = true};
}

struct dial_peer dial_first_peer(const struct dial_target *t)
{
    if (t->proxies.socks)
        return peer_of_proxy(t->proxies.socks);
    if (t->proxies.http)
        return peer_of_proxy(t->proxies.http);
    return (struct dial_peer){.host = t->connect_host,
                              .port = t->connect_port,
                              .unix_path = t->unix_path,
                              .unix_abstract = t->unix_abstract};
}

struct str dial_named_host(const struct dial_target *t)
{
    const struct dial_peer peer = dial_first_peer(t);

    return peer.unix_path && !peer.is_proxy ? t->host : peer.host;
}

static WAITS CURLcode ask_resolver(const struct dialing *d, struct str host, int port,
                                   struct addresses **ret, struct buf *error)
{
    struct dns_options options = d->target->dns;

    options.channel = d->channel;
    return resolve(d->stores->dns, host, port, &options, d->deadline, ret, error);
}

CURLcode dial_look_up(const struct dialing *d, struct str host, int port, struct addresses **ret)
{
    scoped(buf) error = {0};
    CURLcode result = ask_resolver(d, host, port, ret, &error);

    if (result && resolve_refuses(host))
        d->report->queued_until = 0; /* nothing was begun */
    if (result && result != CURLE_OPERATION_TIMEDOUT && error.len)
        return d->hooks->fail(d->hooks->owner, result, "%s", error.bytes);
    return dial_say_timeout(d, result, "Resolving");
}

/* The resolver speaks of a host; that of a proxy has a code and a text of its own. */
static WAITS CURLcode look_up_proxy(const struct dialing *d, const struct dial_peer *peer,
                                    struct addresses **ret)
{
    scoped(buf) error = {0};
    CURLcode result = ask_resolver(d, peer->host, peer->port, ret, &error);

    if (result == CURLE_COULDNT_RESOLVE_HOST)
        return d->hooks->fail(d->hooks->owner, CURLE_COULDNT_RESOLVE_PROXY,
                              "Could not resolve proxy: %.*s", (int)peer->host.len, peer->host.at);
    if (result && result != CURLE_OPERATION_TIMEDOUT && error.len)
        return d->hooks->fail(d->hooks->owner, result, "%s", error.bytes);
    return dial_say_timeout(d, result, "Resolving");
}

/* The program gets a channel that nobody else uses: what it does to it holds for this look-up. */
static WAITS CURLcode ask_program(struct dialing *d)
{
    struct str host = dial_first_peer(d->target).host;
    scoped(buf) error = {0};
    int refused = 0;
    CURLcode result = CURLE_OK;

    if (!d->target->dns.https)
        result = channels_new_own(&d->target->dns, &d->channel, &error);
    if (result && error.len)
        return d->hooks->fail(d->hooks->owner, result, "%s", error.bytes);
    if (!result)
        result = d->hooks->resolver_start(d->hooks->owner, d->channel ? d->channel->ares : NULL,
                                          d->deadline, &refused);
    if (!result && refused)
        result = d->hooks->fail(d->hooks->owner, CURLE_ABORTED_BY_CALLBACK,
                                "Could not resolve host: %.*s (refused by the start callback)",
                                (int)host.len, host.at);
    return dial_say_timeout(d, result, "Resolving");
}

static CURLcode unix_address(const struct dialing *d, const struct dial_peer *peer,
                             struct addresses **ret)
{
    struct addresses *list = addresses_new(1);

    if (!list)
        return CURLE_OUT_OF_MEMORY;
    if (!address_set_path(&list->list[0], peer->unix_path, peer->unix_abstract)) {
        addresses_unref(list);
        return d->hooks->fail(d->hooks->owner,
                              peer->is_proxy ? CURLE_COULDNT_RESOLVE_PROXY
                                             : CURLE_COULDNT_RESOLVE_HOST,
                              "Unix socket path too long: '%s'", peer->unix_path);
    }
    *ret = list;
    return CURLE_OK;
}

CURLcode dial_find_addresses(const struct dialing *d, struct addresses **ret)
{
    const struct dial_peer peer = dial_first_peer(d->target);
    struct dialing asking = *d;
    CURLcode result = CURLE_OK;

    if (peer.unix_path)
        return unix_address(d, &peer, ret);
    if (d->hooks->resolver_start && !resolve_knows(d->stores->dns, d->target->connect_host,
                                                   d->target->connect_port, &d->target->dns))
        result = ask_program(&asking);
    if (!result)
        result = peer.is_proxy ? look_up_proxy(&asking, &peer, ret)
                               : dial_look_up(&asking, peer.host, peer.port, ret);
    channels_free_own(asking.channel);
    return result;
}

CURLcode dial_find_local_end(const struct dialing *d, struct addresses **ret)
{
    struct str name = local_end_name(d->target->socket.interface);
    struct dns_options options = d->target->dns;
    scoped(buf) error = {0};
    CURLcode result;

    if (!name.len || dial_first_peer(d->target).unix_path)
        return CURLE_OK;
    options.https = NULL; /* a name of this machine is nobody else's business */
    result = resolve(d->stores->dns, name, 0, &options, d->deadline, ret, &error);
    if (result == CURLE_COULDNT_RESOLVE_HOST)
        return CURLE_OK;
    return dial_say_timeout(d, result, "Resolving");
}
