/* SPDX-License-Identifier: MIT */
/* The watch of a connection's socket: a watch on the heap that may be let go of by another thread
 * than its worker's, for a connection that moves while it is idle. */
#ifndef NET_SOCKET_WATCH_H
#define NET_SOCKET_WATCH_H

#include "base/list.h"
#include "runtime/wait.h"

#include <curl/curl.h>

struct pool;
struct connection;
struct nest;

struct socket_watch {
    struct watch watch;

    /* Under the nest's lock: those of a worker, or those that others let go of. */
    struct nest *nest; /* counted; NULL when not registered */
    struct list_link link;

    /* The pool's. */
    struct pool *pool;             /* its memory, held while set; fixed once set */
    struct connection *connection; /* under the pool's lock: the idle one; NULL while in use */
};

/* Registers a descriptor with the current worker, as watch_open. When the worker ends it is let go
 * of by itself; an idle connection is then unwatched. CURLE_OUT_OF_MEMORY or CURLE_FAILED_INIT. */
CURLcode socket_watch_open(curl_socket_t fd, struct socket_watch **ret_watch);

/* One that no worker knows: for streams that are only tried. NULL when memory is short. */
struct socket_watch *socket_watch_unregistered(curl_socket_t fd);

/* Takes the descriptor out of its worker's epoll and frees the watch, now or when the worker next
 * looks. Any thread, while no fiber waits on it. Takes NULL. */
void socket_watch_drop(struct socket_watch *);

/* Whether it is registered with the current worker. Any thread. */
bool socket_watch_is_here(const struct socket_watch *);

#endif
