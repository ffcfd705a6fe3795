/* SPDX-License-Identifier: MIT */
/* A run second by second. */
#ifndef STRESS_SERIES_H
#define STRESS_SERIES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/histogram.h"
#include "run/load.h"

/* What one second (the last may be shorter) came to. Latencies are those of transfers that ended in
 * it; 0 where there were none. */
struct interval {
    double from_s; /* since counting began */
    double length_s;
    uint64_t started;
    uint64_t fine;
    uint64_t failed;
    uint64_t running; /* at its end */
    uint64_t received;
    uint64_t sent;
    uint64_t mean_ns;
    uint64_t p50_ns;
    uint64_t p90_ns;
    uint64_t p99_ns;
    uint64_t p999_ns;
    uint64_t max_ns;
    double cpu; /* processors that this program used, 1 is one */
    uint64_t memory_bytes;
};

/* Zeroed, it is empty. */
struct series {
    struct interval *items;
    size_t count;
    size_t size;
};

/* False when there is no memory. */
bool series_add(struct series *series, const struct interval *interval);

void series_release(struct series *series);

/* Makes intervals of looks at a running load. */
struct recorder {
    struct histogram *now; /* all so far */
    struct histogram *before;
    struct histogram *interval; /* what the last interval had */
    struct load_view view;      /* at its end */
    uint64_t at_ns;
    double cpu_s;
};

/* False when there is no memory. */
bool recorder_init(struct recorder *recorder);

void recorder_release(struct recorder *recorder);

/* An interval begins here. */
void recorder_begin(struct recorder *recorder, uint64_t now_ns);

/* Ends an interval, and begins the next. `recorder->interval` has its histogram. */
void recorder_cut(struct recorder *recorder, const struct load *load, uint64_t now_ns,
                  struct interval *interval);

#endif
