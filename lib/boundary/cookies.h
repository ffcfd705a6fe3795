/* SPDX-License-Identifier: MIT */
/* A store of cookies: an easy handle's, or a share object's, used from both sides and any number of
 * threads at the same time. The rules are in wire/cookie.h. */
#ifndef BOUNDARY_COOKIES_H
#define BOUNDARY_COOKIES_H

#include "base/buf.h"
#include "wire/cookie.h"

#include <curl/curl.h>
#include <stdbool.h>

struct cookies;

/* One reference; NULL when memory is short. Reads the public suffix list: the application's side.
 */
struct cookies *cookies_new(void);
struct cookies *cookies_ref(struct cookies *);
void cookies_unref(struct cookies *); /* takes NULL */

/* All below: any thread. CURLE_OK or CURLE_OUT_OF_MEMORY; a cookie that is refused is no error.
 * `log`, which may be NULL, gets what there is to say, without a line end: it stays empty for
 * nothing. */

/* The value of a Set-Cookie field of a response. */
CURLcode cookies_set(struct cookies *, struct str value, const struct cookie_origin *,
                     struct buf *log);

/* From the program: a "Set-Cookie:" header or a line of a cookie file. */
CURLcode cookies_add(struct cookies *, struct str text, struct buf *log);

/* The same text from a file, whose cookies do not replace what a server set. `new_session`: session
 * cookies are left out. cookies_end_file comes after the last of them. */
CURLcode cookies_add_from_file(struct cookies *, struct str text, bool new_session);
void cookies_end_file(struct cookies *);

/* Appends "name=value; name=value" of those that go to the origin, in their order; nothing when
 * there is none. */
CURLcode cookies_append_matching(struct cookies *, const struct cookie_origin *, struct buf *,
                                 struct buf *log);

/* Drops all; those that end with the session. */
void cookies_clear(struct cookies *);
void cookies_clear_session(struct cookies *);

/* Appends those that have a domain as lines of a file, each with a line feed: the latest first, or
 * in the order they came. */
CURLcode cookies_append_lines(struct cookies *, bool latest_first, struct buf *);

#endif
