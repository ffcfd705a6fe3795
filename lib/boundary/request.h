/* SPDX-License-Identifier: MIT */
/* The immutable snapshot that a transfer works from: the easy handle's settings as they were when
 * it started, and the shared stores that it uses. The worker never sees the handle. */
#ifndef BOUNDARY_REQUEST_H
#define BOUNDARY_REQUEST_H

#include "boundary/altsvc_store.h"
#include "boundary/auth_memory.h"
#include "boundary/cookies.h"
#include "boundary/hsts_store.h"
#include "boundary/push.h"
#include "boundary/settings.h"
#include "net/dial.h"

#include <stdbool.h>
#include <stdint.h>

struct request {
    struct settings *settings;    /* counted */
    char *url;                    /* owned: what CURLOPT_URL or CURLOPT_CURLU said; NULL: none */
    struct auth_memory *auth;     /* owned: of the handle's last transfer; NULL: nothing */
    char *proxies;                /* owned: what the environment says (api/proxy_environment.h);
                                     NULL: nothing */
    struct rstr *netrc;           /* what the .netrc file says; NULL: none is used */
    bool netrc_unreadable;        /* it is to be used, and could not be read */
    struct dial_stores stores;    /* counted references */
    struct altsvc_store *altsvc;  /* counted; NULL: alternative services are not heeded */
    struct pool *doh_pool;        /* counted: of connections to the CURLOPT_DOH_URL; or NULL */
    struct cookies *cookies;      /* counted; NULL: no cookie engine */
    struct hsts_store *hsts;      /* counted; NULL: off */
    struct socket_closer *closer; /* counted; NULL: sockets are closed here */
    struct rstr *form_head; /* counted: a form's fields for the request's head, with CRLF. A form
for a mail server is a whole message */
    curl_off_t form_length; /* bytes of a form; -1: unknown */
    int64_t started;        /* us: the transfer's clock begins */
    long most_streams;      /* that share a connection; 1: none does */
    bool wants_pushes;      /* the program has a push callback */
    struct push *pushed;    /* owned: the answer comes on this stream; NULL: it is asked for */
    curl_off_t transfer_id; /* CURLINFO_XFER_ID */
};

/* Releases the references and frees it; takes NULL. Any thread. */
void request_free(struct request *);

#endif
