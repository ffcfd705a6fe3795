/* SPDX-License-Identifier: MIT */
#include "runtime/fork_guard.h"

#include "runtime/pool.h"
#include "runtime/workers.h"

#include <stdatomic.h>

static struct lock guards_lock = LOCK_INITIALIZER(LOCK_FORK);
static struct list guards; /* by rank; under guards_lock, but for the first */
static atomic_uint generation;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static int rank_of(const struct fork_guard *guard)
{
    return guard->lock ? (int)guard->lock->rank : 0;
}

static void insert_by_rank(struct fork_guard *guard)
{
    struct list_link *place = guards.head.next;

    while (place != &guards.head &&
           rank_of(CONTAINER_OF(place, struct fork_guard, link)) <= rank_of(guard))
        place = place->next;
    list_insert_before(place, &guard->link);
}

/* The ranks are not noted for the thread, so these go past lock_take: several guarded locks may
 * have one rank, which nobody else holds two of. */
static void before_fork(void)
{
    pthread_mutex_lock(&guards_lock.mutex);
    list_for_each (link, &guards) {
        struct fork_guard *guard = CONTAINER_OF(link, struct fork_guard, link);

        if (guard->lock)
            pthread_mutex_lock(&guard->lock->mutex);
    }
}

static void after_fork(void)
{
    for (struct list_link *link = guards.head.prev; link != &guards.head; link = link->prev) {
        struct fork_guard *guard = CONTAINER_OF(link, struct fork_guard, link);

        if (guard->lock)
            pthread_mutex_unlock(&guard->lock->mutex);
    }
    pthread_mutex_unlock(&guards_lock.mutex);
}

static void after_fork_in_child(void)
{
    atomic_fetch_add(&generation, 1);
    after_fork();
    list_for_each (link, &guards) {
        struct fork_guard *guard = CONTAINER_OF(link, struct fork_guard, link);

        if (guard->in_child)
            guard->in_child(guard);
    }
}

static void begin(void)
{
    list_init(&guards);
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
