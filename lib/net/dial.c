/* SPDX-License-Identifier: MIT */
#include "net/dial_state.h"

#include "base/clock.h"
#include "base/mem.h"
#include "net/dial_key.h"
#include "net/socket.h"

#include <stdio.h>
#include <string.h>

enum {
    MOST_TRIES = 10, /* connections for one tunnel: rounds of authentication */
    KEY_ROOM = 256,  /* most keys fit */
};

/* ---- Texts ---- */

CURLcode dial_say_timeout(const struct dialing *d, CURLcode code, const char *what)
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

/* "host:port", an IPv6 address in brackets: of the proxy, else of the origin. */
static char *name_of(const struct dial_target *t)
{
    const struct proxy_way *w = &t->proxies;
    const struct proxy *proxy = w->socks ? w->socks : w->http;
    struct str host = proxy ? proxy->host : t->host;
    bool is_ip6 = host.len && memchr(host.at, ':', host.len);
    scoped(buf) name = {0};

    buf_printf(&name, is_ip6 ? "[%.*s]:%d" : "%.*s:%d", (int)host.len, host.at,
               proxy ? proxy->port : t->port);
    return buf_take(&name);
}

static void enter_phase(const struct dialing *d, enum net_phase phase)
{
    if (d->hooks->phase)
        d->hooks->phase(d->hooks->owner, phase);
}

/* ---- The socket ---- */

static WAITS CURLcode race(const struct dialing *d, const struct addresses *addresses,
                           struct connected *ret)
{
    const struct dial_target *t = d->target;
    const struct dial_peer peer = dial_first_peer(t);
    struct socket_settings settings = t->socket;
    struct addresses *local = NULL;
    char *host = text_of(dial_named_host(t));
    CURLcode result = host ? dial_find_local_end(d, &local) : CURLE_OUT_OF_MEMORY;

    enter_phase(d, PHASE_CONNECT);
    settings.interface_addresses = local;
    settings.closer = d->closer;
    if (!result)
        result = connect_any(addresses, t->unix_path ? t->port : peer.port, host, &settings,
                             d->hooks, d->deadline, ret, &d->report->os_errno);
    addresses_unref(local);
    mem_free(host);
    return dial_say_timeout(d, result, "Connection");
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
    const struct dial_peer peer = dial_first_peer(d->target);
    struct str host = dial_named_host(d->target);

    if (peer.unix_path)
        LOG(d->hooks, "Established connection to %.*s (%s port 0)", (int)host.len, host.at,
            peer.unix_path);
    else
        LOG(d->hooks, "Established connection to %.*s (%s port %d) from %s port %d ", (int)host.len,
            host.at, c->remote_ip, c->remote_port, c->local_ip, c->local_port);
}

