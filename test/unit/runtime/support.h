/* SPDX-License-Identifier: MIT */
/* What the tests of this room share: an inline worker as fixture, and memory that runs short. */
#ifndef TEST_UNIT_RUNTIME_SUPPORT_H
#define TEST_UNIT_RUNTIME_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/mem.h"
#include "runtime/worker_state.h"

#include <stdlib.h>
#include <string.h>

/* A time that no test reaches unless it hangs. */
static inline int64_t far(void)
{
    return clock_now() + 20 * CLOCK_SECOND;
}

static inline int with_worker(void **state)
{
    *state = worker_new_inline();
    return *state ? 0 : -1;
}

static inline int without_worker(void **state)
{
    worker_free_inline(*state);
    return 0;
}

static inline struct fiber *start(struct worker *w, fiber_main *main, void *argument)
{
    struct worker *outer = worker_current();
    struct fiber *fiber = NULL;

    worker_set_current(w);
    assert_int_equal(fiber_start(w, main, argument, &fiber), CURLE_OK);
    worker_set_current(outer);
    return fiber;
}

static inline void wake(struct fiber *fiber)
{
    struct worker *outer = worker_current();

    worker_set_current(fiber->worker);
    fiber_wake(fiber);
    worker_set_current(outer);
}

static inline void cancel(struct fiber *fiber)
{
    struct worker *outer = worker_current();

    worker_set_current(fiber->worker);
    fiber_cancel(fiber);
    worker_set_current(outer);
}

/* One pass, without a look at the sockets. */
static inline void pass(struct worker *w)
{
    struct worker *outer = worker_current();

    worker_set_current(w);
    worker_pass(w);
    worker_set_current(outer);
}

/* Turns until the flag is set, in all no longer than a test may hang. */
static inline void turn_until(struct worker *w, const int *flag)
{
    int64_t end = far();

    while (!*flag && clock_now() < end)
        worker_turn(w, end);
    assert_true(*flag);
}

/* Allocation number `memory_left` from now on fails. */
static int memory_left = -1;

static inline void *short_malloc(size_t size)
{
    return memory_left >= 0 && memory_left-- == 0 ? NULL : malloc(size);
}

static inline void *short_realloc(void *p, size_t size)
{
    return memory_left >= 0 && memory_left-- == 0 ? NULL : realloc(p, size);
}

static inline void *short_calloc(size_t count, size_t size)
{
    return memory_left >= 0 && memory_left-- == 0 ? NULL : calloc(count, size);
}

static inline void use_short_memory(void)
{
    static const struct mem_functions functions = {short_malloc, free, short_realloc, strdup,
                                                   short_calloc};

    mem_use(&functions);
}

#endif
