/* SPDX-License-Identifier: MIT */
/* Objectives: what a run has to reach, such as "p99<50ms,errors<0.1%,rate>1000". */
#ifndef STRESS_SLO_H
#define STRESS_SLO_H

#include <stdbool.h>
#include <stddef.h>

enum {
    SLO_MAX = 16,
    SLO_ERROR_MAX = 128,
    SLO_TEXT_MAX = 64,
};

enum slo_figure {
    SLO_PERCENTILE, /* of the latency, ns */
    SLO_MEAN,       /* of the latency, ns */
    SLO_LATENCY_MAX,
    SLO_ERRORS,     /* percent of the transfers that were counted */
    SLO_RATE,       /* transfers that were fine a second */
    SLO_THROUGHPUT, /* bytes of bodies received a second */
};

struct slo_item {
    char text[SLO_TEXT_MAX]; /* as it was written */
    enum slo_figure figure;
    double percent; /* SLO_PERCENTILE */
    bool at_most;   /* else at least */
    bool or_equal;
    double limit; /* ns, percent, requests or bytes a second */
    /* Filled in by slo_check. */
    double value;
    bool met;
};

struct slo {
    struct slo_item items[SLO_MAX];
    size_t count;
};

/* Reads objectives. False: `error` says what is wrong. */
bool slo_read(struct slo *slo, const char *text, char error[SLO_ERROR_MAX]);

/* Compares each objective with the figure that `look` gives for it; true when all are met. A figure
 * that is NaN (there is none) meets nothing. */
bool slo_check(struct slo *slo, double (*look)(const struct slo_item *item, const void *from),
               const void *from);

#endif
