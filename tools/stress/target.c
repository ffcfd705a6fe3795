/* SPDX-License-Identifier: MIT */
/* Lists of targets; see target.h. */
#include "target.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool add(struct target_list *list, char *url, int64_t expected_bytes, bool is_pattern)
{
    struct target *longer = reallocarray(list->items, list->count + 1, sizeof(*longer));

    if (url == NULL || longer == NULL) {
        free(url);
        list->items = longer != NULL ? longer : list->items;
        return false;
    }
    longer[list->count++] = (struct target){url, expected_bytes, is_pattern};
    list->items = longer;
    return true;
}

bool target_list_of_urls(struct target_list *list, const struct options *options)
{
    for (size_t i = 0; i < options->target_count; i++) {
        if (!add(list, strdup(options->targets[i]), options->expected_bytes, false)) {
            return false;
        }
    }
    return true;
}

/* The N of a path "/WORD/N" whose answer is to be N bytes of the pattern; else -1. */
static int64_t pattern_bytes(const char *path)
{
    static const char *const words[] = {"/bytes/", "/chunked/", "/close/", "/cut/", "/wrong/"};

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        size_t len = strlen(words[i]);
        if (strncmp(path, words[i], len) == 0) {
            return strtoll(path + len, NULL, 10);
        }
    }
    return -1;
}

static bool add_loopback(struct target_list *list, const struct options *options,
                         const char *origin, const char *path)
{
    char *url = NULL;
    int64_t expected = pattern_bytes(path);
    bool is_pattern = expected >= 0;

    if (options->expected_bytes >= 0) {
        expected = options->expected_bytes;
    }
    if (asprintf(&url, "%s%s", origin, path) < 0) {
        url = NULL;
    }
    return add(list, url, expected, is_pattern);
}

bool target_list_of_loopback(struct target_list *list, const struct options *options,
                             const struct server_address *server, bool https)
{
    char origin[64];
    char path[64] = "/bytes/1024";

    snprintf(origin, sizeof(origin), "%s://127.0.0.1:%u", https ? "https" : "http",
             (unsigned)(https ? server->https_port : server->http_port));
    if (options->target_count == 0) {
        if (options->method != METHOD_GET) {
            snprintf(path, sizeof(path), "/upload/%lld", (long long)options->body_bytes);
        }
        return add_loopback(list, options, origin, path);
    }
    for (size_t i = 0; i < options->target_count; i++) {
        if (!add_loopback(list, options, origin, options->targets[i])) {
            return false;
        }
    }
    return true;
}

void target_list_release(struct target_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        free(list->items[i].url);
    }
    free(list->items);
    *list = (struct target_list){0};
}
