/* SPDX-License-Identifier: MIT */
/* What the steps of a dialing share. For dial.c and dial_proxy.c. */
#ifndef NET_DIAL_STATE_H
#define NET_DIAL_STATE_H

#include "net/dial.h"

/* One dialing: what each step needs. */
struct dialing {
    const struct dial_target *target;
    const struct dial_stores *stores;
    const struct net_hooks *hooks;
    struct socket_closer *closer;
    struct dial_report *report;
    int64_t began;           /* behind the queue */
    int64_t deadline;        /* of the whole or of connecting, what comes first */
    bool own_limit;          /* it is that of connecting */
    struct channel *channel; /* that the program has seen before the look-up, or NULL */
};

#define LOG(hooks, ...)                                                                            \
    do {                                                                                           \
        if ((hooks)->log)                                                                          \
            (hooks)->log((hooks)->owner, __VA_ARGS__);                                             \
    } while (0)

/* Who the socket goes to: the first proxy, or the destination. */
struct dial_peer {
    struct str host;
    int port;
    const char *unix_path; /* or NULL */
    bool unix_abstract;
    bool is_proxy;
};

/* ---- dial_address.c ---- */

struct dial_peer dial_first_peer(const struct dial_target *);

/* The host that texts name: an unreal destination stays as the program wrote it. */
struct str dial_named_host(const struct dial_target *);

/* The addresses of a host, counted for the caller. Errors with a text. */
WAITS CURLcode dial_look_up(const struct dialing *, struct str host, int port,
                            struct addresses **ret);

/* The addresses of the first peer, counted for the caller. Errors with a text. */
WAITS CURLcode dial_find_addresses(const struct dialing *, struct addresses **ret);

/* The host name in CURLOPT_INTERFACE; what it does not resolve to is told by the binding. */
WAITS CURLcode dial_find_local_end(const struct dialing *, struct addresses **ret);

/* ---- dial.c ---- */

/* The text of a time-out, if it is ours to say: "WHAT timed out after N milliseconds". Returns
 * `code`. */
CURLcode dial_say_timeout(const struct dialing *, CURLcode code, const char *what);

/* Puts TLS on the connection's stream, which stays below it. */
WAITS CURLcode dial_handshake(const struct dialing *, struct connection *, struct str name,
                              int port, const char *alpn, const struct tls_settings *,
                              struct tls_result *ret);

/* ---- dial_proxy.c ---- */

/* From the socket to where TLS with the destination, or its protocol, begins. *ret_again: the
 * proxy wants another connection for the next try. */
WAITS CURLcode dial_pass_proxies(const struct dialing *, struct connection *, bool *ret_again);

#endif
