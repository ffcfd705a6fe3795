/* SPDX-License-Identifier: MIT */
/* A thread of the application waits here until a worker has let go of an exchange. */
#ifndef BOUNDARY_GATE_H
#define BOUNDARY_GATE_H

#include "base/lock.h"
#include "runtime/worker.h"

struct exchange;

struct gate {
    struct worker_post post; /* on its way to the worker */
    struct exchange *exchange;
    struct lock lock;
    pthread_cond_t opened;
    bool open; /* any thread, under lock */
};

void gate_init(struct gate *, struct exchange *);
void gate_release(struct gate *);
void gate_open(struct gate *); /* the worker's last touch */
void gate_wait(struct gate *); /* the application's thread */

#endif
