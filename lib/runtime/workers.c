/* SPDX-License-Identifier: MIT */
/* The pool.
 *
 * A transfer goes to the first worker that has time, so that few have much to do; a heavy one, or
 * one that finds all busy, to the least loaded: its transfers, heavy ones counting more, and how
 * busy it was lately. Another worker is started when each has its share of heavy transfers
 * (handshakes want every core), or when all were busy for most of the last 10 ms, had their
 * processors for themselves, and the machine has another one to spare: one worker serves small
 * requests cheapest, and one more than the machine has room for costs a third again as much
 * (docs/tuning.md). It never shrinks; a worker without work sleeps for ever.
 *
 * At exit(), and when the library is unloaded, the pool is stopped as workers_stop does, so that
 * clean-up code that runs later finds its transfers ended; but nobody waits for long. What does not
 * end in time (a look-up in a blocking library) is frozen: it comes to the end of its turn and
 * stays there, so no worker runs while other libraries take themselves down. For that the handler
 * must come before theirs: it is registered when the first worker starts, and what is initialised
 * later than that must not have an exit handler (OPENSSL_INIT_NO_ATEXIT). */
#include "runtime/workers.h"

#include "base/clock.h"
#include "base/lock.h"
#include "runtime/pool.h"
#include "runtime/spare.h"
#include "runtime/worker_state.h"

#include <assert.h>
#include <sched.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum {
    POOL_MOST = 256,
    HEAVY_COUNTS = 8,       /* as so many transfers */
    HEAVY_SHARE = 2,        /* heavy transfers a worker has before another is started */
    BUSY_ENOUGH = 600,      /* permille */
    BUSY_COUNTS = 50,       /* so many permille as one transfer */
    GUEST_FULL = 950,       /* permille: a guest that has no time left */
    GUEST_SPARE = 900,      /* thousandths of a processor: its own thread would find one */
    SPARE_ENOUGH = 300,     /* thousandths of a processor that must be idle */
    EXIT_PATIENCE_MS = 100, /* for all workers together */
};

static struct {
    /* Under the lock. */
    struct lock lock;
    struct worker *workers[POOL_MOST];
    int count;
    int64_t grown; /* when the last one was started */
    struct spare_processors spare;
    bool exiting;

    /* Any thread. */
    atomic_int running;
    atomic_int most; /* workers_set_max; 0: the default */
} pool = {.lock = LOCK_INITIALIZER(LOCK_WORKERS)};

static pthread_once_t default_once = PTHREAD_ONCE_INIT;
static pthread_once_t exit_once = PTHREAD_ONCE_INIT;
static int default_most;

static int from_environment(void)
{
    const char *text = secure_getenv("CURLPOOL_WORKERS");
    char *end;
    long count;

    if (!text || !*text)
        return 0;
    count = strtol(text, &end, 10);
    return *end == '\0' && count >= 1 && count <= POOL_MOST ? (int)count : 0;
}

static int processors(void)
{
    cpu_set_t set;
    long count;

    if (sched_getaffinity(getpid(), sizeof(set), &set) == 0)
        count = CPU_COUNT(&set);
    else
        count = sysconf(_SC_NPROCESSORS_ONLN);
    return count < 1 ? 1 : count > POOL_MOST ? POOL_MOST : (int)count;
}

static void find_default(void)
{
    default_most = from_environment();
    if (!default_most)
        default_most = processors();
}

int workers_max(void)
{
    int most = atomic_load_explicit(&pool.most, memory_order_relaxed);

    if (most)
        return most;
    pthread_once(&default_once, find_default);
    return default_most;
}

void workers_set_max(int count)
{
    if (count < 0)
        count = 0;
    if (count > POOL_MOST)
        count = POOL_MOST;
    atomic_store_explicit(&pool.most, count, memory_order_relaxed);
}

int workers_running(void)
{
    return atomic_load_explicit(&pool.running, memory_order_relaxed);
}

bool workers_frozen(void)
{
    return threads_frozen();
}

