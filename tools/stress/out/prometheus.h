/* SPDX-License-Identifier: MIT */
/* The figures as Prometheus' text format (version 0.0.4), for its textfile collector. */
#ifndef STRESS_PROMETHEUS_H
#define STRESS_PROMETHEUS_H

#include <stdbool.h>
#include <stddef.h>

#include "out/result.h"

enum {
    PROMETHEUS_RUNS = 16,
    PROMETHEUS_QUANTILES = 6,
};

struct prometheus_run {
    char title[64];
    uint64_t fine;
    uint64_t failed;
    uint64_t running;
    uint64_t received;
    uint64_t sent;
    uint64_t quantiles_ns[PROMETHEUS_QUANTILES];
    uint64_t count;
    uint64_t sum_ns;
};

/* Zeroed, it has no runs. */
struct prometheus {
    struct prometheus_run runs[PROMETHEUS_RUNS];
    size_t count;
};

/* Adds a second to a run, which begins with its first. */
void prometheus_grow(struct prometheus *prometheus, const char *title,
                     const struct interval *interval, const struct histogram *so_far);

/* Makes a run's figures those of its end. */
void prometheus_end(struct prometheus *prometheus, const struct result *result);

/* Writes all, whole or not at all. False with errno set. */
bool prometheus_write(const struct prometheus *prometheus, const char *path);

#endif
