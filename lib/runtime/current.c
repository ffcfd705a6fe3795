/* SPDX-License-Identifier: MIT */
/* The one place that touches the thread-local. The empty assembly keeps the compiler from finding
 * out that these functions change nothing, and from calling them less often than they are. */
#include "runtime/worker_state.h"

/* In the space that libc keeps for libraries which are loaded late: no call to find it. */
static __thread __attribute__((tls_model("initial-exec"))) struct worker *current;

__attribute__((noinline)) struct worker *worker_current(void)
{
    __asm__ volatile("" ::: "memory");
    return current;
}

__attribute__((noinline)) void worker_set_current(struct worker *w)
{
    __asm__ volatile("" ::: "memory");
    current = w;
}

struct fiber *fiber_current(void)
{
    struct worker *w = worker_current();

    return w ? w->current : NULL;
}

bool fiber_cancelled(void)
{
    struct fiber *f = fiber_current();

    return f && f->cancelled;
}
