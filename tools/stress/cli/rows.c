/* SPDX-License-Identifier: MIT */
/* All options; what is special about some stands first. */
#include "cli/rows.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/units.h"
#include "out/slo.h"

bool row_complain(const char *what, const char *value)
{
    fprintf(stderr, "curlpool-stress: %s: %s (--help explains)\n", what, value);
    return false;
}

bool row_append(struct options_list *list, const char *value)
{
    const char **longer = reallocarray(list->items, list->count + 1, sizeof(*longer));

    if (longer == NULL) {
        return row_complain("out of memory at", value);
    }
    longer[list->count++] = value;
    list->items = longer;
    return true;
}

static bool read_rate(struct options *options, const char *value)
{
    char *end = NULL;

    options->rate = strtod(value, &end);
    if (end == value || *end != '\0' || !(options->rate > 0 && options->rate <= 1e7)) {
        return row_complain("not a rate of requests a second", value);
    }
    return true;
}

static bool read_stages(struct options *options, const char *value)
{
    return pace_read(&options->pace, value) ||
           row_complain("not stages of the form RATE:TIME or FROM-TO:TIME", value);
}

static bool set_body(struct options *options, const char *value, bool put)
{
    options->put = put;
    return units_read_bytes(value, &options->body_bytes) || row_complain("not a size", value);
}

static bool read_post(struct options *options, const char *value)
{
    return set_body(options, value, false);
}

static bool read_put(struct options *options, const char *value)
{
    return set_body(options, value, true);
}

static bool read_upload(struct options *options, const char *value)
{
    options->put = true;
    options->body_file = value;
    return true;
}

static bool set_no_reuse(struct options *options, const char *value)
{
    (void)value;
    options->reuse = (struct options_range){1, 1};
    return true;
}

/* "off", "N" or "MIN:MAX". */
static bool read_reuse(struct options *options, const char *value)
{
    char *end = NULL;

    if (strcmp(value, "off") == 0) {
        return set_no_reuse(options, value);
    }
    long least = strtol(value, &end, 10);
    long most = least;
    if (end != value && *end == ':') {
        const char *second = end + 1;
        most = strtol(second, &end, 10);
        end = end == second ? NULL : end;
    }
    if (end == NULL || end == value || *end != '\0' || least < 1 || most < least ||
        most > 1000000000) {
        return row_complain("not off, N or MIN:MAX requests a connection", value);
    }
    options->reuse = (struct options_range){(double)least, (double)most};
    return true;
}

/* One of "200", "2xx", "200-299". */
static bool add_statuses(struct options *options, const char *text, size_t len)
{
    char copy[8];
    int first = 0;
    int last = 0;
    int used = 0;

    if (len == 0 || len >= sizeof(copy)) {
        return false;
    }
    memcpy(copy, text, len);
    copy[len] = '\0';
    if (len == 3 && isdigit((unsigned char)copy[0]) && strcmp(copy + 1, "xx") == 0) {
        first = (copy[0] - '0') * 100;
        last = first + 99;
    } else if (sscanf(copy, "%3d-%3d%n", &first, &last, &used) == 2 && copy[used] == '\0') {
        ;
    } else if (sscanf(copy, "%3d%n", &first, &used) == 1 && copy[used] == '\0') {
        last = first;
    } else {
        return false;
    }
    if (first < 100 || last < first) {
        return false;
    }
    for (int status = first; status <= last; status++) {
        options->fine_status[status] = true;
    }
    options->expects_status = true;
    return true;
}

static bool read_statuses(struct options *options, const char *value)
{
    for (const char *at = value;;) {
        size_t len = strcspn(at, ",");
        if (!add_statuses(options, at, len)) {
            return row_complain("not statuses such as 200, 2xx or 200-204", value);
        }
        at += len;
        if (*at == '\0') {
            return true;
        }
        at++;
    }
}

