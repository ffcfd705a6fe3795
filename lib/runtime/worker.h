/* SPDX-License-Identifier: MIT */
/* A worker: one thread with one epoll instance, one timer queue, one run queue and one mailbox,
 * which runs fibers. An inline worker is the same loop without a thread: whoever owns it turns it.
 */
#ifndef RUNTIME_WORKER_H
#define RUNTIME_WORKER_H

#include "base/list.h"
#include "runtime/fiber.h"
#include "runtime/mailbox.h"
#include "runtime/timers.h"

#include <stdbool.h>
#include <stdint.h>

struct worker;

/* A message to a worker: delivered on the worker's own stack, in order of posting by one thread. */
struct worker_post {
    struct post post;
    void (*deliver)(struct worker_post *, struct worker *);
};

/* A worker without a thread, for the calling thread; NULL when memory or descriptors are short. Any
 * one thread at a time may turn it. */
struct worker *worker_new_inline(void);

/* Cancels what still runs on it, turns it until all is gone, frees it. In a child of fork that
 * inherited it, it only closes the copies of its descriptors: what ran on it stays as it was,
 * unrun.
 */
void worker_free_inline(struct worker *);

/* One turn of an inline worker: mail, ready fibers, timers, then the sockets, waiting for them
 * until `deadline` (us; 0: not at all) if nothing is ready to run. Returns early as soon as
 * something happened. */
void worker_turn(struct worker *, int64_t deadline);

/* When an inline worker next needs a turn without any descriptor being ready: now (0) if a fiber is
 * ready or mail is there, else its next timer, CLOCK_NEVER for none. */
int64_t worker_next_due(struct worker *);

/* An inline worker's descriptor, readable when it needs a turn for mail or sockets. */
int worker_poll_fd(struct worker *);

/* The worker that runs on this thread, while it runs (its thread, or a turn of an inline one); NULL
 * elsewhere. */
struct worker *worker_current(void);

/* Keeps the memory of a worker, whatever becomes of it meanwhile. Any thread. */
void worker_ref(struct worker *);
void worker_unref(struct worker *); /* takes NULL */

/* In the pool, from 1; 0 for an inline one. */
int worker_number(const struct worker *);

/* Unlike its address, never given to another one in this process. */
uint64_t worker_serial(const struct worker *);

bool worker_is_inline(const struct worker *);

/* False for a worker that was inherited by fork: it is not to be turned, posted to or waited for.
 */
bool worker_is_ours(const struct worker *);

/* Posts a message. Any thread; wakes the worker if it sleeps. On the worker's own thread it is
 * delivered in its next pass. */
void worker_post(struct worker *, struct worker_post *);

/* Posts several in one go with one wake-up: a chain through post.next. */
void worker_post_chain(struct worker *, struct post *first, struct post *last);

/* Sends to a mailbox from the worker's thread, batched: all that a turn sends to one box is posted
 * in one step, with one wake-up, at its end. Order per box is kept. Holds a reference to the box
 * until then. */
void worker_send(struct mailbox *to, struct post *);

/* Posts now what worker_send has collected for this box. */
void worker_flush(struct mailbox *to);

/* What is to be done once at the end of the worker's pass, behind the fibers that are ready: what
 * they ask for meanwhile is done together. A zeroed one waits for nothing. The worker's thread
 * only.
 */
struct worker_chore {
    struct list_link link;
    void (*run)(struct worker_chore *); /* on the worker's own stack; may ask for itself again */
};

/* Asks the current worker for it; nothing if it is asked for already. */
void worker_ask(struct worker_chore *);

static inline void worker_chore_drop(struct worker_chore *chore)
{
    list_remove(&chore->link);
}

/* The worker's timers, for owners of struct timer other than fibers (the worker's thread only). */
struct timers *worker_timers(struct worker *);

/* Per-worker objects of higher rooms (the c-ares channel, ...): one slot a key, freed with the
 * worker, on its thread (or the thread that frees an inline one). The worker's thread only. A key
 * is the address of a static. */
void *worker_local(struct worker *, const void *key);
bool worker_local_set(struct worker *, const void *key, void *object, void (*free_object)(void *));

/* Has `idle` called with the key's object (which is set already) when an inline worker that has no
 * fibers left stops being turned, at the end of worker_turn -- lets owners of shared work hand it
 * to others. */
void worker_on_idle(struct worker *, const void *key, void (*idle)(void *object));

/* How many fibers live on it, and how busy it was lately (0 to 1000, of the last 10 ms or so). Any
 * thread; approximate. */
int worker_fibers(const struct worker *);
int worker_busy_permille(const struct worker *);

#endif
