/* SPDX-License-Identifier: MIT */
/* Numbers as people read and write them. */
#ifndef STRESS_UNITS_H
#define STRESS_UNITS_H

#include <stdbool.h>
#include <stdint.h>

enum {
    UNITS_MAX = 32, /* of a text, with the final zero */
};

/* Each writes into `out` and returns it. */
const char *units_bytes(char out[UNITS_MAX], double bytes);   /* "1.5 MB" */
const char *units_time(char out[UNITS_MAX], double ns);       /* "1.5 ms" */
const char *units_count(char out[UNITS_MAX], uint64_t count); /* "1,500" */

/* "1.5", "1.5s", "300ms", "20us", "2m", "1h": more than 0, less than a year. */
bool units_read_seconds(const char *text, double *seconds);

/* "100", "16k", "1.5M", "2G", each 1000 times the one before; "10Ki", "1Mi", "1Gi": 1024 times. */
bool units_read_bytes(const char *text, int64_t *bytes);

#endif
