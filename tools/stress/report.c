/* SPDX-License-Identifier: MIT */
/* The summary: a line a subject, its name first, so that it reads well and is read easily by a
 * script. */
#include "report.h"

#include <stdio.h>

#include "units.h"

static double rate(uint64_t count, double elapsed_s)
{
    return elapsed_s > 0 ? (double)count / elapsed_s : 0;
}

void report_library(void)
{
    printf("curlpool-stress on %s\n", curl_version());
    fflush(stdout);
}

static void print_title(const struct report *report)
{
    const struct options *options = report->options;

    printf("\n%s  %s", report->title, report->url);
    if (report->url_count > 1) {
        printf(" and %zu more", report->url_count - 1);
    }
    printf("\n  %ld at a time", options->concurrency);
    if (options->threads > 1) {
        printf(" on %ld threads", options->threads);
    }
    if (options->no_reuse) {
        printf(", a new connection for each");
    }
    printf(", %.2f s\n", report->elapsed_s);
}

static void print_requests(const struct report *report)
{
    const struct tally_live *live = &report->tally->live;

    printf("  requests     %llu started: %llu fine, %llu failed, %llu cut off at the end\n",
           (unsigned long long)live->started, (unsigned long long)live->fine,
           (unsigned long long)live->failed, (unsigned long long)report->tally->cut_off);
    printf("  rate         %.1f requests/s\n", rate(live->fine + live->failed, report->elapsed_s));
}

static void print_latency(const struct histogram *latency)
{
    static const struct {
        const char *name;
        double percent;
    } rows[] = {
        {"p50",   50  },
        {"p90",   90  },
        {"p99",   99  },
        {"p99.9", 99.9},
        {"max",   100 },
    };
    char text[UNITS_MAX];

    if (latency->count == 0) {
        return;
    }
    printf("  latency      mean %s", units_time(text, (double)histogram_mean(latency)));
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        uint64_t value = histogram_percentile(latency, rows[i].percent);
        printf("  %s %s", rows[i].name, units_time(text, (double)value));
    }
    printf("\n");
}

static void print_bytes(const struct report *report)
{
    const struct tally *tally = report->tally;
    char text[UNITS_MAX];

    printf("  received     %s of bodies", units_bytes(text, (double)tally->live.received));
    printf(" (%s/s)", units_bytes(text, rate(tally->live.received, report->elapsed_s)));
    printf(", %s of headers\n", units_bytes(text, (double)tally->received_headers));
    printf("  sent         %s of bodies", units_bytes(text, (double)tally->live.sent));
    printf(" (%s/s)", units_bytes(text, rate(tally->live.sent, report->elapsed_s)));
    printf(", %s of headers\n", units_bytes(text, (double)tally->sent_headers));
    printf("  connections  %llu opened\n", (unsigned long long)tally->connections);
}

static void print_usage(const struct report *report)
{
    double user_s = report->after.user_s - report->before.user_s;
    double system_s = report->after.system_s - report->before.system_s;
    uint64_t ended = report->tally->live.fine + report->tally->live.failed;
    char text[UNITS_MAX];

    printf("  CPU          %.2f s (%.2f user, %.2f system), %.0f %% of a processor",
           user_s + system_s, user_s, system_s,
           report->elapsed_s > 0 ? 100 * (user_s + system_s) / report->elapsed_s : 0);
    if (ended > 0) {
        printf(", %.1f us a request", (user_s + system_s) * 1e6 / (double)ended);
    }
    printf("\n  memory       %s at most",
           units_bytes(text, (double)report->after.memory_peak_bytes));
    printf(" (%s before)", units_bytes(text, (double)report->before.memory_bytes));
    printf(", %u threads\n", report->after.threads);
}

static void print_failure(uint64_t count, const char *what, const char *text)
{
    if (count > 0) {
        printf("  failed       %llu x %s%s%s\n", (unsigned long long)count, what,
               text[0] != '\0' ? ": " : "", text);
    }
}

static void print_failures(const struct tally *tally)
{
    char what[128];

    for (int code = 1; code < TALLY_CODES; code++) {
        if (tally->by_code[code] > 0) {
            const char *sample = tally->sample[code];
            snprintf(what, sizeof(what), "error %d, %s", code, curl_easy_strerror((CURLcode)code));
            print_failure(tally->by_code[code], what, sample != NULL ? sample : "");
        }
    }
    for (int status = 400; status < TALLY_STATUSES; status++) {
        snprintf(what, sizeof(what), "HTTP status %d", status);
        print_failure(tally->by_status[status], what, "");
    }
    print_failure(tally->wrong_size, "answer of a wrong size", "");
    print_failure(tally->wrong_bytes, "answer of wrong bytes", "");
}

void report_print(const struct report *report)
{
    print_title(report);
    print_requests(report);
    print_latency(&report->tally->latency);
    print_bytes(report);
    print_usage(report);
    print_failures(report->tally);
    if (report->trouble != NULL) {
        printf("  gave up      %s\n", report->trouble);
    }
    fflush(stdout);
}