/* A worker cannot wait for itself. */
static bool on_pool_thread(void)
{
    return worker_current() && !worker_is_inline(worker_current());
}

/* Takes all workers out of the pool. */
static int detach_locked(struct worker **ret_workers)
{
    int count = pool.count;

    for (int i = 0; i < count; i++)
        ret_workers[i] = pool.workers[i];
    pool.count = 0;
    atomic_store_explicit(&pool.running, 0, memory_order_relaxed);
    return count;
}

/* After their threads ended: mail that came too late is delivered here, by turns, since one may
 * answer another. */
static void run_down(struct worker **workers, int count)
{
    struct worker *outer = worker_current();
    bool again = true;

    while (again) {
        again = false;
        for (int i = 0; i < count; i++) {
            worker_set_current(workers[i]);
            if (!worker_finished(workers[i])) {
                worker_poll(workers[i], clock_now() + CLOCK_MS);
                worker_pass(workers[i]);
                again = true;
            }
        }
    }
    for (int i = 0; i < count; i++) {
        worker_set_current(workers[i]);
        worker_close(workers[i]);
    }
    worker_set_current(outer);
    for (int i = 0; i < count; i++)
        worker_unref(workers[i]);
}

/* Returns how many of them ended; these are gone, the others come first in `workers`. */
static int stop_all(struct worker **workers, int count, int patience_ms)
{
    struct worker *ended[POOL_MOST];
    int64_t end = clock_now() + patience_ms * CLOCK_MS;
    int ended_count = 0, left = 0;

    for (int i = 0; i < count; i++)
        thread_stop(workers[i]);
    for (int i = 0; i < count; i++) {
        int patience = patience_ms < 0 ? -1 : clock_poll_ms(clock_now(), end);

        if (thread_join(workers[i], patience))
            ended[ended_count++] = workers[i];
        else
            workers[left++] = workers[i];
    }
    run_down(ended, ended_count);
    return ended_count;
}

void workers_stop(void)
{
    struct worker *workers[POOL_MOST];
    int count;

    if (on_pool_thread())
        return;
    lock_take(&pool.lock);
    count = detach_locked(workers);
    lock_drop(&pool.lock);
    stop_all(workers, count, -1);
}

/* The lock may be held by the very thread that exits (in a signal handler): bounded, and past the
 * rank. */
static bool take_lock_at_exit(void)
{
    struct timespec until;

    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec++;
    return pthread_mutex_timedlock(&pool.lock.mutex, &until) == 0;
}

static void stop_at_exit(void)
{
    struct worker *workers[POOL_MOST];
    int count;

    if (workers_running() == 0)
        return;
    if (on_pool_thread() || !take_lock_at_exit()) {
        threads_freeze();
        return;
    }
    pool.exiting = true;
    count = detach_locked(workers);
    pthread_mutex_unlock(&pool.lock.mutex);
    if (stop_all(workers, count, EXIT_PATIENCE_MS) < count)
        threads_freeze();
}

__attribute__((destructor)) static void stop_at_unload(void)
{
    stop_at_exit();
}

static void register_exit(void)
{
    /* Without it, the destructor comes late but comes. */
    (void)atexit(stop_at_exit);
}

/* In a child of fork: the pool is empty. The workers' memory stays as it is, since their fibers'
 * stacks hold on to it; what they share with the parent is closed, without a word to epoll. */
static void forget_in_child(struct fork_guard *guard)
{
    (void)guard;
    for (int i = 0; i < pool.count; i++)
        worker_close_descriptors(pool.workers[i]);
    pool.count = 0;
    pool.grown = 0;
    atomic_store_explicit(&pool.running, 0, memory_order_relaxed);
}

struct fork_guard pool_fork_guard = {.lock = &pool.lock, .in_child = forget_in_child};

static struct worker *start_locked(void)
{
    struct worker *w = worker_new();

