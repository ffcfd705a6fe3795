/* SPDX-License-Identifier: MIT */
/* What is known of a transfer: the worker fills it in, copies travel with the events, and on the
 * application's side curl_easy_getinfo reads the copy of the event that was delivered last. */
#ifndef BOUNDARY_FACTS_H
#define BOUNDARY_FACTS_H

#include "base/rstr.h"
#include "net/address.h"

#include <curl/curl.h>
#include <stdint.h>

struct facts {
    /* Microseconds since the transfer started; 0: not reached. */
    int64_t queue_time, namelookup_time, connect_time, appconnect_time, pretransfer_time,
        posttransfer_time, starttransfer_time, redirect_time, total_time;

    /* The response. */
    long response_code, http_version, header_size, condition_unmet;
    curl_off_t content_length; /* of the download; -1: unknown */
    curl_off_t filetime;       /* time_t; -1: unknown */
    curl_off_t retry_after_s;
    curl_off_t downloaded; /* body bytes received */
    bool decoded;          /* which the program got in another form */
    struct rstr *content_type, *redirect_url;
    struct rstr *ftp_entry_path; /* where the server has put us; NULL: it does not say */

    /* The request. */
    long request_size, redirect_count;
    curl_off_t upload_length; /* -1: unknown */
    curl_off_t uploaded;      /* body bytes sent */
    struct rstr *effective_url, *method, *referer;
    const char *scheme;                   /* a name that stays */
    long protocol;                        /* CURLPROTO_* */
    long httpauth_avail, proxyauth_avail; /* CURLAUTH_*: offered so far */
    long httpauth_used, proxyauth_used;   /* of the last request; 0: none */

    /* The connection. */
    long connects, os_errno, ssl_verify_result;
    long used_proxy, connect_code, proxy_error, proxy_verify_result;
    curl_off_t connection_id; /* -1: none yet */
    int remote_port, local_port;
    char remote_ip[ADDRESS_TEXT_SIZE], local_ip[ADDRESS_TEXT_SIZE];
    curl_socket_t active_socket; /* CONNECT_ONLY: open after the transfer */
};

void facts_init(struct facts *);
void facts_release(struct facts *);

/* `to` (initialised) becomes equal to `from`; never fails. */
void facts_copy(struct facts *to, const struct facts *from);

/* The same without counting: `from` is a fresh one then. */
void facts_move(struct facts *to, struct facts *from);

/* Replaces a counted text by another reference-counted copy; false when memory is short. */
bool facts_set_text(struct rstr **text, const char *value, size_t len);

#endif
