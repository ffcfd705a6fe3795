/* SPDX-License-Identifier: MIT */
/* Counting; see tally.h. */
#include "tally.h"

#include <stdlib.h>
#include <string.h>

/* Adds to a counter that only this thread writes: no locked instruction is needed. */
static void raise_by(atomic_uint_least64_t *counter, uint64_t by)
{
    uint64_t value = atomic_load_explicit(counter, memory_order_relaxed);

    atomic_store_explicit(counter, value + by, memory_order_relaxed);
}

void tally_start(struct tally *tally)
{
    raise_by(&tally->live.started, 1);
}

static void count_code(struct tally *tally, CURLcode code, const char *text)
{
    size_t row = (size_t)code < TALLY_CODES ? (size_t)code : TALLY_CODES - 1;

    tally->by_code[row]++;
    if (tally->sample[row] == NULL && text[0] != '\0') {
        tally->sample[row] = strdup(text); /* without memory, the next one is tried */
    }
}

/* True if it failed. */
static bool count_failure(struct tally *tally, const struct tally_entry *entry)
{
    if (entry->code != CURLE_OK) {
        count_code(tally, entry->code, entry->text);
    } else if (entry->status >= 400) {
        tally->by_status[entry->status < TALLY_STATUSES ? entry->status : TALLY_STATUSES - 1]++;
    } else if (entry->wrong_size) {
        tally->wrong_size++;
    } else if (entry->wrong_bytes) {
        tally->wrong_bytes++;
    } else {
        return false;
    }
    return true;
}

void tally_end(struct tally *tally, const struct tally_entry *entry)
{
    if (count_failure(tally, entry)) {
        raise_by(&tally->live.failed, 1);
    } else {
        raise_by(&tally->live.fine, 1);
        histogram_add(&tally->latency, entry->latency_ns);
    }
    raise_by(&tally->live.received, entry->received);
    raise_by(&tally->live.sent, entry->sent);
    tally->connections += entry->connections;
    tally->received_headers += entry->received_headers;
    tally->sent_headers += entry->sent_headers;
}

void tally_merge(struct tally *into, const struct tally *from)
{
    raise_by(&into->live.started, from->live.started);
    raise_by(&into->live.fine, from->live.fine);
    raise_by(&into->live.failed, from->live.failed);
    raise_by(&into->live.received, from->live.received);
    raise_by(&into->live.sent, from->live.sent);
    into->cut_off += from->cut_off;
    for (size_t i = 0; i < TALLY_CODES; i++) {
        into->by_code[i] += from->by_code[i];
        if (into->sample[i] == NULL && from->sample[i] != NULL) {
            into->sample[i] = strdup(from->sample[i]);
        }
    }
    for (size_t i = 0; i < TALLY_STATUSES; i++) {
        into->by_status[i] += from->by_status[i];
    }
    into->wrong_size += from->wrong_size;
    into->wrong_bytes += from->wrong_bytes;
    into->connections += from->connections;
    into->received_headers += from->received_headers;
    into->sent_headers += from->sent_headers;
    histogram_merge(&into->latency, &from->latency);
}

void tally_release(struct tally *tally)
{
    for (size_t i = 0; i < TALLY_CODES; i++) {
        free(tally->sample[i]);
        tally->sample[i] = NULL;
    }
}
