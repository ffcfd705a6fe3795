/* SPDX-License-Identifier: MIT */
/* All that is known of a run when it is over: what the summary, the files and the comparison are
 * made of, and what `merge` reads back. */
#ifndef STRESS_RESULT_H
#define STRESS_RESULT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "out/series.h"
#include "out/slo.h"
#include "run/tally.h"

enum {
    RESULT_TEXT = 512,
    RESULT_NOTES = 8,
};

/* How the load was made. */
struct result_plan {
    char title[64];
    char url[RESULT_TEXT]; /* the first */
    uint64_t url_count;
    char library[RESULT_TEXT]; /* curl_version() */
    char library_path[RESULT_TEXT];
    char host[64];
    char model[RESULT_TEXT]; /* in words */
    bool open_loop;
    uint64_t concurrency;
    uint64_t threads;
    double warmup_s;
};

/* What the client took. */
struct result_usage {
    double user_s;
    double system_s;
    uint64_t memory_peak_bytes;
    uint64_t memory_before_bytes;
    uint64_t threads;
    double busiest; /* share of its time that the busiest load thread had a processor */
};

/* Zeroed, it is empty. */
struct result {
    struct result_plan plan;
    double started_at; /* when counting began, seconds since 1970 */
    double elapsed_s;  /* from there to the end of the last transfer */
    bool interrupted;
    bool invalid; /* the generator fell behind: the figures are its own, not the server's */
    char notes[RESULT_NOTES][RESULT_TEXT]; /* why, and other remarks */
    size_t note_count;
    struct tally *tally; /* owned */
    struct result_usage usage;
    struct series series;
    struct slo slo;
    bool slo_met;
    uint64_t parts; /* runs that this one was joined from; 1: it is one itself */
};

/* Makes room for the counts. False: no memory. */
bool result_init(struct result *result);

void result_release(struct result *result);

void result_note(struct result *result, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Transfers that ended, fine or failed. */
uint64_t result_ended(const struct result *result);

/* A count by the second. */
double result_rate(const struct result *result, uint64_t count);

/* Reads and checks objectives; `text` NULL: there are none. */
void result_check(struct result *result, const char *text);

/* The summary, for people. */
void result_print(const struct result *result, FILE *file);

#endif
