/* SPDX-License-Identifier: MIT */
#include "protocols/source.h"

#include "base/chunk.h"
#include "base/clock.h"

struct ask *source_ask(struct hop *hop, size_t before, size_t behind)
{
    size_t most = (size_t)hop->settings->upload_buffer_size;
    struct ask *a = ask_new(hop->exchange, ASK_READ);

    if (!a)
        return NULL;
    a->chunk = chunk_take(CHUNK_LARGE);
    if (!a->chunk) {
        ask_free(a);
        return NULL;
    }
    a->chunk->start = a->chunk->end = before;
    a->wanted = a->chunk->size - before - behind;
    if (a->wanted > most)
        a->wanted = most;
    return a;
}

CURLcode source_seek(struct hop *hop, curl_off_t offset, int *ret_answer)
{
    struct ask *a = ask_new(hop->exchange, ASK_SEEK);
    CURLcode result;

    if (!a)
        return CURLE_OUT_OF_MEMORY;
    a->offset = offset;
    ask_send(a);
    result = ask_wait(a, CLOCK_NEVER);
    if (result)
        return result;
    *ret_answer = a->answer;
    ask_free(a);
    return CURLE_OK;
}

CURLcode source_read_past(struct hop *hop, curl_off_t *left)
{
    size_t got = 1;

    while (*left > 0 && got) {
        struct ask *a = source_ask(hop, 0, 0);
        CURLcode result;

        if (!a)
            return CURLE_OUT_OF_MEMORY;
        if (*left < (curl_off_t)a->wanted)
            a->wanted = (size_t)*left;
        a->dropped = true;
        ask_send(a);
        result = ask_wait(a, CLOCK_NEVER);
        if (result)
            return result;
        got = chunk_len(a->chunk);
        ask_free(a);
        *left -= (curl_off_t)got;
    }
    return CURLE_OK;
}
