/* SPDX-License-Identifier: MIT */
/* The pool of worker threads: one a process, started on first use, with all signals blocked. It
 * begins with one worker and adds another while those it has are busy, up to workers_max(). */
#ifndef RUNTIME_WORKERS_H
#define RUNTIME_WORKERS_H

#include "runtime/worker.h"

/* The greatest number of workers: the processors that the process may use (sched_getaffinity), or
 * the environment's CURLPOOL_WORKERS, or workers_set_max (1 to 256; 0 restores the default).
 * Shrinking takes effect for what starts afterwards. Any thread. */
int workers_max(void);
void workers_set_max(int count);

/* Takes a worker for one more transfer: the least loaded. Starts one where needed; NULL when none
 * runs and no thread can be created (the caller then uses an inline worker). `heavy` says that the
 * work is known to cost CPU (a TLS handshake): it counts as more. Any thread. The pool counts the
 * transfer on that worker until workers_done(), a heavy one as such until workers_relieve(), and
 * the worker's memory stays until then even if it is stopped meanwhile. Of a worker inherited by
 * fork workers_done() does nothing. */
struct worker *workers_take(bool heavy);
void workers_done(struct worker *, bool heavy);

/* The heavy part of a transfer is over: it counts as any other from now on. Any thread. */
void workers_relieve(struct worker *);

/* The same of a worker that the caller has a reference to, which becomes the transfer's; false when
 * it is no longer in the pool. */
bool workers_take_this(struct worker *);

/* Whether a thread of the program, whose `transfers` these are, may turn the worker
 * (runtime/helm.h): nothing else runs there, no handshakes are under way, and no other processor
 * stands idle while it has more than enough to do. Any thread. */
bool workers_suit_guest(struct worker *, int transfers);

/* Ends and joins all workers; whatever runs on them is cancelled and unwinds first. The next
 * workers_take starts afresh. For curl_global_cleanup; does nothing on a worker. At exit() and when
 * the library is unloaded the same is done by itself, in bounded time: see workers.c. */
void workers_stop(void);

/* Grows by one in each child of fork: what belongs to another generation is not to be touched. Who
 * keeps something that fork must not share asks for it when it is made. See also
 * runtime/fork_guard.h. */
unsigned workers_generation(void);

/* True when the process is exiting and a worker did not end in time: then no answer of any worker
 * is to be waited for. Any thread. */
bool workers_frozen(void);

/* Threads that run now. Any thread. */
int workers_running(void);

#endif
