/* SPDX-License-Identifier: MIT */
/* The summary: a line a subject, its name first, so that it reads well and is read easily by a
 * script. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/units.h"
#include "out/json.h"
#include "out/result.h"

enum {
    BAR = 40,      /* characters of the longest bar */
    BARS_MAX = 24, /* lines of the histogram */
};

static void print_title(const struct result *result, FILE *file)
{
    const struct result_plan *plan = &result->plan;

    fprintf(file, "\n%s  %s", plan->title, plan->url);
    if (plan->url_count > 1) {
        fprintf(file, " and %llu more", (unsigned long long)plan->url_count - 1);
    }
    fprintf(file, "\n  %s, %.2f s\n", plan->model, result->elapsed_s);
    if (result->parts > 1) {
        fprintf(file, "  joined from %llu runs\n", (unsigned long long)result->parts);
    }
}

static void print_requests(const struct result *result, FILE *file)
{
    const struct tally *tally = result->tally;

    fprintf(file, "  requests     %llu started: %llu fine, %llu failed, %llu cut off at the end\n",
            (unsigned long long)tally->live.started, (unsigned long long)tally->live.fine,
            (unsigned long long)tally->live.failed, (unsigned long long)tally->cut_off);
    if (tally->unstarted > 0) {
        fprintf(file, "  never sent   %llu more were due, but all places were taken\n",
                (unsigned long long)tally->unstarted);
    }
    fprintf(file, "  rate         %.1f requests/s", result_rate(result, result_ended(result)));
    if (tally->live.warm > 0) {
        fprintf(file, " (%llu of the warm-up are not counted)",
                (unsigned long long)tally->live.warm);
    }
    fputc('\n', file);
}

static void print_head(FILE *file)
{
    fprintf(file, "\n  %-12s %9s", "", "mean");
    for (size_t i = 0; i < json_percent_count; i++) {
        fprintf(file, " %9s", json_percent_names[i]);
    }
    fprintf(file, " %9s\n", "max");
}

static void print_time(const char *name, const struct histogram *histogram, FILE *file)
{
    char text[UNITS_MAX];

    if (histogram->count == 0) {
        return;
    }
    fprintf(file, "  %-12s %9s", name, units_time(text, (double)histogram_mean(histogram)));
    for (size_t i = 0; i < json_percent_count; i++) {
        uint64_t value = histogram_percentile(histogram, json_percents[i]);
        fprintf(file, " %9s", units_time(text, (double)value));
    }
    fprintf(file, " %9s\n", units_time(text, (double)histogram->max));
}

static void print_times(const struct result *result, FILE *file)
{
    const struct histogram *times = result->tally->times;
    bool open_loop = result->plan.open_loop;

    if (times[TIME_LATENCY].count == 0) {
        return;
    }
    print_head(file);
    print_time("latency", &times[TIME_LATENCY], file);
    if (open_loop) {
        print_time("uncorrected", &times[TIME_SERVICE], file);
    }
    print_time("  name", &times[TIME_NAME], file);
    print_time("  connect", &times[TIME_CONNECT], file);
    print_time("  TLS", &times[TIME_TLS], file);
    print_time("  first byte", &times[TIME_FIRST_BYTE], file);
    print_time("  body", &times[TIME_BODY], file);
    if (!open_loop) {
        print_time("  total", &times[TIME_SERVICE], file);
    } else {
        print_time("own lag", &times[TIME_LAG], file);
        fprintf(file,
                "  (latency counts from when a request was due; uncorrected, from when it was "
                "sent)\n");
    }
}

/* Which bar a value belongs to: so many to each doubling. */
static int bar_of(uint64_t value_ns, int a_doubling)
{
    return value_ns == 0 ? 0 : (int)floor(log2((double)value_ns) * a_doubling);
}

static void print_bar(const struct histogram *histogram, double up_to_ns, uint64_t count,
                      uint64_t most, FILE *file)
{
    static const char *const eighths[] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
    int length = (int)((double)count * BAR * 8 / (double)most + 0.5);
    char time[UNITS_MAX];

    fprintf(file, "  %9s  ", units_time(time, fmin(up_to_ns, (double)histogram->max)));
    for (int i = 0; i < length / 8; i++) {
        fputs("█", file);
    }
    fprintf(file, "%s%*s %6.2f %%\n", eighths[length % 8], BAR - length / 8 - (length % 8 != 0), "",
            100.0 * (double)count / (double)histogram->count);
}

/* Sums the cells of each bar; returns how many bars there are. */
static int fill_bars(const struct histogram *histogram, int first, int a_doubling,
                     uint64_t counts[BARS_MAX])
{
    int bars = 0;

    memset(counts, 0, BARS_MAX * sizeof(counts[0]));
    for (size_t i = 0; i < HISTOGRAM_CELLS; i++) {
        if (histogram->cells[i] > 0) {
            int bar = bar_of(histogram_cell_high(i), a_doubling) - first;
            bar = bar < 0 ? 0 : bar >= BARS_MAX ? BARS_MAX - 1 : bar;
            counts[bar] += histogram->cells[i];
            bars = bar + 1 > bars ? bar + 1 : bars;
        }
    }
    return bars;
}

