/* SPDX-License-Identifier: MIT */
#include "api/guest.h"

#include "api/handle.h"
#include "base/clock.h"
#include "runtime/helm.h"
#include "runtime/workers.h"

enum {
    QUICK_US = 500,           /* between two waits */
    QUICK_US_A_DELIVERY = 30, /* more for each transfer that had something delivered */
    QUICK_ENOUGH = 4,
    BULK_BYTES = 16 * 1024, /* a delivery */
    SWALLOW_BYTES_A_US = 4096,
    SWALLOW_US = 20, /* for the calls */
    LOOK_US = 20000, /* between two looks at the worker's other work: they take a lock */
    UNFIT_ENOUGH = 4,
    BARRED_US = 1000000,
};

void guest_release(struct guest *g)
{
    worker_unref(g->worker);
    g->worker = NULL;
}

void guest_add_locked(struct guest *g, struct worker *w)
{
    if (!g->transfers && g->worker != w) {
        worker_unref(g->worker);
        g->worker = w;
        worker_ref(w);
    }
    g->transfers++;
    g->elsewhere += g->worker != w;
}

void guest_remove_locked(struct guest *g, const struct worker *w)
{
    g->transfers--;
    g->elsewhere -= g->worker != w;
}

/* How the program has behaved since its last wait. */
static void note_return(struct guest *g, int64_t now)
{
    size_t bytes = atomic_exchange_explicit(&g->bytes, 0, memory_order_relaxed);
    size_t deliveries = atomic_exchange_explicit(&g->deliveries, 0, memory_order_relaxed);
    int64_t quick = QUICK_US + QUICK_US_A_DELIVERY * (int64_t)deliveries;

    if (now - g->left > quick)
        g->quick = 0;
    else if (g->quick < QUICK_ENOUGH)
        g->quick++;
    if (!deliveries)
        return;
    g->bulk = (g->bulk * 7 + bytes / deliveries) / 8;
    g->away = (g->away * 7 + now - g->left) / 8;
    g->moved = (g->moved * 7 + (int64_t)bytes) / 8;
}

/* Whether the program does what a guest is for. */
static bool behaves(const struct guest *g, int64_t now)
{
    return g->quick >= QUICK_ENOUGH && now >= g->barred_until;
}

static bool moves_little(const struct guest *g)
{
    return g->bulk <= BULK_BYTES;
}

/* The program takes what it gets as fast as memory is copied: a second thread would have nothing to
 * do beside it. */
static bool swallows(const struct guest *g)
{
    return g->away <= SWALLOW_US + g->moved / SWALLOW_BYTES_A_US;
}

struct worker *guest_prefers(struct multi *m)
{
    int64_t now = clock_now();
    struct worker *w = NULL;

    lock_take(&m->lock);
    if (m->guest.worker && behaves(&m->guest, now) && moves_little(&m->guest)) {
        w = m->guest.worker;
        worker_ref(w);
    }
    lock_drop(&m->lock);
    return w;
}

/* Whether the worker has others to serve, or more to do than one thread can: looked at now and
 * then. */
static bool is_fit(struct guest *g, int64_t now)
{
    if (now - g->looked < LOOK_US)
        return !g->unfit;
    g->looked = now;
    g->unfit = workers_suit_guest(g->worker, g->transfers) ? 0 : g->unfit + 1;
    if (g->unfit < UNFIT_ENOUGH)
        return !g->unfit;
    g->unfit = 0;
    g->barred_until = clock_after(now, BARRED_US);
    return false;
}

static bool suits_locked(struct multi *m, int64_t now) REQUIRES(m->lock);

static bool suits_locked(struct multi *m, int64_t now)
{
    struct guest *g = &m->guest;

    return g->transfers && !g->elsewhere && behaves(g, now) && (moves_little(g) || swallows(g)) &&
           is_fit(g, now);
}

/* The worker to be turned, with a reference; NULL when it is not the program's turn. The worker's
 * thread has it back then. */
static struct worker *worker_to_turn(struct multi *m, int64_t now)
{
    struct worker *w;
    bool suits;

    lock_take(&m->lock);
    note_return(&m->guest, now);
    suits = suits_locked(m, now);
    w = m->guest.worker;
    if (w)
        worker_ref(w);
    lock_drop(&m->lock);
    if (w && suits && helm_enter(w))
        return w;
    if (w) {
        helm_give_back(w);
        worker_unref(w);
    }
    return NULL;
}

static bool watch_descriptors(struct multi *m, struct worker *w)
{
    bool watched;

    if (m->guest.watched_by == worker_serial(w))
        return true;
    watched = helm_watch(w, m->events->wake_fd) && helm_watch(w, m->wakeup_fd);
    if (watched)
        m->guest.watched_by = worker_serial(w);
    return watched;
}

bool guest_wait(struct multi *m, int timeout_ms, bool wakes)
{
    int64_t now = clock_now();
    struct worker *w = worker_to_turn(m, now);
    bool able;

    if (!w)
        return false;
    able = watch_descriptors(m, w);
    if (able)
        helm_turn(w, m->events, wakes ? &m->woken : NULL, clock_after(now, timeout_ms * CLOCK_MS));
    helm_leave(w);
    worker_unref(w);
    return able;
}

void guest_waited(struct multi *m)
{
    int64_t now = clock_now();

    lock_take(&m->lock);
    m->guest.left = now;
    if (suits_locked(m, now))
        helm_ask(m->guest.worker);
    lock_drop(&m->lock);
}

void guest_stays_away(struct multi *m)
{
    lock_take(&m->lock);
    m->guest.quick = 0;
    if (m->guest.worker)
        helm_give_back(m->guest.worker);
    lock_drop(&m->lock);
}
