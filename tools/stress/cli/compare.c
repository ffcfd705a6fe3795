/* SPDX-License-Identifier: MIT */
/* See compare.h. */
#include "cli/compare.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/units.h"
#include "cli/stats.h"
#include "cli/watch.h"
#include "out/json.h"
#include "out/merge.h"
#include "out/page.h"

enum {
    METRICS = 8,
    PAIRS_MAX = 1000,
    SIDES = 2,
    RUNS_MAX = 4,
};

/*
 * How sure the word "differs" is to be, for all figures together: A against A is to be called
 * different at most twice in a hundred comparisons.
 */
static const double alpha = 0.02;

struct metric {
    const char *name;
    const char *key; /* in JSON */
    double (*look)(const struct result *result);
    const char *(*show)(char out[UNITS_MAX], double value);
};

static double look_rate(const struct result *result)
{
    return result_rate(result, result_ended(result));
}

static double percentile(const struct result *result, double percent)
{
    return (double)histogram_percentile(&result->tally->times[TIME_LATENCY], percent);
}

static double look_mean(const struct result *result)
{
    return (double)histogram_mean(&result->tally->times[TIME_LATENCY]);
}

static double look_p50(const struct result *result)
{
    return percentile(result, 50);
}

static double look_p90(const struct result *result)
{
    return percentile(result, 90);
}

static double look_p99(const struct result *result)
{
    return percentile(result, 99);
}

static double look_p999(const struct result *result)
{
    return percentile(result, 99.9);
}

static double look_cpu(const struct result *result)
{
    double cpu_s = result->usage.user_s + result->usage.system_s;

    return cpu_s * 1e9 / (double)result_ended(result);
}

static double look_memory(const struct result *result)
{
    return (double)result->usage.memory_peak_bytes;
}

static const char *show_rate(char out[UNITS_MAX], double value)
{
    snprintf(out, UNITS_MAX, "%.1f", value);
    return out;
}

static const struct metric metrics[METRICS] = {
    {"requests/s",    "rate",             look_rate,   show_rate  },
    {"mean latency",  "mean_ns",          look_mean,   units_time },
    {"p50",           "p50_ns",           look_p50,    units_time },
    {"p90",           "p90_ns",           look_p90,    units_time },
    {"p99",           "p99_ns",           look_p99,    units_time },
    {"p99.9",         "p99.9_ns",         look_p999,   units_time },
    {"CPU a request", "cpu_ns_a_request", look_cpu,    units_time },
    {"memory",        "memory_bytes",     look_memory, units_bytes},
};

struct comparison {
    const struct options *options;
    char **argv;
    char folder[256];
    char file[300];                 /* in it: where a run leaves its result */
    double *values[METRICS][SIDES]; /* one each pair */
    size_t pairs;                   /* that are whole */
    struct result sums[SIDES];
    bool has_sum[SIDES];
    enum exit_status trouble; /* what a run ended with that could not be used */
};

static bool complain(const char *what)
{
    fprintf(stderr, "curlpool-stress: %s\n", what);
    return false;
}

/* The last of several options of a name counts. */
static size_t put_own(const struct comparison *comparison, int side, const char **made, size_t at)
{
    made[at++] = "--run-of-comparison";
    made[at++] = "--quiet";
    made[at++] = "--lib";
    made[at++] = comparison->options->compare[side];
    made[at++] = "--json";
    made[at++] = comparison->file;
    return at;
}

/* The command line of a run: that of this process, and what makes it one. NULL: no memory. */
static const char **make_arguments(const struct comparison *comparison, int side)
{
    bool is_in = false;
    size_t count = 0;
    size_t at = 0;

    while (comparison->argv[count] != NULL) {
        count++;
    }
    const char **made = calloc(count + 16, sizeof(*made));
    if (made == NULL) {
        return NULL;
    }
    made[at++] = comparison->argv[0];
    for (size_t i = 1; i < count; i++) {
        if (!is_in && strcmp(comparison->argv[i], "--") == 0) { /* options end here */
            at = put_own(comparison, side, made, at);
            is_in = true;
        }
        made[at++] = comparison->argv[i];
    }
    if (!is_in) {
        put_own(comparison, side, made, at);
    }
    return made;
}

