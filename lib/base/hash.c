/* SPDX-License-Identifier: MIT */
#include "base/hash.h"

#include "base/mem.h"
#include "base/rand.h"

#include <pthread.h>

enum { FIRST_SLOTS = 16 };

static uint64_t seed;
static pthread_once_t seed_once = PTHREAD_ONCE_INIT;

static void make_seed(void)
{
    rand_kernel(&seed, sizeof(seed));
}

static uint64_t mix(uint64_t a, uint64_t b)
{
    __uint128_t product = (__uint128_t)a * b;

    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

uint64_t hash_bytes(struct str s)
{
    uint64_t h, word;

    pthread_once(&seed_once, make_seed);
    h = seed ^ (s.len * 0x9e3779b97f4a7c15ULL);
    while (s.len >= sizeof(word)) {
        memcpy(&word, s.at, sizeof(word));
        h = mix(h ^ word, 0xa0761d6478bd642fULL);
        s.at += sizeof(word);
        s.len -= sizeof(word);
    }
    word = 0;
    if (s.len)
        memcpy(&word, s.at, s.len);
    return mix(h ^ word, 0xe7037ed1a0b428dbULL);
}

void hash_release(struct hash *t)
{
    mem_free(t->slots);
    *t = (struct hash){0};
}

static struct hash_link **slot_of(const struct hash *t, uint64_t hash)
{
    return &t->slots[hash & (t->slot_count - 1)];
}

struct hash_link *hash_find(const struct hash *t, struct str key)
{
    uint64_t hash;

    if (!t->count)
        return NULL;
    hash = hash_bytes(key);
    for (struct hash_link *l = *slot_of(t, hash); l; l = l->next) {
        if (l->hash == hash && str_equal(l->key, key))
            return l;
    }
    return NULL;
}

static bool grow(struct hash *t)
{
    struct hash bigger = {.slot_count = t->slot_count ? t->slot_count * 2 : FIRST_SLOTS};

    bigger.slots = mem_calloc(bigger.slot_count, sizeof(struct hash_link *));
    if (!bigger.slots)
        return false;
    for (size_t i = 0; i < t->slot_count; i++) {
        struct hash_link *l = t->slots[i];
        while (l) {
            struct hash_link *next = l->next, **slot = slot_of(&bigger, l->hash);
            l->next = *slot;
            *slot = l;
            l = next;
        }
    }
    mem_free(t->slots);
    t->slots = bigger.slots;
    t->slot_count = bigger.slot_count;
    return true;
}

bool hash_insert(struct hash *t, struct hash_link *l, struct str key)
{
    struct hash_link **slot;

    if (t->count >= t->slot_count && !grow(t) && !t->slot_count)
        return false;
    l->key = key;
    l->hash = hash_bytes(key);
    slot = slot_of(t, l->hash);
    l->next = *slot;
    *slot = l;
    t->count++;
    return true;
}

void hash_remove(struct hash *t, struct hash_link *gone)
{
    struct hash_link **at = slot_of(t, gone->hash);

    while (*at != gone)
        at = &(*at)->next;
    *at = gone->next;
    t->count--;
}

struct hash_link *hash_any(const struct hash *t)
{
    for (size_t i = 0; t->count && i < t->slot_count; i++) {
        if (t->slots[i])
            return t->slots[i];
    }
    return NULL;
}

void hash_visit(struct hash *t, void (*visit)(struct hash_link *, void *argument), void *argument)
{
    for (size_t i = 0; i < t->slot_count; i++) {
        struct hash_link *next;
        for (struct hash_link *l = t->slots[i]; l; l = next) {
            next = l->next;
            visit(l, argument);
        }
    }
}
