/* SPDX-License-Identifier: MIT */
/* Sessions that servers let us resume, for a multi handle or a share object. A peer is who it is
 * and all the settings it was verified with, so a session is never offered where it would bring
 * less verification than a handshake. A TLS 1.3 ticket is given out once. What is kept and what is
 * given out are copies: OpenSSL writes into the session of a connection that fails. */
#include "base/clock.h"
#include "base/hash.h"
#include "base/lock.h"
#include "base/mem.h"
#include "net/tls_tickets.h"
#include "runtime/fork_guard.h"

#include <openssl/err.h>

enum {
    PEERS_MOST = 100,
    SESSIONS_A_PEER_MOST = 8,
    LIFETIME_MOST_S = 7 * 24 * 3600, /* RFC 8446, 4.6.1 */
};

struct kept {
    struct list_link link;
    SSL_SESSION *session;
    int64_t expires;
};

struct kept_peer {
    struct hash_link link;
    struct list_link age;
    struct list sessions; /* latest first */
    size_t count;
    bool hashed; /* imported without a name: the key is a salted digest of it */
    char key[];
};

struct tls_sessions {
    atomic_int references;
    struct lock lock;
    struct fork_guard guard;

    /* Under the lock. */
    struct hash peers;
    struct list ages; /* latest first */
    size_t hashed;    /* peers whose name is not known */
};

/* The parent's tickets are the parent's to use. They stay where they are: locks inside OpenSSL may
 * be held by nobody. */
UNCHECKED static void forget_in_child(struct fork_guard *guard)
{
    struct tls_sessions *all = CONTAINER_OF(guard, struct tls_sessions, guard);

    all->peers = (struct hash){0};
    all->hashed = 0;
    list_init(&all->ages);
}

struct tls_sessions *tls_sessions_new(void)
{
    struct tls_sessions *all = mem_calloc(1, sizeof(*all));

    if (!all)
        return NULL;
    all->references = 1;
    lock_init(&all->lock, LOCK_SESSIONS);
    list_init(&all->ages);
    all->guard.lock = &all->lock;
    all->guard.in_child = forget_in_child;
    fork_guard_open(&all->guard);
    return all;
}

struct tls_sessions *tls_sessions_ref(struct tls_sessions *all)
{
    if (all)
        atomic_fetch_add_explicit(&all->references, 1, memory_order_relaxed);
    return all;
}

static void kept_free(struct kept *k)
{
    if (!k)
        return;
    SSL_SESSION_free(k->session);
    mem_free(k);
}

static void free_all(struct list *dropped)
{
    struct list_link *link;

    while ((link = list_take_first(dropped)))
        kept_free(CONTAINER_OF(link, struct kept, link));
}

static void remove_peer(struct tls_sessions *all, struct kept_peer *p, struct list *dropped)
    REQUIRES(all->lock)
{
    list_splice(dropped, &p->sessions);
    all->hashed -= p->hashed;
    hash_remove(&all->peers, &p->link);
    list_remove(&p->age);
    mem_free(p);
}

void tls_sessions_unref(struct tls_sessions *all)
{
    struct list dropped;

    if (!all || atomic_fetch_sub_explicit(&all->references, 1, memory_order_acq_rel) > 1)
        return;
    fork_guard_close(&all->guard);
    list_init(&dropped);
    lock_take(&all->lock);
    list_for_each (link, &all->ages)
        remove_peer(all, CONTAINER_OF(link, struct kept_peer, age), &dropped);
    lock_drop(&all->lock);
    free_all(&dropped);
    hash_release(&all->peers);
    lock_release(&all->lock);
    mem_free(all);
}

/* ---- Putting ---- */

static struct kept_peer *find_exactly(struct tls_sessions *all, struct str key) REQUIRES(all->lock)
{
    struct hash_link *link = hash_find(&all->peers, key);

    return link ? CONTAINER_OF(link, struct kept_peer, link) : NULL;
}

