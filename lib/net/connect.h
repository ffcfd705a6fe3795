/* SPDX-License-Identifier: MIT */
/* From addresses to a connected socket: happy eyeballs (RFC 8305), binding, socket options. */
#ifndef NET_CONNECT_H
#define NET_CONNECT_H

#include "net/address.h"
#include "net/hooks.h"
#include "net/socket_watch.h"
#include "runtime/wait.h"

struct socket_settings {
    const char *
        interface; /* CURLOPT_INTERFACE or NULL: "name", "if!name", "host!name", "ifhost!if!host" */
    int local_port;         /* CURLOPT_LOCALPORT, 0: any */
    int local_port_range;   /* CURLOPT_LOCALPORTRANGE, at least 1 */
    unsigned address_scope; /* CURLOPT_ADDRESS_SCOPE */
    bool tcp_nodelay;
    bool keepalive;
    long keep_idle_s, keep_interval_s, keep_count;
    bool fastopen;    /* CURLOPT_TCP_FASTOPEN */
    long eyeballs_ms; /* CURLOPT_HAPPY_EYEBALLS_TIMEOUT_MS */

    /* Set by dial. */
    const struct addresses *interface_addresses; /* of the host name in `interface`, or NULL */
    struct socket_closer *closer;                /* of sockets that are given up; NULL: close() */
};

struct connected {
    curl_socket_t fd;
    struct socket_watch *watch; /* owned by the caller, open on the current worker */
    struct address remote;
    bool was_connected; /* the sockopt callback said CURL_SOCKOPT_ALREADY_CONNECTED */
};

/* Connects to one of the addresses, IPv6 first, families alternating, the next attempt after
 * eyeballs_ms or at once when one fails; a seventh socket discards the oldest attempt.
 * CURLE_COULDNT_CONNECT with a text through hooks->fail ("Failed to connect to HOST port PORT after
 * N ms: reason"), also when the sockopt callback gives CURL_SOCKOPT_ERROR; CURLE_INTERFACE_FAILED
 * when binding fails, CURLE_OPERATION_TIMEDOUT at the deadline and CURLE_ABORTED_BY_CALLBACK when
 * cancelled, both without a text. `host` is for texts. A fiber. *ret_errno is CURLINFO_OS_ERRNO,
 * set on failure. */
WAITS CURLcode connect_any(const struct addresses *, int port, const char *host,
                           const struct socket_settings *, const struct net_hooks *,
                           int64_t deadline, struct connected *ret_connected, int *ret_errno);

#endif
