/* SPDX-License-Identifier: MIT */
#include "boundary/suffixes.h"

#include "base/clock.h"
#include "base/lock.h"
#include "base/mem.h"
#include "runtime/fork_guard.h"

#include <pthread.h>
#include <stdatomic.h>
#ifdef HAVE_PSL
#include <libpsl.h>
#endif

enum {
    AGE_MOST_S = 72 * 3600,
    NAME_MOST = 255,
};

struct suffixes {
    atomic_int references;
    int64_t loaded; /* us */
#ifdef HAVE_PSL
    psl_ctx_t *list;
    bool owned; /* not the one that is built into libpsl */
#endif
};

/* The latest one; it has a reference of its own while others use it. */
static struct lock lock = LOCK_INITIALIZER(LOCK_SUFFIXES);
static struct suffixes *latest;

static pthread_once_t guarded = PTHREAD_ONCE_INIT;
static struct fork_guard guard = {.lock = &lock};

static void open_guard(void)
{
    fork_guard_open(&guard);
}

static struct suffixes *load(void)
{
    struct suffixes *s = mem_calloc(1, sizeof(*s));

    if (!s)
        return NULL;
    s->references = 1;
    s->loaded = clock_now();
#ifdef HAVE_PSL
    s->list = psl_latest(NULL);
    s->owned = s->list != NULL;
    if (!s->list) {
        /* It is not written to. */
        s->list = (psl_ctx_t *)(uintptr_t)psl_builtin();
    }
#endif
    return s;
}

static void drop(struct suffixes *s)
{
#ifdef HAVE_PSL
    if (s->owned)
        psl_free(s->list);
#endif
    mem_free(s);
}

struct suffixes *suffixes_get(void)
{
    struct suffixes *s;

    pthread_once(&guarded, open_guard);
    lock_take(&lock);
    s = latest;
    if (s && clock_now() - s->loaded < AGE_MOST_S * CLOCK_SECOND) {
        atomic_fetch_add(&s->references, 1);
        lock_drop(&lock);
        return s;
    }
    lock_drop(&lock);
    s = load();
    if (!s)
        return NULL;
    lock_take(&lock);
    latest = s; /* not counted: suffixes_unref takes it away */
    lock_drop(&lock);
    return s;
}

struct suffixes *suffixes_ref(struct suffixes *s)
{
    if (s)
        atomic_fetch_add(&s->references, 1);
    return s;
}

/* The count falls to nothing under the lock, so that nobody finds it there then. */
void suffixes_unref(struct suffixes *s)
{
    bool last;

    if (!s)
        return;
    lock_take(&lock);
    last = atomic_fetch_sub(&s->references, 1) == 1;
    if (last && latest == s)
        latest = NULL;
    lock_drop(&lock);
    if (last)
        drop(s);
}

#ifdef HAVE_PSL

/* In lower case, as libpsl wants it, and without a dot at the end. */
static bool normal(struct str name, char text[NAME_MOST + 1])
{
    if (name.len && name.at[name.len - 1] == '.')
        name.len--;
    if (!name.len || name.len > NAME_MOST)
        return false;
    for (size_t i = 0; i < name.len; i++)
        text[i] = ascii_lower(name.at[i]);
    text[name.len] = '\0';
    return true;
}

bool suffixes_allow(const struct suffixes *s, struct str host, struct str domain)
{
    char host_text[NAME_MOST + 1], domain_text[NAME_MOST + 1];

    if (str_equal_nocase(host, domain))
        return true;
    if (!normal(host, host_text) || !normal(domain, domain_text))
        return false;
    return psl_is_cookie_domain_acceptable(s->list, host_text, domain_text) != 0;
}

bool suffixes_have(const struct suffixes *s, struct str domain)
{
    char text[NAME_MOST + 1];

    return normal(domain, text) &&
           psl_is_public_suffix2(s->list, text, PSL_TYPE_ANY | PSL_TYPE_NO_STAR_RULE) != 0;
}

#else

/* Without a list: a dot in the middle, or the host itself. */
bool suffixes_allow(const struct suffixes *s, struct str host, struct str domain)
{
    const char *dot;

    (void)s;
    if (str_equal_nocase(host, domain))
        return true;
    dot = domain.len ? memchr(domain.at, '.', domain.len) : NULL;
    return dot && dot + 1 < domain.at + domain.len;
}

bool suffixes_have(const struct suffixes *s, struct str domain)
{
    (void)s;
    (void)domain;
    return false;
}

#endif
