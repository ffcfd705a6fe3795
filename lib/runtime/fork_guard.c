/* SPDX-License-Identifier: MIT */
#include "runtime/fork_guard.h"

#include "base/chunk.h"
#include "runtime/pool.h"
#include "runtime/workers.h"

#include <stdatomic.h>

static struct lock guards_lock = LOCK_INITIALIZER(LOCK_FORK);
static struct list guards[LOCK_RANKS]; /* one a rank; under guards_lock, but for the first */
static struct fork_guard chunks_guard; /* base has no way to open one itself */
static atomic_uint generation;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static int rank_of(const struct fork_guard *guard)
{
    return guard->lock ? (int)guard->lock->rank : 0;
}

static void insert_by_rank(struct fork_guard *guard)
{
    list_append(&guards[rank_of(guard)], &guard->link);
}

/* The ranks are not noted for the thread, so these go past lock_take: several guarded locks may
 * have one rank, which nobody else holds two of. */
static void before_fork(void)
{
    pthread_mutex_lock(&guards_lock.mutex);
    for (int rank = 0; rank < LOCK_RANKS; rank++) {
        list_for_each (link, &guards[rank]) {
            struct fork_guard *guard = CONTAINER_OF(link, struct fork_guard, link);

            if (guard->lock)
                pthread_mutex_lock(&guard->lock->mutex);
        }
    }
}

static void unlock_all(struct list *of_rank)
{
    for (struct list_link *link = of_rank->head.prev; link != &of_rank->head; link = link->prev) {
        struct fork_guard *guard = CONTAINER_OF(link, struct fork_guard, link);

        if (guard->lock)
            pthread_mutex_unlock(&guard->lock->mutex);
    }
}

static void after_fork(void)
{
    for (int rank = LOCK_RANKS; rank-- > 0;)
        unlock_all(&guards[rank]);
    pthread_mutex_unlock(&guards_lock.mutex);
}

static void after_fork_in_child(void)
{
    atomic_fetch_add(&generation, 1);
    after_fork();
    for (int rank = 0; rank < LOCK_RANKS; rank++) {
        list_for_each (link, &guards[rank]) {
            struct fork_guard *guard = CONTAINER_OF(link, struct fork_guard, link);

            if (guard->in_child)
                guard->in_child(guard);
        }
    }
}

static void begin(void)
{
    for (int rank = 0; rank < LOCK_RANKS; rank++)
        list_init(&guards[rank]);
    chunks_guard.lock = chunk_lock();
    insert_by_rank(&chunks_guard);
    insert_by_rank(&pool_fork_guard);
    pthread_atfork(before_fork, after_fork, after_fork_in_child);
}

void fork_guard_open(struct fork_guard *guard)
{
    pthread_once(&once, begin);
    lock_take(&guards_lock);
    insert_by_rank(guard);
    lock_drop(&guards_lock);
}

void fork_guard_close(struct fork_guard *guard)
{
    pthread_once(&once, begin);
    lock_take(&guards_lock);
    list_remove(&guard->link);
    lock_drop(&guards_lock);
}

unsigned workers_generation(void)
{
    pthread_once(&once, begin);
    return atomic_load_explicit(&generation, memory_order_relaxed);
}
