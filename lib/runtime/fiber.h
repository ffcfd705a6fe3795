/* SPDX-License-Identifier: MIT */
/* A fiber: straight-line code with a stack of its own, run by one worker from start to end. It
 * gives the thread away only in a wait (runtime/wait.h). All functions here are for the worker's
 * thread. */
#ifndef RUNTIME_FIBER_H
#define RUNTIME_FIBER_H

#include <curl/curl.h>

#include <stdbool.h>

struct fiber;
struct worker;

typedef void fiber_main(void *argument);

/* Makes a fiber that will run `main(argument)` in the worker's next pass. It is freed by itself
 * when `main` returns; the pointer is good until then. CURLE_OUT_OF_MEMORY without memory for a
 * stack. */
CURLcode fiber_start(struct worker *, fiber_main *main, void *argument, struct fiber **ret_fiber);

/* The fiber that runs now; NULL on a thread's own stack. */
struct fiber *fiber_current(void);

/* Puts a parked fiber on the run queue; nothing if it runs or is queued already. A wake-up may be
 * spurious for the one who waits: whoever parks checks its condition again. */
void fiber_wake(struct fiber *);

/* From now on each wait of the fiber that can be cancelled returns CURLE_ABORTED_BY_CALLBACK at
 * once, the one that it is in included. Sticky. */
void fiber_cancel(struct fiber *);

/* Runs `function(argument)` on the stack of the thread that turns the worker, while the fiber
 * stands still: for code of the program, which may want more stack than a fiber has. It must not
 * wait as a fiber does. On a thread's own stack it is just called. */
void fiber_call_out(void (*function)(void *), void *argument);

/* True once fiber_cancel was called for the running fiber. */
bool fiber_cancelled(void);

#endif
