/* SPDX-License-Identifier: MIT */
/*
 * Histograms in the formats of HdrHistogram: its V2 encoding, compressed and in base64, as its logs
 * have it and as our JSON keeps it; the log itself; and its table of percentiles. Every tool that
 * reads those reads ours.
 */
#ifndef STRESS_HDR_H
#define STRESS_HDR_H

#include <stdbool.h>
#include <stdio.h>

#include "base/histogram.h"

/* The histogram as one line of base64; the caller frees it. NULL: no memory. */
char *hdr_encode(const struct histogram *histogram);

/*
 * Adds a histogram from base64 to `into`. False when it is none, or of another precision or range;
 * `into` may then have part of it.
 */
bool hdr_decode(struct histogram *into, const char *text);

/* Writes the lines that begin a log; `started_s` are seconds since 1970. */
void hdr_log_begin(FILE *file, double started_s);

/* Writes an interval; `tag` may be NULL. Times are seconds since the start. False: no memory. */
bool hdr_log_add(FILE *file, const char *tag, double from_s, double length_s,
                 const struct histogram *histogram);

/* Adds all intervals of a log to `into`. False: `*line` says which cannot be read. */
bool hdr_log_read(FILE *file, struct histogram *into, long *line);

/* Writes the table of percentiles, values in milliseconds. */
void hdr_percentiles(FILE *file, const struct histogram *histogram);

#endif
