/* SPDX-License-Identifier: MIT */
/* Loads, and makes a result of it; see run.h. */
#include "cli/run.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/units.h"
#include "cli/watch.h"
#include "out/outputs.h"
#include "run/library.h"
#include "run/load.h"
#include "run/usage.h"
#include "serve/server.h"

enum {
    OTHER_DESCRIPTORS = 64, /* besides a connection for each transfer */
};

/* What all loads of this run came to. */
struct outcome {
    struct outputs outputs;
    uint64_t fine;
    uint64_t failed;
    bool errors_may_be; /* an objective says how many transfers may fail */
    bool missed;        /* an objective */
    bool invalid;
    bool interrupted;
    bool refused; /* what was asked for is not possible */
    bool trouble;
};

static bool complain(const char *what)
{
    fprintf(stderr, "curlpool-stress: %s\n", what);
    return false;
}

/* How the load is made, in words. */
static void describe_model(const struct options *options, char *out, size_t size)
{
    const struct pace *pace = &options->pace;
    int len = 0;

    if (pace->count > 0) {
        double most = 0;
        for (size_t i = 0; i < pace->count; i++) {
            most = fmax(most, fmax(pace->stages[i].from, pace->stages[i].to));
        }
        bool one_rate = options->rate > 0;
        len = snprintf(out, size, "open loop, %s%.6g requests/s%s, %lld at a time at most",
                       one_rate ? "" : "up to ", most, options->poisson ? " at random" : "",
                       (long long)options->concurrency);
    } else {
        len = snprintf(out, size, "%lld at a time", (long long)options->concurrency);
    }
    if (options->threads > 1 && len > 0 && (size_t)len < size) {
        len += snprintf(out + len, size - (size_t)len, " on %lld threads",
                        (long long)options->threads);
    }
    if (options->think_s.most > 0 && len > 0 && (size_t)len < size) {
        len += snprintf(out + len, size - (size_t)len, ", %g to %g s of thought between",
                        options->think_s.least, options->think_s.most);
    }
    if (options->reuse.most > 0 && len > 0 && (size_t)len < size) {
        if (options->reuse.most <= 1) {
            snprintf(out + len, size - (size_t)len, ", a new connection for each");
        } else {
            snprintf(out + len, size - (size_t)len, ", %.0f to %.0f requests a connection",
                     options->reuse.least, options->reuse.most);
        }
    }
}

static void describe(struct result_plan *plan, const char *title, const struct options *options,
                     const struct target_list *targets)
{
    snprintf(plan->title, sizeof(plan->title), "%s",
             options->title != NULL ? options->title : title);
    if (options->title != NULL && strcmp(title, "load") != 0) {
        snprintf(plan->title, sizeof(plan->title), "%.48s %s", options->title, title);
    }
    snprintf(plan->url, sizeof(plan->url), "%s", targets->items[0].url);
    snprintf(plan->library, sizeof(plan->library), "%s", lib.version());
    library_path(plan->library_path, sizeof(plan->library_path));
    if (gethostname(plan->host, sizeof(plan->host) - 1) != 0) {
        plan->host[0] = '\0';
    }
    describe_model(options, plan->model, sizeof(plan->model));
    plan->url_count = targets->count;
    plan->open_loop = options->pace.count > 0;
    plan->concurrency = (uint64_t)options->concurrency;
    plan->threads = (uint64_t)options->threads;
    plan->warmup_s = options->warmup_s;
}

/* An open loop is only what it says if the requests went out when they were due. */
static void judge_generator(struct result *result, const struct options *options)
{
    static const double all_its_time = 0.95;
    const struct histogram *lag = &result->tally->times[TIME_LAG];
    uint64_t p99 = histogram_percentile(lag, 99);
    double cores = (double)sysconf(_SC_NPROCESSORS_ONLN);
    double used = result->elapsed_s > 0
                      ? (result->usage.user_s + result->usage.system_s) / result->elapsed_s
                      : 0;
    char text[2][UNITS_MAX];

    if (!result->plan.open_loop) {
        if (result->usage.busiest > all_its_time) {
            result_note(result,
                        "a load thread had no idle moment (%.0f %% of a processor): what "
                        "is measured is this client as much as the server",
                        result->usage.busiest * 100);
        }
        return;
    }
    if ((double)p99 > options->max_lag_s * 1e9) {
        result->invalid = true;
        result_note(result,
                    "this client fell behind: 1 %% of the requests went out %s or more after they "
                    "could have (--max-lag is %s)",
                    units_time(text[0], (double)p99),
                    units_time(text[1], options->max_lag_s * 1e9));
    }
    if (result->usage.busiest > all_its_time) {
        result->invalid = true;
        result_note(result,
                    "this client had no time left: a load thread used %.0f %% of a "
                    "processor (--threads shares the work)",
                    result->usage.busiest * 100);
    }
    if (used > all_its_time * cores) {
        result->invalid = true;
        result_note(result, "this client used %.2f of %.0f processors", used, cores);
    }
    if (result->tally->unstarted > 0 || result->tally->cut_off > 0) {
        result_note(result,
                    "latencies are those of answers that came: %llu requests were cut off "
                    "or never sent",
                    (unsigned long long)(result->tally->unstarted + result->tally->cut_off));
    }
}

