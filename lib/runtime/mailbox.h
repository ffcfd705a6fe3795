/* SPDX-License-Identifier: MIT */
/* A mailbox: many threads post, one drains. Posting is a compare-and-swap on a lock-free stack.
 *
 * The eventfd of an application's box is written only when the box was empty, so it is readable
 * exactly while there is mail (a drained box may be reported once more than needed, never once
 * less). A loop's box is for a reader that says when it sleeps: its eventfd is written only then,
 * once a sleep, and is never read; it is to be watched edge triggered. */
#ifndef RUNTIME_MAILBOX_H
#define RUNTIME_MAILBOX_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

/* What is posted; the first member of a larger message. It is the receiver's afterwards. */
struct post {
    struct post *next;
};

struct mailbox {
    /* Fixed after creation; any thread reads. */
    int wake_fd;  /* eventfd, non-blocking; -1 in a box that nobody sleeps on */
    bool is_loop; /* a loop's box */

    /* Any thread. */
    _Atomic(struct post *) newest; /* publishes the posts' contents to the one who drains */
    atomic_bool asleep;            /* a loop's box: whoever clears it writes the eventfd */
    atomic_int references;

    /* The one who drains. */
    int unread; /* writes of the eventfd, done or on their way, that were not read yet */
};

/* A new box, one reference. With `sleeper` it has an eventfd. NULL when memory or descriptors are
 * short. */
struct mailbox *mailbox_new(bool sleeper);
struct mailbox *mailbox_ref(struct mailbox *);
void mailbox_unref(struct mailbox *);

/* Hands over a chain, first to last in the order in which they are to be read. Any thread that has
 * a reference, or knows that somebody keeps one until this returns. */
void mailbox_post_chain(struct mailbox *, struct post *first, struct post *last);

static inline void mailbox_post(struct mailbox *box, struct post *p)
{
    mailbox_post_chain(box, p, p);
}

/* Takes everything, oldest first, and clears the eventfd; NULL when empty (no system call then).
 * One thread at a time. */
struct post *mailbox_drain(struct mailbox *);

static inline bool mailbox_empty(struct mailbox *box)
{
    return atomic_load_explicit(&box->newest, memory_order_acquire) == NULL;
}

/* Makes the eventfd readable though there may be no mail: what was drained is still to be dealt
 * with. The one who drains. */
void mailbox_wake(struct mailbox *);

/* A loop's box, asleep. */
struct mailbox *mailbox_new_loop(void);

/* The loop goes to sleep: from now on the next post writes the eventfd. False, and awake again, if
 * there is mail already. */
bool mailbox_sleep(struct mailbox *);
void mailbox_awake(struct mailbox *);

/* Writes a sleeping loop's eventfd, as a post would. Any thread. */
void mailbox_ring(struct mailbox *);

#endif
