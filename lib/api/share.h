/* SPDX-License-Identifier: MIT */
/* Share objects: stores that several handles use, also from different threads at the same time. The
 * stores have locks of their own; the program's lock functions are called around what libcurl
 * documents, but are not needed. */
#ifndef API_SHARE_H
#define API_SHARE_H

#include "boundary/cookies.h"
#include "boundary/hsts_store.h"
#include "net/pool.h"
#include "net/resolve.h"
#include "net/tls.h"

#include <curl/curl.h>

struct share;
struct easy;

/* A valid object, or NULL. */
struct share *share_of(CURLSH *);

/* A handle begins or ceases to use it: it cannot be changed or freed meanwhile. */
void share_attach(struct share *, struct easy *);
void share_detach(struct share *, struct easy *); /* takes NULL */

/* Calls the program's lock function around a use of the data, if it is shared and the program set
 * one; in pairs, on the thread that called the library, with no lock of ours held. Takes NULL. */
void share_lock(struct share *, struct easy *, curl_lock_data);
void share_unlock(struct share *, struct easy *, curl_lock_data);

/* The store if it is shared, else NULL; also for NULL. Not counted: the share outlives the handle's
 * use. */
struct pool *share_pool(struct share *);
struct dns_cache *share_dns(struct share *);
struct tls_sessions *share_sessions(struct share *);
struct cookies *share_cookies(struct share *);
struct hsts_store *share_hsts(struct share *);

#endif
