/* SPDX-License-Identifier: MIT */
#include "net/connect_gate.h"

#include "base/mem.h"
#include "runtime/wait.h"
#include "runtime/worker.h"

/* A worker's. */
struct connect_gate {
    int taken;
    struct condition free_place; /* who is signalled owns the place */
};

static const char gate_key;

static void gate_free(void *gate)
{
    mem_free(gate);
}

static struct connect_gate *gate_of(struct worker *worker)
{
    struct connect_gate *g = worker_local(worker, &gate_key);

    if (g)
        return g;
    g = mem_calloc(1, sizeof(*g));
    if (!g)
        return NULL;
    condition_init(&g->free_place);
    if (worker_local_set(worker, &gate_key, g, gate_free))
        return g;
    mem_free(g);
    return NULL;
}

CURLcode connect_gate_enter(int64_t deadline, struct connect_gate **ret_gate)
{
    struct connect_gate *g = gate_of(worker_current());
    CURLcode result;

    if (!g)
        return CURLE_OUT_OF_MEMORY;
    if (g->taken < CONNECT_GATE_PLACES) {
        g->taken++;
    } else {
        result = wait_on(&g->free_place, deadline);
        if (result)
            return result;
    }
    *ret_gate = g;
    return CURLE_OK;
}

void connect_gate_leave(struct connect_gate **gate)
{
    struct connect_gate *g = *gate;

    *gate = NULL;
    if (!g)
        return;
    if (list_empty(&g->free_place.waiters))
        g->taken--;
    else
        condition_signal(&g->free_place);
}
