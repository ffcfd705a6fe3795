/* SPDX-License-Identifier: MIT */
/*
 * The load: threads, each of which drives a multi handle of its own with the loop of the manual
 * (curl_multi_perform, curl_multi_info_read, curl_multi_poll) and keeps its share of transfers
 * running.
 *
 * A load ends when the wanted number of transfers has been started and has ended, or when its time
 * is over: then nothing new starts, and what still runs has a second to end before it is cut off.
 */
#ifndef STRESS_LOAD_H
#define STRESS_LOAD_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "options.h"
#include "slot.h"
#include "tally.h"
#include "target.h"

struct load_thread;

struct load {
    /* Fixed after load_start; any thread reads. */
    const struct options *options;
    const struct target_list *targets;
    struct slot_settings settings;
    struct load_thread *threads;
    long thread_count; /* that were started */
    uint64_t started_ns;
    int done; /* an eventfd that can be read once all threads are over */
    /* Any thread. */
    atomic_uint_least64_t tickets; /* transfers that were handed out, against options->requests */
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
};

/*
 * Sets up all handles and starts the threads. `authority` is the file of certificates to trust, or
 * NULL. False: `*why` says what failed, and there is nothing to finish.
 */
bool load_start(struct load *load, const struct options *options, const struct target_list *targets,
                const char *authority, const char **why);

/* A look from outside while it runs. */
void load_look(const struct load *load, struct load_view *view);

/* Ends it at once: what runs is cut off. */
void load_end(struct load *load);

/*
 * Waits for the threads, adds up what came of it and releases everything. `*elapsed_s` is the time
 * from the start to the end of the last transfer. Returns NULL, or what made a thread give up.
 */
const char *load_finish(struct load *load, struct tally *sum, double *elapsed_s);

#endif
