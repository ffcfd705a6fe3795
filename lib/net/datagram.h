/* SPDX-License-Identifier: MIT */
/* A socket for datagrams (UDP) to one host, whose answers may come from any port of it. */
#ifndef NET_DATAGRAM_H
#define NET_DATAGRAM_H

#include "net/connect.h"

struct datagrams {
    curl_socket_t fd;
    struct socket_watch *watch;   /* owned */
    struct socket_closer *closer; /* NULL: close() */
    struct address peer;          /* where to; the port may change */
};

/* A socket for the first of the addresses that one can be opened and bound for.
 * CURLE_COULDNT_CONNECT and CURLE_INTERFACE_FAILED with a text, or as of the hooks. A fiber.
 * `closer` is borrowed. */
WAITS CURLcode datagrams_open(const struct addresses *, int port, const struct socket_settings *,
                              const struct net_hooks *, int64_t deadline, struct datagrams *ret,
                              int *ret_errno);

/* Safe on one that was not opened (fd CURL_SOCKET_BAD). */
void datagrams_close(struct datagrams *);

/* Sends one to the peer. CURLE_SEND_ERROR with *ret_errno, or as of wait_fd. */
WAITS CURLcode datagrams_send(struct datagrams *, const void *bytes, size_t len, int64_t deadline,
                              int *ret_errno);

/* Receives one of the peer's host, from whatever port (in *ret_port); longer ones are cut to
 * `size`. Those of other hosts are dropped. CURLE_RECV_ERROR with *ret_errno, or as of wait_fd. */
WAITS CURLcode datagrams_receive(struct datagrams *, void *bytes, size_t size, int64_t deadline,
                                 size_t *ret_len, int *ret_port, int *ret_errno);

#endif
