/* SPDX-License-Identifier: MIT */
/*
 * How often each duration was seen, in constant memory: exact up to 2047 ns, then 1024 steps to
 * each doubling, which keeps every figure within 0.1 % of the truth. It is the layout that
 * HdrHistogram made known, for three significant digits from 1 ns to 2^42 - 1 ns (73 minutes), so
 * that out/hdr can write and read it.
 *
 * One thread adds; others may copy it meanwhile and see each value in all of the copies from some
 * moment on: that is how a live display and the figures of each second are made without a lock.
 */
#ifndef STRESS_HISTOGRAM_H
#define STRESS_HISTOGRAM_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

enum {
    HISTOGRAM_STEP_BITS = 10,  /* 1024 steps a doubling */
    HISTOGRAM_VALUE_BITS = 42, /* greater values count as the greatest that fits */
    HISTOGRAM_CELLS = (HISTOGRAM_VALUE_BITS - HISTOGRAM_STEP_BITS + 1) << HISTOGRAM_STEP_BITS,
};

/* All zero is an empty histogram. 270 kB: not for a stack. */
struct histogram {
    atomic_uint_least64_t count;
    atomic_uint_least64_t sum;
    atomic_uint_least64_t min;
    atomic_uint_least64_t max; /* exact, also beyond the range */
    atomic_uint_least64_t cells[HISTOGRAM_CELLS];
};

void histogram_add(struct histogram *histogram, uint64_t value_ns);

/* Adds all that `from` has seen to `into`. */
void histogram_merge(struct histogram *into, const struct histogram *from);

/* Makes `into` what `later` has seen since it was `earlier`; min and max are those of its cells. */
void histogram_subtract(struct histogram *into, const struct histogram *later,
                        const struct histogram *earlier);

void histogram_copy(struct histogram *into, const struct histogram *from);

void histogram_clear(struct histogram *histogram);

/* Counts `count` values of a cell; min and max become those of the cell, the sum its middle's. */
void histogram_add_cell(struct histogram *histogram, size_t cell, uint64_t count);

/* The smallest and the largest value that a cell counts. */
uint64_t histogram_cell_low(size_t cell);
uint64_t histogram_cell_high(size_t cell);

/*
 * The value that `percent` (0 to 100) of all values do not exceed; never above the largest seen. 0
 * when nothing was seen.
 */
uint64_t histogram_percentile(const struct histogram *histogram, double percent);

uint64_t histogram_mean(const struct histogram *histogram);

/* The standard deviation, with each value in the middle of its cell. */
double histogram_deviation(const struct histogram *histogram);

#endif
