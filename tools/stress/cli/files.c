/* SPDX-License-Identifier: MIT */
/* See files.h. */
#include "cli/files.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "out/hdr.h"
#include "out/json.h"
#include "out/merge.h"
#include "out/outputs.h"
#include "out/page.h"

enum {
    RUNS_MAX = 64, /* of one document, and of one page */
};

static enum exit_status fail(const char *what)
{
    fprintf(stderr, "curlpool-stress: %s\n", what);
    return EXIT_USAGE;
}

static bool is_log(const char *path)
{
    static const char beginning[] = "#[";
    char bytes[sizeof(beginning)] = "";
    FILE *file = fopen(path, "re");

    if (file == NULL) {
        return false;
    }
    size_t len = fread(bytes, 1, 2, file);
    fclose(file);
    return len == 2 && memcmp(bytes, beginning, 2) == 0;
}

/* A run of which only the latencies are known. */
static bool read_log(const char *path, struct result *result, char error[JSON_ERROR_MAX])
{
    FILE *file = fopen(path, "re");
    long line = 0;

    if (file == NULL) {
        snprintf(error, JSON_ERROR_MAX, "%s: %s", path, strerrordesc_np(errno));
        return false;
    }
    struct histogram *latency = &result->tally->times[TIME_LATENCY];
    bool works = hdr_log_read(file, latency, &line);
    fclose(file);
    if (!works) {
        snprintf(error, JSON_ERROR_MAX, "%s, line %ld: not a histogram of 3 digits", path, line);
    }
    result->tally->live.fine = latency->count;
    result->tally->live.started = latency->count;
    snprintf(result->plan.title, sizeof(result->plan.title), "logs");
    snprintf(result->plan.url, sizeof(result->plan.url), "%s", path);
    snprintf(result->plan.model, sizeof(result->plan.model), "latencies only");
    result->plan.url_count = 1;
    return works;
}

/* The runs of a file; -1: `error` says why there are none. */
static int read_file(const char *path, struct result *results, char error[JSON_ERROR_MAX])
{
    if (!is_log(path)) {
        return json_read(path, results, RUNS_MAX, error);
    }
    if (!result_init(&results[0])) {
        snprintf(error, JSON_ERROR_MAX, "out of memory");
        return -1;
    }
    if (!read_log(path, &results[0], error)) {
        result_release(&results[0]);
        return -1;
    }
    return 1;
}

static void release_all(struct result *results, int count)
{
    for (int i = 0; i < count; i++) {
        result_release(&results[i]);
    }
}

/* Adds a file's runs to those that stand. */
static bool join_file(struct result *sums, int *count, const char *path, struct result *more,
                      char error[JSON_ERROR_MAX])
{
    int found = read_file(path, more, error);
    bool works = found >= 0;

    for (int i = 0; i < found; i++) {
        if (i >= *count) { /* it moves */
            sums[(*count)++] = more[i];
            more[i] = (struct result){0};
        } else {
            works = result_join(&sums[i], &more[i]) && works;
        }
    }
    release_all(more, found);
    return works;
}

/* Objectives hold for the whole. */
static enum exit_status tell(const struct options *options, struct result *sums, int count)
{
    struct outputs outputs;
    enum exit_status status = EXIT_FINE;

    if (!outputs_open(&outputs, options)) {
        outputs_close(&outputs);
        return EXIT_USAGE;
    }
    for (int i = 0; i < count; i++) {
        result_check(&sums[i], options->slo);
        if (options->title != NULL) {
            snprintf(sums[i].plan.title, sizeof(sums[i].plan.title), "%s", options->title);
        }
        if (outputs.hdr_log != NULL) {
            hdr_log_add(outputs.hdr_log, sums[i].plan.title, 0, sums[i].elapsed_s,
                        &sums[i].tally->times[TIME_LATENCY]);
        }
        outputs_result(&outputs, &sums[i]);
        status = sums[i].slo_met ? status : EXIT_MISSED;
    }
    return outputs_close(&outputs) ? status : EXIT_SOME_FAILED;
}

enum exit_status files_merge(const struct options *options)
{
    struct result *sums = calloc((size_t)RUNS_MAX * 2, sizeof(*sums));
    char error[JSON_ERROR_MAX] = "out of memory";
    int count = 0;
    bool works = sums != NULL;

    for (size_t i = 0; works && i < options->targets.count; i++) {
        works = join_file(sums, &count, options->targets.items[i], sums + RUNS_MAX, error);
    }
    enum exit_status status = works ? tell(options, sums, count) : fail(error);
    release_all(sums, count);
    free(sums);
    return status;
}

/* One run has its file's name for a title, several also their own. */
static void name_run(struct result *result, const char *path, bool several)
{
    const char *slash = strrchr(path, '/');
    const char *name = slash != NULL ? slash + 1 : path;
    char own[sizeof(result->plan.title)];

    memcpy(own, result->plan.title, sizeof(own));
    if (several) {
        snprintf(result->plan.title, sizeof(result->plan.title), "%.40s %.20s", name, own);
    } else if (strcmp(own, "load") == 0) {
        snprintf(result->plan.title, sizeof(result->plan.title), "%.60s", name);
    }
}

static bool draw_file(json_t *page, const char *path, struct result *results,
                      char error[JSON_ERROR_MAX])
{
    int count = read_file(path, results, error);
    bool works = count >= 0;

    for (int i = 0; i < count; i++) {
        name_run(&results[i], path, count > 1);
        if (json_array_size(page) < RUNS_MAX) {
            works = json_array_append_new(page, json_for_page(&results[i])) == 0 && works;
        }
    }
    release_all(results, count);
    return works;
}

enum exit_status files_draw(const struct options *options)
{
    struct result *results = calloc(RUNS_MAX, sizeof(*results));
    char error[JSON_ERROR_MAX] = "out of memory";
    json_t *page = json_array();
    bool works = results != NULL && page != NULL;

    for (size_t i = 0; works && i < options->targets.count; i++) {
        works = draw_file(page, options->targets.items[i], results, error);
    }
    enum exit_status status = works ? EXIT_FINE : fail(error);
    if (works && !page_write(page, NULL, options->html)) {
        fprintf(stderr, "curlpool-stress: %s: %s\n", options->html, strerrordesc_np(errno));
        status = EXIT_SOME_FAILED;
    }
    json_decref(page);
    free(results);
    return status;
}
