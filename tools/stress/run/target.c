/* SPDX-License-Identifier: MIT */
/* Lists of targets; see target.h. */
#include "run/target.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "run/library.h"
#include "run/targets_file.h"

struct target *target_list_add(struct target_list *list, char *url)
{
    struct target *longer = reallocarray(list->items, list->count + 1, sizeof(*longer));

    if (longer != NULL) {
        list->items = longer;
    }
    if (url == NULL || longer == NULL) {
        free(url);
        return NULL;
    }
    longer += list->count++;
    *longer = (struct target){.url = url, .expected_bytes = -1, .file = -1, .weight = 1};
    return longer;
}

bool target_take_file(struct target *target, const char *path)
{
    struct stat about;

    target->file = open(path, O_RDONLY | O_CLOEXEC);
    if (target->file < 0 || fstat(target->file, &about) != 0) {
        return false;
    }
    if (!S_ISREG(about.st_mode)) {
        errno = EINVAL;
        return false;
    }
    target->body = BODY_FILE;
    target->body_bytes = (int64_t)about.st_size;
    return true;
}

static bool fail(char error[TARGET_ERROR_MAX], const char *what, const char *value)
{
    snprintf(error, TARGET_ERROR_MAX, "%s: %s", what, value);
    return false;
}

static bool take_body(struct target *target, const struct options *options,
                      char error[TARGET_ERROR_MAX])
{
    if (options->body_bytes >= 0) {
        target->body = BODY_PATTERN;
        target->body_bytes = options->body_bytes;
    } else if (options->data != NULL) {
        target->body = BODY_TEXT;
        target->text = strdup(options->data);
        target->body_bytes = (int64_t)strlen(options->data);
        return target->text != NULL || fail(error, "out of memory", options->data);
    } else if (options->body_file != NULL) {
        return target_take_file(target, options->body_file) ||
               fail(error, options->body_file, strerrordesc_np(errno));
    }
    return true;
}

/* What the command line says about every request. */
static bool dress(struct target *target, const struct options *options,
                  char error[TARGET_ERROR_MAX])
{
    target->put = options->put;
    target->head = options->head;
    if (options->method != NULL) {
        target->method = strdup(options->method);
        if (target->method == NULL) {
            return fail(error, "out of memory", options->method);
        }
    }
    for (size_t i = 0; i < options->headers.count; i++) {
        struct curl_slist *longer = lib.slist_append(target->headers, options->headers.items[i]);
        if (longer == NULL) {
            return fail(error, "out of memory", options->headers.items[i]);
        }
        target->headers = longer;
    }
    if (options->expected_bytes >= 0) {
        target->expected_bytes = options->expected_bytes;
    }
    return take_body(target, options, error);
}

/* A turn: the place of a target's nth request in the round, from 0 to 1. */
struct turn {
    double place;
    uint32_t target;
};

static int by_place(const void *a, const void *b)
{
    const struct turn *left = a;
    const struct turn *right = b;

    if (left->place < right->place) {
        return -1;
    }
    return left->place > right->place
               ? 1
               : (left->target > right->target) - (left->target < right->target);
}

/* Spreads each target evenly over the round. */
static bool make_order(struct target_list *list, char error[TARGET_ERROR_MAX])
{
    size_t total = 0;
    size_t at = 0;

    for (size_t i = 0; i < list->count; i++) {
        total += list->items[i].weight;
        if (total > TARGET_WEIGHT_MAX) {
            return fail(error, "all weights together are at most", "1000000");
        }
    }
    struct turn *turns = calloc(total, sizeof(*turns));
    list->order = calloc(total, sizeof(*list->order));
    if (turns == NULL || list->order == NULL) {
        free(turns);
        return fail(error, "out of memory", "targets");
    }
    for (size_t i = 0; i < list->count; i++) {
        for (unsigned nth = 0; nth < list->items[i].weight; nth++) {
            turns[at++] = (struct turn){(nth + 0.5) / list->items[i].weight, (uint32_t)i};
        }
    }
    qsort(turns, total, sizeof(*turns), by_place);
    for (size_t i = 0; i < total; i++) {
        list->order[i] = turns[i].target;
    }
    list->order_len = total;
    free(turns);
    return true;
}

