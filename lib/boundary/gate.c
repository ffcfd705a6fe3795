/* SPDX-License-Identifier: MIT */
#include "boundary/gate.h"

void gate_init(struct gate *g, struct exchange *x)
{
    *g = (struct gate){.exchange = x};
    lock_init(&g->lock, LOCK_MAILBOX);
    pthread_cond_init(&g->opened, NULL);
}

void gate_release(struct gate *g)
{
    pthread_cond_destroy(&g->opened);
    lock_release(&g->lock);
}

void gate_open(struct gate *g)
{
    lock_take(&g->lock);
    g->open = true;
    pthread_cond_signal(&g->opened);
    lock_drop(&g->lock);
}

void gate_wait(struct gate *g)
{
    lock_take(&g->lock);
    while (!g->open)
        lock_wait(&g->lock, &g->opened);
    lock_drop(&g->lock);
}
