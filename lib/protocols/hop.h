/* SPDX-License-Identifier: MIT */
/* One request and its response on one connection: what a protocol works on. Worker side. */
#ifndef PROTOCOLS_HOP_H
#define PROTOCOLS_HOP_H

#include "base/buf.h"
#include "boundary/exchange.h"
#include "net/connection.h"
#include "net/hooks.h"
#include "wire/url.h"

#include <curl/curl.h>
#include <stdbool.h>
#include <stdint.h>

struct login;
struct http_auth;
struct addresses;
struct datagrams;
struct decoding;
struct proxy;

/* Of facts: microseconds. */
struct earlier_times {
    int64_t queue, namelookup, connect, appconnect, pretransfer, posttransfer, starttransfer;
};

struct hop { /* NOLINT(clang-analyzer-optin.performance.Padding): by meaning, not by size */
    /* Given. */
    struct exchange *exchange;
    const struct settings *settings;
    struct facts *facts;
    const struct net_hooks *hooks;
    const struct url *url;
    const struct login *login; /* who the program is to the server */
    struct http_auth *auth[2]; /* by enum auth_party */
    const struct proxy *proxy; /* the HTTP proxy on the way, or NULL: */
    bool forwards;             /* it gets the requests, and passes them on */
    struct connection *connection;
    const char *alt_used; /* "host:port" of the alternative service that answers; NULL: none */
    bool reused;          /* the connection served somebody before */

    /* What redirects change. */
    enum method method;
    bool own_method;     /* CURLOPT_CUSTOMREQUEST's word is used */
    long port;           /* CURLOPT_PORT; 0: the URL's */
    const char *referer; /* or NULL */
    bool trusted;        /* what the program gave for its server may be sent: its Authorization and
                            Cookie headers */
    bool first_host;     /* the program's Host header counts */

    long most_streams;            /* CURLMOPT_MAX_CONCURRENT_STREAMS */
    struct push *pushed;          /* the answer comes on its stream; NULL: it is to be asked for */
    long request_number;          /* of this transfer, from 0 */
    int64_t started;              /* us: the transfer's total counts from here, */
    int64_t request_started;      /* and this request's part of the other times from here */
    struct earlier_times earlier; /* what the requests before it took */

    /* Told. */
    bool reusable;             /* the connection may serve another request */
    bool hands_over;           /* the connection goes to the program (a WebSocket is open) */
    bool retry;                /* do it again (CURLE_OK or not): */
    bool on_new_connection;    /* the kept one was dead before a byte of the response came */
    bool on_any_connection;    /* this one has no room for it, and may have later */
    bool was_refused;          /* that was so in an earlier round */
    bool without_expect;       /* the server refused "Expect: 100-continue" */
    bool http10;               /* the server answered the last request in HTTP/1.0 */
    bool without_http2;        /* the server wants HTTP/1.1 */
    struct decoding *decoding; /* of this response's body; NULL: none. The protocol's */
    curl_off_t decoded;        /* bytes that came out of it */
    bool discards_body;        /* of this response: it is not what the program wants */
    bool logs_body_itself;     /* the protocol shows the debug callback what it receives */
    bool redirect;       /* it says where to go, and the program wants to follow: hop->location */
    struct buf location; /* the last response's Location, owned */

    /* Between requests of a transfer. */
    int64_t recv_began,
        send_began;    /* us: when the body began to move, for the speed limits; 0: not yet */
    bool upload_begun; /* bytes were taken from the read callback: it must be rewound before sending
                          again */
};

/* For protocols with a second connection, or TLS that begins later (transfer/beside.c). All with
 * the transfer's settings and errors with a text. A fiber. */

/* A new plain connection to a port of the server's: at the address that the hop's connection goes
 * to, through the same proxies; at `host` unless that is empty. It ends with connection_free. */
WAITS CURLcode hop_connect_beside(struct hop *, struct str host, int port, struct connection **ret);

/* The reason that was given for a failure is none: there is another way. */
void hop_forget_failure(struct hop *);

/* Puts TLS on a connection, with the URL's host as the peer. */
WAITS CURLcode hop_secure(struct hop *, struct connection *);