const struct target *target_list_at(const struct target_list *list, uint64_t position)
{
    return &list->items[list->order[position % list->order_len]];
}

static bool add_dressed(struct target_list *list, const struct options *options, char *url,
                        char error[TARGET_ERROR_MAX])
{
    struct target *target = target_list_add(list, url);

    return target != NULL ? dress(target, options, error) : fail(error, "out of memory", "targets");
}

bool target_list_of_urls(struct target_list *list, const struct options *options,
                         char error[TARGET_ERROR_MAX])
{
    if (options->targets_file != NULL) {
        if (!targets_file_read(list, options->targets_file, error)) {
            return false;
        }
        for (size_t i = 0; i < list->count; i++) {
            struct target *target = &list->items[i];
            if (!targets_file_dress(target, options)) {
                return fail(error, "out of memory", options->targets_file);
            }
            target->shape = i;
        }
    }
    for (size_t i = 0; i < options->targets.count; i++) {
        if (!add_dressed(list, options, strdup(options->targets.items[i]), error)) {
            return false;
        }
    }
    return make_order(list, error);
}

/* The N of a path "/WORD/N" whose answer is to be N bytes of the pattern; else -1. */
static int64_t pattern_bytes(const char *path)
{
    static const char *const words[] = {"/bytes/", "/chunked/", "/close/", "/cut/",
                                        "/wrong/", "/reset/",   "/stall/", "/slow/"};

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        size_t len = strlen(words[i]);
        if (strncmp(path, words[i], len) == 0) {
            return strtoll(path + len, NULL, 10);
        }
    }
    return -1;
}

static bool add_loopback(struct target_list *list, const struct options *options,
                         const char *origin, const char *path, char error[TARGET_ERROR_MAX])
{
    char *url = NULL;
    int64_t bytes = pattern_bytes(path);

    if (asprintf(&url, "%s%s", origin, path) < 0) {
        url = NULL;
    }
    if (!add_dressed(list, options, url, error)) {
        return false;
    }
    struct target *target = &list->items[list->count - 1];
    if (bytes >= 0 && !target->head) {
        target->is_pattern = true;
        target->expected_bytes = options->expected_bytes >= 0 ? options->expected_bytes : bytes;
    }
    return true;
}

bool target_list_of_loopback(struct target_list *list, const struct options *options,
                             const struct server_address *server, bool https,
                             char error[TARGET_ERROR_MAX])
{
    char origin[64];
    char path[64] = "/bytes/1024";

    snprintf(origin, sizeof(origin), "%s://127.0.0.1:%u", https ? "https" : "http",
             (unsigned)(https ? server->https_port : server->http_port));
    if (options->targets.count == 0) {
        if (options->body_bytes >= 0) {
            snprintf(path, sizeof(path), "/upload/%lld", (long long)options->body_bytes);
        } else if (options_have_body(options)) {
            snprintf(path, sizeof(path), "/status/200");
        }
        return add_loopback(list, options, origin, path, error) && make_order(list, error);
    }
    for (size_t i = 0; i < options->targets.count; i++) {
        if (!add_loopback(list, options, origin, options->targets.items[i], error)) {
            return false;
        }
    }
    return make_order(list, error);
}

void target_list_release(struct target_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        struct target *target = &list->items[i];
        free(target->url);
        free(target->method);
        free(target->text);
        if (target->headers != NULL) {
            lib.slist_free_all(target->headers);
        }
        if (target->file >= 0) {
            close(target->file);
        }
    }
    free(list->items);
    free(list->order);
    *list = (struct target_list){0};
}
