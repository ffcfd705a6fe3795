/* SPDX-License-Identifier: MIT */
/* One mapping a stack: a guard at the low end, the usable bytes, and at the top the record.
 *
 * The guard is made by MADV_GUARD_INSTALL (Linux 6.13), which costs no mapping of its own, so that
 * the stacks merge into few mappings; elsewhere by mprotect, which makes two mappings a stack: then
 * vm.max_map_count (65,530 by default) ends the fibers at about 32,000, as an error of fiber_start.
 * It is wider than a page for code that was not compiled with -fstack-clash-protection.
 *
 * An overflow must name itself without a signal handler, for the dispositions are the program's.
 * The mappings are named, so /proc/PID/maps and a debugger show that the fault address is in
 * "[anon:curlpool fiber stack]" (where the kernel can name mappings); and a build with assertions
 * looks at the stack pointer at each switch and aborts with a message once it is down to the last
 * bytes. Workers block all signals, so a handler of the program never runs on a fiber's stack, and
 * SIGSEGV there ends the process.
 *
 * Stack tops are coloured: each begins a few cache lines below the last one's place, or the hottest
 * lines of all parked fibers would compete for the same few sets of the cache. */
#include "runtime/stack.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/prctl.h>

#ifndef MADV_GUARD_INSTALL
#define MADV_GUARD_INSTALL 102
#endif
#ifndef PR_SET_VMA
#define PR_SET_VMA           0x53564d41
#define PR_SET_VMA_ANON_NAME 0
#endif

enum {
    MAPPING = STACK_GUARD + STACK_SIZE,
    SPARES_MOST = 1024, /* beyond them a stack is unmapped when it is dropped */
    COLOURS = 8,
    COLOUR_STEP = 64,
    PAGE = 4096,    /* a larger one of the system is refused, which does no harm */
    BELOW_SP = 128, /* bytes that a switch may have there */
    RECORD = 64,    /* bytes of the record, so that the stack below it begins on a cache line */
};

_Static_assert(sizeof(struct stack) <= RECORD, "the record has its room");

/* An address in the mapping of a record. */
static char *mapping_of(struct stack *s)
{
    return s->low - STACK_GUARD;
}

static bool guard(char *mapping)
{
    return madvise(mapping, STACK_GUARD, MADV_GUARD_INSTALL) == 0 ||
           mprotect(mapping, STACK_GUARD, PROT_NONE) == 0;
}

/* How far below the top of its mapping a stack begins. The mappings lie behind each other, so their
 * address tells neighbours apart. */
static size_t colour(const char *mapping)
{
    return (uintptr_t)mapping / MAPPING % COLOURS * COLOUR_STEP;
}

static struct stack *stack_map(void)
{
    char *mapping = mmap(NULL, MAPPING, PROT_READ | PROT_WRITE,
                         MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
    struct stack *s;

    if (mapping == MAP_FAILED)
        return NULL;
    /* Before the guard: a huge page would be the whole of a stack. Refused where there are none. */
    (void)madvise(mapping, MAPPING, MADV_NOHUGEPAGE);
    if (!guard(mapping)) {
        munmap(mapping, MAPPING);
        return NULL;
    }
    (void)prctl(PR_SET_VMA, PR_SET_VMA_ANON_NAME, mapping, MAPPING, "curlpool fiber stack");
    s = (void *)(mapping + MAPPING - colour(mapping) - RECORD);
    s->low = mapping + STACK_GUARD;
    s->size = (size_t)((char *)s - s->low);
    s->valgrind_id = stack_announce(s->low, s->size);
    return s;
}

static void stack_unmap(struct stack *s)
{
    stack_forget(s->low, s->size, s->valgrind_id);
    munmap(mapping_of(s), MAPPING);
}

struct stack *stack_take(struct stack_cache *cache)
{
    struct stack *s = cache->top;

    if (!s)
        return stack_map();
    cache->top = s->next;
    cache->count--;
    if (cache->unused > cache->count)
        cache->unused = cache->count;
    return s;
}

void stack_drop(struct stack_cache *cache, struct stack *s)
{
    if (cache->count >= SPARES_MOST) {
        stack_unmap(s);
        return;
    }
    stack_wiped(s->low, s->size);
    s->next = cache->top;
    cache->top = s;
    cache->count++;
}

static void unmap_down_to(struct stack_cache *cache, size_t count)
{
    while (cache->count > count) {
        struct stack *s = cache->top;

        cache->top = s->next;
        cache->count--;
        stack_unmap(s);
    }
}

void stack_trim(struct stack_cache *cache)
{
    size_t needed = cache->count - cache->unused;

    unmap_down_to(cache, needed > STACK_SPARES_FEW ? needed : STACK_SPARES_FEW);
    cache->unused = cache->count;
}

void stack_rest(struct stack *s, const void *sp)
{
    uintptr_t low = (uintptr_t)s->low, end = ((uintptr_t)sp - BELOW_SP) & ~(uintptr_t)(PAGE - 1);

    if (!SWITCH_SANITIZED && end > low)
        (void)madvise(s->low, end - low, MADV_DONTNEED);
}

void stack_cache_release(struct stack_cache *cache)
{
    unmap_down_to(cache, 0);
    cache->unused = 0;
}