/* Never returns: the process becomes a run. */
static void become_run(const char *const *arguments)
{
    char *const *same = NULL;
    sigset_t none;
    int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);

    if (nowhere >= 0) {
        dup2(nowhere, STDOUT_FILENO);
    }
    sigemptyset(&none);
    pthread_sigmask(SIG_SETMASK, &none, NULL);
    memcpy(&same, &arguments, sizeof(same)); /* execv writes to none of them */
    execv("/proc/self/exe", same);
    _exit(EXIT_USAGE);
}

static enum exit_status start_and_wait(const struct comparison *comparison, int side)
{
    const char **arguments = make_arguments(comparison, side);
    int status = 0;

    if (arguments == NULL) {
        return EXIT_USAGE;
    }
    fflush(NULL);
    pid_t process = fork();
    if (process == 0) {
        become_run(arguments);
    }
    free(arguments);
    if (process < 0) {
        return EXIT_USAGE;
    }
    while (waitpid(process, &status, 0) < 0 && errno == EINTR) {
    }
    return WIFEXITED(status) ? (enum exit_status)WEXITSTATUS(status) : EXIT_NONE_SUCCEEDED;
}

/* Runs the load with one library. False: there is no result (said). */
static bool run_side(struct comparison *comparison, int side, struct result *result)
{
    struct result runs[RUNS_MAX] = {0};
    char error[JSON_ERROR_MAX];

    unlink(comparison->file);
    enum exit_status status = start_and_wait(comparison, side);
    if (status == EXIT_USAGE || status == EXIT_NONE_SUCCEEDED) {
        comparison->trouble = status;
        return complain(status == EXIT_USAGE
                            ? "the load could not be run"
                            : "no transfer succeeded: there is nothing to compare");
    }
    int count = json_read(comparison->file, runs, RUNS_MAX, error);
    if (count < 1) {
        comparison->trouble = EXIT_SOME_FAILED;
        return complain(error);
    }
    for (int i = 1; i < count; i++) {
        result_append(&runs[0], &runs[i]);
        result_release(&runs[i]);
    }
    *result = runs[0];
    return true;
}

/* Takes over the result. */
static void take(struct comparison *comparison, int side, size_t pair, struct result *result)
{
    for (int i = 0; i < METRICS; i++) {
        comparison->values[i][side][pair] = metrics[i].look(result);
    }
    if (comparison->has_sum[side]) {
        result_append(&comparison->sums[side], result);
        result_release(result);
    } else {
        comparison->sums[side] = *result;
        comparison->has_sum[side] = true;
    }
}

static void show_progress(const struct comparison *comparison, size_t pair, int side)
{
    if (!comparison->options->quiet) {
        char text[UNITS_MAX];
        fprintf(stderr, "  pair %zu of %lld, %c: %.1f requests/s, p99 %s\n", pair + 1,
                (long long)comparison->options->pairs, 'A' + side,
                comparison->values[0][side][pair],
                units_time(text, comparison->values[4][side][pair]));
    }
}

/* A B, then B A, and so on. False: it ends here. */
static bool run_pair(struct comparison *comparison, size_t pair)
{
    for (int turn = 0; turn < SIDES; turn++) {
        int side = pair % 2 == 0 ? turn : 1 - turn;
        struct result result;
        if (watch_has_signal() || !run_side(comparison, side, &result)) {
            return false;
        }
        take(comparison, side, pair, &result);
        show_progress(comparison, pair, side);
    }
    comparison->pairs++;
    return true;
}

