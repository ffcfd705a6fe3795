/* SPDX-License-Identifier: MIT */
/* The alternative services that an easy handle has heard of: its own, used from both sides at the
 * same time. Counted. */
#ifndef BOUNDARY_ALTSVC_STORE_H
#define BOUNDARY_ALTSVC_STORE_H

#include "base/buf.h"
#include "wire/altsvc.h"

#include <curl/curl.h>

struct altsvc_store;

struct altsvc_store *altsvc_store_new(void); /* one reference; NULL when memory is short */
struct altsvc_store *altsvc_store_ref(struct altsvc_store *);
void altsvc_store_unref(struct altsvc_store *); /* takes NULL */

/* All below: any thread. */

/* A line of a file; one that is none, or whose time is over, is left out. CURLE_OUT_OF_MEMORY. */
CURLcode altsvc_store_load(struct altsvc_store *, struct str line);

/* The value of an Alt-Svc field in a response of this origin, over this protocol. What it offers
 * takes the place of what was known. `log` gets a line for each offer, with its line feed. */
CURLcode altsvc_store_note(struct altsvc_store *, long protocol, struct str host, int port,
                           struct str value, struct buf *log);

/* Where else the origin is served by one of the `wanted` protocols (a mask). CURLE_OK with an empty
 * host: nowhere that is known. */
CURLcode altsvc_store_find(struct altsvc_store *, struct str host, int port, long wanted,
                           struct buf *ret_host, int *ret_port, long *ret_protocol);

/* Appends all as lines of a file. CURLE_OUT_OF_MEMORY. */
CURLcode altsvc_store_append_lines(struct altsvc_store *, struct buf *);

#endif
