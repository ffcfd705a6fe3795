/* SPDX-License-Identifier: MIT */
/* One of the transfers that run at a time; see slot.h. */
#include "run/slot.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/pattern.h"
#include "run/library.h"
#include "run/verdict.h"

double slot_random(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15); /* splitmix64 */

    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return (double)((z ^ (z >> 31)) >> 11) * 0x1p-53;
}

static size_t take_body(char *bytes, size_t size, size_t count, void *userdata)
{
    struct slot *slot = userdata;
    size_t len = size * count;

    if (slot->target->is_pattern && !slot->wrong_bytes) {
        slot->wrong_bytes = !pattern_matches(bytes, len, (uint64_t)slot->received);
    }
    if (slot->hash != NULL && EVP_DigestUpdate(slot->hash, bytes, len) != 1) {
        return 0;
    }
    slot->received += (int64_t)len;
    return len;
}

static size_t give_body(char *out, size_t size, size_t count, void *userdata)
{
    struct slot *slot = userdata;
    const struct target *target = slot->target;
    int64_t left = target->body_bytes - slot->body_sent;
    size_t len = size * count;

    if ((int64_t)len > left) {
        len = (size_t)left;
    }
    if (target->body == BODY_PATTERN) {
        pattern_fill(out, len, (uint64_t)slot->body_sent);
    } else if (target->body == BODY_TEXT) {
        memcpy(out, target->text + slot->body_sent, len);
    } else if (len > 0) {
        ssize_t got = pread(target->file, out, len, (off_t)slot->body_sent);
        if (got <= 0) {
            return CURL_READFUNC_ABORT;
        }
        len = (size_t)got;
    }
    slot->body_sent += (int64_t)len;
    return len;
}

static int seek_body(void *userdata, curl_off_t offset, int origin)
{
    struct slot *slot = userdata;

    if (origin != SEEK_SET || offset < 0 || offset > slot->target->body_bytes) {
        return CURL_SEEKFUNC_FAIL;
    }
    slot->body_sent = offset;
    return CURL_SEEKFUNC_OK;
}

/* Functions are handed over as what they are: a variable argument is not converted. */
static void set_callbacks(struct setter *setter, struct slot *slot)
{
    set_pointer(setter, CURLOPT_PRIVATE, slot, "PRIVATE");
    set_pointer(setter, CURLOPT_ERRORBUFFER, slot->error, "ERRORBUFFER");
    set_pointer(setter, CURLOPT_WRITEDATA, slot, "WRITEDATA");
    set_pointer(setter, CURLOPT_READDATA, slot, "READDATA");
    set_pointer(setter, CURLOPT_SEEKDATA, slot, "SEEKDATA");
    if (setter->code == CURLE_OK) {
        setter->code = lib.easy_setopt(setter->easy, CURLOPT_WRITEFUNCTION, take_body);
    }
    if (setter->code == CURLE_OK) {
        setter->code = lib.easy_setopt(setter->easy, CURLOPT_READFUNCTION, give_body);
    }
    if (setter->code == CURLE_OK) {
        setter->code = lib.easy_setopt(setter->easy, CURLOPT_SEEKFUNCTION, seek_body);
    }
}

static void set_method(struct setter *setter, const struct target *target)
{
    const char *method = target->method;

    if (target->head) {
        set_long(setter, CURLOPT_NOBODY, 1, "--head");
    } else if (target->body != BODY_NONE && target->put) {
        set_long(setter, CURLOPT_UPLOAD, 1, "--put");
        set_size(setter, CURLOPT_INFILESIZE_LARGE, target->body_bytes, "--put");
    } else if (target->body != BODY_NONE) {
        set_long(setter, CURLOPT_POST, 1, "--post");
        set_size(setter, CURLOPT_POSTFIELDSIZE_LARGE, target->body_bytes, "--post");
    }
    if (method != NULL) {
        bool is_usual = target->head                ? strcmp(method, "HEAD") == 0
                        : target->body == BODY_NONE ? strcmp(method, "GET") == 0
                        : target->put               ? strcmp(method, "PUT") == 0
                                                    : strcmp(method, "POST") == 0;
        if (!is_usual) {
            set_pointer(setter, CURLOPT_CUSTOMREQUEST, method, "--method");
        }
    }
    if (target->headers != NULL) {
        set_pointer(setter, CURLOPT_HTTPHEADER, target->headers, "--header");
    }
}

/* Everything anew. */
static void set_all(struct setter *setter, struct slot *slot, const struct target *target)
{
    if (slot->target != NULL) {
        lib.easy_reset(slot->easy);
    }
    set_callbacks(setter, slot);
    setup_handle(setter, slot->setup);
    if (slot->share != NULL) {
        set_pointer(setter, CURLOPT_SHARE, slot->share, "--reuse");
    }
    set_method(setter, target);
    set_text(setter, CURLOPT_URL, target->url, "the URL");
}

