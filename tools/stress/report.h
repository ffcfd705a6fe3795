/* SPDX-License-Identifier: MIT */
/* The summary of a load. */
#ifndef STRESS_REPORT_H
#define STRESS_REPORT_H

#include <stdint.h>

#include "options.h"
#include "tally.h"
#include "usage.h"

/* A load that is over. */
struct report {
    const char *title; /* "HTTP", "HTTPS" or "load" */
    const char *url;   /* the first of them */
    size_t url_count;
    const struct options *options;
    const struct tally *tally;
    double elapsed_s;
    struct usage before; /* when it began */
    struct usage after;  /* when it was over, with the most threads that were seen */
    const char *trouble; /* why a thread gave up, or NULL */
};

/* Prints the library's version: what the figures are about. */
void report_library(void);

/* Prints the summary on stdout. */
void report_print(const struct report *report);

#endif
