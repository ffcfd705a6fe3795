/* SPDX-License-Identifier: MIT */
/* A binary heap, counted from 1: the children of place p are 2p and 2p + 1. */
#include "base/delays.h"

#include <stdlib.h>

void delays_release(struct delays *delays)
{
    free(delays->heap);
    *delays = (struct delays){0};
}

static void put(struct delays *delays, struct delay *delay, size_t place)
{
    delays->heap[place - 1] = delay;
    delay->place = place;
}

static void rise(struct delays *delays, struct delay *delay, size_t place)
{
    while (place > 1 && delays->heap[place / 2 - 1]->due_ns > delay->due_ns) {
        put(delays, delays->heap[place / 2 - 1], place);
        place /= 2;
    }
    put(delays, delay, place);
}

static void sink(struct delays *delays, struct delay *delay, size_t place)
{
    for (;;) {
        size_t child = place * 2;
        if (child < delays->count &&
            delays->heap[child]->due_ns < delays->heap[child - 1]->due_ns) {
            child++;
        }
        if (child > delays->count || delays->heap[child - 1]->due_ns >= delay->due_ns) {
            break;
        }
        put(delays, delays->heap[child - 1], place);
        place = child;
    }
    put(delays, delay, place);
}

bool delays_add(struct delays *delays, struct delay *delay, uint64_t due_ns)
{
    if (delays->count == delays->size) {
        size_t size = delays->size == 0 ? 64 : delays->size * 2;
        struct delay **heap = reallocarray(delays->heap, size, sizeof(struct delay *));
        if (heap == NULL) {
            return false;
        }
        delays->heap = heap;
        delays->size = size;
    }
    delay->due_ns = due_ns;
    rise(delays, delay, ++delays->count);
    return true;
}

void delays_remove(struct delays *delays, struct delay *delay)
{
    size_t place = delay->place;

    if (place == 0) {
        return;
    }
    delay->place = 0;
    struct delay *last = delays->heap[--delays->count];
    if (last == delay) {
        return;
    }
    if (place > 1 && delays->heap[place / 2 - 1]->due_ns > last->due_ns) {
        rise(delays, last, place);
    } else {
        sink(delays, last, place);
    }
}

struct delay *delays_first(const struct delays *delays)
{
    return delays->count == 0 ? NULL : delays->heap[0];
}