static void add_up(struct outcome *outcome, const struct result *result)
{
    outcome->fine += result->tally->live.fine;
    outcome->failed += result->tally->live.failed;
    outcome->missed = outcome->missed || !result->slo_met;
    outcome->invalid = outcome->invalid || result->invalid;
    outcome->interrupted = result->interrupted;
    for (size_t i = 0; i < result->slo.count; i++) {
        outcome->errors_may_be =
            outcome->errors_may_be || result->slo.items[i].figure == SLO_ERRORS;
    }
}

/* The load is over: what came of it goes into the result. */
static void take_result(struct result *result, struct load *load, const struct options *options)
{
    struct load_result came;
    struct usage usage;

    load_finish(load, result->tally, &came);
    usage_read(&usage);
    result->elapsed_s = (double)(came.last_ns - came.first_ns) / (double)NS_PER_S;
    result->usage.user_s += usage.user_s;
    result->usage.system_s += usage.system_s;
    result->usage.memory_peak_bytes = usage.memory_peak_bytes;
    result->usage.busiest = came.busiest;
    if (came.trouble != NULL) {
        result_note(result, "gave up: %s", came.trouble);
    }
    judge_generator(result, options);
    result_check(result, options->slo);
}

/* One load from start to summary. */
static void run_load(const char *title, const struct options *options,
                     const struct target_list *targets, const char *authority,
                     struct outcome *outcome)
{
    struct result result;
    struct usage before;
    struct load load;
    char error[SETUP_ERROR_MAX] = "not enough memory";

    usage_read(&before);
    if (!result_init(&result) || !load_start(&load, options, targets, authority, error)) {
        outcome->refused = !complain(error);
        result_release(&result);
        return;
    }
    describe(&result.plan, title, options, targets);
    result.usage.memory_before_bytes = before.memory_bytes;
    watch_load(&load, &result, &outcome->outputs);
    take_result(&result, &load, options);
    outputs_result(&outcome->outputs, &result);
    add_up(outcome, &result);
    load_release(&load);
    result_release(&result);
}

static void load_urls(const struct options *options, struct outcome *outcome)
{
    struct target_list targets = {0};
    char error[TARGET_ERROR_MAX];

    if (target_list_of_urls(&targets, options, error)) {
        run_load("load", options, &targets, options->authority, outcome);
    } else {
        outcome->refused = !complain(error);
    }
    target_list_release(&targets);
}

static void load_loopback(const struct options *options, const struct server *server,
                          struct outcome *outcome)
{
    const char *which = options->loopback != NULL ? options->loopback : "both";
    int first = strcmp(which, "https") == 0;
    int last = strcmp(which, "http") != 0;

    for (int https = first; https <= last && !outcome->interrupted; https++) {
        struct target_list targets = {0};
        char error[TARGET_ERROR_MAX];
        const char *authority =
            options->authority != NULL ? options->authority : server->address.authority;
        if (target_list_of_loopback(&targets, options, &server->address, https, error)) {
            run_load(https ? "HTTPS" : "HTTP", options, &targets, authority, outcome);
        } else {
            outcome->refused = !complain(error);
        }
        target_list_release(&targets);
    }
}

static enum exit_status exit_status(const struct outcome *outcome)
{
    if (outcome->refused) {
        return EXIT_USAGE;
    }
    if (outcome->fine == 0) {
        return EXIT_NONE_SUCCEEDED;
    }
    if (outcome->invalid) {
        return EXIT_SATURATED;
    }
    if (outcome->missed) {
        return EXIT_MISSED;
    }
    bool unexcused = outcome->failed > 0 && !outcome->errors_may_be;
    return unexcused || outcome->trouble ? EXIT_SOME_FAILED : EXIT_FINE;
}

static void load_all(const struct options *options, const struct server *server,
                     struct outcome *outcome)
{
    fprintf(outcome->outputs.summary, "curlpool-stress on %s\n", lib.version());
    fflush(outcome->outputs.summary);
    if (server != NULL) {
        load_loopback(options, server, outcome);
    } else {
        load_urls(options, outcome);
    }
}

/* The server, if it is needed, becomes a process before the library or a thread exists. */
enum exit_status run_load_command(const struct options *options)
{
    struct outcome outcome = {0};
    struct server server;
    char error[LIBRARY_ERROR_MAX]; /* the greater of what both may write */
    bool loopback = options_use_loopback(options);

    if (usage_raise_descriptors() < (uint64_t)options->concurrency + OTHER_DESCRIPTORS) {
        complain("so many transfers may need more descriptors than are allowed (ulimit -n)");
    }
    watch_block_signals();
    if (!outputs_open(&outcome.outputs, options)) {
        outputs_close(&outcome.outputs);
        return EXIT_USAGE;
    }
    if (loopback && !server_start(&server, error)) {
        complain(error);
        outputs_close(&outcome.outputs);
        return EXIT_NONE_SUCCEEDED;
    }
    if (library_open(options->library, error)) {
        load_all(options, loopback ? &server : NULL, &outcome);
        library_close();
    } else {
        outcome.refused = !complain(error);
    }
    if (loopback) {
        server_stop(&server);
    }
    outcome.trouble = !outputs_close(&outcome.outputs) || outcome.trouble;
    return exit_status(&outcome);
}
