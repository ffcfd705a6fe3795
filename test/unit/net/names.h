/* SPDX-License-Identifier: MIT */
/* The stage on which names are looked up: fibers, a store, a DNS server that answers as the name
 * wants, and a clock that can be put forward (link with --wrap=clock_now). */
#ifndef TEST_UNIT_NET_NAMES_H
#define TEST_UNIT_NET_NAMES_H

#include "connections.h"

#include "dns_server.h"
#include "net/dns_cache.h"

/* ---- The clock ---- */

static _Atomic int64_t clock_ahead;

int64_t __real_clock_now(void);
int64_t __wrap_clock_now(void);

int64_t __wrap_clock_now(void)
{
    return __real_clock_now() + atomic_load(&clock_ahead);
}

/* ---- A look-up ---- */

struct scene {
    struct dns_server *server;
    struct dns_cache *cache;
    struct worker *worker;
    struct dns_options options;
};

static inline int with_scene(void **state)
{
    struct scene *s = calloc(1, sizeof(*s));

    s->server = dns_server_start();
    s->cache = dns_cache_new();
    s->worker = worker_new_inline();
    s->options = (struct dns_options){.servers = s->server->csv, .cache_timeout_s = 60};
    *state = s;
    return s->cache && s->worker ? 0 : -1;
}

static inline int without_scene(void **state)
{
    struct scene *s = *state;

    worker_free_inline(s->worker);
    dns_cache_unref(s->cache);
    dns_server_stop(s->server);
    free(s);
    atomic_store(&clock_ahead, 0);
    return 0;
}

struct look {
    struct dns_cache *cache;
    struct str name;
    int port;
    struct dns_options options;
    int64_t deadline;
    CURLcode result;
    struct addresses *found;
    struct buf error;
    char text[256]; /* what was found, in order, with spaces between */
    struct job job;
};

static inline void look_init(struct look *l, const struct scene *s, const char *name)
{
    *l = (struct look){.cache = s->cache,
                       .name = str_of(name),
                       .port = 80,
                       .options = s->options,
                       .deadline = far()};
}

static inline void look_run(void *argument)
{
    struct look *l = argument;

    l->result = resolve(l->cache, l->name, l->port, &l->options, l->deadline, &l->found, &l->error);
    for (size_t i = 0; l->found && i < l->found->count && i < 3; i++) {
        char one[ADDRESS_TEXT_SIZE];
        size_t len = strlen(l->text);
        address_text(&l->found->list[i], one);
        snprintf(l->text + len, sizeof(l->text) - len, "%s%s", i ? " " : "", one);
    }
}

static inline void look_release(struct look *l)
{
    addresses_unref(l->found);
    l->found = NULL;
    buf_release(&l->error);
}

/* Looks a name up on the scene's worker. */
static inline void look_up(struct scene *s, struct look *l, const char *name)
{
    look_init(l, s, name);
    run_here(s->worker, look_run, l);
}

static inline void assert_finds(struct scene *s, const char *name, const char *text)
{
    struct look l;

    look_up(s, &l, name);
    if (l.result || strcmp(l.text, text) != 0)
        fail_msg("%s: %d, found '%s', error '%s'", name, l.result, l.text, buf_text(&l.error));
    assert_int_equal(l.error.len, 0);
    look_release(&l);
}

static inline void assert_fails(struct scene *s, const char *name, const char *reason)
{
    char text[512];
    struct look l;

    look_up(s, &l, name);
    assert_int_equal(l.result, CURLE_COULDNT_RESOLVE_HOST);
    assert_null(l.found);
    snprintf(text, sizeof(text), "Could not resolve host: %s (%s)", name, reason);
    assert_string_equal(buf_text(&l.error), text);
    look_release(&l);
}

#endif