/* The addresses of a host, counted for the caller. */
WAITS CURLcode hop_resolve(struct hop *, struct str host, struct addresses **ret);

/* A socket for datagrams to the URL's host; what getinfo says of connections is noted
 * (transfer/datagrams.c). The caller closes it, also on failure. Errors with a text. */
WAITS CURLcode hop_open_datagrams(struct hop *, struct datagrams *ret);

/* us since the transfer started, at least 1: 0 means not reached. */
int64_t hop_elapsed(const struct hop *);

/* The time from the request's start to `time` (us of the clock), at least 1, on top of what earlier
 * requests of the transfer took. */
int64_t hop_add_time(const struct hop *, int64_t earlier, int64_t time);

/* Another request of the same transfer begins. */
void hop_next_request(struct hop *);

/* A protocol. The port is in wire's scheme table. */
struct protocol {
    const char *scheme;
    long number; /* CURLPROTO_* */
    bool tls;
    bool local; /* without a connection: on this machine, or by datagrams */
    /* What TLS offers as the application's protocol (RFC 7301); NULL: nothing. On a plain
     * connection what both sides know beforehand. NULL: no such choice. */
    const char *(*alpn)(const struct hop *);
    WAITS CURLcode (*run)(struct hop *);
    /* What is said before the first request of a connection, for CURLOPT_CONNECT_ONLY; NULL:
     * nothing. */
    WAITS CURLcode (*greet)(struct hop *);
};

/* The public CURLPROTO_* has no bits for these. */
enum { PROTOCOL_WS = 1 << 30 };
#define PROTOCOL_WSS   (1L << 31)
#define PROTOCOL_MQTTS ((long)(1LL << 32)) /* 0, never allowed, where a long has 32 bits */

/* The protocol for a scheme in lower case; NULL when it is not built. */
const struct protocol *protocol_find(const char *scheme);

/* CURLOPT_PREREQFUNCTION. CURLE_ABORTED_BY_CALLBACK, with a text, when the program refuses. */
WAITS CURLcode hop_ask_program(struct hop *);

/* protocols/dict.c, protocols/gopher.c */
WAITS CURLcode dict_run(struct hop *);
WAITS CURLcode gopher_run(struct hop *);

/* protocols/file.c */
WAITS CURLcode file_run(struct hop *);

/* protocols/ftp.c, protocols/ftp_login.c */
WAITS CURLcode ftp_run(struct hop *);
WAITS CURLcode ftp_greet(struct hop *);

/* protocols/http.c */
WAITS CURLcode http_run(struct hop *);

/* protocols/imap.c */
WAITS CURLcode imap_run(struct hop *);
WAITS CURLcode imap_greet(struct hop *);

/* protocols/mqtt.c */
WAITS CURLcode mqtt_run(struct hop *);

/* protocols/pop3.c */
WAITS CURLcode pop3_run(struct hop *);
WAITS CURLcode pop3_greet(struct hop *);

/* protocols/sftp.c, protocols/scp.c, protocols/ssh.c */
WAITS CURLcode sftp_run(struct hop *);
WAITS CURLcode scp_run(struct hop *);
WAITS CURLcode ssh_greet(struct hop *);

/* protocols/smtp.c */
WAITS CURLcode smtp_run(struct hop *);
WAITS CURLcode smtp_greet(struct hop *);

/* protocols/telnet.c */
WAITS CURLcode telnet_run(struct hop *);

/* protocols/tftp.c */
WAITS CURLcode tftp_run(struct hop *);

/* protocols/ws.c */
WAITS CURLcode ws_run(struct hop *);
const char *wss_alpn(const struct hop *);

/* protocols/http_connect.c: net_hooks.tunnel, through hop->proxy. CURLE_COULDNT_CONNECT when the
 * proxy refuses, CURLE_RECV_ERROR and others when its answer is none. */
WAITS CURLcode http_connect(struct hop *, struct connection *, struct str host, int port,
                            int64_t deadline, bool *ret_again);

/* protocols/http_version.c */
const char *http_alpn(const struct hop *);
const char *https_alpn(const struct hop *);
const char *http_proxy_alpn(const struct hop *); /* to hop->proxy */

#endif