static bool read_sha256(struct options *options, const char *value)
{
    options->expected_sha256 = value;
    return (strlen(value) == 64 && strspn(value, "0123456789abcdefABCDEF") == 64) ||
           row_complain("not a SHA-256 of 64 hexadecimal digits", value);
}

static bool read_slo(struct options *options, const char *value)
{
    char error[SLO_ERROR_MAX];
    struct slo slo;

    options->slo = value;
    return slo_read(&slo, value, error) || row_complain(error, value);
}

static bool one_of(const char *const *words, const char *value)
{
    for (; *words != NULL; words++) {
        if (strcmp(*words, value) == 0) {
            return true;
        }
    }
    return row_complain("not one of the words that are possible here", value);
}

static bool read_http(struct options *options, const char *value)
{
    static const char *const words[] = {"1.0", "1.1", "2", "2-prior", NULL};

    options->http = value;
    return one_of(words, value);
}

static bool read_tls(struct options *options, const char *value)
{
    static const char *const words[] = {"1.2", "1.3", NULL};

    options->tls = value;
    return one_of(words, value);
}

static bool read_loopback(struct options *options, const char *value)
{
    static const char *const words[] = {"http", "https", "both", NULL};

    options->loopback = value;
    return one_of(words, value);
}

static bool read_compare(struct options *options, const char *value)
{
    options->action = ACTION_COMPARE;
    options->compare[0] = value; /* the other one is the first word that follows */
    return true;
}

#define AT(field) offsetof(struct options, field)

