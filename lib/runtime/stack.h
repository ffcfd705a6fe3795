/* SPDX-License-Identifier: MIT */
/* Stacks for fibers: mapped, guarded at the low end, reused last in, first out by their worker. A
 * fiber that overflows its stack dies by SIGSEGV in the guard and touches nobody else's memory; see
 * stack.c for how such a crash is recognised. */
#ifndef RUNTIME_STACK_H
#define RUNTIME_STACK_H

#include "runtime/switch.h"

#include <stddef.h>

enum {
    STACK_SIZE = SWITCH_SANITIZED ? 256 * 1024 : 64 * 1024, /* bytes, record and colour included */
    STACK_GUARD = 16 * 1024,                                /* bytes below it */
    STACK_SPARES_FEW = 16,                                  /* spares that are kept for ever */
};

struct stack {
    struct stack *next; /* in a cache */
    char *low;          /* lowest usable byte; the guard lies below */
    size_t size;        /* usable bytes */
    unsigned valgrind_id;
};

/* A worker's spare stacks; a zeroed one is empty. One thread at a time. */
struct stack_cache {
    struct stack *top;
    size_t count;
    size_t unused; /* how many of them were not needed since the last trim */
};

/* A stack from the cache or a new one; NULL when memory or mappings are short. The record lies at
 * the top of the stack's own memory. */
struct stack *stack_take(struct stack_cache *);

/* Gives it back. Beyond many spares its mapping goes back to the system at once. */
void stack_drop(struct stack_cache *, struct stack *);

/* Gives the memory of the spares that were not needed since the last call back to the system, but
 * for a few. Called about once a second while there are more. */
void stack_trim(struct stack_cache *);

/* Gives back the memory below the stack pointer of a user that will not run for long: what was
 * called before it parked has left it behind. Costs a system call, and a page fault for each page
 * that is needed again. */
void stack_rest(struct stack *, const void *sp);

void stack_cache_release(struct stack_cache *);

#endif