static CURLcode prepare(struct slot *slot, const struct target *target)
{
    struct setter setter = {.easy = slot->easy};

    if (slot->target == target) {
        return CURLE_OK;
    }
    if (slot->target != NULL && slot->target->shape == target->shape) {
        set_text(&setter, CURLOPT_URL, target->url, "the URL");
    } else {
        set_all(&setter, slot, target);
    }
    slot->target = target;
    if (setter.code != CURLE_OK) {
        slot->target = NULL;
        snprintf(slot->error, sizeof(slot->error), "%s: %s", setter.what != NULL ? setter.what : "",
                 lib.easy_strerror(setter.code));
    }
    return setter.code;
}

/* A connection that ends after so many requests is the slot's own, or its requests could not be
 * told. The last of them says so. */
static bool open_share(struct slot *slot)
{
    const struct options_range *reuse = &slot->setup->options->reuse;

    if (reuse->most <= 1) {
        return true;
    }
    slot->share = lib.share_init();
    return slot->share != NULL && lib.share_setopt(slot->share, CURLSHOPT_SHARE,
                                                   (int)CURL_LOCK_DATA_CONNECT) == CURLSHE_OK;
}

static CURLcode count_use(struct slot *slot)
{
    const struct options_range *reuse = &slot->setup->options->reuse;

    if (slot->share == NULL) {
        return CURLE_OK;
    }
    if (slot->uses_left == 0) {
        double span = reuse->most - reuse->least + 1;
        slot->uses_left = (long)(reuse->least + slot_random(&slot->random) * span);
    }
    slot->uses_left--;
    return lib.easy_setopt(slot->easy, CURLOPT_FORBID_REUSE, (long)(slot->uses_left == 0));
}

bool slot_open(struct slot *slot, const struct setup *setup, uint64_t seed)
{
    slot->setup = setup;
    slot->random = seed;
    slot->easy = lib.easy_init();
    if (setup->options->expected_sha256 != NULL) {
        slot->hash = EVP_MD_CTX_new();
        if (slot->hash == NULL) {
            return false;
        }
    }
    return slot->easy != NULL && open_share(slot);
}

void slot_close(struct slot *slot)
{
    if (slot->easy != NULL) {
        lib.easy_cleanup(slot->easy);
    }
    if (slot->share != NULL) {
        lib.share_cleanup(slot->share);
    }
    EVP_MD_CTX_free(slot->hash);
    slot->easy = NULL;
    slot->share = NULL;
    slot->hash = NULL;
}

/* The transfer could not even begin. */
static bool count_refused(struct slot *slot, CURLcode code, struct tally *tally)
{
    struct tally_entry entry = {
        .kind = KIND_ERROR, .code = code, .phase = PHASE_SETUP, .text = slot->error};

    slot->running = false;
    if (slot->counts) {
        tally_end(tally, &entry);
    } else {
        tally_raise(&tally->live.warm, 1);
    }
    return false;
}

bool slot_start(struct slot *slot, CURLM *multi, const struct target *target, uint64_t due_ns,
                struct tally *tally)
{
    if (slot->counts) {
        tally_start(tally);
    }
    slot->wrong_bytes = false;
    slot->body_sent = 0;
    slot->received = 0;
    slot->error[0] = '\0';
    CURLcode code = prepare(slot, target);
    if (code == CURLE_OK) {
        code = count_use(slot);
    }
    if (code == CURLE_OK && slot->hash != NULL &&
        EVP_DigestInit_ex(slot->hash, EVP_sha256(), NULL) != 1) {
        code = CURLE_OUT_OF_MEMORY;
    }
    if (code != CURLE_OK) {
        return count_refused(slot, code, tally);
    }
    slot->started_ns = clock_now_ns();
    slot->due_ns = due_ns < slot->started_ns ? due_ns : slot->started_ns;
    CURLMcode added = lib.multi_add_handle(multi, slot->easy);
    if (added != CURLM_OK) {
        snprintf(slot->error, sizeof(slot->error), "%s", lib.multi_strerror(added));
        return count_refused(slot, CURLE_FAILED_INIT, tally);
    }
    slot->running = true;
    tally_raise(&tally->live.running, 1);
    return true;
}

void slot_finish(struct slot *slot, CURLM *multi, CURLcode code, struct tally *tally)
{
    uint64_t now = clock_now_ns();

    tally_raise(&tally->live.running, -1);
    if (slot->counts) {
        struct tally_entry entry = {0};
        verdict_reach(&entry, slot, code, now);
        tally_end(tally, &entry);
    } else {
        tally_raise(&tally->live.warm, 1);
    }
    slot->running = false;
    slot->free_ns = now;
    lib.multi_remove_handle(multi, slot->easy);
}
