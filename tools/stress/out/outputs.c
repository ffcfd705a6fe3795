/* SPDX-License-Identifier: MIT */
/* The files that a run writes; see outputs.h. */
#include "out/outputs.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "out/file.h"
#include "out/hdr.h"
#include "out/json.h"
#include "out/page.h"

double outputs_now_s(void)
{
    struct timespec now = {0};

    clock_gettime(CLOCK_REALTIME, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void complain(struct outputs *outputs, const char *path)
{
    fprintf(stderr, "curlpool-stress: %s: %s\n", path, strerrordesc_np(errno));
    outputs->failed = true;
}

static bool is_stdout(const char *path)
{
    return path != NULL && strcmp(path, "-") == 0;
}

/* A file that grows; NULL when none is asked for or it cannot be (said). */
static FILE *open_growing(struct outputs *outputs, const char *path)
{
    FILE *file = path == NULL ? NULL : is_stdout(path) ? stdout : fopen(path, "we");

    if (path != NULL && file == NULL) {
        complain(outputs, path);
    }
    return file;
}

/* How many of the files are stdout. */
static int count_stdout(const struct options *options)
{
    return is_stdout(options->json) + is_stdout(options->csv) + is_stdout(options->hdr_log) +
           is_stdout(options->percentiles) + is_stdout(options->prometheus) +
           is_stdout(options->html);
}

bool outputs_open(struct outputs *outputs, const struct options *options)
{
    int on_stdout = count_stdout(options);

    *outputs = (struct outputs){.options = options, .summary = on_stdout > 0 ? stderr : stdout};
    if (on_stdout > 1) {
        fprintf(stderr, "curlpool-stress: only one file can be stdout\n");
        return false;
    }
    outputs->csv = open_growing(outputs, options->csv);
    outputs->hdr_log = open_growing(outputs, options->hdr_log);
    outputs->document = options->json != NULL ? json_document() : NULL;
    outputs->page = options->html != NULL ? json_array() : NULL;
    if (outputs->csv != NULL) {
        fputs("run,from_s,length_s,started,fine,failed,running,received_bytes,sent_bytes,mean_us,"
              "p50_us,p90_us,p99_us,p99.9_us,max_us,cpu,memory_bytes\n",
              outputs->csv);
    }
    if (outputs->hdr_log != NULL) {
        outputs->hdr_log_began = outputs_now_s();
        hdr_log_begin(outputs->hdr_log, outputs->hdr_log_began);
    }
    return !outputs->failed;
}

/* RFC 4180: a field with a comma or a quotation mark stands in quotation marks. */
static void write_field(FILE *file, const char *text)
{
    if (strpbrk(text, ",\"\r\n") == NULL) {
        fputs(text, file);
        return;
    }
    fputc('"', file);
    for (; *text != '\0'; text++) {
        if (*text == '"') {
            fputc('"', file);
        }
        fputc(*text, file);
    }
    fputc('"', file);
}

static void write_csv(FILE *file, const char *title, const struct interval *interval)
{
    write_field(file, title);
    fprintf(
        file, ",%.3f,%.3f,%llu,%llu,%llu,%llu,%llu,%llu,%.3f,%.3f,%.3f,%.3f,%.3f,%.3f,%.3f,%llu\n",
        interval->from_s, interval->length_s, (unsigned long long)interval->started,
        (unsigned long long)interval->fine, (unsigned long long)interval->failed,
        (unsigned long long)interval->running, (unsigned long long)interval->received,
        (unsigned long long)interval->sent, (double)interval->mean_ns / 1e3,
        (double)interval->p50_ns / 1e3, (double)interval->p90_ns / 1e3,
        (double)interval->p99_ns / 1e3, (double)interval->p999_ns / 1e3,
        (double)interval->max_ns / 1e3, interval->cpu, (unsigned long long)interval->memory_bytes);
    fflush(file);
}

void outputs_interval(struct outputs *outputs, const char *title, double started_at,
                      const struct interval *interval, const struct histogram *histogram,
                      const struct histogram *so_far)
{
    const struct options *options = outputs->options;

    if (outputs->csv != NULL) {
        write_csv(outputs->csv, title, interval);
    }
    if (outputs->hdr_log != NULL) {
        double from_s = started_at + interval->from_s - outputs->hdr_log_began;
        if (!hdr_log_add(outputs->hdr_log, title, from_s, interval->length_s, histogram)) {
            errno = ENOMEM;
            complain(outputs, options->hdr_log);
        }
        fflush(outputs->hdr_log);
    }
    if (options->prometheus != NULL && !is_stdout(options->prometheus)) {
        prometheus_grow(&outputs->prometheus, title, interval, so_far);
        if (!prometheus_write(&outputs->prometheus, options->prometheus)) {
            complain(outputs, options->prometheus);
        }
    }
}

/* The first run has the name, the others a number behind it. */
static void write_percentiles(struct outputs *outputs, const struct result *result)
{
    struct whole_file out;
    char path[4096];

    if (outputs->options->percentiles == NULL) {
        return;
    }
    snprintf(path, sizeof(path), "%s", outputs->options->percentiles);
    if (outputs->runs > 0 && !is_stdout(path)) {
        snprintf(path, sizeof(path), "%s.%u", outputs->options->percentiles, outputs->runs + 1);
    }
    if (!whole_file_open(&out, path)) {
        complain(outputs, path);
        return;
    }
    hdr_percentiles(out.file, &result->tally->times[TIME_LATENCY]);
    if (!whole_file_close(&out, true)) {
        complain(outputs, path);
    }
}

void outputs_result(struct outputs *outputs, const struct result *result)
{
    const struct options *options = outputs->options;

    result_print(result, outputs->summary);
    write_percentiles(outputs, result);
    if (options->json != NULL &&
        (outputs->document == NULL || !json_add(outputs->document, result))) {
        errno = ENOMEM;
        complain(outputs, options->json);
    }
    if (options->html != NULL && json_array_append_new(outputs->page, json_for_page(result)) != 0) {
        errno = ENOMEM;
        complain(outputs, options->html);
    }
    if (options->prometheus != NULL) {
        prometheus_end(&outputs->prometheus, result);
        if (!prometheus_write(&outputs->prometheus, options->prometheus)) {
            complain(outputs, options->prometheus);
        }
    }
    outputs->runs++;
}

static void close_growing(struct outputs *outputs, FILE *file, const char *path)
{
    if (file == NULL) {
        return;
    }
    bool works = fflush(file) == 0 && ferror(file) == 0;
    if (file != stdout) {
        works = fclose(file) == 0 && works;
    }
    if (!works) {
        complain(outputs, path);
    }
}

bool outputs_close(struct outputs *outputs)
{
    const struct options *options = outputs->options;

    close_growing(outputs, outputs->csv, options->csv);
    close_growing(outputs, outputs->hdr_log, options->hdr_log);
    if (outputs->document != NULL && outputs->runs > 0 &&
        !json_write(outputs->document, options->json)) {
        complain(outputs, options->json);
    }
    if (outputs->page != NULL && outputs->runs > 0 &&
        !page_write(outputs->page, NULL, options->html)) {
        complain(outputs, options->html);
    }
    json_decref(outputs->document);
    json_decref(outputs->page);
    return !outputs->failed;
}
