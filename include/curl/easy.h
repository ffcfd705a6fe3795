/* SPDX-License-Identifier: MIT */
/* The easy interface: one handle is one transfer.
 * curl.h comes first, also when this header is included by itself: it includes this one in turn. */
#include "curl.h"

#ifndef CURLINC_EASY_H
#define CURLINC_EASY_H

#ifdef __cplusplus
extern "C" {
#endif

/* Bytes for an option, copied or kept where they are. */
#define CURL_BLOB_NOCOPY 0
#define CURL_BLOB_COPY   1

struct curl_blob {
    void *data;
    size_t len;
    unsigned int flags; /* CURL_BLOB_COPY or CURL_BLOB_NOCOPY */
};

CURL_EXTERN CURL *curl_easy_init(void);
CURL_EXTERN CURLcode curl_easy_setopt(CURL *easy, CURLoption option, ...);
CURL_EXTERN CURLcode curl_easy_perform(CURL *easy);
CURL_EXTERN void curl_easy_cleanup(CURL *easy);

/* What is known about the transfer: the third argument points to where the value goes. */
CURL_EXTERN CURLcode curl_easy_getinfo(CURL *easy, CURLINFO info, ...);

/* A new handle with the same options. */
CURL_EXTERN CURL *curl_easy_duphandle(CURL *easy);

/* All options back to their defaults; connections, sessions, names and cookies are kept. */
CURL_EXTERN void curl_easy_reset(CURL *easy);

/* Raw bytes over the connection that CURLOPT_CONNECT_ONLY left. */
CURL_EXTERN CURLcode curl_easy_recv(CURL *easy, void *buffer, size_t size, size_t *received);
CURL_EXTERN CURLcode curl_easy_send(CURL *easy, const void *buffer, size_t size, size_t *sent);

/* Keeps idle connections alive. */
CURL_EXTERN CURLcode curl_easy_upkeep(CURL *easy);

#ifdef __cplusplus
}
#endif

#endif
