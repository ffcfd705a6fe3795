/* SPDX-License-Identifier: MIT */
/* HTTP authentication (RFC 9110 11) with one party: the origin server, or a proxy. A transfer has a
 * `struct http_auth` for each, from its start to its end. Worker side, the transfer's fiber.
 *
 * Before each request:
 *
 *     http_auth_use(a, &login)                     whose credentials these are; again after a
 * change of party (another origin, another proxy) http_auth_write(a, &message, connection, head)
 * appends the "Authorization" or "Proxy-Authorization" line that is due, if any
 *     http_auth_holds_body(a)                      the answer will be another challenge: a body is
 *                                                  not sent yet, but "Content-Length: 0"
 *
 * After its response's head:
 *
 *     http_auth_challenge(a, connection, value)    for each WWW-Authenticate field of a 401, each
 *                                                  Proxy-Authenticate of a 407, in order
 *     http_auth_again(a, status)                   true: read or drop the body, then send the
 *                                                  request once more, on the same connection if it
 *                                                  lives, else on a new one
 *     http_auth_problem(a)                         the credentials were refused: the response is
 *                                                  final, and an error for CURLOPT_FAILONERROR
 *
 * For CONNECT the message is {"CONNECT", "host:port", ...}, the party AUTH_PROXY, and all that
 * happens before the tunnel stands; the requests inside say nothing to the proxy. For a proxy
 * without a tunnel the same `struct http_auth` is asked along with the server's on every request.
 *
 * NTLM and Negotiate authenticate a connection, not a request. What they know of it hangs on the
 * connection (connection->auth), which is then its owner's (connection->owner): http_auth_owner
 * says who that is. */
#ifndef PROTOCOLS_HTTP_AUTH_H
#define PROTOCOLS_HTTP_AUTH_H

#include "base/buf.h"
#include "base/str.h"
#include "boundary/exchange.h"
#include "boundary/facts.h"
#include "boundary/settings.h"
#include "net/connection.h"
#include "net/hooks.h"
#include "protocols/login.h"
#include "wire/digest.h"

#include <stdbool.h>
#include <stdint.h>

enum auth_party { AUTH_SERVER, AUTH_PROXY };

/* CURLAUTH_* bits of the methods that are built. */
unsigned long http_auth_built(void);

struct http_auth {
    /* Given. */
    enum auth_party party;
    const struct settings *settings;
    const struct net_hooks *hooks;
    const struct exchange *exchange;
    struct facts *facts; /* CURLINFO_HTTPAUTH_AVAIL, _USED and those of the proxy */
    uint64_t number;     /* no other has it, in the process */

    /* Who we are to this party. */
    const struct login *login; /* NULL: nobody */
    struct buf owner;          /* what http_auth_owner last said */

    /* How far we are. */
    unsigned long wanted;  /* CURLAUTH_*: what the program allows */
    unsigned long offered; /* in the response that is being read */
    unsigned long picked;  /* the method: one bit, or `wanted` before anything was offered */
    bool unfinished;       /* what was sent last cannot be the method's last word */
    bool problem;          /* the credentials were refused, or no method is left */
    struct digest digest;  /* what the party's last Digest challenge said */
    bool digest_sent;      /* and it was answered */
};

/* The request that is to be authenticated. */
struct auth_message {
    const char *method;
    struct str target; /* path and query, towards a proxy too; of CONNECT "host:port" */
    struct str host;   /* the party's name */
    bool replaced;     /* the program has a header of that name of its own: we say nothing */

    /* For signing what is sent to a server. */
    struct str host_line; /* the Host line's value */
    const struct curl_slist *headers;
    struct str payload; /* the body */
    bool payload_unknown;
};

/* Begins a transfer of this exchange: we are nobody to the party yet. */
void http_auth_init(struct http_auth *, enum auth_party, const struct exchange *,
                    const struct net_hooks *, struct facts *);
void http_auth_release(struct http_auth *);

/* Who the program is to the party from now on: `login` (NULL: nobody) stays the caller's and lives
 * as long as it is in use. All that was agreed on with another party is forgotten. */
void http_auth_use(struct http_auth *, const struct login *);

/* Another request to the same party: methods are chosen anew, what it said is still known. */
void http_auth_restart(struct http_auth *);

/* Takes over the challenge that the party made an earlier transfer; `d` is emptied. `refused`: its
 * answer was not believed then. Like libcurl we then ask once more before we learn a new one. */
void http_auth_recall(struct http_auth *, struct digest *d, bool refused);

/* The next request goes with a method that is bound to a connection: one of HTTP/1, which serves
 * one transfer at a time. */
bool http_auth_binds(const struct http_auth *);

/* Who owns a connection to `origin` once a method that binds was used on it (valid until the next
 * call): nobody when there is none. False when memory is short. */
bool http_auth_owner(struct http_auth *, struct str origin, struct str *ret_owner);

/* Appends the header line for the next request; waits only for Negotiate. Errors with a text. */
WAITS CURLcode http_auth_write(struct http_auth *, const struct auth_message *, struct connection *,
                               struct buf *head);
bool http_auth_holds_body(const struct http_auth *);

/* Takes the challenges of one field in. CURLE_OUT_OF_MEMORY; what a server gets wrong is no error,
 * but a problem. */
CURLcode http_auth_challenge(struct http_auth *, struct connection *, struct str value);

/* After the head with this status. `held_body`: what http_auth_holds_body said of the
 * request; `host`: the party's. *ret_again: send the request once more. */
WAITS CURLcode http_auth_again(struct http_auth *, struct connection *, struct str host, int status,
                               bool held_body, bool *ret_again);
bool http_auth_problem(const struct http_auth *);

#endif