const struct row rows[] = {
    {"concurrency",       'c', "N",         GROUP_LOAD,       ROW_COUNT,   AT(concurrency),       1000000,           NULL,
     "transfers at a time (default 100)",                                                                                                                     NULL               },
    {"requests",          'n', "N",         GROUP_LOAD,       ROW_COUNT,   AT(requests),          1000000000000000,  NULL,
     "end after N transfers",                                                                                                                                 NULL               },
    {"time",              't', "TIME",      GROUP_LOAD,       ROW_SECONDS, AT(duration_s),        0,                 NULL,
     "end after this time: 10, 500ms, 2m (default 3 s, without -n)",                                                                                          NULL               },
    {"rate",              'R', "N",         GROUP_LOAD,       ROW_SPECIAL, 0,                     0,                 read_rate,
     "open loop: N requests are due each second, whether answers come or not; latencies count "
     "from when a request was due",                                                                                                                           NULL               },
    {"stage",             0,   "PLAN",      GROUP_LOAD,       ROW_SPECIAL, 0,                     0,                 read_stages,
     "open loop in stages: 100:20s,1000:60s holds rates one after another, 100-1000:30s ramps",                                                               NULL               },
    {"poisson",           0,   NULL,        GROUP_LOAD,       ROW_FLAG,    AT(poisson),           0,                 NULL,
     "open loop: random gaps between requests instead of equal ones",                                                                                         NULL               },
    {"warmup",            'w', "TIME",      GROUP_LOAD,       ROW_SECONDS, AT(warmup_s),          0,                 NULL,
     "load for this time first, which no figure counts",                                                                                                      NULL               },
    {"think",             0,   "TIME",      GROUP_LOAD,       ROW_RANGE,   AT(think_s),           0,                 NULL,
     "closed loop: pause after each transfer; MIN:MAX draws a new one each time",                                                                             NULL               },
    {"threads",           'T', "N",         GROUP_LOAD,       ROW_COUNT,   AT(threads),           1024,              NULL,
     "N threads with a multi handle each, which share -c (default 1)",                                                                                        NULL               },
    {"grace",             0,   "TIME",      GROUP_LOAD,       ROW_SECONDS, AT(grace_s),           0,                 NULL,
     "how long transfers may run on when the time is over (default 1 s)",                                                                                     NULL               },
    {"max-lag",           0,   "TIME",      GROUP_LOAD,       ROW_SECONDS, AT(max_lag_s),         0,                 NULL,
     "open loop: the run is INVALID when this program starts 1 % of the requests later than "
     "this, though it could have started them (default 10 ms)",                                                                                               NULL               },

    {"method",            'X', "WORD",      GROUP_REQUEST,    ROW_TEXT,    AT(method),            0,                 NULL,
     "another method than GET, POST with a body, PUT with --put or --upload",                                                                                 NULL               },
    {"head",              'I', NULL,        GROUP_REQUEST,    ROW_FLAG,    AT(head),              0,                 NULL,          "HEAD requests",          NULL               },
    {"header",            'H', "LINE",      GROUP_REQUEST,    ROW_LIST,    AT(headers),           0,                 NULL,
     "add a header to every request",                                                                                                                         NULL               },
    {"post",              0,   "SIZE",      GROUP_REQUEST,    ROW_SPECIAL, 0,                     0,                 read_post,
     "POST a body of SIZE bytes, made as it is sent (k, M, G: times 1000; Ki, Mi, Gi: 1024)",                                                                 NULL               },
    {"body",              0,   "SIZE",      GROUP_REQUEST,    ROW_SPECIAL, 0,                     0,                 read_post,     NULL,                     NULL               },
    {"put",               0,   "SIZE",      GROUP_REQUEST,    ROW_SPECIAL, 0,                     0,                 read_put,      "PUT it",                 NULL               },
    {"data",              'd', "TEXT",      GROUP_REQUEST,    ROW_TEXT,    AT(data),              0,                 NULL,          "POST this text",         NULL               },
    {"data-file",         0,   "FILE",      GROUP_REQUEST,    ROW_TEXT,    AT(body_file),         0,                 NULL,
     "POST a file, read as it is sent",                                                                                                                       "file"             },
    {"upload",            0,   "FILE",      GROUP_REQUEST,    ROW_SPECIAL, 0,                     0,                 read_upload,   "PUT a file",             "file"             },
    {"targets",           0,   "FILE",      GROUP_REQUEST,    ROW_TEXT,    AT(targets_file),      0,                 NULL,
     "take requests with methods, headers, bodies and weights from a file ('-': stdin)",                                                                      "file"             },
    {"follow",            'L', NULL,        GROUP_REQUEST,    ROW_FLAG,    AT(follow),            0,                 NULL,          "follow redirects",       NULL               },
    {"compressed",        0,   NULL,        GROUP_REQUEST,    ROW_FLAG,    AT(compressed),        0,                 NULL,
     "ask for compressed answers",                                                                                                                            NULL               },
    {"user",              'u', "NAME:PASS", GROUP_REQUEST,    ROW_TEXT,    AT(user),              0,                 NULL,          "name and password",
     NULL                                                                                                                                                                        },
    {"user-agent",        'A', "TEXT",      GROUP_REQUEST,    ROW_TEXT,    AT(user_agent),        0,                 NULL,
     "the User-Agent field",                                                                                                                                  NULL               },

    {"reuse",             0,   "HOW",       GROUP_CONNECTION, ROW_SPECIAL, 0,                     0,                 read_reuse,
     "off: a new connection for every request; N: a connection serves N requests; MIN:MAX: as "
     "many as are drawn for it (default: as many as come)",                                                                                                   "off"              },
    {"no-reuse",          0,   NULL,        GROUP_CONNECTION, ROW_SPECIAL, 0,                     0,                 set_no_reuse,  "--reuse off",            NULL               },
    {"timeout",           'm', "TIME",      GROUP_CONNECTION, ROW_SECONDS, AT(timeout_s),         0,                 NULL,
     "the longest that a transfer may take",                                                                                                                  NULL               },
    {"connect-timeout",   0,   "TIME",      GROUP_CONNECTION, ROW_SECONDS, AT(connect_timeout_s), 0,                 NULL,
     "the longest that its connection may take",                                                                                                              NULL               },
    {"resolve",           0,   "H:P:A",     GROUP_CONNECTION, ROW_LIST,    AT(resolves),          0,                 NULL,
     "use address A for host H at port P",                                                                                                                    NULL               },
    {"proxy",             'x', "URL",       GROUP_CONNECTION, ROW_TEXT,    AT(proxy),             0,                 NULL,          "go through a proxy",
     NULL                                                                                                                                                                        },
    {"http",              0,   "VERSION",   GROUP_CONNECTION, ROW_SPECIAL, 0,                     0,                 read_http,
     "1.0, 1.1, 2, or 2-prior (HTTP/2 without asking first)",                                                                                                 "1.0 1.1 2 2-prior"},
    {"tls",               0,   "VERSION",   GROUP_CONNECTION, ROW_SPECIAL, 0,                     0,                 read_tls,      "only TLS 1.2 or 1.3",
     "1.2 1.3"                                                                                                                                                                   },
    {"ciphers",           0,   "LIST",      GROUP_CONNECTION, ROW_TEXT,    AT(ciphers),           0,                 NULL,
     "ciphers up to TLS 1.2",                                                                                                                                 NULL               },
    {"tls13-ciphers",     0,   "LIST",      GROUP_CONNECTION, ROW_TEXT,    AT(tls13_ciphers),     0,                 NULL,
     "ciphers of TLS 1.3",                                                                                                                                    NULL               },
    {"no-tls-resume",     0,   NULL,        GROUP_CONNECTION, ROW_FLAG,    AT(no_tls_resume),     0,                 NULL,
     "a full handshake for every connection",                                                                                                                 NULL               },
    {"cacert",            0,   "FILE",      GROUP_CONNECTION, ROW_TEXT,    AT(authority),         0,                 NULL,
     "trust the certificates in FILE",                                                                                                                        "file"             },
    {"insecure",          'k', NULL,        GROUP_CONNECTION, ROW_FLAG,    AT(insecure),          0,                 NULL,
     "do not verify certificates",                                                                                                                            NULL               },
    {"cert",              'E', "FILE",      GROUP_CONNECTION, ROW_TEXT,    AT(certificate),       0,                 NULL,
     "show this certificate (PEM) to the server",                                                                                                             "file"             },
    {"key",               0,   "FILE",      GROUP_CONNECTION, ROW_TEXT,    AT(key),               0,                 NULL,          "its private key",        "file"             },
    {"pass",              0,   "TEXT",      GROUP_CONNECTION, ROW_TEXT,    AT(key_password),      0,                 NULL,
     "the key's pass phrase",                                                                                                                                 NULL               },

    {"expect-status",     0,   "LIST",      GROUP_CHECK,      ROW_SPECIAL, 0,                     0,                 read_statuses,
     "statuses that are fine, such as 200,3xx,404-410 (default: all below 400)",                                                                              NULL               },
    {"expect-size",       0,   "BYTES",     GROUP_CHECK,      ROW_BYTES,   AT(expected_bytes),    0,                 NULL,
     "an answer of another size is a failure",                                                                                                                NULL               },
    {"expect-sha256",     0,   "HEX",       GROUP_CHECK,      ROW_SPECIAL, 0,                     0,                 read_sha256,
     "an answer whose body has another SHA-256 is a failure",                                                                                                 NULL               },
    {"slo",               0,   "LIST",      GROUP_CHECK,      ROW_SPECIAL, 0,                     0,                 read_slo,
     "objectives, such as 'p99<50ms,errors<0.1%,rate>1000'; exit status 99 when one is missed",                                                               NULL               },

    {"json",              0,   "FILE",      GROUP_OUTPUT,     ROW_TEXT,    AT(json),              0,                 NULL,
     "all figures as JSON; '-' is stdout, and the summary goes to stderr",                                                                                    "file"             },
    {"csv",               0,   "FILE",      GROUP_OUTPUT,     ROW_TEXT,    AT(csv),               0,                 NULL,          "a line for each second", "file"             },
    {"hdr",               0,   "FILE",      GROUP_OUTPUT,     ROW_TEXT,    AT(percentiles),       0,                 NULL,
     "the percentiles as HdrHistogram prints them",                                                                                                           "file"             },
    {"hdr-log",           0,   "FILE",      GROUP_OUTPUT,     ROW_TEXT,    AT(hdr_log),           0,                 NULL,
     "a histogram for each second, as HdrHistogram logs them",                                                                                                "file"             },
    {"prometheus",        0,   "FILE",      GROUP_OUTPUT,     ROW_TEXT,    AT(prometheus),        0,                 NULL,
     "the figures so far for Prometheus' textfile collector, each second",                                                                                    "file"             },
    {"html",              0,   "FILE",      GROUP_OUTPUT,     ROW_TEXT,    AT(html),              0,                 NULL,
     "a page with plots that needs nothing else",                                                                                                             "file"             },
    {"title",             0,   "TEXT",      GROUP_OUTPUT,     ROW_TEXT,    AT(title),             0,                 NULL,          "what to call this run",  NULL               },
    {"quiet",             'q', NULL,        GROUP_OUTPUT,     ROW_FLAG,    AT(quiet),             0,                 NULL,
     "no progress, only the summary",                                                                                                                         NULL               },

    {"lib",               0,   "PATH",      GROUP_ELSE,       ROW_TEXT,    AT(library),           0,                 NULL,
     "the library that runs the transfers: a file, or 'system' (default: the one that this "
     "program belongs to)",                                                                                                                                   "file"             },
    {"compare",           0,   "A B",       GROUP_ELSE,       ROW_SPECIAL, 0,                     0,                 read_compare,
     "run the load with library A and with library B in turn, and say how they differ",                                                                       "file"             },
    {"pairs",             0,   "N",         GROUP_ELSE,       ROW_COUNT,   AT(pairs),             1000,              NULL,
     "compare: how many times each (default 5, the least)",                                                                                                   NULL               },
    {"loopback",          0,   "WHICH",     GROUP_ELSE,       ROW_SPECIAL, 0,                     0,                 read_loopback,
     "load the server of its own with http, https or both (default; http when comparing)",                                                                    "http https both"  },
    {"serve",             0,   NULL,        GROUP_ELSE,       ROW_ACTION,  AT(action),            ACTION_SERVE,      NULL,
     "only run the server; says its URLs and the file of the certificate to trust, and ends with "
     "SIGINT or SIGTERM",                                                                                                                                     NULL               },
    {"help",              'h', NULL,        GROUP_ELSE,       ROW_ACTION,  AT(action),            ACTION_HELP,       NULL,          "this",                   NULL               },
    {"version",           'V', NULL,        GROUP_ELSE,       ROW_ACTION,  AT(action),            ACTION_VERSION,    NULL,
     "the version of the library that runs the transfers",                                                                                                    NULL               },
    {"run-of-comparison", 0,   NULL,        GROUP_COUNT,      ROW_FLAG,    AT(run_of_comparison), 0,                 NULL,          NULL,
     NULL                                                                                                                                                                        },
    {"print-manual",      0,   NULL,        GROUP_ELSE,       ROW_ACTION,  AT(action),            ACTION_MANUAL,     NULL,
     "the manual page, for man(1)",                                                                                                                           NULL               },
    {"print-completion",  0,   NULL,        GROUP_ELSE,       ROW_ACTION,  AT(action),            ACTION_COMPLETION, NULL,
     "the completion, for bash(1)",                                                                                                                           NULL               },
};

const size_t row_count = sizeof(rows) / sizeof(rows[0]);

const char *row_group_title(enum row_group group)
{
    static const char *const titles[GROUP_COUNT] = {
        "How much", "What", "Connections", "What an answer has to be", "What comes out", "Else",
    };

    return titles[group];
}
