/* SPDX-License-Identifier: MIT */
/* Numbers as people read them. */
#ifndef STRESS_UNITS_H
#define STRESS_UNITS_H

#include <stdint.h>

enum {
    UNITS_MAX = 32, /* fits every text made here */
};

/* "1.23 MB", in powers of 1000; returns `out`. */
const char *units_bytes(char out[UNITS_MAX], double bytes);

/* "1.23 ms"; returns `out`. */
const char *units_time(char out[UNITS_MAX], double ns);

/* "12345" as "12,345"; returns `out`. */
const char *units_count(char out[UNITS_MAX], uint64_t count);

#endif