static bool comparison_init(struct comparison *comparison, const struct options *options,
                            char **argv)
{
    const char *parent = getenv("TMPDIR"); /* NOLINT(concurrency-mt-unsafe): there is one thread */

    *comparison = (struct comparison){.options = options, .argv = argv};
    snprintf(comparison->folder, sizeof(comparison->folder), "%.200s/curlpool-stress-XXXXXX",
             parent != NULL && parent[0] != '\0' ? parent : P_tmpdir);
    if (mkdtemp(comparison->folder) == NULL) {
        comparison->folder[0] = '\0';
        return complain("no temporary folder");
    }
    snprintf(comparison->file, sizeof(comparison->file), "%s/run.json", comparison->folder);
    for (int i = 0; i < METRICS; i++) {
        for (int side = 0; side < SIDES; side++) {
            comparison->values[i][side] =
                calloc((size_t)options->pairs, sizeof(*comparison->values[i][side]));
            if (comparison->values[i][side] == NULL) {
                return complain("out of memory");
            }
        }
    }
    return true;
}

static void comparison_release(struct comparison *comparison)
{
    for (int i = 0; i < METRICS; i++) {
        for (int side = 0; side < SIDES; side++) {
            free(comparison->values[i][side]);
        }
    }
    for (int side = 0; side < SIDES; side++) {
        if (comparison->has_sum[side]) {
            result_release(&comparison->sums[side]);
        }
    }
    if (comparison->folder[0] != '\0') {
        unlink(comparison->file);
        rmdir(comparison->folder);
    }
}

/* What the pairs say, by metric. */
struct findings {
    struct stats stats[METRICS];
    bool known[METRICS];
    bool differs[METRICS];
    bool any;
};

static void find_out(const struct comparison *comparison, struct findings *findings)
{
    double p[METRICS];

    *findings = (struct findings){0};
    for (int i = 0; i < METRICS; i++) {
        findings->known[i] = stats_compare(&findings->stats[i], comparison->values[i][0],
                                           comparison->values[i][1], comparison->pairs);
        p[i] = findings->stats[i].p;
    }
    stats_holm(p, findings->differs, METRICS, alpha);
    for (int i = 0; i < METRICS; i++) {
        findings->any = findings->any || findings->differs[i];
    }
}

static void print_table(const struct comparison *comparison, const struct findings *findings,
                        FILE *file)
{
    char text[2][UNITS_MAX];

    for (int side = 0; side < SIDES; side++) {
        fprintf(file, "\n%c  %s\n   %s\n", 'A' + side, comparison->options->compare[side],
                comparison->sums[side].plan.library);
    }
    fprintf(file, "\n%s\n  %s, %zu pairs\n\n", comparison->sums[0].plan.url,
            comparison->sums[0].plan.model, comparison->pairs);
    fprintf(file, "  %-14s %12s %12s %10s   %-22s\n", "", "A", "B", "B to A", "95% interval");
    for (int i = 0; i < METRICS; i++) {
        const struct stats *stats = &findings->stats[i];
        if (!findings->known[i]) {
            continue;
        }
        fprintf(file, "  %-14s %12s %12s %+9.1f %%   %+7.1f %% to %+7.1f %%   %s\n",
                metrics[i].name, metrics[i].show(text[0], stats->a_mean),
                metrics[i].show(text[1], stats->b_mean), stats->difference * 100, stats->low * 100,
                stats->high * 100, findings->differs[i] ? "differs" : "no difference");
    }
    fprintf(file, "\n  failed transfers: A %llu, B %llu\n",
            (unsigned long long)comparison->sums[0].tally->live.failed,
            (unsigned long long)comparison->sums[1].tally->live.failed);
    for (int side = 0; side < SIDES; side++) {
        if (comparison->sums[side].invalid) {
            fprintf(file, "  INVALID      with %c this client fell behind its schedule\n",
                    'A' + side);
        }
    }
    fprintf(file, "\n  %s\n", findings->any ? "A and B differ." : "no difference");
    fflush(file);
}

static json_t *values_to_json(const double *values, size_t count)
{
    json_t *array = json_array();

    for (size_t i = 0; i < count; i++) {
        json_array_append_new(array, isfinite(values[i]) ? json_real(values[i]) : json_null());
    }
    return array;
}

