/* SPDX-License-Identifier: MIT */
#include "net/datagram.h"

#include "base/buf.h"
#include "net/bind.h"
#include "net/socket.h"

#include <errno.h>
#include <string.h>

enum { MOST_AT_ONCE = 64 }; /* datagrams of strangers that are dropped in one turn */

static void give_up_socket(struct socket_closer *closer, curl_socket_t fd)
{
    if (closer)
        closer->close(closer, fd);
    else
        socket_close(fd);
}

void datagrams_close(struct datagrams *d)
{
    if (d->fd == CURL_SOCKET_BAD)
        return;
    socket_watch_drop(d->watch);
    give_up_socket(d->closer, d->fd);
    d->fd = CURL_SOCKET_BAD;
    d->watch = NULL;
}

/* ---- Opening ---- */

/* A descriptor or -errno. */
static WAITS CURLcode new_socket(struct address *to, struct socket_closer *closer,
                                 const struct net_hooks *hooks, int64_t deadline, int *ret_fd)
{
    curl_socket_t fd = CURL_SOCKET_BAD;
    CURLcode result;
    int error;

    if (!hooks->open_datagram_socket) {
        *ret_fd = socket_open_datagram(to->at.any.sa_family);
        return CURLE_OK;
    }
    result = hooks->open_datagram_socket(hooks->owner, to, deadline, &fd);
    if (result)
        return result;
    error = fd == CURL_SOCKET_BAD ? -ECONNREFUSED : socket_adopt(fd);
    if (error && fd != CURL_SOCKET_BAD)
        give_up_socket(closer, fd);
    *ret_fd = error ? error : fd;
    return CURLE_OK;
}

/* The sockopt callback, and this end. */
static WAITS CURLcode prepare_socket(const struct datagrams *d, const struct socket_settings *s,
                                     const struct net_hooks *hooks, int64_t deadline,
                                     int *ret_errno)
{
    int answer = CURL_SOCKOPT_OK;
    scoped(buf) text = {0};
    CURLcode result = CURLE_OK;

    if (hooks->socket_options)
        result = hooks->socket_options(hooks->owner, d->fd, deadline, &answer);
    if (!result && answer == CURL_SOCKOPT_ERROR)
        result = CURLE_ABORTED_BY_CALLBACK;
    if (!result)
        result = local_end_bind(d->fd, d->peer.at.any.sa_family, s, &text, ret_errno);
    if (result && text.len)
        return hooks->fail(hooks->owner, result, "%s", text.bytes);
    return result;
}

static WAITS CURLcode open_one(struct datagrams *d, const struct socket_settings *s,
                               const struct net_hooks *hooks, int64_t deadline, int *ret_errno)
{
    int fd = -1;
    CURLcode result = new_socket(&d->peer, s->closer, hooks, deadline, &fd);

    if (result)
        return result;
    if (fd < 0) {
        *ret_errno = -fd;
        return CURLE_COULDNT_CONNECT;
    }
    d->fd = fd;
    result = prepare_socket(d, s, hooks, deadline, ret_errno);
    if (!result)
        result = socket_watch_open(fd, &d->watch);
    if (result)
        datagrams_close(d);
    return result;
}

CURLcode datagrams_open(const struct addresses *addresses, int port,
                        const struct socket_settings *s, const struct net_hooks *hooks,
                        int64_t deadline, struct datagrams *ret, int *ret_errno)
{
    CURLcode result = CURLE_COULDNT_CONNECT;

    *ret = (struct datagrams){.fd = CURL_SOCKET_BAD, .closer = s->closer};
    for (size_t i = 0; i < addresses->count; i++) {
        ret->peer = addresses->list[i];
        address_set_port(&ret->peer, port);
        if (ret->peer.at.any.sa_family == AF_INET6 && !ret->peer.at.in6.sin6_scope_id)
            ret->peer.at.in6.sin6_scope_id = s->address_scope;
        result = open_one(ret, s, hooks, deadline, ret_errno);
        if (result != CURLE_COULDNT_CONNECT && result != CURLE_INTERFACE_FAILED)
            return result;
    }
    return hooks->fail(hooks->owner, result, "No socket for datagrams: %s",
                       strerrordesc_np(*ret_errno) ? strerrordesc_np(*ret_errno) : "no address");
}

/* ---- Moving ---- */

CURLcode datagrams_send(struct datagrams *d, const void *bytes, size_t len, int64_t deadline,
                        int *ret_errno)
{
    for (;;) {
        ssize_t sent = socket_send_to(d->fd, bytes, len, &d->peer);
        CURLcode result;

        if (sent >= 0)
            return CURLE_OK;
        if (sent != -EAGAIN) {
            *ret_errno = (int)-sent;
            return CURLE_SEND_ERROR;
        }
        watch_blocked(&d->watch->watch, WAIT_WRITE);
        result = wait_fd(&d->watch->watch, WAIT_WRITE, deadline);
        if (result)
            return result;
    }
}

static bool same_host(const struct address *a, const struct address *b)
{
    if (a->at.any.sa_family != b->at.any.sa_family)
        return false;
    if (a->at.any.sa_family == AF_INET6)
        return !memcmp(&a->at.in6.sin6_addr, &b->at.in6.sin6_addr, sizeof(a->at.in6.sin6_addr));
    return a->at.in4.sin_addr.s_addr == b->at.in4.sin_addr.s_addr;
}

CURLcode datagrams_receive(struct datagrams *d, void *bytes, size_t size, int64_t deadline,
                           size_t *ret_len, int *ret_port, int *ret_errno)
{
    for (unsigned dropped = 0;; dropped++) {
        struct address from = {.len = sizeof(from.at)};
        ssize_t got = socket_recv_from(d->fd, bytes, size, &from);
        CURLcode result = CURLE_OK;

        if (got >= 0 && same_host(&from, &d->peer)) {
            *ret_len = (size_t)got;
            *ret_port = address_port(&from);
            return CURLE_OK;
        }
        if (got < 0 && got != -EAGAIN) {
            *ret_errno = (int)-got;
            return CURLE_RECV_ERROR;
        }
        if (got == -EAGAIN) {
            watch_blocked(&d->watch->watch, WAIT_READ);
            result = wait_fd(&d->watch->watch, WAIT_READ, deadline);
        } else if (dropped % MOST_AT_ONCE == MOST_AT_ONCE - 1) {
            result = wait_turn();
        }
        if (result)
            return result;
    }
}
