/* SPDX-License-Identifier: MIT */
/* System calls on sockets. They return 0 (or a count) and -errno, so that no caller reads errno:
 * code that waits cannot. None of them blocks, none raises SIGPIPE, all descriptors are
 * close-on-exec. Any thread. */
#ifndef NET_SOCKET_H
#define NET_SOCKET_H

#include "net/address.h"

#include <curl/curl.h>
#include <stdbool.h>
#include <sys/types.h>

/* A non-blocking stream socket; -errno when there is none. */
int socket_open(int family);

/* The same for datagrams. */
int socket_open_datagram(int family);

/* Makes a descriptor that a program opened non-blocking and close-on-exec. */
int socket_adopt(curl_socket_t);

/* 0 when connected at once, -EINPROGRESS when it is under way. */
int socket_connect(curl_socket_t, const struct address *);

/* How a connect that was under way ended. */
int socket_pending_error(curl_socket_t);

int socket_bind(curl_socket_t, const struct address *);
int socket_bind_device(curl_socket_t, const char *interface);
int socket_set_number(curl_socket_t, int level, int name, int value);

/* A connection for a socket that listens, -EAGAIN when there is none. Non-blocking. */
int socket_listen(curl_socket_t);
int socket_accept(curl_socket_t);

/* No more is sent: the peer reads an end. */
void socket_finish(curl_socket_t);

/* Bytes moved, -EAGAIN when it would block. EINTR is retried. */
ssize_t socket_recv(curl_socket_t, void *bytes, size_t len);
ssize_t socket_send(curl_socket_t, const void *bytes, size_t len);

/* The same with datagrams: `from` says in its `len` how much room it has. */
ssize_t socket_recv_from(curl_socket_t, void *bytes, size_t len, struct address *from);
ssize_t socket_send_to(curl_socket_t, const void *bytes, size_t len, const struct address *to);

/* Neither bytes nor an end nor an error wait to be received. */
bool socket_is_quiet(curl_socket_t);

/* This end and the other; `len` is 0 when the kernel does not say. */
struct address socket_local_address(curl_socket_t);
struct address socket_remote_address(curl_socket_t);

void socket_close(curl_socket_t);

/* Fills a unix socket's address; false when the path does not fit. */
bool address_set_path(struct address *, const char *path, bool abstract);

#endif