static struct kept_peer *add_peer(struct tls_sessions *all, struct str key, struct list *dropped)
    REQUIRES(all->lock)
{
    struct kept_peer *p = mem_calloc(1, sizeof(*p) + key.len + 1);

    if (!p)
        return NULL;
    memcpy(p->key, key.at, key.len);
    list_init(&p->sessions);
    if (!hash_insert(&all->peers, &p->link, (struct str){p->key, key.len})) {
        mem_free(p);
        return NULL;
    }
    list_prepend(&all->ages, &p->age);
    if (all->peers.count > PEERS_MOST)
        remove_peer(all, CONTAINER_OF(list_last(&all->ages), struct kept_peer, age), dropped);
    return p;
}

static struct kept_peer *find_hashed(struct tls_sessions *all, struct str key) REQUIRES(all->lock)
{
    list_for_each (link, &all->ages) {
        struct kept_peer *p = CONTAINER_OF(link, struct kept_peer, age);

        if (p->hashed && tls_ticket_is_of((const unsigned char *)p->key, key))
            return p;
    }
    return NULL;
}

/* Those that came without a name and turn out to be of this peer get it. */
static void name_hashed(struct tls_sessions *all, struct str key, struct list *dropped)
    REQUIRES(all->lock)
{
    struct kept_peer *p, *named;

    while ((p = find_hashed(all, key))) {
        struct list sessions;
        size_t count = p->count;

        list_init(&sessions);
        list_splice(&sessions, &p->sessions);
        remove_peer(all, p, dropped);
        named = find_exactly(all, key);
        if (!named)
            named = add_peer(all, key, dropped);
        list_splice(named ? &named->sessions : dropped, &sessions);
        if (named)
            named->count += count;
    }
}

static struct kept_peer *find(struct tls_sessions *all, struct str key, struct list *dropped)
    REQUIRES(all->lock)
{
    if (all->hashed)
        name_hashed(all, key, dropped);
    return find_exactly(all, key);
}

static void drop_one(struct kept_peer *p, struct kept *k, struct list *dropped)
{
    list_remove(&k->link);
    list_append(dropped, &k->link);
    p->count--;
}

static int64_t lifetime_s(const SSL_SESSION *session)
{
    int64_t hint = (int64_t)SSL_SESSION_get_ticket_lifetime_hint(session);
    int64_t seconds = hint > 0 ? hint : SSL_SESSION_get_timeout(session);

    return seconds < LIFETIME_MOST_S ? seconds : LIFETIME_MOST_S;
}

static struct kept *kept_new(SSL_SESSION *session)
{
    struct kept *k = mem_calloc(1, sizeof(*k));

    if (!k)
        return NULL;
    k->expires = clock_now() + lifetime_s(session) * CLOCK_SECOND;
    k->session = SSL_SESSION_dup(session);
    if (k->session)
        return k;
    mem_free(k);
    return NULL;
}

static void put(struct tls_sessions *all, struct str key, bool hashed, struct kept *k)
{
    struct kept_peer *p;
    struct list dropped;

    list_init(&dropped);
    lock_take(&all->lock);
    p = hashed ? find_exactly(all, key) : find(all, key, &dropped);
    if (!p)
        p = add_peer(all, key, &dropped);
    if (p) {
        all->hashed += hashed && !p->hashed;
        p->hashed = hashed;
        list_remove(&p->age);
        list_prepend(&all->ages, &p->age);
        list_prepend(&p->sessions, &k->link);
        if (++p->count > SESSIONS_A_PEER_MOST)
            drop_one(p, CONTAINER_OF(list_last(&p->sessions), struct kept, link), &dropped);
    } else {
        list_append(&dropped, &k->link);
    }
    lock_drop(&all->lock);
    free_all(&dropped);
}

void tls_sessions_put(struct tls_sessions *all, struct str key, SSL_SESSION *session)
{
    struct kept *k = SSL_SESSION_is_resumable(session) ? kept_new(session) : NULL;

    if (k)
        put(all, key, false, k);
}

