/* SPDX-License-Identifier: MIT */
/* An easy handle's hosts that want TLS only: its store or its share object's, the files and
 * callbacks they come from and go to. The caller's thread. */
#ifndef API_HSTS_ENGINE_H
#define API_HSTS_ENGINE_H

#include "boundary/hsts_store.h"

#include <curl/curl.h>
#include <stdbool.h>

struct easy;

struct hsts_engine {
    struct hsts_store *own;    /* NULL: off, or the share's is used */
    struct curl_slist *unread; /* files of CURLOPT_HSTS that are still to be read; owned */
};

/* CURLOPT_HSTS_CTRL and CURLOPT_HSTS. */
CURLcode hsts_engine_set_control(struct easy *, long bits);
CURLcode hsts_engine_set_file(struct easy *, const char *path);

/* The hosts that a transfer which starts now works with: reads files, asks the program. *ret
 * counted; NULL: off. CURLE_ABORTED_BY_CALLBACK. */
CURLcode hsts_engine_start(struct easy *, struct hsts_store **ret);

/* What a copy of the handle has of it. */
CURLcode hsts_engine_copy(struct easy *from, struct easy *to);

/* Another share object, or none, is used from now on (e->share is still the one before). */
void hsts_engine_leave_share(struct easy *);

/* Writes the file, tells the program, lets go of all. */
void hsts_engine_close(struct easy *);

#endif
