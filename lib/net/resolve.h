/* SPDX-License-Identifier: MIT */
/* From a name to addresses: c-ares in the worker's loop, in front of it a store that all transfers
 * of a multi handle (or a share object) use. Concurrent look-ups of one name are one query,
 * whichever workers they run on. */
#ifndef NET_RESOLVE_H
#define NET_RESOLVE_H

#include "base/buf.h"
#include "base/str.h"
#include "net/address.h"

#include <curl/curl.h>
#include <stdbool.h>
#include <stdint.h>

struct channel;
struct dns_cache;

/* The store: thread-safe, counted. NULL when memory is short. */
struct dns_cache *dns_cache_new(void);
struct dns_cache *dns_cache_ref(struct dns_cache *);
void dns_cache_unref(struct dns_cache *);

/* Forgets what is not pinned (CURLMOPT_NETWORK_CHANGED). Any thread. */
void dns_cache_clear(struct dns_cache *);

struct dns_answer {
    CURLcode result;             /* CURLE_OK: addresses; CURLE_COULDNT_RESOLVE_HOST: there are none;
                                    CURLE_OUT_OF_MEMORY; CURLE_AGAIN: who asked is gone, ask again */
    struct addresses *addresses; /* counted; NULL unless CURLE_OK */
    const char *reason;          /* static: why there are none; NULL otherwise */
    int64_t lifetime_us;         /* how long it may be used; 0: as long as the options say */
};

/* DNS over HTTPS: how names are asked for by whoever is above. */
struct dns_https {
    struct str identity; /* what tells its answers from others': the server, and the trust in it */
    void *owner;

    /* Asks on the running fiber. CURLE_OK: *ret_answer is the caller's, and *ret_keep says that it
     * may serve others; else the question could not be put: CURLE_OUT_OF_MEMORY,
     * CURLE_OPERATION_TIMEDOUT at the deadline, CURLE_ABORTED_BY_CALLBACK when cancelled. */
    WAITS CURLcode (*ask)(void *owner, const char *name, long ip_resolve, int64_t deadline,
                          struct dns_answer *ret_answer, bool *ret_keep);
};

struct dns_options {
    const char *servers;           /* CURLOPT_DNS_SERVERS or NULL */
    const char *interface;         /* CURLOPT_DNS_INTERFACE or NULL */
    const char *local_ip4;         /* CURLOPT_DNS_LOCAL_IP4 or NULL */
    const char *local_ip6;         /* CURLOPT_DNS_LOCAL_IP6 or NULL */
    long cache_timeout_s;          /* CURLOPT_DNS_CACHE_TIMEOUT; -1 for ever, 0 not at all */
    long ip_resolve;               /* CURL_IPRESOLVE_* */
    bool shuffle;                  /* CURLOPT_DNS_SHUFFLE_ADDRESSES */
    const struct dns_https *https; /* CURLOPT_DOH_URL; NULL: DNS is asked */
    struct channel *channel;       /* that DNS is asked through; NULL: the worker's */
};

/* Applies CURLOPT_RESOLVE entries ("[+]host:port:addr[,addr]...", "-host:port", "*:port:addr") to
 * the store, in order, up to a bad one. `ret_error` gets the text on CURLE_SETOPT_OPTION_SYNTAX;
 * CURLE_OUT_OF_MEMORY. Any thread. */
CURLcode dns_cache_preset(struct dns_cache *, const struct curl_slist *entries,
                          struct buf *ret_error);

/* Resolves `host` (a name or a numeric address, no brackets) for `port`. On CURLE_OK the caller
 * owns a reference to the addresses (at least one; ports are not set): IPv6 before IPv4, each
 * family in the order of RFC 6724; that the families alternate is left to the caller. On an error
 * there is none: CURLE_COULDNT_RESOLVE_HOST, where `ret_error` says why ("Could not resolve host: x
 * (no such name)"); CURLE_BAD_FUNCTION_ARGUMENT for unusable options, with a text;
 * CURLE_OUT_OF_MEMORY; CURLE_OPERATION_TIMEDOUT at the deadline, for which the caller has the text
 * ("Resolving timed out after ..."), and CURLE_ABORTED_BY_CALLBACK when cancelled; the query goes
 * on for others then. A fiber. */
WAITS CURLcode resolve(struct dns_cache *, struct str host, int port, const struct dns_options *,
                       int64_t deadline, struct addresses **ret_addresses, struct buf *ret_error);

/* True for names that are never asked for (RFC 7686). Any thread. */
bool resolve_refuses(struct str host);

/* True when `resolve` would have the answer from the store. Any thread. */
bool resolve_knows(struct dns_cache *, struct str host, int port, const struct dns_options *);

#endif
