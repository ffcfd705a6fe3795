/* SPDX-License-Identifier: MIT */
#include "base/chunk.h"

#include "base/lock.h"
#include "base/mem.h"

#include <stdatomic.h>

enum { MOST_SPARES = 64 };

struct spares {
    struct chunk *top;
    size_t count;
};

static struct lock lock = LOCK_INITIALIZER(LOCK_CHUNKS);
static struct spares small, large; /* any thread, under lock */
static atomic_size_t in_use;       /* bytes; relaxed: a guide, not an account */

static struct spares *spares_of(size_t size)
{
    return size == CHUNK_LARGE ? &large : &small;
}

struct chunk *chunk_take(size_t size)
{
    struct spares *s = spares_of(size);
    struct chunk *c;

    lock_take(&lock);
    c = s->top;
    if (c) {
        s->top = c->next;
        s->count--;
    }
    lock_drop(&lock);
    if (!c) {
        c = mem_alloc(sizeof(*c) + size);
        if (!c)
            return NULL;
        c->size = size;
    }
    atomic_fetch_add_explicit(&in_use, size, memory_order_relaxed);
    c->next = NULL;
    c->start = c->end = 0;
    return c;
}

void chunk_drop(struct chunk *c)
{
    struct spares *s;

    if (!c)
        return;
    atomic_fetch_sub_explicit(&in_use, c->size, memory_order_relaxed);
    s = spares_of(c->size);
    lock_take(&lock);
    if (s->count < MOST_SPARES) {
        c->next = s->top;
        s->top = c;
        s->count++;
        c = NULL;
    }
    lock_drop(&lock);
    mem_free(c);
}

struct lock *chunk_lock(void)
{
    return &lock;
}

size_t chunk_bytes_in_use(void)
{
    return atomic_load_explicit(&in_use, memory_order_relaxed);
}

static void forget(struct spares *s)
{
    struct chunk *c = s->top, *next;

    *s = (struct spares){0};
    for (; c; c = next) {
        next = c->next;
        mem_free(c);
    }
}

void chunk_forget_spares(void)
{
    lock_take(&lock);
    forget(&small);
    forget(&large);
    lock_drop(&lock);
}
