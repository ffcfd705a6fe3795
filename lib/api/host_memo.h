/* SPDX-License-Identifier: MIT */
/* The key under which a pool knows the host of a URL, remembered for the next URL of the same
 * origin: most transfers of a program go where the last one went. */
#ifndef API_HOST_MEMO_H
#define API_HOST_MEMO_H

#include "base/buf.h"
#include "base/str.h"

#include <stdbool.h>

/* A zeroed one remembers nothing. */
struct host_memo {
    struct buf origin; /* scheme, "://" and authority as a URL had them */
    long port;         /* CURLOPT_PORT */
    struct buf key;
};

void host_memo_release(struct host_memo *);

/* The key (as in struct pool_wish) of the URL's host, with CURLOPT_PORT or 0; good until the next
 * call. False for a malformed URL, or without memory. */
bool host_memo_key(struct host_memo *, const char *url, long port, struct str *ret_key);

#endif
