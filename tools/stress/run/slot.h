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
#include <openssl/evp.h>

#include "base/delays.h"
#include "run/setup.h"
#include "run/tally.h"
#include "run/target.h"

/* Its thread's only. */
struct slot {
    CURL *easy;
    CURLSH *share; /* a pool of connections of its own, when each has a life of so many requests */
    const struct setup *setup;
    const struct target *target; /* the handle is set up for */
    struct slot *next_free;
    struct delay delay; /* while it thinks */
    EVP_MD_CTX *hash;   /* when answers have a SHA-256 to match */
    bool running;       /* added to the multi handle */
    bool counts;        /* the warm-up is over */
    bool wrong_bytes;   /* of the answer, so far */
    long uses_left;     /* requests that its connection is still to serve */
    int64_t body_sent;
    int64_t received; /* bytes of the answer's body */
    uint64_t free_ns; /* when it could have been started */
    uint64_t due_ns;
    uint64_t started_ns;
    uint64_t random; /* state of its random numbers */
    char error[CURL_ERROR_SIZE];
};

/* Sets up a zeroed slot. It may not move afterwards. False: no memory. */
bool slot_open(struct slot *slot, const struct setup *setup, uint64_t seed);

/* Must not be in a multi handle. */
void slot_close(struct slot *slot);

/*
 * Starts a transfer: prepares the handle and adds it. `due_ns` is when that should have been.
 * False: it could not, which is the transfer's end, and is counted.
 */
bool slot_start(struct slot *slot, CURLM *multi, const struct target *target, uint64_t due_ns,
                struct tally *tally);

/* The transfer has ended with `code`: counts it and removes the handle. */
void slot_finish(struct slot *slot, CURLM *multi, CURLcode code, struct tally *tally);

/* A number from 0 to 1, less than 1. */
double slot_random(uint64_t *state);

#endif
