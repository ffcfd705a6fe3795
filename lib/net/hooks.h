/* SPDX-License-Identifier: MIT */
/* What the network room asks of the room above it: the program's callbacks (run on the
 * application's side while the fiber waits) and the verbose log. All members may be called from a
 * fiber only; `owner` is the first argument of each. */
#ifndef NET_HOOKS_H
#define NET_HOOKS_H

#include "base/scope.h"
#include "base/str.h"
#include "net/address.h"

#include <curl/curl.h>
#include <stdbool.h>
#include <stdint.h>

struct connection;

/* Where a transfer is, for people who ask. */
enum net_phase {
    PHASE_NEW,
    PHASE_QUEUE, /* waits for a place or a connection */
    PHASE_RESOLVE,
    PHASE_CONNECT,
    PHASE_TLS,
    PHASE_TALK, /* has its connection */
};

struct net_hooks {
    void *owner;

    /* A new phase begins. NULL: nobody asks. */
    void (*phase)(void *owner, enum net_phase);

    /* Verbose text, without a newline; NULL when nobody listens (then nothing is formatted). */
    void (*log)(void *owner, const char *format, ...) __attribute__((format(printf, 2, 3)));

    /* Bytes of a TLS handshake, for the verbose log; NULL when nobody listens. */
    void (*tls_data)(void *owner, bool out, const char *bytes, size_t len);

    /* Error text of the transfer: the first one said stays. Returns `code`. */
    CURLcode (*fail)(void *owner, CURLcode code, const char *format, ...)
        __attribute__((format(printf, 3, 4)));

    /* CURLOPT_OPENSOCKETFUNCTION: may change the address; *ret_fd is CURL_SOCKET_BAD when the
     * program refuses. NULL: not set. */
    WAITS CURLcode (*open_socket)(void *owner, struct address *, int64_t deadline,
                                  curl_socket_t *ret_fd);

    /* The same for datagrams. */
    WAITS CURLcode (*open_datagram_socket)(void *owner, struct address *, int64_t deadline,
                                           curl_socket_t *ret_fd);

    /* CURLOPT_SOCKOPTFUNCTION: *ret_answer is CURL_SOCKOPT_*. NULL: not set. */
    WAITS CURLcode (*socket_options)(void *owner, curl_socket_t, int64_t deadline, int *ret_answer);

    /* The same of a connection that a peer has made to us. NULL: not set. */
    WAITS CURLcode (*accepted)(void *owner, curl_socket_t, int64_t deadline, int *ret_answer);

    /* CURLOPT_SSL_CTX_FUNCTION with the SSL_CTX. NULL: not set. */
    WAITS CURLcode (*ssl_context)(void *owner, void *ssl_ctx, int64_t deadline);

    /* Runs call(argument) on the program's thread; after the return, whatever the result, it does
     * not run any more. CURLE_AGAIN of it: again as soon as the program has resumed the transfer.
     * NULL: OpenSSL's callbacks may run here. */
    WAITS CURLcode (*on_program)(void *owner, CURLcode (*call)(void *argument), void *argument,
                                 int64_t deadline);

    /* How often the program has resumed the transfer; and pausing it until it resumes once more. */
    unsigned (*resumes)(void *owner);
    WAITS CURLcode (*pause)(void *owner, unsigned resumes, int64_t deadline);

    /* CURLOPT_RESOLVER_START_FUNCTION before a look-up is sent, with its c-ares channel or NULL;
     * nonzero *ret_answer refuses. The hook is NULL where that is not set. */
    WAITS CURLcode (*resolver_start)(void *owner, void *state, int64_t deadline, int *ret_answer);

    /* Has the HTTP proxy at the other end of the connection open a tunnel to `host` (no brackets)
     * and `port`. *ret_again: this connection is of no more use, and the next one goes on where it
     * ended (another round of authentication). Errors with a text, but for a time-out or
     * cancellation. Set where there is a proxy to tunnel through. */
    WAITS CURLcode (*tunnel)(void *owner, struct connection *, struct str host, int port,
                             int64_t deadline, bool *ret_again);
};

/* Who closes a socket that has outlived its transfer when CURLOPT_CLOSESOCKETFUNCTION is set: hands
 * the descriptor to the application's side. Counted; any thread. */
struct socket_closer {
    void (*close)(struct socket_closer *, curl_socket_t);
    void (*ref)(struct socket_closer *);
    void (*unref)(struct socket_closer *);
};

#endif
