/* SPDX-License-Identifier: MIT */
/* Counting; see tally.h. */
#include "run/tally.h"

#include <stdlib.h>
#include <string.h>

const char *tally_kind_name(enum tally_kind kind)
{
    static const char *const names[] = {"error", "status", "size", "bytes", "hash", "other"};

    return names[kind];
}

const char *tally_phase_name(enum tally_phase phase)
{
    static const char *const names[] = {"setup", "name",       "connect", "tls",
                                        "send",  "first byte", "body",    "check"};

    return names[phase];
}

const char *tally_time_name(enum tally_time time)
{
    static const char *const names[] = {"latency", "service",    "name", "connect",
                                        "tls",     "first_byte", "body", "lag"};

    return names[time];
}

void tally_raise(atomic_uint_least64_t *counter, int64_t by)
{
    uint64_t value = atomic_load_explicit(counter, memory_order_relaxed);

    atomic_store_explicit(counter, value + (uint64_t)by, memory_order_relaxed);
}

void tally_start(struct tally *tally)
{
    tally_raise(&tally->live.started, 1);
}

static bool is_same(const struct tally_failure *a, const struct tally_failure *b)
{
    return a->kind == b->kind && a->code == b->code && a->phase == b->phase &&
           a->status == b->status;
}

void tally_fail(struct tally *tally, const struct tally_failure *failure, uint64_t count)
{
    size_t row = 0;

    while (row < tally->failure_count && !is_same(&tally->failures[row], failure)) {
        row++;
    }
    if (row == tally->failure_count) {
        if (row < TALLY_FAILURES) {
            tally->failures[row] = *failure;
            tally->failures[row].count = 0;
            tally->failures[row].text = NULL;
            tally->failure_count++;
        } else {
            row--;
            tally->failures[row].kind = KIND_OTHER;
        }
    }
    tally->failures[row].count += count;
    if (tally->failures[row].text == NULL && failure->text != NULL && failure->text[0] != '\0') {
        tally->failures[row].text = strdup(failure->text); /* without memory, the next one's */
    }
}

static void count_failure(struct tally *tally, const struct tally_entry *entry)
{
    struct tally_failure failure = {.kind = entry->kind,
                                    .code = (int)entry->code,
                                    .phase = entry->phase,
                                    .status = (int)entry->status};

    /* NOLINTNEXTLINE: it is copied, not written to */
    memcpy(&failure.text, &entry->text, sizeof(failure.text));
    tally_fail(tally, &failure, 1);
}

void tally_end(struct tally *tally, const struct tally_entry *entry)
{
    if (entry->fine) {
        for (int time = 0; time < TIME_COUNT; time++) {
            if (entry->has_time[time] && time != TIME_LAG) {
                histogram_add(&tally->times[time], entry->times_ns[time]);
            }
        }
        tally_raise(&tally->live.fine, 1);
    } else {
        count_failure(tally, entry);
        tally_raise(&tally->live.failed, 1);
    }
    if (entry->has_time[TIME_LAG]) {
        histogram_add(&tally->times[TIME_LAG], entry->times_ns[TIME_LAG]);
    }
    tally_raise(&tally->live.received, (int64_t)entry->received);
    tally_raise(&tally->live.sent, (int64_t)entry->sent);
    if (entry->status > 0) {
        tally->by_status[entry->status < TALLY_STATUSES ? entry->status : TALLY_STATUSES - 1]++;
    }
    tally->connections += entry->connections;
    tally->received_headers += entry->received_headers;
    tally->sent_headers += entry->sent_headers;
}

void tally_merge(struct tally *into, const struct tally *from)
{
    tally_raise(&into->live.started, (int64_t)from->live.started);
    tally_raise(&into->live.fine, (int64_t)from->live.fine);
    tally_raise(&into->live.failed, (int64_t)from->live.failed);
    tally_raise(&into->live.received, (int64_t)from->live.received);
    tally_raise(&into->live.sent, (int64_t)from->live.sent);
    tally_raise(&into->live.warm, (int64_t)from->live.warm);
    into->cut_off += from->cut_off;
    into->unstarted += from->unstarted;
    for (size_t i = 0; i < from->failure_count; i++) {
        tally_fail(into, &from->failures[i], from->failures[i].count);
    }
    for (size_t i = 0; i < TALLY_STATUSES; i++) {
        into->by_status[i] += from->by_status[i];
    }
    into->connections += from->connections;
    into->received_headers += from->received_headers;
    into->sent_headers += from->sent_headers;
    for (int time = 0; time < TIME_COUNT; time++) {
        histogram_merge(&into->times[time], &from->times[time]);
    }
}

void tally_release(struct tally *tally)
{
    for (size_t i = 0; i < tally->failure_count; i++) {
        free(tally->failures[i].text);
        tally->failures[i].text = NULL;
    }
    tally->failure_count = 0;
}