static void print_histogram(const struct histogram *histogram, FILE *file)
{
    uint64_t counts[BARS_MAX];
    uint64_t most = 0;
    int a_doubling = 2;

    if (histogram->count == 0) {
        return;
    }
    while (a_doubling > 1 &&
           bar_of(histogram->max, a_doubling) - bar_of(histogram->min, a_doubling) >= BARS_MAX) {
        a_doubling--;
    }
    int first = bar_of(histogram->min, a_doubling);
    int bars = fill_bars(histogram, first, a_doubling, counts);
    for (int i = 0; i < bars; i++) {
        most = counts[i] > most ? counts[i] : most;
    }
    fprintf(file, "\n  up to\n");
    for (int i = 0; i < bars; i++) {
        print_bar(histogram, exp2((double)(first + i + 1) / a_doubling), counts[i], most, file);
    }
    fputc('\n', file);
}

static void print_bytes(const struct result *result, FILE *file)
{
    const struct tally *tally = result->tally;
    char text[UNITS_MAX];

    fprintf(file, "  received     %s of bodies", units_bytes(text, (double)tally->live.received));
    fprintf(file, " (%s/s)", units_bytes(text, result_rate(result, tally->live.received)));
    fprintf(file, ", %s of headers\n", units_bytes(text, (double)tally->received_headers));
    fprintf(file, "  sent         %s of bodies", units_bytes(text, (double)tally->live.sent));
    fprintf(file, " (%s/s)", units_bytes(text, result_rate(result, tally->live.sent)));
    fprintf(file, ", %s of headers\n", units_bytes(text, (double)tally->sent_headers));
    fprintf(file, "  connections  %llu opened\n", (unsigned long long)tally->connections);
}

static void print_statuses(const struct tally *tally, FILE *file)
{
    bool any = false;

    for (int status = 0; status < TALLY_STATUSES; status++) {
        if (tally->by_status[status] > 0) {
            fprintf(file, "%s%d: %llu", any ? ", " : "  statuses     ", status,
                    (unsigned long long)tally->by_status[status]);
            any = true;
        }
    }
    if (any) {
        fputc('\n', file);
    }
}

static void print_usage(const struct result *result, FILE *file)
{
    const struct result_usage *usage = &result->usage;
    double cpu_s = usage->user_s + usage->system_s;
    uint64_t ended = result_ended(result);
    char text[UNITS_MAX];

    fprintf(file, "  CPU          %.2f s (%.2f user, %.2f system), %.0f %% of a processor", cpu_s,
            usage->user_s, usage->system_s,
            result->elapsed_s > 0 ? 100 * cpu_s / result->elapsed_s : 0);
    if (ended > 0) {
        fprintf(file, ", %.1f us a request", cpu_s * 1e6 / (double)ended);
    }
    fprintf(file, "\n  memory       %s at most",
            units_bytes(text, (double)usage->memory_peak_bytes));
    fprintf(file, " (%s before)", units_bytes(text, (double)usage->memory_before_bytes));
    fprintf(file, ", %llu threads\n", (unsigned long long)usage->threads);
}

static void print_failures(const struct tally *tally, FILE *file)
{
    for (size_t i = 0; i < tally->failure_count; i++) {
        const struct tally_failure *failure = &tally->failures[i];
        fprintf(file, "  failed       %llu x %s", (unsigned long long)failure->count,
                tally_kind_name(failure->kind));
        if (failure->kind == KIND_ERROR) {
            fprintf(file, " %d", failure->code);
        }
        fprintf(file, ", at %s, ", tally_phase_name(failure->phase));
        if (failure->status > 0) {
            fprintf(file, "status %d", failure->status);
        } else {
            fputs("no status", file);
        }
        bool says = failure->text != NULL && failure->text[0] != '\0';
        fprintf(file, "%s%s\n", says ? ": " : "", says ? failure->text : "");
    }
}

static void print_slo(const struct slo *slo, FILE *file)
{
    for (size_t i = 0; i < slo->count; i++) {
        const struct slo_item *item = &slo->items[i];
        char text[UNITS_MAX];
        fprintf(file, "  objective    %s: %s, ", item->text, item->met ? "met" : "MISSED");
        if (isnan(item->value)) {
            fputs("there is no figure\n", file);
        } else if (item->figure == SLO_ERRORS) {
            fprintf(file, "%.4g %%\n", item->value);
        } else if (item->figure == SLO_RATE) {
            fprintf(file, "%.1f\n", item->value);
        } else if (item->figure == SLO_THROUGHPUT) {
            fprintf(file, "%s/s\n", units_bytes(text, item->value));
        } else {
            fprintf(file, "%s\n", units_time(text, item->value));
        }
    }
}

void result_print(const struct result *result, FILE *file)
{
    print_title(result, file);
    print_requests(result, file);
    print_bytes(result, file);
    print_statuses(result->tally, file);
    print_usage(result, file);
    print_failures(result->tally, file);
    print_slo(&result->slo, file);
    print_times(result, file);
    print_histogram(&result->tally->times[TIME_LATENCY], file);
    for (size_t i = 0; i < result->note_count; i++) {
        fprintf(file, "  %s      %s\n", result->invalid && i == 0 ? "INVALID" : "note   ",
                result->notes[i]);
    }
    fflush(file);
}
