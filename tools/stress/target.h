/* SPDX-License-Identifier: MIT */
/* What is asked for, and what the answer has to be. */
#ifndef STRESS_TARGET_H
#define STRESS_TARGET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "options.h"
#include "server.h"

struct target {
    char *url;
    int64_t expected_bytes; /* of the answer's body; -1: whatever comes */
    bool is_pattern;        /* the answer's body is the pattern */
};

/* Zeroed, it is empty. */
struct target_list {
    struct target *items;
    size_t count;
};

/* The URLs of the command line. False when there is no memory. */
bool target_list_of_urls(struct target_list *list, const struct options *options);

/* The paths of the command line, or the usual one, at the loopback server. False when there is no
 * memory. */
bool target_list_of_loopback(struct target_list *list, const struct options *options,
                             const struct server_address *server, bool https);

void target_list_release(struct target_list *list);

#endif
