/* SPDX-License-Identifier: MIT */
/* An intrusive hash table keyed by bytes. The hash is seeded at random once a process, so that
 * names chosen by a peer do not collide on purpose. It grows by itself; when memory for that is
 * short the chains get longer. */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include "base/str.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct hash_link {
    struct hash_link *next;
    struct str key; /* bytes owned by the member */
    uint64_t hash;
};

struct hash {
    struct hash_link **slots;
    size_t slot_count; /* a power of two, 0 before the first insert */
    size_t count;      /* members */
};

/* Frees the table, not the members. */
void hash_release(struct hash *);

/* The member with this key, or NULL. */
struct hash_link *hash_find(const struct hash *, struct str key);

/* Adds a member; `key` must live as long as it is in. False when memory is short. */
bool hash_insert(struct hash *, struct hash_link *, struct str key);

/* Takes a member out that is in. */
void hash_remove(struct hash *, struct hash_link *);

/* Any member, for emptying; NULL when there is none. */
struct hash_link *hash_any(const struct hash *);

/* Calls `visit` for each member; it may remove the member it is given. */
void hash_visit(struct hash *, void (*visit)(struct hash_link *, void *argument), void *argument);

/* The hash of some bytes under the process's seed. */
uint64_t hash_bytes(struct str);

#endif
