/* SPDX-License-Identifier: MIT */
/* A worker's timer queue: a heap of absolute times. One thread. */
#ifndef RUNTIME_TIMERS_H
#define RUNTIME_TIMERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct timer {
    int64_t due;                  /* us, clock_now() */
    size_t place;                 /* in the heap, from 1; 0 when not armed */
    void (*fire)(struct timer *); /* called on the worker's own stack, disarmed already */
};

struct timers {
    struct timer **heap;
    size_t count, capacity;
    size_t reserved; /* places kept for timer_arm_reserved */
};

void timers_release(struct timers *);

/* Arms or moves a timer. False when memory is short (then it is as it was). */
bool timer_arm(struct timers *, struct timer *, int64_t due);
void timer_disarm(struct timers *, struct timer *);

/* Keeps a place for one timer, which can then be armed without fail, until it is given back. False
 * when memory is short. */
bool timers_reserve(struct timers *);
void timers_unreserve(struct timers *);
void timer_arm_reserved(struct timers *, struct timer *, int64_t due);

/* The earliest due time, CLOCK_NEVER when empty. */
int64_t timers_next(const struct timers *);

/* Fires all that are due at `now`. What is armed meanwhile for a time that has come fires too, but
 * no more than were armed at the start. */
void timers_run(struct timers *, int64_t now);

#endif
