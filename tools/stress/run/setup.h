/* SPDX-License-Identifier: MIT */
/* Sets options of easy handles, and remembers the first that the library refused. */
#ifndef STRESS_SETUP_H
#define STRESS_SETUP_H

#include <stdbool.h>

#include <curl/curl.h>

#include "cli/options.h"

enum {
    SETUP_ERROR_MAX = 256,
};

/* What all handles are set up with. Fixed while they exist; any thread reads. */
struct setup {
    const struct options *options;
    const char *authority;       /* file of certificates to trust; NULL: the system's */
    struct curl_slist *resolves; /* may be NULL */
};

/* A handle that options are set on; once one is refused, the others are left alone. */
struct setter {
    CURL *easy;
    CURLcode code;
    const char *what; /* was refused */
};

/* Each names in `what` what the command line calls it. */
void set_long(struct setter *setter, CURLoption option, long value, const char *what);
void set_size(struct setter *setter, CURLoption option, int64_t value, const char *what);
/* A string, an object or a list; NULL is set, too. */
void set_pointer(struct setter *setter, CURLoption option, const void *value, const char *what);
/* A string of the command line; NULL is not set. */
void set_text(struct setter *setter, CURLoption option, const char *value, const char *what);

/* What does not depend on the target: connections, TLS, time-outs. */
void setup_handle(struct setter *setter, const struct setup *setup);

/* Makes what all handles need. False: no memory. */
bool setup_init(struct setup *setup, const struct options *options, const char *authority);

void setup_release(struct setup *setup);

/* Tries the options on a handle of its own. False: `error` says which the library refuses. */
bool setup_try(const struct setup *setup, char error[SETUP_ERROR_MAX]);

#endif
