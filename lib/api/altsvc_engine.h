/* SPDX-License-Identifier: MIT */
/* An easy handle's alternative services: the file they come from and go to. The caller's thread. */
#ifndef API_ALTSVC_ENGINE_H
#define API_ALTSVC_ENGINE_H

#include "boundary/altsvc_store.h"

#include <curl/curl.h>
#include <stdbool.h>

struct easy;

struct altsvc_engine {
    struct altsvc_store *store; /* NULL: off */
    char *path;                 /* where it is written; owned; NULL: nowhere */
    bool read_only;             /* CURLALTSVC_READONLYFILE, as it was last said */
};

/* CURLOPT_ALTSVC was set: reads the file, where there is one. CURLE_READ_ERROR for a folder. */
CURLcode altsvc_engine_set_file(struct easy *);

/* CURLOPT_ALTSVC_CTRL was set. */
CURLcode altsvc_engine_set_control(struct easy *);

/* What a transfer that starts now works with: counted; NULL when it is off. */
struct altsvc_store *altsvc_engine_start(struct easy *);

/* What a copy of the handle has of it: the file. */
CURLcode altsvc_engine_copy(const struct easy *from, struct easy *to);

/* Writes the file and lets go of all. */
void altsvc_engine_close(struct easy *);

#endif
