/* SPDX-License-Identifier: MIT */
/* Hosts that want TLS only (RFC 6797): an easy handle's, or a share object's, used from both sides
 * and any number of threads at the same time. */
#ifndef BOUNDARY_HSTS_STORE_H
#define BOUNDARY_HSTS_STORE_H

#include "base/buf.h"
#include "wire/hsts.h"

#include <curl/curl.h>
#include <stdbool.h>

enum { HSTS_HOSTS_MAX = 10000 }; /* the one that came first goes */

struct hsts_store;

/* One reference; NULL when memory is short. */
struct hsts_store *hsts_store_new(void);
struct hsts_store *hsts_store_ref(struct hsts_store *);
void hsts_store_unref(struct hsts_store *); /* takes NULL */

/* All below: any thread. CURLE_OK or CURLE_OUT_OF_MEMORY. */

/* The value of a host's field. CURLE_BAD_FUNCTION_ARGUMENT when it is not valid. */
CURLcode hsts_store_set(struct hsts_store *, struct str host, struct str value);

/* From a file or the program: the longer life counts where the host is known. */
CURLcode hsts_store_add(struct hsts_store *, const struct hsts_line *);

/* Whether requests to this host, of any case and with or without a dot at its end, go over TLS. */
bool hsts_store_has(struct hsts_store *, struct str host);

/* Appends lines of a file, in the order they came. */
CURLcode hsts_store_append_lines(struct hsts_store *, struct buf *);

/* Puts all that the one has in the other. */
CURLcode hsts_store_copy(struct hsts_store *from, struct hsts_store *to);

#endif
