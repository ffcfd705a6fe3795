/* SPDX-License-Identifier: MIT */
/* Socket addresses: a single one, a shared list of them, and their text. */
#ifndef NET_ADDRESS_H
#define NET_ADDRESS_H

#include <netinet/in.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/un.h>

struct address {
    socklen_t len;
    union {
        struct sockaddr any; /* any.sa_family says which */
        struct sockaddr_in in4;
        struct sockaddr_in6 in6;
        struct sockaddr_un local;
    } at;
};

/* An immutable list, counted, any thread; in order of preference. Ports are set by who connects. */
struct addresses {
    atomic_int references;
    size_t count;
    struct address list[];
};

struct addresses *
addresses_new(size_t count); /* zeroed, one reference; NULL when memory is short */
struct addresses *addresses_ref(struct addresses *);
void addresses_unref(struct addresses *);

enum { ADDRESS_TEXT_SIZE = 64 };

/* "192.0.2.1" or "2001:db8::1%2" without brackets, empty for a unix socket, into `text`. */
void address_text(const struct address *, char text[ADDRESS_TEXT_SIZE]);
int address_port(const struct address *); /* host byte order; 0 for a unix socket */
void address_set_port(struct address *, int port);

/* Reads a numeric IPv4 or IPv6 address (an optional %zone behind the latter); false if it is none.
 */
bool address_parse(const char *text, struct address *ret_address);

#endif
