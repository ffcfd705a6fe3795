/* SPDX-License-Identifier: MIT */
/*
 * One of the transfers that run at a time: an easy handle that is used again and again, with the
 * callbacks that make the request's body and look at the answer's.
 */
#ifndef STRESS_SLOT_H
#define STRESS_SLOT_H

#include <stdbool.h>
#include <stdint.h>

#include <curl/curl.h>

#include "options.h"
#include "tally.h"
#include "target.h"

/* What all slots are set up with. Fixed while they exist; any thread reads. */
struct slot_settings {
    const struct options *options;
    const char *authority;       /* file of certificates to trust; NULL: the system's */
    struct curl_slist *headers;  /* may be NULL */
    struct curl_slist *resolves; /* may be NULL */
};

/* Its thread's only. */
struct slot {
    CURL *easy;
    const struct target *target;
    bool running;       /* added to the multi handle */
    bool wrong_bytes;   /* of the answer, so far */
    int64_t body_bytes; /* of the request */
    int64_t body_sent;
    int64_t received; /* bytes of the answer's body */
    uint64_t started_ns;
    char error[CURL_ERROR_SIZE];
};

/* Sets up a zeroed slot. It may not move afterwards. False: no memory, or an option is refused. */
bool slot_open(struct slot *slot, const struct slot_settings *settings);

void slot_close(struct slot *slot);

/* Starts a transfer: prepares the handle and adds it. An error is the transfer's end, and is
 * counted. */
bool slot_start(struct slot *slot, CURLM *multi, const struct target *target, struct tally *tally);

/* The transfer has ended with `code`: counts it and removes the handle. */
void slot_finish(struct slot *slot, CURLM *multi, CURLcode code, struct tally *tally);

/* Ends a running transfer from our side. */
void slot_cut_off(struct slot *slot, CURLM *multi, struct tally *tally);

#endif
