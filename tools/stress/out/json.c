/* SPDX-License-Identifier: MIT */
/* Writes results as JSON; see json.h. */
#include "out/json.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "out/file.h"
#include "out/hdr.h"
#include "run/library.h"

const double json_percents[] = {50, 75, 90, 95, 99, 99.9, 99.99, 99.999};
const char *const json_percent_names[] = {"p50", "p75",   "p90",    "p95",
                                          "p99", "p99.9", "p99.99", "p99.999"};
const size_t json_percent_count = sizeof(json_percents) / sizeof(json_percents[0]);

static json_t *number(uint64_t value)
{
    return json_integer((json_int_t)value);
}

/* Text from servers and the command line need not be UTF-8, which JSON is. */
static json_t *text(const char *value)
{
    json_t *made = json_string(value);

    if (made != NULL) {
        return made;
    }
    char *copy = strdup(value);
    for (char *at = copy; at != NULL && *at != '\0'; at++) {
        *at = (unsigned char)*at < 0x80 ? *at : '?';
    }
    made = copy != NULL ? json_string(copy) : NULL;
    free(copy);
    return made;
}

static json_t *time_to_json(const struct histogram *histogram, bool whole)
{
    json_t *object = json_object();

    json_object_set_new(object, "count", number(histogram->count));
    if (histogram->count == 0) {
        return object;
    }
    json_object_set_new(object, "mean_ns", number(histogram_mean(histogram)));
    json_object_set_new(object, "deviation_ns", json_real(histogram_deviation(histogram)));
    json_object_set_new(object, "min_ns", number(histogram->min));
    json_object_set_new(object, "max_ns", number(histogram->max));
    json_object_set_new(object, "sum_ns", number(histogram->sum));
    for (size_t i = 0; i < json_percent_count; i++) {
        json_object_set_new(object, json_percent_names[i],
                            number(histogram_percentile(histogram, json_percents[i])));
    }
    if (whole) {
        char *encoded = hdr_encode(histogram);
        json_object_set_new(object, "hdr", encoded != NULL ? json_string(encoded) : NULL);
        free(encoded);
    }
    return object;
}

static json_t *times_to_json(const struct tally *tally, bool whole)
{
    json_t *object = json_object();

    for (int time = 0; time < TIME_COUNT; time++) {
        json_object_set_new(object, tally_time_name((enum tally_time)time),
                            time_to_json(&tally->times[time], whole));
    }
    return object;
}

static json_t *failures_to_json(const struct tally *tally)
{
    json_t *array = json_array();

    for (size_t i = 0; i < tally->failure_count; i++) {
        const struct tally_failure *failure = &tally->failures[i];
        json_t *object = json_object();
        json_object_set_new(object, "kind", json_string(tally_kind_name(failure->kind)));
        json_object_set_new(object, "code", json_integer(failure->code));
        json_object_set_new(object, "phase", json_string(tally_phase_name(failure->phase)));
        json_object_set_new(object, "status", json_integer(failure->status));
        json_object_set_new(object, "count", number(failure->count));
        json_object_set_new(object, "text", text(failure->text != NULL ? failure->text : ""));
        json_array_append_new(array, object);
    }
    return array;
}

static json_t *statuses_to_json(const struct tally *tally)
{
    json_t *object = json_object();
    char name[16];

    for (int status = 0; status < TALLY_STATUSES; status++) {
        if (tally->by_status[status] > 0) {
            snprintf(name, sizeof(name), "%d", status);
            json_object_set_new(object, name, number(tally->by_status[status]));
        }
    }
    return object;
}

static json_t *row_to_json(const struct interval *interval)
{
    json_t *row = json_array();
    const uint64_t numbers[] = {
        interval->started,  interval->fine,   interval->failed,  interval->running,
        interval->received, interval->sent,   interval->mean_ns, interval->p50_ns,
        interval->p90_ns,   interval->p99_ns, interval->p999_ns, interval->max_ns,
    };

    json_array_append_new(row, json_real(interval->from_s));
    json_array_append_new(row, json_real(interval->length_s));
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        json_array_append_new(row, number(numbers[i]));
    }
    json_array_append_new(row, json_real(interval->cpu));
    json_array_append_new(row, number(interval->memory_bytes));
    return row;
}

