/* SPDX-License-Identifier: MIT */
#include "net/listen.h"

#include "base/clock.h"
#include "base/mem.h"
#include "net/socket.h"

#include <errno.h>

static void close_socket(struct socket_closer *closer, curl_socket_t fd)
{
    if (closer)
        closer->close(closer, fd);
    else
        socket_close(fd);
}

/* ---- Listening ---- */

/* A descriptor or -errno. */
static WAITS CURLcode new_socket(struct address *a, const struct net_hooks *hooks, int64_t deadline,
                                 struct socket_closer *closer, int *ret_fd)
{
    curl_socket_t fd = CURL_SOCKET_BAD;
    CURLcode result;
    int error;

    if (!hooks->open_socket) {
        *ret_fd = socket_open(a->at.any.sa_family);
        return CURLE_OK;
    }
    result = hooks->open_socket(hooks->owner, a, deadline, &fd);
    if (result)
        return result;
    error = fd == CURL_SOCKET_BAD ? -ECONNREFUSED : socket_adopt(fd);
    if (error && fd != CURL_SOCKET_BAD)
        close_socket(closer, fd);
    *ret_fd = error ? error : fd;
    return CURLE_OK;
}

static int bind_one_of(curl_socket_t fd, struct address *a, int first, int last)
{
    int error = 0;

    for (int port = first; port <= last; port++) {
        address_set_port(a, port);
        error = socket_bind(fd, a);
        if (error != -EADDRINUSE && error != -EACCES)
            break;
    }
    return error;
}

CURLcode listener_open(const struct address *address, int first, int last,
                       const struct net_hooks *hooks, struct socket_closer *closer,
                       int64_t deadline, struct listener *ret_listener, int *ret_errno)
{
    struct address local = *address;
    CURLcode result;
    int fd = -1, error;

    *ret_listener = (struct listener){.fd = CURL_SOCKET_BAD, .closer = closer};
    address_set_port(&local, first);
    result = new_socket(&local, hooks, deadline, closer, &fd);
    if (result)
        return result;
    error = fd < 0 ? fd : bind_one_of(fd, &local, first, last);
    if (fd >= 0)
        ret_listener->fd = fd;
    if (!error)
        error = socket_listen(fd);
    if (error) {
        *ret_errno = -error;
        return CURLE_FTP_PORT_FAILED;
    }
    ret_listener->address = socket_local_address(fd);
    return socket_watch_open(fd, &ret_listener->watch);
}

void listener_close(struct listener *l)
{
    if (l->fd == CURL_SOCKET_BAD)
        return;
    socket_watch_drop(l->watch);
    close_socket(l->closer, l->fd);
    *l = (struct listener){.fd = CURL_SOCKET_BAD};
}

/* ---- Accepting ---- */

/* CURLOPT_SOCKOPTFUNCTION for it. */
static WAITS CURLcode ask_program(const struct net_hooks *hooks, curl_socket_t fd, int64_t deadline)
{
    int answer = CURL_SOCKOPT_OK;
    CURLcode result = CURLE_OK;

    if (hooks->accepted)
        result = hooks->accepted(hooks->owner, fd, deadline, &answer);
    if (!result && answer != CURL_SOCKOPT_OK)
        result = hooks->fail(hooks->owner, CURLE_ABORTED_BY_CALLBACK,
                             "The program refuses the server's connection");
    return result;
}

/* CURLOPT_CLOSESOCKETFUNCTION is for what the program, or we for it, opened. */
static CURLcode wrap(curl_socket_t fd, const char *name, struct connection **ret)
{
    struct connection *c = connection_new(fd, NULL);
    CURLcode result;

    if (!c) {
        socket_close(fd);
        return CURLE_OUT_OF_MEMORY;
    }
    c->opened = clock_now();
    c->name = mem_strdup(name);
    result = socket_watch_open(fd, &c->watch);
    if (!result)
        c->stream = stream_new_socket(&c->watch->watch);
    if (result || !c->stream || !c->name) {
        connection_free(c);
        return CURLE_OUT_OF_MEMORY;
    }
    *ret = c;
    return CURLE_OK;
}

CURLcode listener_accept(struct listener *l, const char *name, const struct net_hooks *hooks,
                         int64_t deadline, struct connection **ret)
{
    int fd = socket_accept(l->fd);
    CURLcode result;

    *ret = NULL;
    if (fd == -EAGAIN || fd == -EWOULDBLOCK) {
        watch_blocked(&l->watch->watch, WAIT_READ);
        return CURLE_OK;
    }
    if (fd < 0)
        return CURLE_FTP_ACCEPT_FAILED;
    result = ask_program(hooks, fd, deadline);
    if (result) {
        socket_close(fd);
        return result;
    }
    return wrap(fd, name, ret);
}
