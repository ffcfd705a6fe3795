/* SPDX-License-Identifier: MIT */
#include "net/dial.h"

#include "base/clock.h"
#include "base/mem.h"
#include "net/bind.h"
#include "net/dial_key.h"
#include "net/socket.h"

#include <stdio.h>
#include <string.h>

/* One dialing: what each step needs. */
struct dialing {
    const struct dial_target *target;
    const struct dial_stores *stores;
    const struct net_hooks *hooks;
    struct socket_closer *closer;
    struct dial_report *report;
    int64_t began;    /* behind the queue */
    int64_t deadline; /* of the whole or of connecting, what comes first */
    bool own_limit;   /* it is that of connecting */
};

#define LOG(hooks, ...)                                                                            \
    do {                                                                                           \
        if ((hooks)->log)                                                                          \
            (hooks)->log((hooks)->owner, __VA_ARGS__);                                             \
    } while (0)

/* ---- Texts ---- */

/* The text of a time-out, if it is ours to say. */
static CURLcode say_timeout(const struct dialing *d, CURLcode code, const char *what)
{
    long long ms = (clock_now() - d->began) / CLOCK_MS;

    if (code == CURLE_OPERATION_TIMEDOUT && d->own_limit)
        (void)d->hooks->fail(d->hooks->owner, code, "%s timed out after %lld milliseconds", what,
                             ms);
    return code;
}

static char *text_of(struct str s)
{
    return mem_memdup0(s.at ? s.at : "", s.len);
}

/* "host:port", an IPv6 address in brackets. */
static char *name_of(const struct dial_target *t)
{
    bool is_ip6 = t->host.len && memchr(t->host.at, ':', t->host.len);
    scoped(buf) name = {0};

    buf_printf(&name, is_ip6 ? "[%.*s]:%d" : "%.*s:%d", (int)t->host.len, t->host.at, t->port);
    return buf_take(&name);
}

/* ---- Addresses ---- */

static WAITS CURLcode look_up(const struct dialing *d, struct str host, int port,
                              struct addresses **ret)
{
    scoped(buf) error = {0};
    CURLcode result =
        resolve(d->stores->dns, host, port, &d->target->dns, d->deadline, ret, &error);

    if (result && resolve_refuses(host))
        d->report->queued_until = 0; /* nothing was begun */
    if (result && result != CURLE_OPERATION_TIMEDOUT && error.len)
        return d->hooks->fail(d->hooks->owner, result, "%s", error.bytes);
    return say_timeout(d, result, "Resolving");
}

static WAITS CURLcode ask_before_look_up(const struct dialing *d)
{
    int refused = 0;
    CURLcode result = CURLE_OK;

    if (d->hooks->resolver_start &&
        !resolve_knows(d->stores->dns, d->target->connect_host, d->target->connect_port,
                       &d->target->dns))
        result = d->hooks->resolver_start(d->hooks->owner, d->deadline, &refused);
    if (!result && refused)
        result = d->hooks->fail(d->hooks->owner, CURLE_COULDNT_RESOLVE_HOST,
                                "Could not resolve host: %.*s", (int)d->target->connect_host.len,
                                d->target->connect_host.at);
    return say_timeout(d, result, "Resolving");
}

static CURLcode unix_address(const struct dialing *d, struct addresses **ret)
{
    const char *path = d->target->unix_path;
    struct addresses *list = addresses_new(1);

    if (!list)
        return CURLE_OUT_OF_MEMORY;
    if (!address_set_path(&list->list[0], path, d->target->unix_abstract)) {
        addresses_unref(list);
        return d->hooks->fail(d->hooks->owner, CURLE_COULDNT_RESOLVE_HOST,
                              "Unix socket path too long: '%s'", path);
    }
    *ret = list;
    return CURLE_OK;
}

static WAITS CURLcode find_addresses(const struct dialing *d, struct addresses **ret)
{
    const struct dial_target *t = d->target;
    CURLcode result;

    if (t->unix_path)
        return unix_address(d, ret);
    result = ask_before_look_up(d);
    return result ? result : look_up(d, t->connect_host, t->connect_port, ret);
}

