/* SPDX-License-Identifier: MIT */
/* Reads the command line with getopt_long, and explains it. */
#include "options.h"

#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    OPTION_POST = 1000,
    OPTION_PUT,
    OPTION_CACERT,
    OPTION_RESOLVE,
    OPTION_TIMEOUT,
    OPTION_CONNECT_TIMEOUT,
    OPTION_NO_REUSE,
    OPTION_THREADS,
    OPTION_EXPECT_SIZE,
    OPTION_SERVE,
};

static const struct option long_options[] = {
    {"concurrency",     required_argument, NULL, 'c'                   },
    {"requests",        required_argument, NULL, 'n'                   },
    {"time",            required_argument, NULL, 't'                   },
    {"post",            required_argument, NULL, OPTION_POST           },
    {"body",            required_argument, NULL, OPTION_POST           },
    {"put",             required_argument, NULL, OPTION_PUT            },
    {"header",          required_argument, NULL, 'H'                   },
    {"cacert",          required_argument, NULL, OPTION_CACERT         },
    {"insecure",        no_argument,       NULL, 'k'                   },
    {"resolve",         required_argument, NULL, OPTION_RESOLVE        },
    {"timeout",         required_argument, NULL, OPTION_TIMEOUT        },
    {"connect-timeout", required_argument, NULL, OPTION_CONNECT_TIMEOUT},
    {"no-reuse",        no_argument,       NULL, OPTION_NO_REUSE       },
    {"threads",         required_argument, NULL, OPTION_THREADS        },
    {"expect-size",     required_argument, NULL, OPTION_EXPECT_SIZE    },
    {"serve",           no_argument,       NULL, OPTION_SERVE          },
    {"quiet",           no_argument,       NULL, 'q'                   },
    {"help",            no_argument,       NULL, 'h'                   },
    {"version",         no_argument,       NULL, 'V'                   },
    {NULL,              0,                 NULL, 0                     },
};

void options_print_help(void)
{
    fputs(
        "Usage: curlpool-stress [OPTION]... [URL]...\n"
        "\n"
        "Runs many transfers at a time and says how that went. Without a URL it starts a server\n"
        "of its own on 127.0.0.1 and loads that, first with HTTP and then with HTTPS. A path\n"
        "instead of a URL, such as /bytes/1000000, is one of that server.\n"
        "\n"
        "How much:\n"
        "  -c, --concurrency N      transfers at a time (default 100)\n"
        "  -n, --requests N         end after N transfers\n"
        "  -t, --time SECONDS       end after this time (default 3, without -n); HTTP and HTTPS\n"
        "                           on the server of its own take this time each\n"
        "      --threads N          N threads with a multi handle each, which share -c (default "
        "1)\n"
        "\n"
        "What:\n"
        "      --post SIZE          POST a body of SIZE bytes (k, M, G: times 1000)\n"
        "      --body SIZE          the same\n"
        "      --put SIZE           PUT it\n"
        "  -H, --header LINE        add a header to every request\n"
        "      --no-reuse           a new connection for every transfer\n"
        "      --resolve H:P:A      use address A for host H at port P\n"
        "      --timeout SECONDS    the longest that a transfer may take\n"
        "      --connect-timeout S  the longest that its connection may take\n"
        "      --cacert FILE        trust the certificates in FILE\n"
        "  -k, --insecure           do not verify certificates\n"
        "      --expect-size BYTES  an answer of another size is a failure\n"
        "\n"
        "Else:\n"
        "  -q, --quiet              no progress, only the summary\n"
        "      --serve              only run the server; says its URLs and the file of the\n"
        "                           certificate to trust, and ends with SIGINT or SIGTERM\n"
        "  -h, --help               this\n"
        "  -V, --version            the version of the library that runs the transfers\n"
        "\n"
        "Paths of the server: /bytes/N, /chunked/N, /close/N (N bytes, in several ways), /cut/N\n"
        "(half of them), /wrong/N (others), /status/S, /delay/MS, /delay/MS/N, /upload/N (accepts\n"
        "a body of N bytes).\n"
        "\n"
        "Ctrl-C ends the load and prints the summary; a second one quits.\n"
        "\n"
        "Exit status: 0 all transfers succeeded, 1 some failed, 2 wrong usage, 3 none succeeded.\n",
        stdout);
}

static bool complain(const char *what, const char *value)
{
    fprintf(stderr, "curlpool-stress: %s: %s (--help explains)\n", what, value);
    return false;
}

static bool read_whole(const char *text, int64_t least, int64_t most, int64_t *number)
{
    char *end = NULL;

    errno = 0;
    long long value = strtoll(text, &end, 10);
    if (errno != 0 || end == text || *end != '\0' || value < least || value > most) {
        return false;
    }
    *number = value;
    return true;
}

static bool read_count(const char *text, long most, long *number)
{
    int64_t value = 0;

    if (!read_whole(text, 1, most, &value)) {
        return complain("not a number that makes sense here", text);
    }
    *number = (long)value;
    return true;
}

