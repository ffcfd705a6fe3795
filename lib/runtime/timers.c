/* SPDX-License-Identifier: MIT */
/* A binary heap of pointers; each timer knows its place, so it can be moved and taken out. */
#include "runtime/timers.h"

#include "base/clock.h"
#include "base/mem.h"

#include <assert.h>

static void put(struct timers *t, size_t place, struct timer *timer)
{
    t->heap[place - 1] = timer;
    timer->place = place;
}

/* Finds the place of `timer`, which is to be put at `place` or above it. */
static void rise(struct timers *t, size_t place, struct timer *timer)
{
    while (place > 1 && t->heap[place / 2 - 1]->due > timer->due) {
        put(t, place, t->heap[place / 2 - 1]);
        place /= 2;
    }
    put(t, place, timer);
}

/* The same, at `place` or below it. */
static void sink(struct timers *t, size_t place, struct timer *timer)
{
    size_t child;

    while ((child = 2 * place) <= t->count) {
        if (child < t->count && t->heap[child]->due < t->heap[child - 1]->due)
            child++;
        if (t->heap[child - 1]->due >= timer->due)
            break;
        put(t, place, t->heap[child - 1]);
        place = child;
    }
    put(t, place, timer);
}

static void settle(struct timers *t, size_t place, struct timer *timer)
{
    if (place > 1 && t->heap[place / 2 - 1]->due > timer->due)
        rise(t, place, timer);
    else
        sink(t, place, timer);
}

/* Room for one more than the armed and the reserved. */
static bool make_room(struct timers *t)
{
    size_t capacity = t->capacity ? 2 * t->capacity : 16;
    struct timer **heap;

    if (t->count + t->reserved < t->capacity)
        return true;
    heap = mem_realloc(t->heap, capacity * sizeof(struct timer *));
    if (!heap)
        return false;
    t->heap = heap;
    t->capacity = capacity;
    return true;
}

void timers_release(struct timers *t)
{
    mem_free(t->heap);
    *t = (struct timers){0};
}

bool timers_reserve(struct timers *t)
{
    if (!make_room(t))
        return false;
    t->reserved++;
    return true;
}

void timers_unreserve(struct timers *t)
{
    assert(t->reserved);
    t->reserved--;
}

void timer_arm_reserved(struct timers *t, struct timer *timer, int64_t due)
{
    timer->due = due;
    if (timer->place) {
        settle(t, timer->place, timer);
    } else {
        assert(t->count < t->capacity);
        t->count++;
        rise(t, t->count, timer);
    }
}

bool timer_arm(struct timers *t, struct timer *timer, int64_t due)
{
    if (!timer->place && !make_room(t))
        return false;
    timer_arm_reserved(t, timer, due);
    return true;
}

void timer_disarm(struct timers *t, struct timer *timer)
{
    size_t place = timer->place;
    struct timer *last;

    if (!place)
        return;
    timer->place = 0;
    last = t->heap[--t->count];
    if (last != timer)
        settle(t, place, last);
}

int64_t timers_next(const struct timers *t)
{
    return t->count ? t->heap[0]->due : CLOCK_NEVER;
}

void timers_run(struct timers *t, int64_t now)
{
    for (size_t most = t->count; most && t->count && t->heap[0]->due <= now; most--) {
        struct timer *timer = t->heap[0];

        timer_disarm(t, timer);
        timer->fire(timer);
    }
}
