/* SPDX-License-Identifier: MIT */
/* Asks the handle what happened; see verdict.h. */
#include "run/verdict.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "run/library.h"

static int64_t info_number(CURL *easy, CURLINFO info)
{
    curl_off_t value = 0;

    return lib.easy_getinfo(easy, info, &value) == CURLE_OK && value > 0 ? (int64_t)value : 0;
}

static long info_long(CURL *easy, CURLINFO info)
{
    long value = 0;

    return lib.easy_getinfo(easy, info, &value) == CURLE_OK && value > 0 ? value : 0;
}

static void note_time(struct tally_entry *entry, enum tally_time time, int64_t from_us,
                      int64_t to_us)
{
    if (to_us >= from_us) {
        entry->times_ns[time] = (uint64_t)(to_us - from_us) * 1000;
        entry->has_time[time] = true;
    }
}

/* The parts of a transfer that was fine, from the library's clock. */
static void note_parts(struct tally_entry *entry, CURL *easy)
{
    int64_t sent_us = info_number(easy, CURLINFO_PRETRANSFER_TIME_T);
    int64_t first_us = info_number(easy, CURLINFO_STARTTRANSFER_TIME_T);

    if (first_us > 0) {
        note_time(entry, TIME_FIRST_BYTE, sent_us, first_us);
        note_time(entry, TIME_BODY, first_us, info_number(easy, CURLINFO_TOTAL_TIME_T));
    }
    if (entry->connections > 0) {
        int64_t name_us = info_number(easy, CURLINFO_NAMELOOKUP_TIME_T);
        int64_t connect_us = info_number(easy, CURLINFO_CONNECT_TIME_T);
        int64_t tls_us = info_number(easy, CURLINFO_APPCONNECT_TIME_T);
        note_time(entry, TIME_NAME, 0, name_us);
        if (connect_us > 0) {
            note_time(entry, TIME_CONNECT, name_us, connect_us);
        }
        if (tls_us > 0) {
            note_time(entry, TIME_TLS, connect_us, tls_us);
        }
    }
}

static bool uses_tls(const char *url)
{
    static const char *const schemes[] = {"https:", "ftps:", "imaps:", "pop3s:", "smtps:", "wss:"};

    for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++) {
        if (strncasecmp(url, schemes[i], strlen(schemes[i])) == 0) {
            return true;
        }
    }
    return false;
}

/* How far an unfinished transfer had come, by the times that it has. */
static enum tally_phase reached(const struct slot *slot, const struct tally_entry *entry)
{
    CURL *easy = slot->easy;

    if (slot->received > 0 || info_number(easy, CURLINFO_STARTTRANSFER_TIME_T) > 0) {
        return PHASE_BODY;
    }
    if (entry->sent_headers > 0) {
        /* An upload's body belongs to the sending, as long as bytes of it are left. */
        bool sends = slot->target->body != BODY_NONE && slot->body_sent < slot->target->body_bytes;
        return sends ? PHASE_SEND : PHASE_FIRST_BYTE;
    }
    if (info_number(easy, CURLINFO_NAMELOOKUP_TIME_T) == 0) {
        return PHASE_NAME;
    }
    if (info_number(easy, CURLINFO_CONNECT_TIME_T) == 0) {
        return PHASE_CONNECT;
    }
    if (uses_tls(slot->target->url) && info_number(easy, CURLINFO_APPCONNECT_TIME_T) == 0) {
        return PHASE_TLS;
    }
    return PHASE_SEND;
}

/* Some errors say by themselves where they come from. */
static enum tally_phase phase_of(const struct slot *slot, CURLcode code,
                                 const struct tally_entry *entry)
{
    switch (code) {
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_FAILED_INIT:
    case CURLE_URL_MALFORMAT:
    case CURLE_NOT_BUILT_IN:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CACERT_BADFILE:
        return PHASE_SETUP;
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_COULDNT_RESOLVE_HOST:
        return PHASE_NAME;
    case CURLE_COULDNT_CONNECT:
    case CURLE_INTERFACE_FAILED:
        return PHASE_CONNECT;
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_CIPHER:
        return PHASE_TLS;
    default:
        return reached(slot, entry);
    }
}

