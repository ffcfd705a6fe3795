/* SPDX-License-Identifier: MIT */
/* Stacks and the switch between them. What differs between machines is two functions of one
 * assembly file (or switch_ucontext.c); what the sanitizers and valgrind must be told about stacks
 * is told in switch.c, and nowhere else. */
#ifndef RUNTIME_SWITCH_H
#define RUNTIME_SWITCH_H

#include <stddef.h>

/* A flow of control that is not running. Zeroed: the thread that will switch away from it. */
struct context {
    void *sp;         /* what switch_stacks saved */
    const void *low;  /* its stack, for AddressSanitizer: */
    size_t size;      /* learnt at the first switch for a thread's own stack */
    void *fake_stack; /* AddressSanitizer's */
    void *tsan;       /* ThreadSanitizer's; of a thread's own stack: borrowed */
};

/* Prepares a context that will call `entry` on the stack [low, low + size). `entry` must not
 * return. */
struct context_stack {
    char *low;
    size_t size;
};
void context_init(struct context *, struct context_stack, void (*entry)(void));

/* After the context ended for good, from another one. */
void context_release(struct context *);

/* Switches from the running context to another; returns when something switches back. */
void context_switch(struct context *from, struct context *to);

/* The first thing a new context does, and the last thing one does. */
void context_begun(struct context *from);
_Noreturn void context_end(struct context *from, struct context *to);

/* Tells the tools that a stack exists; returns what stack_forgotten wants. The record at its top is
 * not part of it. */
unsigned stack_announce(char *low, size_t size);
void stack_forget(char *low, size_t size, unsigned id);

/* A stack changes hands: what the last user's frames left in AddressSanitizer's shadow is wiped. */
void stack_wiped(char *low, size_t size);

/* Stacks are larger in sanitizer builds. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SWITCH_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) ||                         \
    __has_feature(memory_sanitizer)
#define SWITCH_SANITIZED 1
#endif
#endif
#ifndef SWITCH_SANITIZED
#define SWITCH_SANITIZED 0
#endif

/* The machine's part. switch_prepare lays out a first frame below `top`, which calls `entry` when
 * it is switched to; `size` bytes below top are the stack's. switch_stacks saves the callee-saved
 * state of the running stack on it, its address in *ret_from, and goes on where `to` was saved. */
void *switch_prepare(void *top, void (*entry)(void), size_t size);
void switch_stacks(void **ret_from, void *to);

#endif
