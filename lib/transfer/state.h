/* SPDX-License-Identifier: MIT */
/* What a transfer keeps while it runs. For the files of this room. */
#ifndef TRANSFER_STATE_H
#define TRANSFER_STATE_H

#include "base/buf.h"
#include "boundary/exchange.h"
#include "net/dial.h"
#include "net/hooks.h"
#include "protocols/hop.h"
#include "protocols/http_auth.h"
#include "protocols/login.h"
#include "runtime/timers.h"
#include "wire/proxy_url.h"
#include "wire/url.h"

/* The proxies on the way to a hop's origin: proxy.c. */
struct proxies {
    struct proxy_url socks_url, http_url; /* own the texts of: */
    struct proxy socks, http;             /* what the way points to */
    struct tls_settings tls;              /* with an HTTPS proxy; the texts are the settings' */
    struct login login;                   /* at the HTTP proxy */
    struct buf party;                     /* which one that is, and who we are there */
};

struct transfer {
    struct exchange *exchange;
    const struct settings *settings;
    const struct protocol *protocol;
    struct facts *facts; /* in the exchange's `done` */
    struct url url;
    struct net_hooks hooks;
    struct hop hop;

    /* Who the program is to whom: login.c. */
    struct buf first_origin, origin; /* of the program's URL, and of this hop's */
    char *first_host;                /* of the program's URL, once there was a redirect; owned */
    char *referer;                   /* of CURLOPT_AUTOREFERER, owned */
    struct login login;              /* at `origin` */
    struct http_auth auth[2];        /* by enum auth_party */
    struct proxy_way way;
    struct proxies *proxies; /* owned; NULL: none on the way */

    char *error_text;               /* in the exchange's `done`: the first reason that was given */
    struct curl_certinfo *certinfo; /* of a handshake, for the end */
    struct connection *kept;        /* CURLOPT_CONNECT_ONLY: leaves with the end */
    struct connection *held;        /* between two rounds of one request */

    /* CURLOPT_ALTSVC: altsvc.c. */
    struct buf alt_used;
    bool without_altsvc; /* nobody answered there */

    /* CURLOPT_DOH_URL: doh.c. */
    struct dns_https doh;
    struct buf doh_identity;

    /* CURLOPT_TIMEOUT and CURLOPT_LOW_SPEED_*: timers that end the fiber's waits. */
    struct timer deadline_timer;
    struct timer speed_timer;
    curl_off_t speed_moved;   /* bytes at the last look */
    int64_t speed_slow_since; /* us; 0: fast enough */
};

/* ---- transfer.c ---- */

/* What getinfo says of the protocol and its scheme, once there is somebody to talk to. */
void transfer_note_protocol(struct transfer *);

/* ---- hooks.c ---- */

/* Fills in the hooks through which lower rooms reach the program's callbacks and the log. */
void transfer_set_hooks(struct transfer *);

/* Gives the reason of a failure; the first one stays. Returns `code`. */
CURLcode transfer_fail(struct transfer *, CURLcode code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* ---- doh.c ---- */

/* Fills in t->doh. CURLE_OUT_OF_MEMORY. */
CURLcode doh_init(struct transfer *);

/* ---- limits.c ---- */

/* Starts the clocks: CURLOPT_TIMEOUT(_MS), CURLOPT_LOW_SPEED_*. CURLE_OUT_OF_MEMORY. */
CURLcode limits_start(struct transfer *);
void limits_stop(struct transfer *);

/* ---- login.c ---- */

/* For the transfer's URL, and again after each redirect: who the program is there. What was agreed
 * on with a server stays while its origin does. Errors with a text. */
CURLcode login_find(struct transfer *);

/* Appends "scheme host port" of the transfer's URL, for comparing; false when memory is short. */
bool login_origin(const struct transfer *, struct buf *ret);

/* ---- redirect.c ---- */

/* The response said where to go (hop.location) and the program wants that: makes the next request's
 * URL, method and referer of it. CURLE_TOO_MANY_REDIRECTS, CURLE_URL_MALFORMAT, with a text. */
WAITS CURLcode redirect_follow(struct transfer *);

/* ---- recall.c ---- */

/* Takes what the handle's last transfer knew of this server. */
void auth_recall(struct transfer *);

/* Gives the same away for its next one; NULL: nothing. At the transfer's end. */
struct auth_memory *auth_remember(struct transfer *);

/* ---- upgrade.c ---- */

/* Makes the transfer's URL an https one where its host wants that (HSTS). */
CURLcode upgrade_to_tls(struct transfer *);

/* ---- proxy.c ---- */

/* For the transfer's URL, and again after each redirect: the proxies, what the hop says to them and
 * who the program is there. Errors with a text. */
CURLcode proxies_find(struct transfer *);
void proxies_free(struct proxies *);

/* ---- target.c ---- */

/* The URL's host as a resolver takes it, an IPv6 zone id behind it; its port, or CURLOPT_PORT. */
CURLcode transfer_host(struct transfer *, struct buf *ret_host);
int transfer_port(const struct transfer *);

struct target {
    struct dial_target dial;
    struct buf host, connect_host, identity, origin; /* own what `dial` points to */
};

void target_release(struct target *);
DEFINE_SCOPED(target)

/* Where to connect to for the transfer's URL: CURLOPT_CONNECT_TO, unix sockets, TLS, socket
 * options. */
CURLcode target_for(struct transfer *, struct target *ret_target);

/* ---- altsvc.c ---- */

/* Another place for the target's connection, if one is known and wanted. CURLE_OUT_OF_MEMORY. */
CURLcode altsvc_choose(struct transfer *, struct target *);

/* Whether the connection failed at such a place and the origin itself is to be tried. */
bool altsvc_failed(struct transfer *, CURLcode result);

#endif