bool tls_sessions_import(struct tls_sessions *all, struct str key, bool hashed,
                         SSL_SESSION *session, int64_t valid_s)
{
    struct kept *k = kept_new(session);

    if (!k)
        return false;
    if (valid_s > LIFETIME_MOST_S)
        valid_s = LIFETIME_MOST_S;
    k->expires = clock_now() + valid_s * CLOCK_SECOND;
    put(all, key, hashed, k);
    return true;
}

/* ---- Copies for export ---- */

static bool add_copy(struct tls_sessions_copy *copy, const struct kept_peer *p,
                     const struct kept *k, int64_t now)
{
    struct tls_session_copy *c = &copy->at[copy->count];
    size_t len = p->hashed ? TICKET_SHMAC_SIZE : strlen(p->key);

    c->key = mem_memdup0(p->key, len);
    if (!c->key)
        return false;
    c->hashed = p->hashed;
    c->session = k->session;
    SSL_SESSION_up_ref(c->session);
    c->valid_s = (k->expires - now) / CLOCK_SECOND;
    copy->count++;
    return true;
}

static bool copy_all(struct tls_sessions *all, struct tls_sessions_copy *copy) REQUIRES(all->lock)
{
    int64_t now = clock_now();
    size_t count = 0;

    list_for_each (age, &all->ages)
        count += CONTAINER_OF(age, struct kept_peer, age)->count;
    copy->at = count ? mem_calloc(count, sizeof(copy->at[0])) : NULL;
    if (!copy->at)
        return !count;
    list_for_each (age, &all->ages) {
        struct kept_peer *p = CONTAINER_OF(age, struct kept_peer, age);

        list_for_each (link, &p->sessions) {
            struct kept *k = CONTAINER_OF(link, struct kept, link);

            if (k->expires > now && !add_copy(copy, p, k, now))
                return false;
        }
    }
    return true;
}

bool tls_sessions_copy_all(struct tls_sessions *all, struct tls_sessions_copy *ret)
{
    bool copied;

    *ret = (struct tls_sessions_copy){0};
    lock_take(&all->lock);
    copied = copy_all(all, ret);
    lock_drop(&all->lock);
    return copied;
}

void tls_sessions_copy_release(struct tls_sessions_copy *copy)
{
    for (size_t i = 0; i < copy->count; i++) {
        mem_free(copy->at[i].key);
        SSL_SESSION_free(copy->at[i].session);
    }
    mem_free(copy->at);
    *copy = (struct tls_sessions_copy){0};
}

/* ---- Taking ---- */

/* The latest that is good still. */
static SSL_SESSION *take_locked(struct tls_sessions *all, struct str key, struct list *dropped)
    REQUIRES(all->lock)
{
    struct kept_peer *p = find(all, key, dropped);
    SSL_SESSION *session = NULL;
    int64_t now = clock_now();

    if (!p)
        return NULL;
    list_for_each (link, &p->sessions) {
        struct kept *k = CONTAINER_OF(link, struct kept, link);
        bool good = k->expires > now;

        if (good && !session) {
            session = SSL_SESSION_dup(k->session);
            good = SSL_SESSION_get_protocol_version(k->session) < TLS1_3_VERSION;
        }
        if (!good)
            drop_one(p, k, dropped);
        if (session)
            break;
    }
    if (!p->count)
        remove_peer(all, p, dropped);
    return session;
}

SSL_SESSION *tls_sessions_take(struct tls_sessions *all, struct str key)
{
    SSL_SESSION *session;
    struct list dropped;

    list_init(&dropped);
    lock_take(&all->lock);
    session = take_locked(all, key, &dropped);
    lock_drop(&all->lock);
    free_all(&dropped);
    return session;
}

size_t tls_sessions_count(struct tls_sessions *all, struct str key)
{
    struct kept_peer *p;
    size_t count;

    lock_take(&all->lock);
    p = find_exactly(all, key);
    count = p ? p->count : 0;
    lock_drop(&all->lock);
    return count;
}
