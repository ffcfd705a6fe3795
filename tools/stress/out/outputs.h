/* SPDX-License-Identifier: MIT */
/* The files that a run writes: what grows by the second while it runs, and what is written at its
 * end. */
#ifndef STRESS_OUTPUTS_H
#define STRESS_OUTPUTS_H

#include <stdbool.h>
#include <stdio.h>

#include <jansson.h>

#include "cli/options.h"
#include "out/prometheus.h"
#include "out/result.h"

struct outputs {
    const struct options *options;
    FILE *summary; /* stdout, or stderr when a file is to go to stdout */
    FILE *csv;
    FILE *hdr_log;
    double hdr_log_began; /* seconds since 1970 */
    json_t *document;
    json_t *page; /* the runs as the page has them */
    struct prometheus prometheus;
    unsigned runs; /* that have ended */
    bool failed;   /* something could not be written; it has been said */
};

/* Opens what is asked for. False: it has said what cannot be; to be closed all the same. */
bool outputs_open(struct outputs *outputs, const struct options *options);

/* A second is over: `started_at` is when its run began to count, `so_far` has all latencies up to
 * its end. */
void outputs_interval(struct outputs *outputs, const char *title, double started_at,
                      const struct interval *interval, const struct histogram *histogram,
                      const struct histogram *so_far);

/* A run is over: the summary is printed, and what files are whole only then grow by it. */
void outputs_result(struct outputs *outputs, const struct result *result);

/* Writes, if there has been a run, and closes all. False: not all could be written. */
bool outputs_close(struct outputs *outputs);

/* Seconds since 1970. */
double outputs_now_s(void);

#endif
