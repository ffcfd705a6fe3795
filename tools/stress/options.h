/* SPDX-License-Identifier: MIT */
/* The command line. */
#ifndef STRESS_OPTIONS_H
#define STRESS_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum options_action {
    ACTION_LOAD,
    ACTION_SERVE,
    ACTION_HELP,
    ACTION_VERSION,
};

enum options_method {
    METHOD_GET,
    METHOD_POST,
    METHOD_PUT,
};

/* Strings are those of the command line, which outlives it. */
struct options {
    enum options_action action;
    enum options_method method;
    long concurrency;
    long threads;
    int64_t requests;        /* 0: no limit */
    double duration_s;       /* 0: no limit */
    int64_t body_bytes;      /* of POST and PUT */
    int64_t expected_bytes;  /* of every answer; -1: whatever comes */
    long timeout_ms;         /* 0: none */
    long connect_timeout_ms; /* 0: the library's own */
    const char *authority;   /* NULL: the system's trust store */
    bool insecure;
    bool no_reuse;
    bool quiet;
    const char **headers; /* options_release frees the lists */
    size_t header_count;
    const char **resolves;
    size_t resolve_count;
    const char **targets; /* URLs, or paths of the loopback server, which begin with '/' */
    size_t target_count;
};

/* Reads the command line. False: it has said on stderr what is wrong. */
bool options_parse(struct options *options, int argc, char **argv);

void options_release(struct options *options);

/* Whether the load goes to the loopback server. */
bool options_use_loopback(const struct options *options);

void options_print_help(void);

#endif
