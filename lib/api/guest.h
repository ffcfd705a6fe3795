/* SPDX-License-Identifier: MIT */
/* A program that waits in curl_multi_poll or curl_multi_wait only waits for its worker: instead it
 * turns the worker itself (runtime/helm.h), as long as it comes back quickly and all its transfers
 * are on one worker that serves nobody else. Handshakes are better off with a thread beside the
 * program's; so are large bodies that the program does something with. */
#ifndef API_GUEST_H
#define API_GUEST_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct multi;
struct worker;

/* Of a multi handle, under its lock where nothing else is said. */
struct guest {
    struct worker *worker; /* of its transfers, also of the last ones; counted; or NULL */
    int transfers;         /* on workers */
    int elsewhere;         /* of them on other workers than that */
    uint64_t watched_by;   /* number of the worker that knows its descriptors */
    int64_t left;          /* us: the last wait's end */
    int64_t barred_until;  /* us: it has more to do than one thread should */
    int quick;             /* times in a row that the program came back at once */
    int64_t looked;        /* us: when the worker's other work was last looked at */
    int unfit;             /* looks in a row that spoke against it */
    size_t bulk;           /* bytes a delivery, lately */
    int64_t away;          /* us between two waits, */
    int64_t moved;         /* and the bytes that were delivered meanwhile, lately */

    /* The performer's; the waiting thread takes them. */
    atomic_size_t bytes, deliveries;
};

void guest_release(struct guest *);

/* The performer, with the lock: a transfer was given to a worker of the pool, or taken back. */
void guest_add_locked(struct guest *, struct worker *);
void guest_remove_locked(struct guest *, const struct worker *);

/* The worker that the next transfer should go to, with a reference: the one that the program turns;
 * NULL for any. Without the lock. */
struct worker *guest_prefers(struct multi *);

/* Waits until there is mail, for at most `timeout_ms`, and with `wakes` until somebody calls
 * curl_multi_wakeup, by turning the worker. False when the caller has to wait in the ordinary way;
 * guest_waited afterwards. Any thread, without the lock. */
bool guest_wait(struct multi *, int timeout_ms, bool wakes);

/* The ordinary wait is over: from the next one on the program may be a guest. */
void guest_waited(struct multi *);

/* The worker's thread is to be at its helm: the program waits for it by other means. */
void guest_stays_away(struct multi *);

#endif