/* The host name in CURLOPT_INTERFACE; what it does not resolve to is told by the binding. */
static WAITS CURLcode find_local_end(const struct dialing *d, struct addresses **ret)
{
    struct str name = local_end_name(d->target->socket.interface);
    struct dns_options options = d->target->dns;
    scoped(buf) error = {0};
    CURLcode result;

    if (!name.len || d->target->unix_path)
        return CURLE_OK;
    options.https = NULL; /* a name of this machine is nobody else's business */
    result = resolve(d->stores->dns, name, 0, &options, d->deadline, ret, &error);
    if (result == CURLE_COULDNT_RESOLVE_HOST)
        return CURLE_OK;
    return say_timeout(d, result, "Resolving");
}

/* ---- The socket ---- */

static WAITS CURLcode race(const struct dialing *d, const struct addresses *addresses,
                           struct connected *ret)
{
    const struct dial_target *t = d->target;
    struct socket_settings settings = t->socket;
    struct addresses *local = NULL;
    char *host = text_of(t->unix_path ? t->host : t->connect_host);
    CURLcode result = host ? find_local_end(d, &local) : CURLE_OUT_OF_MEMORY;

    settings.interface_addresses = local;
    settings.closer = d->closer;
    if (!result)
        result = connect_any(addresses, t->unix_path ? t->port : t->connect_port, host, &settings,
                             d->hooks, d->deadline, ret, &d->report->os_errno);
    addresses_unref(local);
    mem_free(host);
    return say_timeout(d, result, "Connection");
}

/* Remembers both ends. */
static void note_ends(struct connection *c)
{
    struct address remote = socket_remote_address(c->fd), local = socket_local_address(c->fd);

    if (remote.len) {
        address_text(&remote, c->remote_ip);
        c->remote_port = address_port(&remote);
    }
    if (local.len) {
        address_text(&local, c->local_ip);
        c->local_port = address_port(&local);
    }
}

static void give_up_socket(const struct dialing *d, struct connected *s)
{
    socket_watch_drop(s->watch);
    if (d->closer)
        d->closer->close(d->closer, s->fd);
    else
        socket_close(s->fd);
}

/* A connection that owns what connect_any gave. */
static CURLcode wrap(const struct dialing *d, struct connected *s, struct connection **ret)
{
    struct connection *c = connection_new(s->fd, d->closer);

    if (!c) {
        give_up_socket(d, s);
        return CURLE_OUT_OF_MEMORY;
    }
    c->watch = s->watch;
    c->opened = clock_now();
    c->name = name_of(d->target);
    c->stream = stream_new_socket(&s->watch->watch);
    if (!c->name || !c->stream) {
        connection_free(c);
        return CURLE_OUT_OF_MEMORY;
    }
    note_ends(c);
    *ret = c;
    return CURLE_OK;
}

static void log_connected(const struct dialing *d, const struct connection *c)
{
    const struct dial_target *t = d->target;

    if (t->unix_path)
        LOG(d->hooks, "Established connection to %.*s (%s port 0)", (int)t->host.len, t->host.at,
            t->unix_path);
    else
        LOG(d->hooks, "Established connection to %.*s (%s port %d) from %s port %d ",
            (int)t->connect_host.len, t->connect_host.at, c->remote_ip, c->remote_port, c->local_ip,
            c->local_port);
}

static WAITS CURLcode open_socket(const struct dialing *d, struct connection **ret)
{
    struct addresses *addresses = NULL;
    struct connected socket = {0};
    CURLcode result = find_addresses(d, &addresses);

    if (result)
        return result;
    d->report->name_resolved = clock_now();
    result = race(d, addresses, &socket);
    addresses_unref(addresses);
    if (!result)
        result = wrap(d, &socket, ret);
    if (result)
        return result;
    d->report->connected = clock_now();
    d->report->new_connects++;
    log_connected(d, *ret);
    return CURLE_OK;
}

/* ---- TLS ---- */

static void note_tls(const struct dialing *d, struct connection *c, struct tls_result *secured)
{
    c->is_tls = true;
    c->verify_result = secured->verify_result;
    memcpy(c->alpn, secured->alpn, sizeof(c->alpn));
    c->certinfo = secured->certinfo;
    c->ssl = secured->ssl;
    d->report->secured = clock_now();
}