static bool has_hash(const struct slot *slot)
{
    static const char digits[] = "0123456789abcdef";
    unsigned char sum[EVP_MAX_MD_SIZE];
    char text[EVP_MAX_MD_SIZE * 2 + 1];
    unsigned len = 0;

    if (EVP_DigestFinal_ex(slot->hash, sum, &len) != 1) {
        return false;
    }
    for (unsigned i = 0; i < len; i++) {
        text[2 * i] = digits[sum[i] >> 4];
        text[2 * i + 1] = digits[sum[i] & 15];
    }
    text[2 * len] = '\0';
    return strcasecmp(text, slot->setup->options->expected_sha256) == 0;
}

/* An answer over HTTP has a status; other protocols need not have one. */
static bool is_fine_status(const struct slot *slot, long status)
{
    const struct options *options = slot->setup->options;

    if (status == 0) {
        return strncasecmp(slot->target->url, "http", 4) != 0;
    }
    if (options->expects_status) {
        return status < STATUS_CLASSES && options->fine_status[status];
    }
    return status < 400;
}

/* The first that is wrong of status, size, bytes and hash. */
static bool check_answer(struct tally_entry *entry, const struct slot *slot)
{
    int64_t expected = slot->target->expected_bytes;
    int64_t counted = info_number(slot->easy, CURLINFO_SIZE_DOWNLOAD_T);

    entry->phase = PHASE_CHECK;
    entry->kind = KIND_STATUS;
    if (!is_fine_status(slot, entry->status)) {
        return false;
    }
    /* The library's own count must agree with what came through the callback. */
    entry->kind = KIND_SIZE;
    bool is_coded = slot->setup->options->compressed || slot->setup->options->follow;
    if ((expected >= 0 && slot->received != expected) || (!is_coded && counted != slot->received)) {
        return false;
    }
    entry->kind = KIND_BYTES;
    if (slot->wrong_bytes) {
        return false;
    }
    entry->kind = KIND_HASH;
    return slot->hash == NULL || has_hash(slot);
}

void verdict_reach(struct tally_entry *entry, const struct slot *slot, CURLcode code,
                   uint64_t now_ns)
{
    uint64_t could_ns = slot->due_ns > slot->free_ns ? slot->due_ns : slot->free_ns;
    CURL *easy = slot->easy;

    entry->status = info_long(easy, CURLINFO_RESPONSE_CODE);
    entry->connections = (uint64_t)info_long(easy, CURLINFO_NUM_CONNECTS);
    entry->received = (uint64_t)slot->received;
    entry->received_headers = (uint64_t)info_long(easy, CURLINFO_HEADER_SIZE);
    entry->sent_headers = (uint64_t)info_long(easy, CURLINFO_REQUEST_SIZE);
    if (slot->target->body != BODY_NONE) {
        entry->sent = (uint64_t)info_number(easy, CURLINFO_SIZE_UPLOAD_T);
    }
    entry->times_ns[TIME_LATENCY] = now_ns - slot->due_ns;
    entry->has_time[TIME_LATENCY] = true;
    entry->times_ns[TIME_SERVICE] = now_ns - slot->started_ns;
    entry->has_time[TIME_SERVICE] = true;
    entry->times_ns[TIME_LAG] = slot->started_ns > could_ns ? slot->started_ns - could_ns : 0;
    entry->has_time[TIME_LAG] = true;
    entry->text = "";
    if (code != CURLE_OK) {
        entry->kind = KIND_ERROR;
        entry->code = code;
        entry->phase = phase_of(slot, code, entry);
        entry->text = slot->error;
        return;
    }
    entry->fine = check_answer(entry, slot);
    if (entry->fine) {
        note_parts(entry, easy);
    }
}
