/* SPDX-License-Identifier: MIT */
/*
 * Cells: a value below EXACT has its own; above, the position of the highest bit picks a row of
 * STEPS cells and the bits behind it the cell in the row.
 */
#include "base/histogram.h"

#include <math.h>

enum {
    STEPS = 1 << HISTOGRAM_STEP_BITS,
    EXACT = 2 * STEPS, /* below, each value has a cell */
};

static uint64_t look(const atomic_uint_least64_t *number)
{
    return atomic_load_explicit(number, memory_order_relaxed);
}

static void put(atomic_uint_least64_t *number, uint64_t value)
{
    atomic_store_explicit(number, value, memory_order_relaxed);
}

/* Only one thread writes: no locked instruction is needed. */
static void raise_by(atomic_uint_least64_t *number, uint64_t by)
{
    put(number, look(number) + by);
}

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

uint64_t histogram_cell_low(size_t cell)
{
    if (cell < EXACT) {
        return cell;
    }
    return (uint64_t)(cell % STEPS + STEPS) << (cell / STEPS - 1);
}

uint64_t histogram_cell_high(size_t cell)
{
    return cell < EXACT ? cell : histogram_cell_low(cell) + (UINT64_C(1) << (cell / STEPS - 1)) - 1;
}

/* Counts how many there are, and their least and greatest. */
static void note(struct histogram *histogram, uint64_t count, uint64_t low, uint64_t high,
                 uint64_t sum)
{
    if (look(&histogram->count) == 0 || low < look(&histogram->min)) {
        put(&histogram->min, low);
    }
    if (high > look(&histogram->max)) {
        put(&histogram->max, high);
    }
    raise_by(&histogram->count, count);
    raise_by(&histogram->sum, sum);
}

void histogram_add(struct histogram *histogram, uint64_t value_ns)
{
    note(histogram, 1, value_ns, value_ns, value_ns);
    raise_by(&histogram->cells[cell_of(value_ns)], 1);
}

void histogram_add_cell(struct histogram *histogram, size_t cell, uint64_t count)
{
    uint64_t low = histogram_cell_low(cell);
    uint64_t high = histogram_cell_high(cell);

    if (count > 0) {
        note(histogram, count, low, high, (low + (high - low) / 2) * count);
        raise_by(&histogram->cells[cell], count);
    }
}

/* The counts of the cells are what is taken for true: `from` may grow while it is read. */
void histogram_merge(struct histogram *into, const struct histogram *from)
{
    uint64_t count = 0;

    if (look(&from->count) == 0) {
        return;
    }
    for (size_t i = 0; i < HISTOGRAM_CELLS; i++) {
        uint64_t here = look(&from->cells[i]);
        if (here > 0) {
            raise_by(&into->cells[i], here);
            count += here;
        }
    }
    note(into, count, look(&from->min), look(&from->max), look(&from->sum));
}

void histogram_copy(struct histogram *into, const struct histogram *from)
{
    uint64_t count = 0;

    put(&into->sum, look(&from->sum));
    put(&into->min, look(&from->min));
    put(&into->max, look(&from->max));
    for (size_t i = 0; i < HISTOGRAM_CELLS; i++) {
        uint64_t here = look(&from->cells[i]);
        if (here > 0 || look(&into->cells[i]) > 0) {
            put(&into->cells[i], here);
        }
        count += here;
    }
    put(&into->count, count);
}

void histogram_subtract(struct histogram *into, const struct histogram *later,
                        const struct histogram *earlier)
{
    histogram_clear(into);
    for (size_t i = 0; i < HISTOGRAM_CELLS; i++) {
        histogram_add_cell(into, i, look(&later->cells[i]) - look(&earlier->cells[i]));
    }
    put(&into->sum, look(&later->sum) - look(&earlier->sum));
    if (look(&into->max) > look(&later->max)) {
        put(&into->max, look(&later->max));
    }
}

void histogram_clear(struct histogram *histogram)
{
    put(&histogram->count, 0);
    put(&histogram->sum, 0);
    put(&histogram->min, 0);
    put(&histogram->max, 0);
    for (size_t i = 0; i < HISTOGRAM_CELLS; i++) {
        if (look(&histogram->cells[i]) > 0) { /* untouched pages stay untouched */
            put(&histogram->cells[i], 0);
        }
    }
}

uint64_t histogram_percentile(const struct histogram *histogram, double percent)
{
    uint64_t wanted = (uint64_t)ceil(percent / 100.0 * (double)look(&histogram->count) - 1e-6);
    uint64_t seen = 0;

    if (wanted == 0) {
        return look(&histogram->min);
    }
    for (size_t i = 0; i < HISTOGRAM_CELLS; i++) {
        seen += look(&histogram->cells[i]);
        if (seen >= wanted) {
            uint64_t top = histogram_cell_high(i);
            uint64_t max = look(&histogram->max);
            return top < max && i < HISTOGRAM_CELLS - 1 ? top : max;
        }
    }
    return look(&histogram->max);
}

uint64_t histogram_mean(const struct histogram *histogram)
{
    uint64_t count = look(&histogram->count);

    return count == 0 ? 0 : look(&histogram->sum) / count;
}

double histogram_deviation(const struct histogram *histogram)
{
    uint64_t count = look(&histogram->count);
    double mean = count == 0 ? 0 : (double)look(&histogram->sum) / (double)count;
    double squares = 0;

    for (size_t i = 0; count > 0 && i < HISTOGRAM_CELLS; i++) {
        uint64_t here = look(&histogram->cells[i]);
        if (here > 0) {
            uint64_t low = histogram_cell_low(i);
            double off = (double)low + (double)(histogram_cell_high(i) - low) / 2 - mean;
            squares += off * off * (double)here;
        }
    }
    return count == 0 ? 0 : sqrt(squares / (double)count);
}
