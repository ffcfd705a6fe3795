/* SPDX-License-Identifier: MIT */
/* A socket that waits for one connection of the peer's (FTP's active mode). A fiber's. */
#ifndef NET_LISTEN_H
#define NET_LISTEN_H

#include "net/address.h"
#include "net/connection.h"
#include "net/hooks.h"
#include "net/socket_watch.h"

struct listener {
    curl_socket_t fd; /* CURL_SOCKET_BAD: none */
    struct socket_watch *watch;
    struct socket_closer *closer; /* counted by the transfer's request */
    struct address address;       /* with the port that was found */
};

/* Binds to one of the ports of `address` from `first` to `last` (both 0: any) and listens. The
 * listener is closed with listener_close, whatever this returns. CURLE_FTP_PORT_FAILED without a
 * text and with *ret_errno; CURLE_OUT_OF_MEMORY; what the hooks say. */
WAITS CURLcode listener_open(const struct address *, int first, int last, const struct net_hooks *,
                             struct socket_closer *, int64_t deadline,
                             struct listener *ret_listener, int *ret_errno);
void listener_close(struct listener *); /* a zeroed one has fd 0: set it to CURL_SOCKET_BAD first */

/* The connection that has come; NULL and CURLE_OK: none yet. CURLE_FTP_ACCEPT_FAILED,
 * CURLE_OUT_OF_MEMORY, CURLE_ABORTED_BY_CALLBACK with a text. `name` is for messages. */
WAITS CURLcode listener_accept(struct listener *, const char *name, const struct net_hooks *,
                               int64_t deadline, struct connection **ret);

#endif
