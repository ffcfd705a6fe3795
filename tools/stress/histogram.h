/* SPDX-License-Identifier: MIT */
/*
 * How often each duration was seen, in constant memory: exact up to 256 ns, then 128 steps to each
 * doubling, which keeps every figure within 0.8 % of the truth (the layout that HdrHistogram made
 * known).
 */
#ifndef STRESS_HISTOGRAM_H
#define STRESS_HISTOGRAM_H

#include <stddef.h>
#include <stdint.h>

enum {
    HISTOGRAM_STEP_BITS = 7, /* 128 steps a doubling */
    HISTOGRAM_VALUE_BITS =
        43, /* values up to 2^43 ns, about 2.4 hours; above, they count as that */
    HISTOGRAM_CELLS = (HISTOGRAM_VALUE_BITS - HISTOGRAM_STEP_BITS + 1) << HISTOGRAM_STEP_BITS,
};

/* All zero is an empty histogram. One thread at a time. */
struct histogram {
    uint64_t count;
    uint64_t sum;
    uint64_t min;
    uint64_t max;
    uint64_t cells[HISTOGRAM_CELLS];
};

void histogram_add(struct histogram *histogram, uint64_t value_ns);

/* Adds all that `from` has seen to `into`. */
void histogram_merge(struct histogram *into, const struct histogram *from);

/*
 * The value that `percent` (0 to 100) of all values do not exceed; never above the largest seen. 0
 * when nothing was seen.
 */
uint64_t histogram_percentile(const struct histogram *histogram, double percent);

uint64_t histogram_mean(const struct histogram *histogram);

#endif