static WAITS CURLcode open_socket(const struct dialing *d, struct connection **ret)
{
    struct addresses *addresses = NULL;
    struct connected socket = {0};
    CURLcode result = dial_find_addresses(d, &addresses);

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

CURLcode dial_handshake(const struct dialing *d, struct connection *c, struct str name, int port,
                        const char *alpn, const struct tls_settings *settings,
                        struct tls_result *ret)
{
    const char *zone = name.len ? memchr(name.at, '%', name.len) : NULL;
    char *host = text_of((struct str){name.at, zone ? (size_t)(zone - name.at) : name.len});
    struct tls_peer peer = {.host = host,
                            .port = port,
                            .alpn = alpn,
                            .sessions = settings->session_cache ? d->stores->sessions : NULL};
    CURLcode result;

    if (!host)
        return CURLE_OUT_OF_MEMORY;
    enter_phase(d, PHASE_TLS);
    result = tls_connect(c->stream, &peer, settings, d->hooks, d->deadline, ret, &c->stream);
    mem_free(host);
    if (!result)
        return CURLE_OK;
    d->report->os_errno = c->stream->os_errno;
    if (result == CURLE_OPERATION_TIMEDOUT && d->own_limit)
        (void)d->hooks->fail(d->hooks->owner, result, "SSL connection timeout");
    return result;
}

static WAITS CURLcode secure(const struct dialing *d, struct connection *c)
{
    const struct dial_target *t = d->target;
    struct tls_result secured = {0};
    CURLcode result = dial_handshake(d, c, t->host, t->port, t->alpn, t->tls, &secured);

    d->report->verify_result = secured.verify_result;
    if (result)
        d->report->certinfo = secured.certinfo;
    else
        note_tls(d, c, &secured);
    return result;
}

/* ---- All of it ---- */

/* One try; *ret_again: the proxy wants another connection for the next one. */
static WAITS CURLcode try_connection(const struct dialing *d, struct connection **ret,
                                     bool *ret_again)
{
    struct connection *c;
    CURLcode result = open_socket(d, &c);

    if (result)
        return result;
    result = dial_pass_proxies(d, c, ret_again);
    if (!result && !*ret_again && d->target->tls && c->unread)
        result = d->hooks->fail(d->hooks->owner, CURLE_RECV_ERROR,
                                "Bytes from the proxy where TLS was to begin");
    if (!result && !*ret_again && d->target->tls)
        result = secure(d, c);
    else if (!d->target->tls && d->target->alpn && !c->alpn[0])
        snprintf(c->alpn, sizeof(c->alpn), "%s", d->target->alpn);
    if (result || *ret_again) {
        connection_free(c);
        return result;
    }
    *ret = c;
    return CURLE_OK;
}

static WAITS CURLcode open_connection(const struct dialing *d, struct connection **ret)
{
    for (int tries = 0; tries < MOST_TRIES; tries++) {
        bool again = false;
        CURLcode result = try_connection(d, ret, &again);

        if (result || !again)
            return result;
        LOG(d->hooks, "Connect me again please");
    }
    return d->hooks->fail(d->hooks->owner, CURLE_COULDNT_CONNECT,
                          "The proxy wants a new connection without end");
}

static void note_reuse(const struct dialing *d, struct connection *c)
{
    d->report->reused = true;
    d->report->name_resolved = clock_now();
    d->report->verify_result = c->verify_result;
    d->report->proxy_verify_result = c->proxy_verify_result;
    LOG(d->hooks, "Reusing existing %s: connection with %s %.*s", d->target->scheme,
        dial_first_peer(d->target).is_proxy ? "proxy" : "host", (int)dial_named_host(d->target).len,
        dial_named_host(d->target).at);
}

/* The clocks of connecting start. */
static void begin_connecting(struct dialing *d, int64_t deadline, int64_t connect_timeout_us)
{
    int64_t connect_deadline;

    d->began = clock_now();
    connect_deadline =
        connect_timeout_us > 0 ? clock_after(d->began, connect_timeout_us) : CLOCK_NEVER;
    d->own_limit = connect_deadline < deadline;
    d->deadline = clock_earlier(connect_deadline, deadline);
}

/* Takes an idle connection, or opens one in the place that the pool gave. */
static WAITS CURLcode take_or_open(struct dialing *d, const struct pool_wish *wish,
                                   int64_t deadline, int64_t connect_timeout_us,
                                   struct connection **ret)
{
    CURLcode result;

    enter_phase(d, PHASE_QUEUE);
    result = pool_take(d->stores->pool, wish, deadline, ret);

    if (result)
        return result;
    begin_connecting(d, deadline, connect_timeout_us);
    d->report->queued_until = d->began;
    enter_phase(d, PHASE_RESOLVE);
    if (*ret) {
        note_reuse(d, *ret);
        return CURLE_OK;
    }
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
    char memory[2][KEY_ROOM];
    scoped(buf) key = BUF_IN(memory[0]);
    scoped(buf) host_key = BUF_IN(memory[1]);
    CURLcode result;

    *ret_report = (struct dial_report){0};
    if (!dial_key(target, &key) || !dial_host_key(target, &host_key))
        return CURLE_OUT_OF_MEMORY;
    result = take_or_open(&d,
                          &(struct pool_wish){
                              .key = {key.bytes,      key.len     },
                              .owner = target->owner,
                              .hooks = hooks,
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

CURLcode dial_beside(const struct dial_target *target, const struct dial_stores *stores,
                     const struct net_hooks *hooks, struct socket_closer *closer, int64_t deadline,
                     int64_t connect_timeout_us, struct dial_report *ret_report,
                     struct connection **ret_connection)
{
    struct dial_target plain = *target;
    struct dialing d = {
        .target = &plain, .stores = stores, .hooks = hooks, .closer = closer, .report = ret_report};

    *ret_report = (struct dial_report){0};
    plain.tls = NULL;
    plain.alpn = NULL;
    begin_connecting(&d, deadline, connect_timeout_us);
    return open_connection(&d, ret_connection);
}

CURLcode dial_secure(const struct dial_target *target, const struct dial_stores *stores,
                     const struct net_hooks *hooks, int64_t deadline, int64_t connect_timeout_us,
                     struct dial_report *ret_report, struct connection *c)
{
    struct dialing d = {.target = target, .stores = stores, .hooks = hooks, .report = ret_report};

    *ret_report = (struct dial_report){0};
    begin_connecting(&d, deadline, connect_timeout_us);
    return secure(&d, c);
}

CURLcode dial_resolve(const struct dial_target *target, const struct dial_stores *stores,
                      const struct net_hooks *hooks, struct str host, int port, int64_t deadline,
                      struct addresses **ret)
{
    struct dial_report unused = {0};
    struct dialing d = {.target = target, .stores = stores, .hooks = hooks, .report = &unused};

    begin_connecting(&d, deadline, 0);
    return dial_look_up(&d, host, port, ret);
}

bool dial_would_reuse(const struct dial_target *target, const struct dial_stores *stores)
{
    char memory[KEY_ROOM];
    scoped(buf) key = BUF_IN(memory);

    return !target->fresh && dial_key(target, &key) &&
           pool_has(stores->pool, (struct str){key.bytes, key.len});
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
