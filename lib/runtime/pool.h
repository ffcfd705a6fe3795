/* SPDX-License-Identifier: MIT */
/* Between the files of the pool: workers.c chooses, thread.c starts and joins. */
#ifndef RUNTIME_POOL_H
#define RUNTIME_POOL_H

#include "runtime/fork_guard.h"

#include <stdbool.h>

struct worker;

extern struct fork_guard pool_fork_guard;

/* Starts the worker's thread, named after its number, with all signals blocked. False when the
 * system refuses. */
bool thread_start(struct worker *);

/* Asks a worker to cancel all and end. */
void thread_stop(struct worker *);

/* Waits until it has ended; with `patience_ms` not -1, no longer than that. */
bool thread_join(struct worker *, int patience_ms);

/* From now on a worker that comes to the end of a turn stays there. */
void threads_freeze(void);
bool threads_frozen(void);

#endif
