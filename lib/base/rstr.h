/* SPDX-License-Identifier: MIT */
/* Immutable bytes that several owners share: counted, any thread. A NUL stands behind the bytes. */
#ifndef BASE_RSTR_H
#define BASE_RSTR_H

#include <stdatomic.h>
#include <stddef.h>

struct rstr {
    atomic_int references;
    size_t len;
    char bytes[];
};

/* A copy of `len` bytes, one reference; NULL when memory is short. */
struct rstr *rstr_new(const void *bytes, size_t len);

/* NULL is fine for all of these. */
struct rstr *rstr_ref(struct rstr *);
void rstr_unref(struct rstr *);

static inline const char *rstr_text(const struct rstr *s)
{
    return s ? s->bytes : NULL;
}

#endif
