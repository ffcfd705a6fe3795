/* SPDX-License-Identifier: MIT */
/*
 * Cells: a value below EXACT has its own; above, the position of the highest bit picks a row of
 * STEPS cells and the bits behind it the cell in the row.
 */
#include "histogram.h"

#include <math.h>

enum {
    STEPS = 1 << HISTOGRAM_STEP_BITS,
    EXACT = 2 * STEPS, /* below, each value has a cell */
};

static size_t cell_of(uint64_t value)
{
    if (value >= UINT64_C(1) << HISTOGRAM_VALUE_BITS) {
        return HISTOGRAM_CELLS - 1;
    }
    if (value < EXACT) {
        return (size_t)value;
    }
    unsigned shift = 63U - (unsigned)__builtin_clzll(value) - HISTOGRAM_STEP_BITS;
    return (size_t)shift * STEPS + (size_t)(value >> shift);
}

/* The largest value that is counted in a cell. */
static uint64_t cell_top(size_t cell)
{
    if (cell < EXACT) {
        return cell;
    }
    unsigned shift = (unsigned)(cell / STEPS) - 1;
    uint64_t step = cell % STEPS + STEPS;
    return ((step + 1) << shift) - 1;
}

void histogram_add(struct histogram *histogram, uint64_t value_ns)
{
    if (histogram->count == 0 || value_ns < histogram->min) {
        histogram->min = value_ns;
    }
    if (value_ns > histogram->max) {
        histogram->max = value_ns;
    }
    histogram->count++;
    histogram->sum += value_ns;
    histogram->cells[cell_of(value_ns)]++;
}

void histogram_merge(struct histogram *into, const struct histogram *from)
{
    if (from->count == 0) {
        return;
    }
    if (into->count == 0 || from->min < into->min) {
        into->min = from->min;
    }
    if (from->max > into->max) {
        into->max = from->max;
    }
    into->count += from->count;
    into->sum += from->sum;
    for (size_t i = 0; i < HISTOGRAM_CELLS; i++) {
        into->cells[i] += from->cells[i];
    }
}

uint64_t histogram_percentile(const struct histogram *histogram, double percent)
{
    uint64_t wanted = (uint64_t)ceil(percent / 100.0 * (double)histogram->count);
    uint64_t seen = 0;

    if (wanted == 0) {
        return histogram->min;
    }
    for (size_t i = 0; i < HISTOGRAM_CELLS; i++) {
        seen += histogram->cells[i];
        if (seen >= wanted) {
            uint64_t top = cell_top(i);
            return top < histogram->max && i < HISTOGRAM_CELLS - 1 ? top : histogram->max;
        }
    }
    return histogram->max;
}

uint64_t histogram_mean(const struct histogram *histogram)
{
    return histogram->count == 0 ? 0 : histogram->sum / histogram->count;
}
