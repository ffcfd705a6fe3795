/* SPDX-License-Identifier: MIT */
/* The library's only lock. Every lock has a rank; a thread takes locks in rising rank, which is
 * asserted where assertions are on. A lock guards a queue or a store for a few lines: under it no
 * user callback runs, nothing is waited for and nothing is written to a descriptor that can block.
 */
#ifndef BASE_LOCK_H
#define BASE_LOCK_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#if defined(__clang__)
#define THREAD_ANNOTATION(x) __attribute__((x))
#else
#define THREAD_ANNOTATION(x)
#endif

#define ACQUIRES(...) THREAD_ANNOTATION(acquire_capability(__VA_ARGS__))
#define RELEASES(...) THREAD_ANNOTATION(release_capability(__VA_ARGS__))
#define REQUIRES(...) THREAD_ANNOTATION(requires_capability(__VA_ARGS__))
#define UNCHECKED                                                                                  \
    THREAD_ANNOTATION(no_thread_safety_analysis) /* the bodies that do the locking                 \
                                                  */

/* Lowest first: a holder of one may take those below it in this list. */
enum lock_rank {
    LOCK_FORK = 1, /* runtime/fork_guard: the locks that are held over fork() */
    LOCK_GLOBAL,   /* api/global: initialisation counts */
    LOCK_SHARE,    /* api/share */
    LOCK_MULTI,    /* api/multi: a handle's lists and queues */
    LOCK_WORKERS,  /* runtime/workers: the pool */
    LOCK_POOL,     /* net/pool: idle connections, limits */
    LOCK_WATCHES,  /* net/socket_watch: those of a worker */
    LOCK_DNS,      /* net/dns_cache */
    LOCK_ALTSVC,   /* boundary/altsvc_store */
    LOCK_COOKIES,  /* boundary/cookies */
    LOCK_HSTS,     /* boundary/hsts_store */
    LOCK_SUFFIXES, /* boundary/suffixes */
    LOCK_SESSIONS, /* net/tls_sessions */
    LOCK_TRUST,    /* net/tls_trust */
    LOCK_MAILBOX,  /* runtime: a gate somebody waits at */
    LOCK_CHUNKS,   /* base/chunk */
    LOCK_RANKS,
};

struct THREAD_ANNOTATION(capability("lock")) lock {
    pthread_mutex_t mutex;
    enum lock_rank rank;
    enum lock_rank outer; /* the rank that the holder held before; the holder's */
};

void lock_init(struct lock *, enum lock_rank);
void lock_release(struct lock *);
void lock_take(struct lock *l) ACQUIRES(l);
void lock_drop(struct lock *l) RELEASES(l);

/* The rank of the innermost lock that this thread holds, 0 for none and where assertions are off.
 */
int lock_held_rank(void);

/* Waits on a condition with the lock held, as pthread_cond_wait. */
void lock_wait(struct lock *l, pthread_cond_t *condition) REQUIRES(l);

/* The same, until `deadline` (us of base/clock.h; the condition's clock is the monotonic one). */
void lock_wait_until(struct lock *l, pthread_cond_t *condition, int64_t deadline) REQUIRES(l);

#define LOCK_INITIALIZER(its_rank)                                                                 \
    {                                                                                              \
        .mutex = PTHREAD_MUTEX_INITIALIZER, .rank = (its_rank)                                     \
    }

#endif
