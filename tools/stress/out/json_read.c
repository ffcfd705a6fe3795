/* SPDX-License-Identifier: MIT */
/* Reads results back from JSON. What is missing counts as nothing, but a histogram that is there
 * has to be one. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "out/hdr.h"
#include "out/json.h"

static uint64_t number(const json_t *object, const char *name)
{
    json_int_t value = json_integer_value(json_object_get(object, name));

    return value > 0 ? (uint64_t)value : 0;
}

static double real(const json_t *object, const char *name)
{
    return json_number_value(json_object_get(object, name));
}

static void text(const json_t *object, const char *name, char *out, size_t size)
{
    const char *value = json_string_value(json_object_get(object, name));

    snprintf(out, size, "%s", value != NULL ? value : "");
}

static bool read_time(const json_t *object, struct histogram *histogram)
{
    const char *encoded = json_string_value(json_object_get(object, "hdr"));
    uint64_t count = number(object, "count");

    if (count == 0) {
        return true;
    }
    if (encoded == NULL || !hdr_decode(histogram, encoded) || histogram->count != count) {
        return false;
    }
    histogram->min = number(object, "min_ns");
    histogram->max = number(object, "max_ns");
    histogram->sum = number(object, "sum_ns");
    return true;
}

static bool read_times(const json_t *object, struct tally *tally)
{
    for (int time = 0; time < TIME_COUNT; time++) {
        const json_t *one = json_object_get(object, tally_time_name((enum tally_time)time));
        if (!read_time(one, &tally->times[time])) {
            return false;
        }
    }
    return true;
}

static void read_failures(const json_t *array, struct tally *tally)
{
    size_t index = 0;
    json_t *object = NULL;

    json_array_foreach(array, index, object)
    {
        struct tally_failure failure = {.code = (int)number(object, "code"),
                                        .status = (int)number(object, "status")};
        char kind[32];
        char phase[32];
        char said[RESULT_TEXT];
        text(object, "kind", kind, sizeof(kind));
        text(object, "phase", phase, sizeof(phase));
        text(object, "text", said, sizeof(said));
        failure.kind = KIND_OTHER;
        for (int i = 0; i < KIND_OTHER; i++) {
            if (strcmp(kind, tally_kind_name((enum tally_kind)i)) == 0) {
                failure.kind = (enum tally_kind)i;
            }
        }
        for (int i = 0; i < PHASE_COUNT; i++) {
            if (strcmp(phase, tally_phase_name((enum tally_phase)i)) == 0) {
                failure.phase = (enum tally_phase)i;
            }
        }
        failure.text = said;
        tally_fail(tally, &failure, number(object, "count"));
    }
}

static void read_counts(const json_t *object, struct tally *tally)
{
    const json_t *requests = json_object_get(object, "requests");
    const json_t *bytes = json_object_get(object, "bytes");
    const char *name = NULL;
    json_t *count = NULL;

    tally->live.started = number(requests, "started");
    tally->live.fine = number(requests, "fine");
    tally->live.failed = number(requests, "failed");
    tally->live.warm = number(requests, "warmup");
    tally->cut_off = number(requests, "cut_off");
    tally->unstarted = number(requests, "unstarted");
    tally->live.received = number(bytes, "received");
    tally->live.sent = number(bytes, "sent");
    tally->received_headers = number(bytes, "received_headers");
    tally->sent_headers = number(bytes, "sent_headers");
    tally->connections = number(object, "connections");
    json_object_foreach(json_object_get(object, "statuses"), name, count)
    {
        long status = strtol(name, NULL, 10);
        if (status > 0 && status < TALLY_STATUSES) {
            tally->by_status[status] = (uint64_t)json_integer_value(count);
        }
    }
    read_failures(json_object_get(object, "failures"), tally);
}

static void read_plan(const json_t *object, struct result_plan *plan)
{
    text(object, "title", plan->title, sizeof(plan->title));
    text(object, "url", plan->url, sizeof(plan->url));
    text(object, "library", plan->library, sizeof(plan->library));
    text(object, "library_path", plan->library_path, sizeof(plan->library_path));
    text(object, "host", plan->host, sizeof(plan->host));
    text(object, "model", plan->model, sizeof(plan->model));
    plan->url_count = number(object, "url_count");
    plan->open_loop = json_is_true(json_object_get(object, "open_loop"));
    plan->concurrency = number(object, "concurrency");
    plan->threads = number(object, "threads");
    plan->warmup_s = real(object, "warmup_s");
}

static void read_usage(const json_t *object, struct result_usage *usage)
{
    usage->user_s = real(object, "user_s");
    usage->system_s = real(object, "system_s");
    usage->memory_peak_bytes = number(object, "memory_peak_bytes");
    usage->memory_before_bytes = number(object, "memory_before_bytes");
    usage->threads = number(object, "threads");
    usage->busiest = real(object, "busiest_thread");
}

/* By its place in a row: the columns of a schema stand in one order. */
static uint64_t cell(const json_t *row, size_t column)
{
    json_int_t value = json_integer_value(json_array_get(row, column));

    return value > 0 ? (uint64_t)value : 0;
}

