/* SPDX-License-Identifier: MIT */
/* One of the transfers that run at a time; see slot.h. */
#include "slot.h"

#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "pattern.h"

static size_t take_body(char *bytes, size_t size, size_t count, void *userdata)
{
    struct slot *slot = userdata;
    size_t len = size * count;

    if (slot->target->is_pattern && !slot->wrong_bytes) {
        slot->wrong_bytes = !pattern_matches(bytes, len, (uint64_t)slot->received);
    }
    slot->received += (int64_t)len;
    return len;
}

static size_t give_body(char *out, size_t size, size_t count, void *userdata)
{
    struct slot *slot = userdata;
    int64_t left = slot->body_bytes - slot->body_sent;
    size_t len = size * count;

    if ((int64_t)len > left) {
        len = (size_t)left;
    }
    pattern_fill(out, len, (uint64_t)slot->body_sent);
    slot->body_sent += (int64_t)len;
    return len;
}

static int seek_body(void *userdata, curl_off_t offset, int origin)
{
    struct slot *slot = userdata;

    if (origin != SEEK_SET || offset < 0 || offset > slot->body_bytes) {
        return CURL_SEEKFUNC_FAIL;
    }
    slot->body_sent = offset;
    return CURL_SEEKFUNC_OK;
}

static CURLcode set_callbacks(CURL *easy, struct slot *slot)
{
    CURLcode code = curl_easy_setopt(easy, CURLOPT_PRIVATE, slot);

    if (code == CURLE_OK) {
        code = curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, slot->error);
    }
    if (code == CURLE_OK) {
        code = curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_body);
    }
    if (code == CURLE_OK) {
        code = curl_easy_setopt(easy, CURLOPT_WRITEDATA, slot);
    }
    return code;
}

static CURLcode set_upload(CURL *easy, struct slot *slot, enum options_method method)
{
    CURLcode code = CURLE_OK;

    if (method == METHOD_PUT) {
        code = curl_easy_setopt(easy, CURLOPT_UPLOAD, 1L);
        if (code == CURLE_OK) {
            code = curl_easy_setopt(easy, CURLOPT_INFILESIZE_LARGE, (curl_off_t)slot->body_bytes);
        }
    } else {
        code = curl_easy_setopt(easy, CURLOPT_POST, 1L);
        if (code == CURLE_OK) {
            code =
                curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)slot->body_bytes);
        }
    }
    if (code == CURLE_OK) {
        code = curl_easy_setopt(easy, CURLOPT_READFUNCTION, give_body);
    }
    if (code == CURLE_OK) {
        code = curl_easy_setopt(easy, CURLOPT_READDATA, slot);
    }
    if (code == CURLE_OK) {
        code = curl_easy_setopt(easy, CURLOPT_SEEKFUNCTION, seek_body);
    }
    if (code == CURLE_OK) {
        code = curl_easy_setopt(easy, CURLOPT_SEEKDATA, slot);
    }
    return code;
}

static CURLcode set_request(CURL *easy, const struct slot_settings *settings)
{
    const struct options *options = settings->options;
    CURLcode code = CURLE_OK;

    if (settings->headers != NULL) {
        code = curl_easy_setopt(easy, CURLOPT_HTTPHEADER, settings->headers);
    }
    if (code == CURLE_OK && settings->resolves != NULL) {
        code = curl_easy_setopt(easy, CURLOPT_RESOLVE, settings->resolves);
    }
    if (code == CURLE_OK && options->timeout_ms > 0) {
        code = curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, options->timeout_ms);
    }
    if (code == CURLE_OK && options->connect_timeout_ms > 0) {
        code = curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, options->connect_timeout_ms);
    }
    return code;
}

static CURLcode set_connection(CURL *easy, const struct slot_settings *settings)
{
    CURLcode code = curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);

    if (code == CURLE_OK && settings->options->no_reuse) {
        code = curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
        if (code == CURLE_OK) {
            code = curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L);
        }
    }
    if (code == CURLE_OK && settings->authority != NULL) {
        code = curl_easy_setopt(easy, CURLOPT_CAINFO, settings->authority);
    }
    if (code == CURLE_OK && settings->options->insecure) {
        code = curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 0L);
        if (code == CURLE_OK) {
            code = curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 0L);
        }
    }
    return code;
}

