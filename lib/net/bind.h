/* SPDX-License-Identifier: MIT */
/* This end of a connection before it is made: CURLOPT_INTERFACE, LOCALPORT, LOCALPORTRANGE. */
#ifndef NET_BIND_H
#define NET_BIND_H

#include "base/buf.h"
#include "base/str.h"
#include "net/connect.h"

/* What CURLOPT_INTERFACE says, slices of it; empty parts are not given. */
struct local_end {
    struct str device;  /* "if!" */
    struct str host;    /* "host!" */
    struct str unknown; /* neither: an interface's name if there is one, else a host */
};

struct local_end local_end_parse(const char *interface);

/* The host in it that must be resolved before connecting: neither an interface's name nor a numeric
 * address. Empty for none. */
struct str local_end_name(const char *interface);

/* An address of the interface with this name, without a port; false when there is none. */
bool local_end_of_device(struct str name, int family, struct address *ret);

/* Binds a socket for a connection to an address of this family. CURLE_INTERFACE_FAILED with a text
 * in `ret_text`, or CURLE_COULDNT_CONNECT when this end has no address of the family. *ret_errno is
 * set on failure. Only numeric addresses, names of interfaces and settings->interface_addresses are
 * used: nothing is looked up. Never waits. */
CURLcode local_end_bind(curl_socket_t, int family, const struct socket_settings *,
                        struct buf *ret_text, int *ret_errno);

#endif
