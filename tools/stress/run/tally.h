/* SPDX-License-Identifier: MIT */
/*
 * What came of the transfers of one thread: counts that add up (started = fine + failed + cut off
 * once all is over), how long they took, what was moved. Its own thread writes it; the counters of
 * struct tally_live and the histogram of latencies may be read by another meanwhile.
 */
#ifndef STRESS_TALLY_H
#define STRESS_TALLY_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <curl/curl.h>

#include "base/histogram.h"

enum {
    TALLY_STATUSES = 1000, /* HTTP's have three digits */
    TALLY_FAILURES = 256,  /* kinds of failure; all that come after count as the last */
};

/* What a failure is. */
enum tally_kind {
    KIND_ERROR,  /* the library's error; `code` says which */
    KIND_STATUS, /* an answer whose status is not fine */
    KIND_SIZE,   /* of another size */
    KIND_BYTES,  /* of other bytes than the loopback server's */
    KIND_HASH,   /* of another SHA-256 */
    KIND_OTHER,  /* more kinds than there is room for */
};

/* What a transfer was at when it failed. */
enum tally_phase {
    PHASE_SETUP, /* the request could not be made */
    PHASE_NAME,
    PHASE_CONNECT,
    PHASE_TLS,
    PHASE_SEND, /* until the request is sent */
    PHASE_FIRST_BYTE,
    PHASE_BODY,
    PHASE_CHECK, /* the answer came, and is not what was expected */
    PHASE_COUNT,
};

const char *tally_kind_name(enum tally_kind kind);
const char *tally_phase_name(enum tally_phase phase);

struct tally_failure {
    enum tally_kind kind;
    int code; /* KIND_ERROR: a CURLcode */
    enum tally_phase phase;
    int status; /* of the answer; 0: there was none */
    uint64_t count;
    char *text; /* what the first one said; may be NULL */
};

/* One thread writes, any reads; relaxed: nothing hangs on their order. */
struct tally_live {
    atomic_uint_least64_t started;
    atomic_uint_least64_t fine;
    atomic_uint_least64_t failed;
    atomic_uint_least64_t received; /* bytes of bodies of transfers that ended */
    atomic_uint_least64_t sent;
    atomic_uint_least64_t running; /* also those of the warm-up */
    atomic_uint_least64_t warm;    /* transfers of the warm-up that ended: in no other count */
};

/* How long it took: the first from when it was due, the others from when it was started. */
enum tally_time {
    TIME_LATENCY, /* from due to end */
    TIME_SERVICE, /* from its start to its end: what a tester says that waits for answers */
    TIME_NAME,    /* the next three of new connections only */
    TIME_CONNECT,
    TIME_TLS,
    TIME_FIRST_BYTE, /* from the request to the first byte of the answer */
    TIME_BODY,       /* from the first byte to the last */
    TIME_LAG,        /* from when it was due and could start to its start: this program's own */
    TIME_COUNT,
};

const char *tally_time_name(enum tally_time time);

/* Zeroed, it is empty. Large: not for a stack. */
struct tally {
    struct tally_live live;
    /* The thread's own until it is over. */
    uint64_t cut_off;   /* still running when the load ended */
    uint64_t unstarted; /* due, but there was never a free place */
    struct tally_failure failures[TALLY_FAILURES];
    size_t failure_count;
    uint64_t by_status[TALLY_STATUSES]; /* of all answers */
    uint64_t connections;
    uint64_t received_headers;
    uint64_t sent_headers;
    struct histogram times[TIME_COUNT]; /* of the transfers that were fine; TIME_LAG of all */
};

/* A finished transfer, as far as it is counted. */
struct tally_entry {
    bool fine;
    /* When it is not. */
    enum tally_kind kind;
    CURLcode code;
    enum tally_phase phase;
    const char *text; /* of the error; may be empty */
    /* Always. */
    long status;
    uint64_t times_ns[TIME_COUNT];
    bool has_time[TIME_COUNT];
    uint64_t connections;
    uint64_t received;
    uint64_t received_headers;
    uint64_t sent;
    uint64_t sent_headers;
};

/* Counts a transfer that begins. */
void tally_start(struct tally *tally);

/* Counts one that ended. */
void tally_end(struct tally *tally, const struct tally_entry *entry);

/* Adds to a number that only this thread writes. */
void tally_raise(atomic_uint_least64_t *counter, int64_t by);

/* Adds a failure `count` times. */
void tally_fail(struct tally *tally, const struct tally_failure *failure, uint64_t count);

/* Adds all of `from` to `into`. Both threads must be over. */
void tally_merge(struct tally *into, const struct tally *from);

void tally_release(struct tally *tally);

#endif
