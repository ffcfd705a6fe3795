/* SPDX-License-Identifier: MIT */
/* A thread that frees a handle while a callback of its multi handle is at work with it. */
#ifndef SUPPORT_TAKER_H
#define SUPPORT_TAKER_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "support/fetch.h"

struct taker {
    struct fetch *fetch;
    pthread_t thread;
    atomic_bool inside;     /* the callback runs */
    atomic_bool is_freeing; /* the other thread is about to */
    bool was_inside;        /* when the handle was gone */
};

/* Starts the thread, which waits for the callback and takes over `fetch->easy`. */
void taker_start(struct taker *taker, struct fetch *fetch);

/* For the callback: stays until the other thread is about to free the handle, and a while longer.
 * Does nothing when called again. */
void taker_linger(struct taker *taker);

/* Waits for the thread and checks that the handle outlived the callback. */
void taker_join(struct taker *taker);

#endif
