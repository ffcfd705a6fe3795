/* SPDX-License-Identifier: MIT */
/* What this process uses: processor, memory, threads, descriptors. Other processes' use is not in
 * it. */
#ifndef STRESS_USAGE_H
#define STRESS_USAGE_H

#include <stdint.h>

struct usage {
    double user_s;
    double system_s;
    uint64_t memory_bytes;      /* resident now */
    uint64_t memory_peak_bytes; /* the most since usage_reset_peak */
    unsigned threads;
};

/* Starts the peak anew, where the system lets us. */
void usage_reset_peak(void);

void usage_read(struct usage *usage);

/* Allows as many descriptors as the system lets us have; returns how many those are. */
uint64_t usage_raise_descriptors(void);

#endif