static bool read_series(const json_t *object, struct series *series)
{
    size_t index = 0;
    json_t *row = NULL;

    json_array_foreach(json_object_get(object, "rows"), index, row)
    {
        const struct interval interval = {
            .from_s = json_number_value(json_array_get(row, 0)),
            .length_s = json_number_value(json_array_get(row, 1)),
            .started = cell(row, 2),
            .fine = cell(row, 3),
            .failed = cell(row, 4),
            .running = cell(row, 5),
            .received = cell(row, 6),
            .sent = cell(row, 7),
            .mean_ns = cell(row, 8),
            .p50_ns = cell(row, 9),
            .p90_ns = cell(row, 10),
            .p99_ns = cell(row, 11),
            .p999_ns = cell(row, 12),
            .max_ns = cell(row, 13),
            .cpu = json_number_value(json_array_get(row, 14)),
            .memory_bytes = cell(row, 15),
        };
        if (!series_add(series, &interval)) {
            return false;
        }
    }
    return true;
}

static bool read_run(const json_t *object, struct result *result)
{
    size_t index = 0;
    json_t *note = NULL;

    read_plan(object, &result->plan);
    result->started_at = real(object, "started_at");
    result->elapsed_s = real(object, "elapsed_s");
    result->parts = number(object, "parts");
    result->interrupted = json_is_true(json_object_get(object, "interrupted"));
    result->invalid = json_is_false(json_object_get(object, "valid"));
    json_array_foreach(json_object_get(object, "notes"), index, note)
    {
        const char *value = json_string_value(note);
        if (value != NULL) {
            result_note(result, "%s", value);
        }
    }
    read_counts(object, result->tally);
    read_usage(json_object_get(object, "usage"), &result->usage);
    return read_times(json_object_get(object, "times"), result->tally) &&
           read_series(json_object_get(object, "series"), &result->series);
}

static int fail(char error[JSON_ERROR_MAX], const char *path, const char *what)
{
    snprintf(error, JSON_ERROR_MAX, "%s: %s", path, what);
    return -1;
}

static int read_runs(const char *path, const json_t *runs, struct result *results, size_t max,
                     char error[JSON_ERROR_MAX])
{
    size_t count = json_array_size(runs);

    if (count == 0 || count > max) {
        return fail(error, path, count == 0 ? "has no runs" : "has too many runs");
    }
    for (size_t i = 0; i < count; i++) {
        bool works = result_init(&results[i]) && read_run(json_array_get(runs, i), &results[i]);
        if (!works) {
            for (size_t j = 0; j <= i; j++) {
                result_release(&results[j]);
            }
            return fail(error, path, "has a run that cannot be read");
        }
    }
    return (int)count;
}

int json_read(const char *path, struct result *results, size_t max, char error[JSON_ERROR_MAX])
{
    json_error_t why;
    json_t *document = json_load_file(path, 0, &why);

    if (document == NULL) {
        snprintf(error, JSON_ERROR_MAX, "%s, line %d: %s", path, why.line, why.text);
        return -1;
    }
    const char *schema = json_string_value(json_object_get(document, "schema"));
    int count = schema != NULL && strcmp(schema, "curlpool-stress/1") == 0
                    ? read_runs(path, json_object_get(document, "runs"), results, max, error)
                    : fail(error, path, "is not of the schema curlpool-stress/1");
    json_decref(document);
    return count;
}
