/* SPDX-License-Identifier: MIT */
/*
 * What came of the transfers of one thread: counts that add up (started = fine + failed + cut off
 * once all is over), how long they took, what was moved. Its own thread writes it; the counters of
 * struct tally_live may be read by another meanwhile.
 */
#ifndef STRESS_TALLY_H
#define STRESS_TALLY_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <curl/curl.h>

#include "histogram.h"

enum {
    TALLY_CODES = 256,     /* CURLcodes; greater ones count as the last */
    TALLY_STATUSES = 1000, /* HTTP's have three digits */
};

/* One thread writes, any reads; relaxed: nothing hangs on their order. */
struct tally_live {
    atomic_uint_least64_t started;
    atomic_uint_least64_t fine;
    atomic_uint_least64_t failed;
    atomic_uint_least64_t received; /* bytes of bodies of transfers that ended */
    atomic_uint_least64_t sent;
};

/* Zeroed, it is empty. */
struct tally {
    struct tally_live live;
    /* The thread's own until it is over. */
    uint64_t cut_off; /* still running when the load ended */
    uint64_t by_code[TALLY_CODES];
    uint64_t by_status[TALLY_STATUSES];
    uint64_t wrong_size;
    uint64_t wrong_bytes;
    char *sample[TALLY_CODES]; /* the first text that came with a code, may be NULL */
    uint64_t connections;
    uint64_t received_headers;
    uint64_t sent_headers;
    struct histogram latency; /* of the transfers that were fine */
};

/* A finished transfer, as far as it is counted. */
struct tally_entry {
    CURLcode code;
    long status;
    bool wrong_size;
    bool wrong_bytes;
    const char *text; /* of the error; may be empty */
    uint64_t latency_ns;
    uint64_t connections;
    uint64_t received;
    uint64_t received_headers;
    uint64_t sent;
    uint64_t sent_headers;
};

/* Counts a transfer that begins. */
void tally_start(struct tally *tally);

/* Counts one that ended: as fine, or under the first of code, status, size, bytes that is wrong. */
void tally_end(struct tally *tally, const struct tally_entry *entry);

/* Adds all of `from` to `into`. Both threads must be over. */
void tally_merge(struct tally *into, const struct tally *from);

void tally_release(struct tally *tally);

#endif