static WAITS CURLcode secure(const struct dialing *d, struct connection *c)
{
    const struct dial_target *t = d->target;
    const char *zone = t->host.len ? memchr(t->host.at, '%', t->host.len) : NULL;
    char *host =
        text_of((struct str){t->host.at, zone ? (size_t)(zone - t->host.at) : t->host.len});
    struct tls_peer peer = {.host = host,
                            .port = t->port,
                            .alpn = t->alpn,
                            .sessions = t->tls->session_cache ? d->stores->sessions : NULL};
    struct tls_result secured = {0};
    CURLcode result;

    if (!host)
        return CURLE_OUT_OF_MEMORY;
    result = tls_connect(c->stream, &peer, t->tls, d->hooks, d->deadline, &secured, &c->stream);
    mem_free(host);
    d->report->verify_result = secured.verify_result;
    if (!result) {
        note_tls(d, c, &secured);
        return CURLE_OK;
    }
    d->report->certinfo = secured.certinfo;
    d->report->os_errno = c->stream->os_errno;
    if (result == CURLE_OPERATION_TIMEDOUT && d->own_limit)
        (void)d->hooks->fail(d->hooks->owner, result, "SSL connection timeout");
    return result;
}

/* ---- All of it ---- */

static WAITS CURLcode open_connection(const struct dialing *d, struct connection **ret)
{
    struct connection *c;
    CURLcode result = open_socket(d, &c);

    if (result)
        return result;
    if (d->target->tls)
        result = secure(d, c);
    else if (d->target->alpn)
        snprintf(c->alpn, sizeof(c->alpn), "%s", d->target->alpn);
    if (result) {
        connection_free(c);
        return result;
    }
    *ret = c;
    return CURLE_OK;
}

static void note_reuse(const struct dialing *d, struct connection *c)
{
    d->report->reused = true;
    d->report->name_resolved = clock_now();
    d->report->verify_result = c->verify_result;
    LOG(d->hooks, "Reusing existing %s: connection with host %.*s", d->target->scheme,
        (int)d->target->host.len, d->target->host.at);
}

/* Takes an idle connection, or opens one in the place that the pool gave. */
static WAITS CURLcode take_or_open(struct dialing *d, const struct pool_wish *wish,
                                   int64_t deadline, int64_t connect_timeout_us,
                                   struct connection **ret)
{
    int64_t connect_deadline;
    CURLcode result = pool_take(d->stores->pool, wish, deadline, ret);

    if (result)
        return result;
    d->began = d->report->queued_until = clock_now();
    if (*ret) {
        note_reuse(d, *ret);
        return CURLE_OK;
    }
    connect_deadline =
        connect_timeout_us > 0 ? clock_after(d->began, connect_timeout_us) : CLOCK_NEVER;
    d->own_limit = connect_deadline < deadline;
    d->deadline = clock_earlier(connect_deadline, deadline);
    result = open_connection(d, ret);
    if (result)
        pool_give_up(d->stores->pool, wish);
    else
        pool_adopt(d->stores->pool, wish, *ret);
    return result;
}

CURLcode dial(const struct dial_target *target, const struct dial_stores *stores,
              const struct net_hooks *hooks, struct socket_closer *closer, int64_t deadline,
              int64_t connect_timeout_us, struct dial_report *ret_report,
              struct connection **ret_connection)
{
    struct dialing d = {
        .target = target, .stores = stores, .hooks = hooks, .closer = closer, .report = ret_report};
    struct connection *c = NULL;
    scoped(buf) key = {0};
    scoped(buf) host_key = {0};
    CURLcode result;

    *ret_report = (struct dial_report){0};
    if (!dial_key(target, &key) || !dial_host_key(target, &host_key))
        return CURLE_OUT_OF_MEMORY;
    result = take_or_open(&d,
                          &(struct pool_wish){
                              .key = {key.bytes,      key.len     },
                              .host = {host_key.bytes, host_key.len},
                              .fresh = target->fresh,
                              .alone = target->alone,
                              .pipewait = target->pipewait,
                              .max_idle_us = target->max_idle_us,
                              .max_life_us = target->max_life_us
    },
                          deadline, connect_timeout_us, &c);
    if (result)
        return result;
    c->uses++;
    *ret_connection = c;
    return CURLE_OK;
}

void dial_return(struct connection *c, bool reusable, const struct net_hooks *hooks)
{
    long long id = c->id;
    char *name = hooks->log ? mem_strdup(c->name) : NULL;
    bool kept = pool_return(c, reusable);

    if (name && kept)
        LOG(hooks, "Connection #%lld to host %s left intact", id, name);
    else if (name)
        LOG(hooks, "shutting down connection #%lld", id);
    mem_free(name);
}