/* Several seconds as one: counts add up, of latencies the worst stands. */
static void join_interval(struct interval *into, const struct interval *from)
{
    into->length_s += from->length_s;
    into->started += from->started;
    into->fine += from->fine;
    into->failed += from->failed;
    into->received += from->received;
    into->sent += from->sent;
    into->running = from->running;
    into->mean_ns = from->mean_ns > into->mean_ns ? from->mean_ns : into->mean_ns;
    into->p50_ns = from->p50_ns > into->p50_ns ? from->p50_ns : into->p50_ns;
    into->p90_ns = from->p90_ns > into->p90_ns ? from->p90_ns : into->p90_ns;
    into->p99_ns = from->p99_ns > into->p99_ns ? from->p99_ns : into->p99_ns;
    into->p999_ns = from->p999_ns > into->p999_ns ? from->p999_ns : into->p999_ns;
    into->max_ns = from->max_ns > into->max_ns ? from->max_ns : into->max_ns;
    into->cpu = fmax(into->cpu, from->cpu);
    into->memory_bytes = from->memory_bytes;
}

static json_t *series_to_json(const struct series *series, size_t most)
{
    static const char *const columns[] = {
        "from_s",   "length_s", "started", "fine",         "failed", "running",
        "received", "sent",     "mean_ns", "p50_ns",       "p90_ns", "p99_ns",
        "p999_ns",  "max_ns",   "cpu",     "memory_bytes",
    };
    size_t group = series->count / (most + 1) + 1;
    json_t *object = json_object();
    json_t *names = json_array();
    json_t *rows = json_array();

    for (size_t i = 0; i < sizeof(columns) / sizeof(columns[0]); i++) {
        json_array_append_new(names, json_string(columns[i]));
    }
    for (size_t i = 0; i < series->count; i += group) {
        struct interval joined = series->items[i];
        for (size_t j = i + 1; j < i + group && j < series->count; j++) {
            join_interval(&joined, &series->items[j]);
        }
        json_array_append_new(rows, row_to_json(&joined));
    }
    json_object_set_new(object, "columns", names);
    json_object_set_new(object, "rows", rows);
    return object;
}

static json_t *slo_to_json(const struct slo *slo)
{
    json_t *array = json_array();

    for (size_t i = 0; i < slo->count; i++) {
        const struct slo_item *item = &slo->items[i];
        json_t *object = json_object();
        json_object_set_new(object, "objective", text(item->text));
        json_object_set_new(object, "value",
                            isnan(item->value) ? json_null() : json_real(item->value));
        json_object_set_new(object, "met", json_boolean(item->met));
        json_array_append_new(array, object);
    }
    return array;
}

static void add_plan(json_t *object, const struct result_plan *plan)
{
    json_object_set_new(object, "title", text(plan->title));
    json_object_set_new(object, "url", text(plan->url));
    json_object_set_new(object, "url_count", number(plan->url_count));
    json_object_set_new(object, "library", text(plan->library));
    json_object_set_new(object, "library_path", text(plan->library_path));
    json_object_set_new(object, "host", text(plan->host));
    json_object_set_new(object, "model", text(plan->model));
    json_object_set_new(object, "open_loop", json_boolean(plan->open_loop));
    json_object_set_new(object, "concurrency", number(plan->concurrency));
    json_object_set_new(object, "threads", number(plan->threads));
    json_object_set_new(object, "warmup_s", json_real(plan->warmup_s));
}

static void add_counts(json_t *object, const struct result *result)
{
    const struct tally *tally = result->tally;
    json_t *requests = json_object();
    json_t *bytes = json_object();

    json_object_set_new(requests, "started", number(tally->live.started));
    json_object_set_new(requests, "fine", number(tally->live.fine));
    json_object_set_new(requests, "failed", number(tally->live.failed));
    json_object_set_new(requests, "cut_off", number(tally->cut_off));
    json_object_set_new(requests, "unstarted", number(tally->unstarted));
    json_object_set_new(requests, "warmup", number(tally->live.warm));
    json_object_set_new(object, "requests", requests);
    json_object_set_new(object, "rate", json_real(result_rate(result, result_ended(result))));
    json_object_set_new(bytes, "received", number(tally->live.received));
    json_object_set_new(bytes, "sent", number(tally->live.sent));
    json_object_set_new(bytes, "received_headers", number(tally->received_headers));
    json_object_set_new(bytes, "sent_headers", number(tally->sent_headers));
    json_object_set_new(object, "bytes", bytes);
    json_object_set_new(object, "connections", number(tally->connections));
    json_object_set_new(object, "statuses", statuses_to_json(tally));
    json_object_set_new(object, "failures", failures_to_json(tally));
}

