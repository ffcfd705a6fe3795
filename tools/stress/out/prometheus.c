/* SPDX-License-Identifier: MIT */
/* See prometheus.h. A metric's samples stand together, so the runs are written side by side. */
#include "out/prometheus.h"

#include <stdio.h>
#include <string.h>

#include "out/file.h"

static const double quantiles[PROMETHEUS_QUANTILES] = {0.5, 0.9, 0.99, 0.999, 0.9999, 0.99999};

/* The run of that title; NULL when there are too many. */
static struct prometheus_run *find(struct prometheus *prometheus, const char *title)
{
    for (size_t i = 0; i < prometheus->count; i++) {
        if (strcmp(prometheus->runs[i].title, title) == 0) {
            return &prometheus->runs[i];
        }
    }
    if (prometheus->count == PROMETHEUS_RUNS) {
        return NULL;
    }
    struct prometheus_run *run = &prometheus->runs[prometheus->count++];
    *run = (struct prometheus_run){0};
    snprintf(run->title, sizeof(run->title), "%s", title);
    return run;
}

static void take_latency(struct prometheus_run *run, const struct histogram *latency)
{
    run->count = latency->count;
    run->sum_ns = latency->sum;
    for (size_t i = 0; i < PROMETHEUS_QUANTILES; i++) {
        run->quantiles_ns[i] = histogram_percentile(latency, quantiles[i] * 100);
    }
}

void prometheus_grow(struct prometheus *prometheus, const char *title,
                     const struct interval *interval, const struct histogram *so_far)
{
    struct prometheus_run *run = find(prometheus, title);

    if (run != NULL) {
        run->fine += interval->fine;
        run->failed += interval->failed;
        run->running = interval->running;
        run->received += interval->received;
        run->sent += interval->sent;
        take_latency(run, so_far);
    }
}

void prometheus_end(struct prometheus *prometheus, const struct result *result)
{
    struct prometheus_run *run = find(prometheus, result->plan.title);

    if (run != NULL) {
        run->fine = result->tally->live.fine;
        run->failed = result->tally->live.failed;
        run->running = 0;
        run->received = result->tally->live.received;
        run->sent = result->tally->live.sent;
        take_latency(run, &result->tally->times[TIME_LATENCY]);
    }
}

/* The inside of a label's quotation marks. */
static void write_label(FILE *file, const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text == '"' || *text == '\\') {
            fputc('\\', file);
        }
        fputc((unsigned char)*text < ' ' ? ' ' : *text, file);
    }
}

static void write_sample(FILE *file, const char *name, const struct prometheus_run *run,
                         const char *more, uint64_t value)
{
    fprintf(file, "%s{run=\"", name);
    write_label(file, run->title);
    fprintf(file, "\"%s} %llu\n", more, (unsigned long long)value);
}

static void write_head(FILE *file, const char *name, const char *kind, const char *help)
{
    fprintf(file, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, kind);
}

static void write_latency(FILE *file, const struct prometheus_run *run)
{
    static const char name[] = "curlpool_stress_latency_seconds";

    for (size_t i = 0; run->count > 0 && i < PROMETHEUS_QUANTILES; i++) {
        fprintf(file, "%s{run=\"", name);
        write_label(file, run->title);
        fprintf(file, "\",quantile=\"%g\"} %.9f\n", quantiles[i],
                (double)run->quantiles_ns[i] / 1e9);
    }
    fprintf(file, "%s_sum{run=\"", name);
    write_label(file, run->title);
    fprintf(file, "\"} %.9f\n", (double)run->sum_ns / 1e9);
    write_sample(file, "curlpool_stress_latency_seconds_count", run, "", run->count);
}

static void write_all(FILE *file, const struct prometheus *prometheus)
{
    const struct prometheus_run *runs = prometheus->runs;
    size_t count = prometheus->count;

    write_head(file, "curlpool_stress_requests_total", "counter", "Transfers that ended.");
    for (size_t i = 0; i < count; i++) {
        write_sample(file, "curlpool_stress_requests_total", &runs[i], ",outcome=\"fine\"",
                     runs[i].fine);
        write_sample(file, "curlpool_stress_requests_total", &runs[i], ",outcome=\"failed\"",
                     runs[i].failed);
    }
    write_head(file, "curlpool_stress_bytes_total", "counter", "Bytes of bodies.");
    for (size_t i = 0; i < count; i++) {
        write_sample(file, "curlpool_stress_bytes_total", &runs[i], ",direction=\"received\"",
                     runs[i].received);
        write_sample(file, "curlpool_stress_bytes_total", &runs[i], ",direction=\"sent\"",
                     runs[i].sent);
    }
    write_head(file, "curlpool_stress_running", "gauge", "Transfers that run now.");
    for (size_t i = 0; i < count; i++) {
        write_sample(file, "curlpool_stress_running", &runs[i], "", runs[i].running);
    }
    write_head(file, "curlpool_stress_latency_seconds", "summary",
               "From when a transfer was due to its end, of those that were fine.");
    for (size_t i = 0; i < count; i++) {
        write_latency(file, &runs[i]);
    }
}

bool prometheus_write(const struct prometheus *prometheus, const char *path)
{
    struct whole_file out;

    if (!whole_file_open(&out, path)) {
        return false;
    }
    write_all(out.file, prometheus);
    return whole_file_close(&out, true);
}
