/* SPDX-License-Identifier: MIT */
/* A transfer of a test: see fetch.h. */
#include "fetch.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

enum {
    GUARD_MS = 30000,
    DRIVE_LIMIT_MS = 20000,
};

bool text_add(struct text *text, const char *bytes, size_t len)
{
    /* Grown by doubling: a power of two not below len + 1 is what is allocated. */
    size_t need = text->len + len + 1, have = 64;
    char *grown = text->bytes;

    while (have < text->len + 1) {
        have *= 2;
    }
    if (!text->bytes || need > have) {
        while (have < need) {
            have *= 2;
        }
        grown = realloc(text->bytes, have);
        if (!grown) {
            return false;
        }
        text->bytes = grown;
    }
    memcpy(grown + text->len, bytes, len);
    text->len += len;
    grown[text->len] = 0;
    return true;
}

void text_release(struct text *text)
{
    free(text->bytes);
    *text = (struct text){0};
}

static bool fetch_record(struct fetch *fetch, struct text *text, const char *bytes, size_t len)
{
    fetch->thread = pthread_self();
    if (fetch->callbacks_banned) {
        fetch->late_callbacks++;
    }
    if (fetch->keep_no_body && text == &fetch->body) {
        text->len += len;
        return true;
    }
    return text_add(text, bytes, len);
}

size_t fetch_write(char *bytes, size_t size, size_t count, void *fetch)
{
    struct fetch *self = fetch;

    self->writes++;
    return fetch_record(self, &self->body, bytes, size * count) ? size * count : 0;
}

size_t fetch_header(char *bytes, size_t size, size_t count, void *fetch)
{
    struct fetch *self = fetch;

    self->head_lines++;
    return fetch_record(self, &self->head, bytes, size * count) ? size * count : 0;
}

void fetch_set_up(struct fetch *fetch, CURL *easy, const char *url)
{
    curl_easy_setopt(easy, CURLOPT_URL, url);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, fetch_write);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, fetch);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, fetch_header);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, fetch);
    curl_easy_setopt(easy, CURLOPT_PRIVATE, fetch);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, fetch->error);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)GUARD_MS);
    curl_easy_setopt(easy, CURLOPT_NOPROXY, "*");
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
}

struct fetch *fetch_new_url(const char *url)
{
    struct fetch *fetch = calloc(1, sizeof *fetch);

    assert_non_null(fetch);
    fetch->result = (CURLcode)-1;
    fetch->easy = curl_easy_init();
    assert_non_null(fetch->easy);
    fetch_set_up(fetch, fetch->easy, url);
    return fetch;
}

struct fetch *fetch_new(const struct server *server, const char *path)
{
    return fetch_new_url(server_url(server, path));
}

void fetch_free(struct fetch *fetch)
{
    if (!fetch) {
        return;
    }
    curl_easy_cleanup(fetch->easy);
    assert_int_equal(fetch->late_callbacks, 0);
    text_release(&fetch->body);
    text_release(&fetch->head);
    free(fetch);
}

void fetch_clear(struct fetch *fetch)
{
    text_release(&fetch->body);
    text_release(&fetch->head);
    fetch->writes = fetch->head_lines = fetch->messages = fetch->place = 0;
    fetch->result = (CURLcode)-1;
    fetch->error[0] = 0;
}

void assert_body_is_pattern(const struct text *body)
{
    for (size_t i = 0; i < body->len; i++) {
        if ((unsigned char)body->bytes[i] != server_pattern(i)) {
            fail_msg("byte %zu of the body is not the server's", i);
        }
    }
}

void assert_fetched(const struct fetch *fetch, long status, size_t body_len)
{
    if (fetch->result != CURLE_OK) {
        fail_msg("the transfer ended with %d: %s", (int)fetch->result, fetch->error);
    }
    assert_int_equal(fetch_long(fetch, CURLINFO_RESPONSE_CODE), status);
    assert_int_equal(fetch->body.len, body_len);
}

