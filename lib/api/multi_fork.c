/* SPDX-License-Identifier: MIT */
/* A multi handle in the child of a fork: it becomes the child's own. What belonged to the parent's
 * workers is let go of without being touched: its memory is a copy that nobody uses, its
 * descriptors are the parent's too. */
#include "api/handle.h"

#include "api/closer.h"
#include "base/clock.h"
#include "runtime/workers.h"

#include <sys/eventfd.h>
#include <unistd.h>

static bool replace_stores(struct multi *m)
{
    struct mailbox *events = mailbox_new(!m->is_own);
    struct pool *pool = pool_new();
    struct dns_cache *dns = dns_cache_new();
    struct tls_sessions *sessions = tls_sessions_new();
    struct closer *closer = events ? closer_new(events) : NULL;
    struct worker *inline_worker = m->is_own ? worker_new_inline() : NULL;

    if (!events || !pool || !dns || !sessions || !closer || (m->is_own && !inline_worker))
        return false; /* the next call tries again */
    if (m->events->wake_fd >= 0)
        close(m->events->wake_fd);
    pool_unref(m->pool); /* closes the child's copies of idle sockets, and says nothing on them */
    pool_unref(m->doh_pool);
    m->doh_pool = NULL;
    m->events = events;
    m->pool = pool;
    m->dns = dns;
    m->sessions = sessions;
    m->closer = closer;
    m->inline_worker = inline_worker;
    if (m->wakeup_fd >= 0) {
        close(m->wakeup_fd);
        m->wakeup_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    }
    return true;
}

/* A transfer that the parent goes on with is over for the child. */
static void end_here(struct multi *m, struct easy *e)
{
    if (!e->exchange)
        return;
    e->exchange = NULL;
    e->held_ask = e->held_calls = NULL;
    e->state = EASY_ENDED;
    e->result = CURLE_ABORTED_BY_CALLBACK;
    e->message = (CURLMsg){.msg = CURLMSG_DONE, .easy_handle = easy_public(e)};
    e->message.data.result = e->result;
    list_append(&m->messages, &e->message_link);
    m->messages_count++;
    m->running--;
}

bool multi_adopt_after_fork(struct multi *m)
{
    if (!replace_stores(m))
        return false;
    m->generation = workers_generation();
    lock_init(&m->lock, LOCK_MULTI);
    pthread_cond_init(&m->changed, NULL);
    m->performing = m->in_notify = m->in_socket_callback = false;
    m->shown = NULL;
    m->waiting = 0;
    m->guest = (struct guest){0};
    m->pipe_worker = NULL;
    atomic_store(&m->woken, false);
    m->socket_shown = false;
    m->timer_reported = CLOCK_NEVER;
    list_init(&m->ready);
    list_init(&m->progressing);
    list_init(&m->paused);
    list_for_each (link, &m->all) {
        struct easy *e = CONTAINER_OF(link, struct easy, link);
        e->ready_link = e->progress_link = e->paused_link = (struct list_link){0};
        e->delivering = false;
        end_here(m, e);
    }
    return true;
}
