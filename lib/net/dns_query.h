/* SPDX-License-Identifier: MIT */
#ifndef NET_DNS_QUERY_H
#define NET_DNS_QUERY_H

#include "base/buf.h"
#include "base/str.h"
#include "net/resolve.h"

/* Looks a name up on the current worker, for an open question of the store: in the hosts file, then
 * by DNS. The answer is told to the store under the key, once, whatever becomes of the one who
 * asked; it may be told before this returns. On an error nothing is told: CURLE_OUT_OF_MEMORY,
 * CURLE_BAD_FUNCTION_ARGUMENT with a text. */
CURLcode dns_query_start(struct dns_cache *, struct str key, const char *name,
                         const struct dns_options *, struct buf *ret_error);

#endif
