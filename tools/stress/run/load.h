/* SPDX-License-Identifier: MIT */
/*
 * The load: threads, each of which drives a multi handle of its own with the loop of the manual
 * (curl_multi_perform, curl_multi_info_read, curl_multi_poll) and has its share of slots.
 *
 * Closed loop: whenever a transfer has ended (and its slot has thought), the next one starts. Open
 * loop: run/pace says when each request is due; it starts then, or as soon as a slot is free, and
 * its latency counts from when it was due in either case. A thread has every T-th arrival of the
 * plan, so threads need not talk. Between two calls of the library a thread sleeps in
 * curl_multi_poll; what is due before a millisecond is over wakes it through a timerfd that it
 * polls, too.
 *
 * A load ends when the wanted number of transfers has been started and has ended, or when its time
 * is over: then nothing new becomes due, and what still runs has the time of grace to end before it
 * is cut off.
 */
#ifndef STRESS_LOAD_H
#define STRESS_LOAD_H

#include <semaphore.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "cli/options.h"
#include "run/setup.h"
#include "run/tally.h"
#include "run/target.h"

struct load_thread;

struct load {
    /* Fixed after load_start; any thread reads. */
    const struct options *options;
    const struct target_list *targets;
    struct setup setup;
    struct load_thread *threads;
    long thread_count;   /* that were started */
    uint64_t started_ns; /* the warm-up begins */
    uint64_t counted_ns; /* the warm-up is over */
    uint64_t end_ns;     /* nothing is due any more; UINT64_MAX: the number of requests ends it */
    int done;            /* an eventfd that can be read once all threads are over */
    sem_t go;            /* posted once for each thread when the times are fixed */
    /* Any thread. */
    atomic_uint_least64_t tickets;      /* counted transfers that were handed out */
    atomic_uint_least64_t warm_tickets; /* those of the warm-up */
    atomic_long alive; /* threads that run; release: what they have written is readable */
    atomic_bool ending;
};

/* What the load looks like at a moment. */
struct load_view {
    uint64_t started;
    uint64_t fine;
    uint64_t failed;
    uint64_t received;
    uint64_t sent;
    uint64_t running;
};

/* What came of it, besides the tally. */
struct load_result {
    uint64_t first_ns;   /* when counting began */
    uint64_t last_ns;    /* the end of the last transfer */
    double busiest;      /* share of its time that the busiest thread had the processor, 0 to 1 */
    const char *trouble; /* what made a thread give up; NULL: nothing */
};

/*
 * Sets up all handles and starts the threads. `authority` is the file of certificates to trust, or
 * NULL. False: `error` says what failed, and there is nothing to finish.
 */
bool load_start(struct load *load, const struct options *options, const struct target_list *targets,
                const char *authority, char error[SETUP_ERROR_MAX]);

/* A look from outside while it runs. */
void load_look(const struct load *load, struct load_view *view);

/* Makes `into` the latencies of all threads so far. */
void load_look_latency(const struct load *load, struct histogram *into);

/* Ends it at once: what runs is cut off. */
void load_end(struct load *load);

/* Waits for the threads and adds up what came of it. */
void load_finish(struct load *load, struct tally *sum, struct load_result *result);

/* Releases everything; what was cut off is removed now. After load_finish. */
void load_release(struct load *load);

#endif
