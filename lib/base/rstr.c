/* SPDX-License-Identifier: MIT */
#include "base/rstr.h"

#include "base/mem.h"

#include <stdint.h>
#include <string.h>

struct rstr *rstr_new(const void *bytes, size_t len)
{
    struct rstr *s;

    if (len > SIZE_MAX - sizeof(*s) - 1)
        return NULL;
    s = mem_alloc(sizeof(*s) + len + 1);
    if (!s)
        return NULL;
    atomic_init(&s->references, 1);
    s->len = len;
    if (len)
        memcpy(s->bytes, bytes, len);
    s->bytes[len] = '\0';
    return s;
}

struct rstr *rstr_ref(struct rstr *s)
{
    if (s)
        atomic_fetch_add_explicit(&s->references, 1, memory_order_relaxed);
    return s;
}

/* Whoever drops the last reference sees all that the others did before they dropped theirs. */
void rstr_unref(struct rstr *s)
{
    if (s && atomic_fetch_sub_explicit(&s->references, 1, memory_order_acq_rel) == 1)
        mem_free(s);
}
