/* SPDX-License-Identifier: MIT */
/* An easy handle's cookies: its store or its share object's, the files they come from and go to.
 * The caller's thread, but where it says so. */
#ifndef API_COOKIE_ENGINE_H
#define API_COOKIE_ENGINE_H

#include "boundary/cookies.h"

#include <curl/curl.h>
#include <stdarg.h>
#include <stdbool.h>

struct easy;

struct cookie_engine {
    bool enabled;             /* sharing cookies alone does not enable it */
    struct cookies *own;      /* NULL: off, or the share's are used */
    struct curl_slist *files; /* CURLOPT_COOKIEFILE, each of them; owned */
    bool files_read;          /* all of `files` were, once at least */
};

/* CURLOPT_COOKIEFILE and CURLOPT_COOKIELIST. */
CURLcode cookie_engine_set_file(struct easy *, const char *path);
CURLcode cookie_engine_set_list(struct easy *, const char *text);

/* The engine is wanted: CURLOPT_COOKIEJAR. */
CURLcode cookie_engine_enable(struct easy *);

/* The cookies that a transfer which starts now works with: reads the files. *ret counted; NULL: the
 * engine is off. */
CURLcode cookie_engine_start(struct easy *, struct cookies **ret);

/* CURLINFO_COOKIELIST: the program's to free; NULL for none or when memory is short. */
struct curl_slist *cookie_engine_list(struct easy *);

/* The options are back at their defaults; the cookies stay. */
void cookie_engine_reset(struct easy *);

/* What a copy of the handle has of it: the files. */
CURLcode cookie_engine_copy(const struct easy *from, struct easy *to);

/* Another share object, or none, is used from now on (e->share is still the one before). */
void cookie_engine_leave_share(struct easy *);

/* Writes the jar and lets go of all. */
void cookie_engine_close(struct easy *);

#endif
