/* SPDX-License-Identifier: MIT */
/* A run second by second; see series.h. */
#include "out/series.h"

#include <stdlib.h>

#include "base/clock.h"
#include "run/usage.h"

bool series_add(struct series *series, const struct interval *interval)
{
    if (series->count == series->size) {
        size_t size = series->size == 0 ? 64 : series->size * 2;
        struct interval *longer = reallocarray(series->items, size, sizeof(*longer));
        if (longer == NULL) {
            return false;
        }
        series->items = longer;
        series->size = size;
    }
    series->items[series->count++] = *interval;
    return true;
}

void series_release(struct series *series)
{
    free(series->items);
    *series = (struct series){0};
}

bool recorder_init(struct recorder *recorder)
{
    *recorder = (struct recorder){0};
    recorder->now = calloc(1, sizeof(*recorder->now));
    recorder->before = calloc(1, sizeof(*recorder->before));
    recorder->interval = calloc(1, sizeof(*recorder->interval));
    if (recorder->now != NULL && recorder->before != NULL && recorder->interval != NULL) {
        return true;
    }
    recorder_release(recorder);
    return false;
}

void recorder_release(struct recorder *recorder)
{
    free(recorder->now);
    free(recorder->before);
    free(recorder->interval);
    *recorder = (struct recorder){0};
}

static double cpu_so_far_s(uint64_t *memory_bytes)
{
    struct usage usage;

    usage_read(&usage);
    *memory_bytes = usage.memory_bytes;
    return usage.user_s + usage.system_s;
}

void recorder_begin(struct recorder *recorder, uint64_t now_ns)
{
    uint64_t memory = 0;

    recorder->at_ns = now_ns;
    recorder->cpu_s = cpu_so_far_s(&memory);
}

static void take_histogram(struct recorder *recorder, const struct load *load,
                           struct interval *interval)
{
    struct histogram *swap = recorder->before;

    recorder->before = recorder->now;
    recorder->now = swap;
    load_look_latency(load, recorder->now);
    histogram_subtract(recorder->interval, recorder->now, recorder->before);
    interval->mean_ns = histogram_mean(recorder->interval);
    interval->p50_ns = histogram_percentile(recorder->interval, 50);
    interval->p90_ns = histogram_percentile(recorder->interval, 90);
    interval->p99_ns = histogram_percentile(recorder->interval, 99);
    interval->p999_ns = histogram_percentile(recorder->interval, 99.9);
    interval->max_ns = recorder->interval->max;
}

void recorder_cut(struct recorder *recorder, const struct load *load, uint64_t now_ns,
                  struct interval *interval)
{
    struct load_view view;

    *interval = (struct interval){
        .from_s = (double)(int64_t)(recorder->at_ns - load->counted_ns) / (double)NS_PER_S,
        .length_s = (double)(int64_t)(now_ns - recorder->at_ns) / (double)NS_PER_S,
    };
    load_look(load, &view);
    take_histogram(recorder, load, interval);
    interval->started = view.started - recorder->view.started;
    interval->fine = view.fine - recorder->view.fine;
    interval->failed = view.failed - recorder->view.failed;
    interval->running = view.running;
    interval->received = view.received - recorder->view.received;
    interval->sent = view.sent - recorder->view.sent;
    double cpu_s = cpu_so_far_s(&interval->memory_bytes);
    interval->cpu = interval->length_s > 0 ? (cpu_s - recorder->cpu_s) / interval->length_s : 0;
    recorder->cpu_s = cpu_s;
    recorder->view = view;
    recorder->at_ns = now_ns;
}