static json_t *metrics_to_json(const struct comparison *comparison, const struct findings *findings)
{
    json_t *array = json_array();

    for (int i = 0; i < METRICS; i++) {
        const struct stats *stats = &findings->stats[i];
        if (!findings->known[i]) {
            continue;
        }
        json_array_append_new(
            array,
            json_pack("{s:s,s:s,s:f,s:f,s:f,s:f,s:f,s:f,s:b,s:o,s:o}", "name", metrics[i].name,
                      "key", metrics[i].key, "a_mean", stats->a_mean, "b_mean", stats->b_mean,
                      "difference", stats->difference, "low", stats->low, "high", stats->high, "p",
                      stats->p, "differs", (int)findings->differs[i], "a",
                      values_to_json(comparison->values[i][0], comparison->pairs), "b",
                      values_to_json(comparison->values[i][1], comparison->pairs)));
    }
    return array;
}

static json_t *comparison_to_json(const struct comparison *comparison,
                                  const struct findings *findings)
{
    return json_pack("{s:s,s:s,s:s,s:s,s:s,s:I,s:b,s:o}", "a", comparison->options->compare[0], "b",
                     comparison->options->compare[1], "a_library", comparison->sums[0].plan.library,
                     "b_library", comparison->sums[1].plan.library, "model",
                     comparison->sums[0].plan.model, "pairs", (json_int_t)comparison->pairs,
                     "differs", (int)findings->any, "metrics",
                     metrics_to_json(comparison, findings));
}

static bool write_failed(const char *path)
{
    fprintf(stderr, "curlpool-stress: %s: %s\n", path, strerrordesc_np(errno));
    return false;
}

static bool write_json(const struct comparison *comparison, const json_t *made)
{
    json_t *document = json_document();
    bool works =
        document != NULL && json_object_set_new(document, "comparison", json_deep_copy(made)) == 0;

    for (int side = 0; works && side < SIDES; side++) {
        works = json_add(document, &comparison->sums[side]);
    }
    works = works && json_write(document, comparison->options->json);
    json_decref(document);
    return works || write_failed(comparison->options->json);
}

static bool write_page(struct comparison *comparison, const json_t *made)
{
    json_t *runs = json_array();
    bool works = runs != NULL;

    for (int side = 0; works && side < SIDES; side++) {
        works = json_array_append_new(runs, json_for_page(&comparison->sums[side])) == 0;
    }
    works = works && page_write(runs, made, comparison->options->html);
    json_decref(runs);
    return works || write_failed(comparison->options->html);
}

static enum exit_status tell(struct comparison *comparison)
{
    const struct options *options = comparison->options;
    bool to_stdout = (options->json != NULL && strcmp(options->json, "-") == 0) ||
                     (options->html != NULL && strcmp(options->html, "-") == 0);
    struct findings findings;
    bool works = true;

    for (int side = 0; side < SIDES; side++) {
        snprintf(comparison->sums[side].plan.title, sizeof(comparison->sums[side].plan.title), "%c",
                 'A' + side);
    }
    find_out(comparison, &findings);
    print_table(comparison, &findings, to_stdout ? stderr : stdout);
    json_t *made = comparison_to_json(comparison, &findings);
    if (options->json != NULL) {
        works = write_json(comparison, made);
    }
    if (options->html != NULL) {
        works = write_page(comparison, made) && works;
    }
    json_decref(made);
    if (comparison->sums[0].invalid || comparison->sums[1].invalid) {
        return EXIT_SATURATED;
    }
    return works ? EXIT_FINE : EXIT_SOME_FAILED;
}

enum exit_status compare_libraries(const struct options *options, char **argv)
{
    struct comparison comparison;
    enum exit_status status = EXIT_SOME_FAILED;

    watch_block_signals();
    if (comparison_init(&comparison, options, argv)) {
        for (size_t pair = 0; pair < (size_t)options->pairs; pair++) {
            if (!run_pair(&comparison, pair)) {
                break;
            }
        }
        if (comparison.pairs >= 2) {
            status = tell(&comparison);
        } else {
            complain("fewer than two whole pairs: there is nothing to compare");
            status = comparison.trouble != 0 ? comparison.trouble : EXIT_SOME_FAILED;
        }
        if (comparison.trouble != 0) {
            status = comparison.trouble;
        }
    }
    comparison_release(&comparison);
    return status;
}