bool slot_open(struct slot *slot, const struct slot_settings *settings)
{
    slot->easy = curl_easy_init();
    if (slot->easy == NULL) {
        return false;
    }
    slot->body_bytes = settings->options->body_bytes;
    CURLcode code = set_callbacks(slot->easy, slot);
    if (code == CURLE_OK && settings->options->method != METHOD_GET) {
        code = set_upload(slot->easy, slot, settings->options->method);
    }
    if (code == CURLE_OK) {
        code = set_request(slot->easy, settings);
    }
    if (code == CURLE_OK) {
        code = set_connection(slot->easy, settings);
    }
    return code == CURLE_OK;
}

void slot_close(struct slot *slot)
{
    curl_easy_cleanup(slot->easy);
    slot->easy = NULL;
}

/* The transfer could not even begin. */
static void count_refused(struct slot *slot, CURLcode code, const char *text, struct tally *tally)
{
    struct tally_entry entry = {.code = code, .text = text};

    slot->running = false;
    tally_end(tally, &entry);
}

bool slot_start(struct slot *slot, CURLM *multi, const struct target *target, struct tally *tally)
{
    tally_start(tally);
    slot->wrong_bytes = false;
    slot->body_sent = 0;
    slot->received = 0;
    slot->error[0] = '\0';
    if (slot->target != target) {
        CURLcode code = curl_easy_setopt(slot->easy, CURLOPT_URL, target->url);
        if (code != CURLE_OK) {
            slot->target = NULL;
            count_refused(slot, code, curl_easy_strerror(code), tally);
            return false;
        }
        slot->target = target;
    }
    slot->started_ns = clock_now_ns();
    CURLMcode code = curl_multi_add_handle(multi, slot->easy);
    if (code != CURLM_OK) {
        count_refused(slot, CURLE_FAILED_INIT, curl_multi_strerror(code), tally);
        return false;
    }
    slot->running = true;
    return true;
}

static uint64_t info_size(CURL *easy, CURLINFO info)
{
    curl_off_t value = 0;

    return curl_easy_getinfo(easy, info, &value) == CURLE_OK && value > 0 ? (uint64_t)value : 0;
}

static long info_long(CURL *easy, CURLINFO info)
{
    long value = 0;

    return curl_easy_getinfo(easy, info, &value) == CURLE_OK && value > 0 ? value : 0;
}

void slot_finish(struct slot *slot, CURLM *multi, CURLcode code, struct tally *tally)
{
    int64_t expected = slot->target->expected_bytes;
    struct tally_entry entry = {
        .code = code,
        .status = info_long(slot->easy, CURLINFO_RESPONSE_CODE),
        .wrong_bytes = slot->wrong_bytes,
        .text = slot->error,
        .latency_ns = clock_now_ns() - slot->started_ns,
        .connections = (uint64_t)info_long(slot->easy, CURLINFO_NUM_CONNECTS),
        .received = (uint64_t)slot->received,
        .received_headers = (uint64_t)info_long(slot->easy, CURLINFO_HEADER_SIZE),
        .sent = info_size(slot->easy, CURLINFO_SIZE_UPLOAD_T),
        .sent_headers = (uint64_t)info_long(slot->easy, CURLINFO_REQUEST_SIZE),
    };

    /* The library's own count must agree with what came through the callback. */
    entry.wrong_size = (expected >= 0 && slot->received != expected) ||
                       info_size(slot->easy, CURLINFO_SIZE_DOWNLOAD_T) != entry.received;
    slot->running = false;
    tally_end(tally, &entry);
    curl_multi_remove_handle(multi, slot->easy);
}

void slot_cut_off(struct slot *slot, CURLM *multi, struct tally *tally)
{
    slot->running = false;
    tally->cut_off++;
    curl_multi_remove_handle(multi, slot->easy);
}