static void add_usage(json_t *object, const struct result *result)
{
    const struct result_usage *usage = &result->usage;
    uint64_t ended = result_ended(result);
    json_t *made = json_object();

    json_object_set_new(made, "user_s", json_real(usage->user_s));
    json_object_set_new(made, "system_s", json_real(usage->system_s));
    json_object_set_new(made, "cpu_us_a_request",
                        ended > 0
                            ? json_real((usage->user_s + usage->system_s) * 1e6 / (double)ended)
                            : json_null());
    json_object_set_new(made, "memory_peak_bytes", number(usage->memory_peak_bytes));
    json_object_set_new(made, "memory_before_bytes", number(usage->memory_before_bytes));
    json_object_set_new(made, "threads", number(usage->threads));
    json_object_set_new(made, "busiest_thread", json_real(usage->busiest));
    json_object_set_new(object, "usage", made);
}

static json_t *run_to_json(const struct result *result, bool whole)
{
    enum {
        PAGE_ROWS = 400,
    };
    json_t *object = json_object();
    json_t *notes = json_array();

    add_plan(object, &result->plan);
    json_object_set_new(object, "started_at", json_real(result->started_at));
    json_object_set_new(object, "elapsed_s", json_real(result->elapsed_s));
    json_object_set_new(object, "parts", number(result->parts));
    json_object_set_new(object, "interrupted", json_boolean(result->interrupted));
    json_object_set_new(object, "valid", json_boolean(!result->invalid));
    for (size_t i = 0; i < result->note_count; i++) {
        json_array_append_new(notes, text(result->notes[i]));
    }
    json_object_set_new(object, "notes", notes);
    add_counts(object, result);
    json_object_set_new(object, "times", times_to_json(result->tally, whole));
    add_usage(object, result);
    json_object_set_new(object, "slo", slo_to_json(&result->slo));
    json_object_set_new(object, "slo_met", json_boolean(result->slo_met));
    json_object_set_new(object, "series",
                        series_to_json(&result->series, whole ? SIZE_MAX - 1 : PAGE_ROWS));
    return object;
}

json_t *json_document(void)
{
    json_t *document = json_object();
    json_t *runs = json_array();

    if (json_object_set_new(document, "schema", json_string("curlpool-stress/1")) != 0 ||
        json_object_set_new(document, "runs", runs) != 0) {
        json_decref(document);
        return NULL;
    }
    return document;
}

bool json_add(json_t *document, const struct result *result)
{
    return json_array_append_new(json_object_get(document, "runs"), run_to_json(result, true)) == 0;
}

/* [percent, ns] at ever smaller steps towards 100. */
static json_t *curve(const struct histogram *histogram)
{
    json_t *points = json_array();

    for (double left = 100; histogram->count > 0 && left > 50.0 / (double)histogram->count;
         left *= 0.85) {
        double percent = 100 - left;
        json_array_append_new(
            points,
            json_pack("[f,I]", percent, (json_int_t)histogram_percentile(histogram, percent)));
    }
    return points;
}

/* [from ns, to ns, count], ten to each tenfold. */
static json_t *bars(const struct histogram *histogram)
{
    json_t *array = json_array();
    uint64_t count = 0;
    double step = pow(10, 0.05);
    double from = 1;

    for (size_t i = 0; i < HISTOGRAM_CELLS; i++) {
        while ((double)histogram_cell_low(i) >= from * step) {
            if (count > 0) {
                json_array_append_new(array,
                                      json_pack("[f,f,I]", from, from * step, (json_int_t)count));
                count = 0;
            }
            from *= step;
        }
        count += histogram->cells[i];
    }
    if (count > 0) {
        json_array_append_new(array, json_pack("[f,f,I]", from, from * step, (json_int_t)count));
    }
    return array;
}

json_t *json_for_page(const struct result *result)
{
    const struct histogram *times = result->tally->times;
    json_t *run = run_to_json(result, false);

    json_object_set_new(run, "curve", curve(&times[TIME_LATENCY]));
    if (result->plan.open_loop) {
        json_object_set_new(run, "service_curve", curve(&times[TIME_SERVICE]));
    }
    if (json_object_set_new(run, "bars", bars(&times[TIME_LATENCY])) != 0) {
        json_decref(run);
        return NULL;
    }
    return run;
}

static int write_part(const char *bytes, size_t len, void *file)
{
    return fwrite(bytes, 1, len, file) == len ? 0 : -1;
}

bool json_write(const json_t *document, const char *path)
{
    struct whole_file out;

    if (!whole_file_open(&out, path)) {
        return false;
    }
    bool works = json_dump_callback(document, write_part, out.file,
                                    JSON_INDENT(1) | JSON_REAL_PRECISION(15)) == 0 &&
                 fputc('\n', out.file) != EOF;
    return whole_file_close(&out, works);
}
