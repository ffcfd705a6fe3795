/* SPDX-License-Identifier: MIT */
/* See merge.h. */
#include "out/merge.h"

#include <math.h>
#include <string.h>

static void add_usage(struct result_usage *into, const struct result_usage *from)
{
    into->user_s += from->user_s;
    into->system_s += from->system_s;
    into->busiest = fmax(into->busiest, from->busiest);
}

static void add_common(struct result *into, const struct result *from)
{
    tally_merge(into->tally, from->tally);
    add_usage(&into->usage, &from->usage);
    into->invalid = into->invalid || from->invalid;
    into->interrupted = into->interrupted || from->interrupted;
    into->parts += from->parts;
    for (size_t i = 0; i < from->note_count; i++) {
        result_note(into, "%s", from->notes[i]);
    }
}

static void add_interval(struct interval *into, const struct interval *from)
{
    into->started += from->started;
    into->fine += from->fine;
    into->failed += from->failed;
    into->running += from->running;
    into->received += from->received;
    into->sent += from->sent;
    into->cpu += from->cpu;
    into->memory_bytes += from->memory_bytes;
    into->length_s = fmax(into->length_s, from->length_s);
    /* Percentiles cannot be added: the worst is what is known for sure. */
    into->mean_ns = from->mean_ns > into->mean_ns ? from->mean_ns : into->mean_ns;
    into->p50_ns = from->p50_ns > into->p50_ns ? from->p50_ns : into->p50_ns;
    into->p90_ns = from->p90_ns > into->p90_ns ? from->p90_ns : into->p90_ns;
    into->p99_ns = from->p99_ns > into->p99_ns ? from->p99_ns : into->p99_ns;
    into->p999_ns = from->p999_ns > into->p999_ns ? from->p999_ns : into->p999_ns;
    into->max_ns = from->max_ns > into->max_ns ? from->max_ns : into->max_ns;
}

/* Puts the seconds of both onto the clock of the first. */
static bool join_series(struct series *into, const struct series *from, double later_s)
{
    for (size_t i = 0; i < from->count; i++) {
        struct interval moved = from->items[i];
        moved.from_s += later_s;
        size_t at = 0;
        while (at < into->count && fabs(into->items[at].from_s - moved.from_s) > 0.5) {
            at++;
        }
        if (at < into->count) {
            add_interval(&into->items[at], &moved);
            continue;
        }
        if (!series_add(into, &moved)) {
            return false;
        }
        for (at = into->count - 1; at > 0 && into->items[at - 1].from_s > moved.from_s; at--) {
            into->items[at] = into->items[at - 1];
        }
        into->items[at] = moved;
    }
    return true;
}

static void shift_series(struct series *series, double later_s)
{
    for (size_t i = 0; i < series->count; i++) {
        series->items[i].from_s += later_s;
    }
}

bool result_join(struct result *into, const struct result *from)
{
    double begin = fmin(into->started_at, from->started_at);
    double end = fmax(into->started_at + into->elapsed_s, from->started_at + from->elapsed_s);

    shift_series(&into->series, into->started_at - begin);
    if (!join_series(&into->series, &from->series, from->started_at - begin)) {
        return false;
    }
    into->started_at = begin;
    into->elapsed_s = end - begin;
    add_common(into, from);
    into->usage.memory_peak_bytes += from->usage.memory_peak_bytes;
    into->usage.memory_before_bytes += from->usage.memory_before_bytes;
    into->usage.threads += from->usage.threads;
    into->plan.concurrency += from->plan.concurrency;
    into->plan.threads += from->plan.threads;
    return true;
}

void result_append(struct result *into, const struct result *from)
{
    into->elapsed_s += from->elapsed_s;
    add_common(into, from);
    if (from->usage.memory_peak_bytes > into->usage.memory_peak_bytes) {
        into->usage.memory_peak_bytes = from->usage.memory_peak_bytes;
    }
}
