/* SPDX-License-Identifier: MIT */
/* Switching, and what the tools need to hear of it. AddressSanitizer is told before a switch where
 * it goes and after it where it came from; ThreadSanitizer gives every context an identity;
 * valgrind knows the stacks' bounds; LeakSanitizer looks for pointers in them. */
#include "runtime/switch.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define WITH_ASAN 1
#endif
#if __has_feature(thread_sanitizer)
#define WITH_TSAN 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__)
#define WITH_ASAN 1
#endif
#if defined(__SANITIZE_THREAD__)
#define WITH_TSAN 1
#endif

#if defined(WITH_ASAN)
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#include <sanitizer/lsan_interface.h>

static inline void asan_leave(void **fake_stack, struct context *to)
{
    __sanitizer_start_switch_fiber(fake_stack, to->low, to->size);
}

static inline void asan_arrived(void *fake_stack, struct context *came_from)
{
    __sanitizer_finish_switch_fiber(fake_stack, &came_from->low, &came_from->size);
}

static inline void asan_stack(char *low, size_t size)
{
    __lsan_register_root_region(low, size);
}

static inline void asan_stack_gone(char *low, size_t size)
{
    __lsan_unregister_root_region(low, size);
    __asan_unpoison_memory_region(low, size);
}

static inline void asan_wipe(char *low, size_t size)
{
    __asan_unpoison_memory_region(low, size);
}
#else
static inline void asan_leave(void **fake_stack, struct context *to)
{
    (void)fake_stack;
    (void)to;
}

static inline void asan_arrived(void *fake_stack, struct context *came_from)
{
    (void)fake_stack;
    (void)came_from;
}

static inline void asan_stack(char *low, size_t size)
{
    (void)low;
    (void)size;
}

static inline void asan_stack_gone(char *low, size_t size)
{
    (void)low;
    (void)size;
}

static inline void asan_wipe(char *low, size_t size)
{
    (void)low;
    (void)size;
}
#endif

#if defined(WITH_TSAN)
#include <sanitizer/tsan_interface.h>

static inline void tsan_new(struct context *c)
{
    c->tsan = __tsan_create_fiber(0);
}

static inline void tsan_gone(struct context *c)
{
    __tsan_destroy_fiber(c->tsan);
}

/* The running context's identity is asked for anew each time: an inline worker's own stack may be
 * another thread's next time. Inlined always: a function that is entered under one identity must
 * be left under it. */
static inline __attribute__((always_inline)) void tsan_switch(struct context *from,
                                                              struct context *to)
{
    from->tsan = __tsan_get_current_fiber();
    __tsan_switch_to_fiber(to->tsan, 0);
}
#else
static inline void tsan_new(struct context *c)
{
    (void)c;
}

static inline void tsan_gone(struct context *c)
{
    (void)c;
}

static inline void tsan_switch(struct context *from, struct context *to)
{
    (void)from;
    (void)to;
}
#endif

#if defined(__has_include)
#if __has_include(<valgrind/valgrind.h>)
#include <valgrind/valgrind.h>
#endif
#endif
#ifndef VALGRIND_STACK_REGISTER
#define VALGRIND_STACK_REGISTER(low, high) 0
#define VALGRIND_STACK_DEREGISTER(id)      ((void)(id))
#endif

void context_init(struct context *c, struct context_stack stack, void (*entry)(void))
{
    *c = (struct context){.low = stack.low, .size = stack.size};
    c->sp = switch_prepare(stack.low + stack.size, entry, stack.size);
    tsan_new(c);
}

void context_release(struct context *c)
{
    tsan_gone(c);
}

void context_switch(struct context *from, struct context *to)
{
    asan_leave(&from->fake_stack, to);
    tsan_switch(from, to);
    switch_stacks(&from->sp, to->sp);
    asan_arrived(from->fake_stack, to);
}

void context_begun(struct context *from)
{
    asan_arrived(NULL, from);
}

void context_end(struct context *from, struct context *to)
{
    asan_leave(NULL, to);
    tsan_switch(from, to);
    switch_stacks(&from->sp, to->sp);
    __builtin_unreachable();
}

unsigned stack_announce(char *low, size_t size)
{
    asan_stack(low, size);
    return (unsigned)VALGRIND_STACK_REGISTER(low, low + size);
}

void stack_forget(char *low, size_t size, unsigned id)
{
    asan_stack_gone(low, size);
    VALGRIND_STACK_DEREGISTER(id);
}

void stack_wiped(char *low, size_t size)
{
    asan_wipe(low, size);
}
