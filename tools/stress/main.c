/* SPDX-License-Identifier: MIT */
/*
 * curlpool-stress: many transfers at a time through libcurl's multi interface, and what came of
 * them. It is written on the public interface alone, so it runs on any libcurl from 7.68 on and
 * compares them.
 *
 * Where what is:
 *
 *   options     the command line                 server serve conn     the loopback server, a
 * process of target      what to ask for                  request upload        its own: start and
 * end, loop, one load        threads, the loop of the manual  answer delays         connection,
 * reading, answering slot        one handle and its callbacks     certificate           for its
 * HTTPS tally       counts    histogram  latencies   pattern               the bytes of bodies, on
 * both ends watch       progress and signals             report units usage    the summary
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include <curl/curl.h>

#include "load.h"
#include "options.h"
#include "pattern.h"
#include "report.h"
#include "server.h"
#include "tally.h"
#include "target.h"
#include "usage.h"
#include "watch.h"

enum {
    EXIT_FINE = 0,
    EXIT_SOME_FAILED = 1,
    EXIT_USAGE = 2,
    EXIT_NONE_SUCCEEDED = 3,
    OTHER_DESCRIPTORS = 64, /* besides a connection for each transfer */
};

/* What all loads of this run came to. */
struct outcome {
    uint64_t fine;
    uint64_t failed;
    bool interrupted;
    bool trouble;
};

static bool complain(const char *what)
{
    fprintf(stderr, "curlpool-stress: %s\n", what);
    return false;
}

/* One load from start to summary. */
static void run_load(const char *title, const struct options *options,
                     const struct target_list *targets, const char *authority,
                     struct outcome *outcome)
{
    struct report report = {.title = title,
                            .url = targets->items[0].url,
                            .url_count = targets->count,
                            .options = options};
    struct load load;
    unsigned threads = 0;
    const char *why = NULL;
    struct tally *tally = calloc(1, sizeof(*tally));

    usage_reset_peak();
    usage_read(&report.before);
    if (tally == NULL || !load_start(&load, options, targets, authority, &why)) {
        complain(why != NULL ? why : "not enough memory");
        outcome->trouble = true;
        free(tally);
        return;
    }
    outcome->interrupted = !watch_load(&load, !options->quiet, &threads);
    report.trouble = load_finish(&load, tally, &report.elapsed_s);
    usage_read(&report.after);
    report.after.threads = threads;
    report.tally = tally;
    report_print(&report);
    outcome->fine += tally->live.fine;
    outcome->failed += tally->live.failed;
    outcome->trouble = outcome->trouble || report.trouble != NULL;
    tally_release(tally);
    free(tally);
}

static void load_urls(const struct options *options, struct outcome *outcome)
{
    struct target_list targets = {0};

    if (target_list_of_urls(&targets, options)) {
        run_load("load", options, &targets, options->authority, outcome);
    } else {
        outcome->trouble = !complain("not enough memory");
    }
    target_list_release(&targets);
}

static void load_loopback(const struct options *options, const struct server *server,
                          struct outcome *outcome)
{
    for (int https = 0; https <= 1 && !outcome->interrupted; https++) {
        struct target_list targets = {0};
        const char *authority =
            options->authority != NULL ? options->authority : server->address.authority;
        if (target_list_of_loopback(&targets, options, &server->address, https)) {
            run_load(https ? "HTTPS" : "HTTP", options, &targets, authority, outcome);
        } else {
            outcome->trouble = !complain("not enough memory");
        }
        target_list_release(&targets);
    }
}

static int exit_status(const struct outcome *outcome)
{
    if (outcome->fine == 0) {
        return EXIT_NONE_SUCCEEDED;
    }
    return outcome->failed > 0 || outcome->trouble ? EXIT_SOME_FAILED : EXIT_FINE;
}

/* The server, if it is needed, becomes a process before the library or a thread exists. */
static int run(const struct options *options)
{
    struct outcome outcome = {0};
    struct server server;
    char error[SERVER_ERROR_MAX];
    bool loopback = options_use_loopback(options);

    if (usage_raise_descriptors() < (uint64_t)options->concurrency + OTHER_DESCRIPTORS) {
        complain("so many transfers may need more descriptors than are allowed (ulimit -n)");
    }
    watch_block_signals();
    if (loopback && !server_start(&server, error)) {
        complain(error);
        return EXIT_NONE_SUCCEEDED;
    }
    if (curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK) {
        report_library();
        if (loopback) {
            load_loopback(options, &server, &outcome);
        } else {
            load_urls(options, &outcome);
        }
        curl_global_cleanup();
    } else {
        complain("the library could not be initialised");
    }
    if (loopback) {
        server_stop(&server);
    }
    return exit_status(&outcome);
}

static void announce(const struct server_address *address)
{
    printf("http://127.0.0.1:%u\nhttps://127.0.0.1:%u\n%s\n", (unsigned)address->http_port,
           (unsigned)address->https_port, address->authority);
    fflush(stdout);
}

static int serve_only(void)
{
    char error[SERVER_ERROR_MAX];

    usage_raise_descriptors();
    return server_run(announce, error) || complain(error) ? EXIT_FINE : EXIT_SOME_FAILED;
}

static int act(const struct options *options)
{
    switch (options->action) {
    case ACTION_HELP:
        options_print_help();
        return EXIT_FINE;
    case ACTION_VERSION:
        printf("curlpool-stress on %s\n", curl_version());
        return EXIT_FINE;
    case ACTION_SERVE:
        return serve_only();
    default:
        return run(options);
    }
}

int main(int argc, char **argv)
{
    struct options options;

    signal(SIGPIPE, SIG_IGN); /* NOSIGNAL leaves that to the program */
    pattern_init();
    if (!options_parse(&options, argc, argv)) {
        return EXIT_USAGE;
    }
    int status = act(&options);
    options_release(&options);
    return status;
}
