/* SPDX-License-Identifier: MIT */
/* A transfer of a test: an easy handle with everything that came out of it, and the loops that
 * drive it. */
#ifndef TEST_SUPPORT_FETCH_H
#define TEST_SUPPORT_FETCH_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <curl/curl.h>

#include "server.h"

/* Bytes that grow. Always ended by a zero byte once there are any. */
struct text {
    char *bytes;
    size_t len;
};

struct fetch {
    CURL *easy;
    struct text body;
    struct text head;
    unsigned writes;       /* calls of the write callback */
    unsigned head_lines;   /* and of the header callback */
    unsigned messages;     /* taken from curl_multi_info_read() */
    CURLcode result;       /* of the last one */
    unsigned place;        /* 1 for the first that completed of those taken by fetch_messages() */
    bool callbacks_banned; /* a callback now counts as late, and fails the test in fetch_free() */
    unsigned late_callbacks;
    bool keep_no_body; /* count only */
    pthread_t thread;  /* that ran the last callback */
    char error[CURL_ERROR_SIZE];
};

/* A handle for the path on the server (or for any URL): write and header callbacks record, a guard
 * of 30 s as CURLOPT_TIMEOUT_MS, no proxy, no signals; CURLOPT_PRIVATE is the fetch. Fails the test
 * without memory. */
struct fetch *fetch_new(const struct server *server, const char *path);
struct fetch *fetch_new_url(const char *url);

/* Cleans up the handle too. Takes NULL. */
void fetch_free(struct fetch *fetch);

/* The options of fetch_new() again, after curl_easy_reset() or on another handle. */
void fetch_set_up(struct fetch *fetch, CURL *easy, const char *url);

/* Forgets what was recorded. */
void fetch_clear(struct fetch *fetch);

size_t fetch_write(char *bytes, size_t size, size_t count, void *fetch);
size_t fetch_header(char *bytes, size_t size, size_t count, void *fetch);

/* The usual outcomes. */
void assert_fetched(const struct fetch *fetch, long status, size_t body_len);
void assert_body_is_pattern(const struct text *body);
long fetch_long(const struct fetch *fetch, CURLINFO info);
curl_off_t fetch_offset(const struct fetch *fetch, CURLINFO info);
const char *fetch_string(const struct fetch *fetch, CURLINFO info);

bool text_add(struct text *text, const char *bytes, size_t len);
void text_release(struct text *text);

/* Takes all messages into their fetches (through CURLOPT_PRIVATE). Returns how many there were. */
unsigned fetch_messages(CURLM *multi);

/* perform and poll until none runs, then take the messages. Each fails the test after 20 seconds.
 */
void drive_to_end(CURLM *multi);

/* ... until the server has seen something, or until `done` says so. */
void drive_until_server(CURLM *multi, struct server *server, server_condition *holds,
                        uint64_t value);
typedef bool drive_condition(void *with);
void drive_until(CURLM *multi, drive_condition *done, void *with);

/* One perform that must succeed; returns the running count. */
int perform(CURLM *multi);

/* perform as often as something is ready at once: no waiting. */
int perform_while_ready(CURLM *multi);

CURLM *multi_new(void);
void multi_add(CURLM *multi, struct fetch *fetch);
void multi_remove(CURLM *multi, struct fetch *fetch);

/* How many descriptors the process has open. */
unsigned count_descriptors(void);

int64_t monotonic_ms(void);

#endif