/* "1.5" to 1.5, more than 0 and less than a year. */
static bool read_seconds(const char *text, double *seconds)
{
    char *end = NULL;
    double value = strtod(text, &end);

    if (end == text || *end != '\0' || !isfinite(value) || value < 0.001 || value > 366.0 * 86400) {
        return complain("not a time in seconds", text);
    }
    *seconds = value;
    return true;
}

static bool read_milliseconds(const char *text, long *ms)
{
    double seconds = 0;

    if (!read_seconds(text, &seconds)) {
        return false;
    }
    *ms = lround(seconds * 1000);
    return true;
}

/* "100", "16k", "1.5M". */
static bool read_size(const char *text, int64_t *bytes)
{
    char *end = NULL;
    double value = strtod(text, &end);

    if (end != text && *end != '\0' && end[1] == '\0') {
        static const char units[] = "kMG";
        const char *unit = strchr(units, *end);
        if (unit != NULL) {
            value *= pow(1000, (double)(unit - units + 1));
            end++;
        }
    }
    if (end == text || *end != '\0' || !isfinite(value) || value < 0 || value > 1e15) {
        return complain("not a size", text);
    }
    *bytes = llround(value);
    return true;
}

static bool append(const char ***list, size_t *count, const char *value)
{
    const char **longer = reallocarray(*list, *count + 1, sizeof(*longer));

    if (longer == NULL) {
        return complain("out of memory at", value);
    }
    longer[*count] = value;
    *list = longer;
    (*count)++;
    return true;
}

static bool set_upload(struct options *options, enum options_method method, const char *size)
{
    options->method = method;
    return read_size(size, &options->body_bytes);
}

static bool take_flag(struct options *options, int option)
{
    switch (option) {
    case 'k':
        options->insecure = true;
        return true;
    case 'q':
        options->quiet = true;
        return true;
    case OPTION_NO_REUSE:
        options->no_reuse = true;
        return true;
    case OPTION_SERVE:
        options->action = ACTION_SERVE;
        return true;
    case 'h':
        options->action = ACTION_HELP;
        return true;
    case 'V':
        options->action = ACTION_VERSION;
        return true;
    default: /* getopt_long has said what is wrong */
        return false;
    }
}

static bool take_option(struct options *options, int option, const char *value)
{
    switch (option) {
    case 'c':
        return read_count(value, 1000000, &options->concurrency);
    case 'n':
        return read_whole(value, 1, INT64_MAX, &options->requests) ||
               complain("not a number of requests", value);
    case 't':
        return read_seconds(value, &options->duration_s);
    case 'H':
        return append(&options->headers, &options->header_count, value);
    case OPTION_POST:
        return set_upload(options, METHOD_POST, value);
    case OPTION_PUT:
        return set_upload(options, METHOD_PUT, value);
    case OPTION_CACERT:
        options->authority = value;
        return true;
    case OPTION_RESOLVE:
        return append(&options->resolves, &options->resolve_count, value);
    case OPTION_TIMEOUT:
        return read_milliseconds(value, &options->timeout_ms);
    case OPTION_CONNECT_TIMEOUT:
        return read_milliseconds(value, &options->connect_timeout_ms);
    case OPTION_THREADS:
        return read_count(value, 1024, &options->threads);
    case OPTION_EXPECT_SIZE:
        return read_size(value, &options->expected_bytes);
    default:
        return take_flag(options, option);
    }
}

/* What no single option can see. */
static bool check_together(struct options *options)
{
    size_t paths = 0;

    for (size_t i = 0; i < options->target_count; i++) {
        if (options->targets[i][0] == '\0') {
            return complain("not a URL", "\"\"");
        }
        paths += options->targets[i][0] == '/';
    }
    if (paths > 0 && paths < options->target_count) {
        return complain("either URLs or paths of the server of its own", options->targets[0]);
    }
    if (options->threads > options->concurrency) {
        return complain("more threads than transfers at a time", "--threads");
    }
    if (options->requests == 0 && options->duration_s <= 0) {
        options->duration_s = 3;
    }
    return true;
}

bool options_parse(struct options *options, int argc, char **argv)
{
    int option = 0;

    *options = (struct options){.concurrency = 100, .threads = 1, .expected_bytes = -1};
    /* NOLINTNEXTLINE(concurrency-mt-unsafe): there is one thread yet */
    while ((option = getopt_long(argc, argv, "c:n:t:H:kqhV", long_options, NULL)) != -1) {
        if (!take_option(options, option, optarg)) {
            if (option == '?') {
                fputs("Try curlpool-stress --help.\n", stderr);
            }
            options_release(options);
            return false;
        }
    }
    for (int i = optind; i < argc; i++) {
        if (!append(&options->targets, &options->target_count, argv[i])) {
            options_release(options);
            return false;
        }
    }
    if (!check_together(options)) {
        options_release(options);
        return false;
    }
    return true;
}

void options_release(struct options *options)
{
    free(options->headers);
    free(options->resolves);
    free(options->targets);
    *options = (struct options){0};
}

bool options_use_loopback(const struct options *options)
{
    return options->target_count == 0 || options->targets[0][0] == '/';
}
