/* SPDX-License-Identifier: MIT */
/* What the command line asks for. The rows that it is read with, and that the help, the manual page
 * and the shell completion are made of, are in cli/rows. */
#ifndef STRESS_OPTIONS_H
#define STRESS_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "run/pace.h"

enum options_action {
    ACTION_LOAD,
    ACTION_SERVE,
    ACTION_COMPARE,
    ACTION_MERGE, /* joins files of several runs */
    ACTION_HTML,  /* draws files of several runs */
    ACTION_HELP,
    ACTION_VERSION,
    ACTION_MANUAL,
    ACTION_COMPLETION,
};

enum {
    STATUS_CLASSES = 1000, /* HTTP's statuses have three digits */
};

struct options_list {
    const char **items;
    size_t count;
};

/* A number that is fixed (least = most) or drawn anew each time. */
struct options_range {
    double least;
    double most;
};

/* Strings are those of the command line, which outlives it. 0, NULL or false: not given. */
struct options {
    enum options_action action;
    /* How much. */
    int64_t concurrency;
    int64_t threads;
    int64_t requests;
    double duration_s;
    double warmup_s;
    double grace_s;   /* for what runs when the time is over */
    struct pace pace; /* no stages: a closed loop */
    double rate;
    bool poisson;
    struct options_range think_s;
    double max_lag_s;
    /* What. */
    const char *method;
    int64_t body_bytes; /* of the pattern; -1: none */
    const char *data;
    const char *body_file;
    bool put;
    bool head;
    struct options_list headers;
    const char *targets_file;
    struct options_list targets; /* URLs, or paths of the loopback server, which begin with '/' */
    const char *loopback;        /* "http", "https" or "both" */
    /* Connections. */
    struct options_range reuse; /* requests a connection; 0: as many as come */
    bool no_tls_resume;
    struct options_list resolves;
    double timeout_s;
    double connect_timeout_s;
    const char *http;
    const char *authority;
    bool insecure;
    const char *certificate;
    const char *key;
    const char *key_password;
    const char *ciphers;
    const char *tls13_ciphers;
    const char *tls;
    const char *proxy;
    const char *user;
    const char *user_agent;
    const char *library;
    bool follow;
    bool compressed;
    /* What an answer has to be. */
    int64_t expected_bytes; /* -1: whatever comes */
    bool expects_status;    /* else below 400 */
    bool fine_status[STATUS_CLASSES];
    const char *expected_sha256; /* 64 hexadecimal digits */
    const char *slo;
    /* What comes out. */
    bool quiet;
    const char *json;
    const char *csv;
    const char *percentiles;
    const char *hdr_log;
    const char *prometheus;
    const char *html;
    const char *title;
    /* --compare */
    const char *compare[2];
    int64_t pairs;
    bool run_of_comparison; /* this process is one of its runs */
};

/* Reads the command line. False: it has said on stderr what is wrong. */
bool options_parse(struct options *options, int argc, char **argv);

void options_release(struct options *options);

/* Whether the load goes to the loopback server. */
bool options_use_loopback(const struct options *options);

/* Whether there is a body, and how it is sent. */
bool options_have_body(const struct options *options);

#endif
