/* SPDX-License-Identifier: MIT */
/*
 * curlpool-stress: loads a server with transfers through the documented curl_multi_perform loop,
 * and says how that went. It uses the public interface alone, of a library that it loads when it
 * starts, so one program measures any libcurl from 7.68 on and compares two.
 *
 * Rooms, each of which uses itself and those below:
 *
 *   cli     the command line, what is shown meanwhile, the commands: load, compare, merge, html
 *   out     results: summary, JSON, CSV, HdrHistogram's files, Prometheus, the page, objectives
 *   run     the load: library, targets, pace, slots, the loop, counting
 *   serve   the loopback server: a process of its own, HTTP/1.1 plain and over TLS
 *   base    clock, histogram, heap of times, units, the pattern of the bodies
 */
#include <signal.h>
#include <stdio.h>

#include "base/pattern.h"
#include "cli/compare.h"
#include "cli/files.h"
#include "cli/manual.h"
#include "cli/options.h"
#include "cli/run.h"
#include "run/library.h"
#include "run/usage.h"
#include "serve/server.h"

static void announce(const struct server_address *address)
{
    printf("http://127.0.0.1:%u\nhttps://127.0.0.1:%u\n%s\n", (unsigned)address->http_port,
           (unsigned)address->https_port, address->authority);
    fflush(stdout);
}

static enum exit_status serve_only(void)
{
    char error[SERVER_ERROR_MAX];

    usage_raise_descriptors();
    if (server_run(announce, error)) {
        return EXIT_FINE;
    }
    fprintf(stderr, "curlpool-stress: %s\n", error);
    return EXIT_SOME_FAILED;
}

static enum exit_status print_version(const struct options *options)
{
    char error[LIBRARY_ERROR_MAX];

    if (!library_open(options->library, error)) {
        fprintf(stderr, "curlpool-stress: %s\n", error);
        return EXIT_USAGE;
    }
    printf("curlpool-stress on %s\n", lib.version());
    library_close();
    return EXIT_FINE;
}

static enum exit_status act(const struct options *options, char **argv)
{
    switch (options->action) {
    case ACTION_HELP:
        manual_print_help();
        return EXIT_FINE;
    case ACTION_MANUAL:
        manual_print_page();
        return EXIT_FINE;
    case ACTION_COMPLETION:
        manual_print_completion();
        return EXIT_FINE;
    case ACTION_VERSION:
        return print_version(options);
    case ACTION_SERVE:
        return serve_only();
    case ACTION_MERGE:
        return files_merge(options);
    case ACTION_HTML:
        return files_draw(options);
    case ACTION_COMPARE:
        return compare_libraries(options, argv);
    default:
        return run_load_command(options);
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
    int status = (int)act(&options, argv);
    options_release(&options);
    return status;
}
