/* SPDX-License-Identifier: MIT */
/* What fork() is to find in order. A worker may hold any of the library's locks at the moment when
 * a thread of the program forks; in the child that lock would be held for ever, by nobody. So the
 * locks that are guarded are taken around fork(), in the order of their ranks: the child gets them
 * free, and what they guard whole. */
#ifndef RUNTIME_FORK_GUARD_H
#define RUNTIME_FORK_GUARD_H

#include "base/list.h"
#include "base/lock.h"

struct fork_guard {
    struct list_link link;
    struct lock *lock; /* NULL: none, only the call */

    /* Called in the child, where it is the only thread, with no lock held; may be NULL. It may
     * close its own guard. Descriptors that the parent uses may be closed there, and nothing more.
     */
    void (*in_child)(struct fork_guard *);
};

/* Opens and closes a guard whose `lock` and `in_child` are set. Any thread, without locks. The
 * guard's memory is the caller's and stays where it is until it is closed. */
void fork_guard_open(struct fork_guard *);
void fork_guard_close(struct fork_guard *);

#endif