long fetch_long(const struct fetch *fetch, CURLINFO info)
{
    long value = -99;

    assert_int_equal(curl_easy_getinfo(fetch->easy, info, &value), CURLE_OK);
    return value;
}

curl_off_t fetch_offset(const struct fetch *fetch, CURLINFO info)
{
    curl_off_t value = -99;

    assert_int_equal(curl_easy_getinfo(fetch->easy, info, &value), CURLE_OK);
    return value;
}

const char *fetch_string(const struct fetch *fetch, CURLINFO info)
{
    char *value = NULL;

    assert_int_equal(curl_easy_getinfo(fetch->easy, info, &value), CURLE_OK);
    return value;
}

unsigned fetch_messages(CURLM *multi)
{
    unsigned count = 0;
    CURLMsg *message;
    int left;

    while ((message = curl_multi_info_read(multi, &left)) != NULL) {
        struct fetch *fetch = NULL;

        assert_int_equal(message->msg, CURLMSG_DONE);
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&fetch);
        count++;
        if (fetch) {
            fetch->messages++;
            fetch->result = message->data.result;
            fetch->place = count;
        }
    }
    return count;
}

int perform(CURLM *multi)
{
    int running = -1;

    assert_int_equal(curl_multi_perform(multi, &running), CURLM_OK);
    return running;
}

int perform_while_ready(CURLM *multi)
{
    int running = perform(multi), ready = 1;

    for (unsigned i = 0; i < 1000 && ready > 0; i++) {
        assert_int_equal(curl_multi_poll(multi, NULL, 0, 0, &ready), CURLM_OK);
        running = perform(multi);
    }
    return running;
}

static void check_limit(int64_t since, CURLM *multi)
{
    if (monotonic_ms() - since > DRIVE_LIMIT_MS) {
        fail_msg("the transfers of %p do not come to an end", (void *)multi);
    }
}

void drive_to_end(CURLM *multi)
{
    int64_t start = monotonic_ms();

    while (perform(multi) > 0) {
        assert_int_equal(curl_multi_poll(multi, NULL, 0, 1000, NULL), CURLM_OK);
        check_limit(start, multi);
    }
    fetch_messages(multi);
}

void drive_until(CURLM *multi, drive_condition *done, void *with)
{
    int64_t start = monotonic_ms();

    for (;;) {
        perform(multi);
        if (done(with)) {
            return;
        }
        assert_int_equal(curl_multi_poll(multi, NULL, 0, 1000, NULL), CURLM_OK);
        check_limit(start, multi);
    }
}

void drive_until_server(CURLM *multi, struct server *server, server_condition *holds,
                        uint64_t value)
{
    int64_t start = monotonic_ms();

    for (;;) {
        struct curl_waitfd news = {.fd = server_news(server), .events = CURL_WAIT_POLLIN};

        perform(multi);
        server_news_taken(server);
        if (holds(server, value)) {
            return;
        }
        assert_int_equal(curl_multi_poll(multi, &news, 1, 1000, NULL), CURLM_OK);
        check_limit(start, multi);
    }
}

CURLM *multi_new(void)
{
    CURLM *multi = curl_multi_init();

    assert_non_null(multi);
    return multi;
}

void multi_add(CURLM *multi, struct fetch *fetch)
{
    assert_int_equal(curl_multi_add_handle(multi, fetch->easy), CURLM_OK);
}

void multi_remove(CURLM *multi, struct fetch *fetch)
{
    assert_int_equal(curl_multi_remove_handle(multi, fetch->easy), CURLM_OK);
}

unsigned count_descriptors(void)
{
    DIR *folder = opendir("/proc/self/fd");
    unsigned count = 0;

    assert_non_null(folder);
    while (readdir(folder)) {
        count++;
    }
    closedir(folder);
    return count - 3; /* ., .. and the folder itself */
}

int64_t monotonic_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}
