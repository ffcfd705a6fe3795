/* SPDX-License-Identifier: MIT */
/* What is asked for, and what the answer has to be. */
#ifndef STRESS_TARGET_H
#define STRESS_TARGET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <curl/curl.h>

#include "cli/options.h"
#include "serve/server.h"

enum {
    TARGET_ERROR_MAX = 256,
    TARGET_WEIGHT_MAX = 1000000, /* of all together */
};

enum target_body {
    BODY_NONE,
    BODY_PATTERN, /* made as it is sent */
    BODY_TEXT,
    BODY_FILE, /* read as it is sent */
};

struct target {
    char *url;
    char *method; /* NULL: GET, or POST or PUT with a body */
    struct curl_slist *headers;
    enum target_body body;
    bool put;
    bool head;
    int64_t body_bytes;
    char *text;             /* BODY_TEXT */
    int file;               /* BODY_FILE; else -1 */
    int64_t expected_bytes; /* of the answer's body; -1: whatever comes */
    bool is_pattern;        /* the answer's body is the pattern */
    unsigned weight;
    size_t shape; /* targets of one shape differ in their URL only */
};

/* Zeroed, it is empty. Fixed while a load runs; any thread reads. */
struct target_list {
    struct target *items;
    size_t count;
    uint32_t *order; /* the round in which they take turns, each as often as its weight says */
    size_t order_len;
};

/*
 * The URLs of the command line, or the requests of --targets. False: `error` says why. All of these
 * need the library.
 */
bool target_list_of_urls(struct target_list *list, const struct options *options,
                         char error[TARGET_ERROR_MAX]);

/* The paths of the command line, or the usual one, at the loopback server. */
bool target_list_of_loopback(struct target_list *list, const struct options *options,
                             const struct server_address *server, bool https,
                             char error[TARGET_ERROR_MAX]);

/* The target whose turn it is at a position in the stream of requests. Any thread. */
const struct target *target_list_at(const struct target_list *list, uint64_t position);

void target_list_release(struct target_list *list);

/* For run/targets_file: adds one that is zeroed but for its URL, which it takes over; NULL: no
 * memory (the URL is freed). It stands until the next is added. */
struct target *target_list_add(struct target_list *list, char *url);

/* Gives a target a file as its body; false with errno set. */
bool target_take_file(struct target *target, const char *path);

#endif