    if (!w)
        return NULL;
    w->number = pool.count + 1;
    if (!thread_start(w)) {
        worker_close(w);
        worker_unref(w);
        return NULL;
    }
    pthread_once(&exit_once, register_exit);
    pool.workers[pool.count++] = w;
    pool.grown = clock_now();
    atomic_store_explicit(&pool.running, pool.count, memory_order_relaxed);
    return w;
}

static int load(const struct worker *w)
{
    assert(w);
    return w->transfers + (HEAVY_COUNTS - 1) * w->heavy_transfers +
           worker_busy_permille(w) / BUSY_COUNTS;
}

static bool is_full(const struct worker *w, bool heavy, bool all_busy_counts)
{
    if (heavy && w->heavy_transfers >= HEAVY_SHARE)
        return true;
    return all_busy_counts && worker_busy_permille(w) > BUSY_ENOUGH;
}

/* Whether a worker more would find a processor free. */
static bool has_room_for_one(void)
{
    return spare_processors_look(&pool.spare) >= SPARE_ENOUGH;
}

static bool should_grow(bool heavy)
{
    /* How busy the last one makes itself is not known at once. */
    bool busy_counts = clock_now() - pool.grown > 10 * CLOCK_MS;

    if (pool.count >= workers_max())
        return false;
    for (int i = 0; i < pool.count; i++) {
        if (!is_full(pool.workers[i], heavy, busy_counts))
            return false;
    }
    return heavy || pool.count == 0 || has_room_for_one();
}

static struct worker *least_loaded(void)
{
    struct worker *best = NULL;
    int best_load = 0;

    for (int i = 0; i < pool.count; i++) {
        int its_load = load(pool.workers[i]);

        if (!best || its_load < best_load) {
            best = pool.workers[i];
            best_load = its_load;
        }
    }
    return best;
}

/* The first that is not busy: a few workers that have much to do cost less than many that have
 * little, and where no processor is free, a busy one is as good as another. */
static struct worker *first_with_time(void)
{
    for (int i = 0; i < pool.count; i++) {
        if (worker_busy_permille(pool.workers[i]) <= BUSY_ENOUGH)
            return pool.workers[i];
    }
    return has_room_for_one() ? NULL : pool.workers[0];
}

static struct worker *choose_locked(bool heavy)
{
    struct worker *w = NULL;

    if (pool.exiting)
        return NULL;
    if (should_grow(heavy))
        w = start_locked();
    if (!w && !heavy && pool.count)
        w = first_with_time();
    return w ? w : least_loaded();
}

struct worker *workers_take(bool heavy)
{
    struct worker *w;

    lock_take(&pool.lock);
    w = choose_locked(heavy);
    if (w) {
        w->transfers++;
        w->heavy_transfers += heavy;
        worker_ref(w);
    }
    lock_drop(&pool.lock);
    return w;
}

bool workers_take_this(struct worker *w)
{
    bool found = false;

    lock_take(&pool.lock);
    for (int i = 0; i < pool.count && !pool.exiting; i++)
        found = found || pool.workers[i] == w;
    w->transfers += found;
    lock_drop(&pool.lock);
    return found;
}

bool workers_suit_guest(struct worker *w, int transfers)
{
    bool suits;

    lock_take(&pool.lock);
    suits = w->transfers == transfers && !w->heavy_transfers && !pool.exiting;
    if (suits && worker_busy_permille(w) > GUEST_FULL)
        suits = spare_processors_look(&pool.spare) < GUEST_SPARE;
    lock_drop(&pool.lock);
    return suits;
}

void workers_relieve(struct worker *w)
{
    if (!worker_is_ours(w))
        return;
    lock_take(&pool.lock);
    w->heavy_transfers--;
    lock_drop(&pool.lock);
}

void workers_done(struct worker *w, bool heavy)
{
    if (!worker_is_ours(w))
        return;
    lock_take(&pool.lock);
    w->transfers--;
    w->heavy_transfers -= heavy;
    lock_drop(&pool.lock);
    worker_unref(w);
}
