/* SPDX-License-Identifier: MIT */
/* c-ares tells which sockets it waits on (on_socket); they are watched edge triggered like all
 * others, so each is served until there is nothing more. How many questions are sent at a time is
 * bounded: a server's answers to some hundreds at once overflow the socket's buffer. The next batch
 * goes out as answers come, or after a moment: what gets no answer does not hold up the others. */
#include "net/ares_channel.h"

#include "base/clock.h"
#include "base/mem.h"
#include "runtime/wait.h"
#include "runtime/worker.h"

#include <assert.h>
#include <poll.h>
#include <string.h>

enum {
    SERVES_AT_ONCE = 64, /* a flood of answers does not hold up the worker for longer */
    QUESTIONS_AT_ONCE = 128,
    BATCH_PERIOD = 100 * CLOCK_MS, /* us after which an open question counts no more */

    /* The first attempt at a server, doubled each round; later releases of c-ares do the same. Its
     * own 5 s and 4 rounds let a dead server hold up a name for more than a minute. */
    ATTEMPT_MS = 2000,
    ATTEMPTS = 3,
};

struct channel_socket {
    struct list_link link;
    struct watch watch;
    short events; /* POLLIN, POLLOUT: what c-ares waits for */
    bool stirred; /* there may be something */
    struct channel *channel;
};

struct question {
    struct list_link link; /* while it waits to be sent */
    struct channel *channel;
    ares_addrinfo_callback done;
    void *argument;
    int family;
    unsigned batch;
    char name[];
};

static void arm(struct channel *c, int64_t due)
{
    timer_arm_reserved(worker_timers(c->worker), &c->timer, due);
}

/* For the next time-out, or the next batch. */
static void arm_next(struct channel *c)
{
    int64_t due = list_empty(&c->waiting) ? CLOCK_NEVER : c->batch_start + BATCH_PERIOD;
    struct timeval wait, *next;

    if (c->is_processing || c->is_closing)
        return;
    next = ares_timeout(c->ares, NULL, &wait);
    if (next)
        due = clock_earlier(due, clock_now() + next->tv_sec * CLOCK_SECOND + next->tv_usec);
    if (due != CLOCK_NEVER)
        arm(c, due);
    else
        timer_disarm(worker_timers(c->worker), &c->timer);
}

/* ---- Sockets ---- */

static struct channel_socket *socket_at(struct list_link *link)
{
    return CONTAINER_OF(link, struct channel_socket, link);
}

static struct channel_socket *find_stirred(struct channel *c)
{
    list_for_each (link, &c->sockets) {
        if (socket_at(link)->stirred)
            return socket_at(link);
    }
    return NULL;
}

/* Gives c-ares one event, if there is one; it may close the socket. */
static void serve(struct channel *c, struct channel_socket *s)
{
    struct pollfd p = {.fd = s->watch.fd, .events = s->events};
    bool in, out;

    s->stirred = poll(&p, 1, 0) > 0;
    in = p.revents & (POLLIN | POLLERR | POLLHUP);
    out = p.revents & POLLOUT;
    if (in || out)
        ares_process_fd(c->ares, in ? p.fd : ARES_SOCKET_BAD, out ? p.fd : ARES_SOCKET_BAD);
    else
        s->stirred = false;
}

static void send_waiting(struct channel *c);

/* What is asked through a socket that nobody watches would only time out. */
static void give_up_if_blind(struct channel *c)
{
    while (c->is_blind) {
        c->is_blind = false;
        c->is_giving_up = true;
        ares_cancel(c->ares);
        c->is_giving_up = false;
    }
}

/* Gives c-ares every event there is, and its time-outs. */
static void process(struct channel *c)
{
    struct channel_socket *s;
    int serves = 0;

    c->is_processing = true;
    ares_process_fd(c->ares, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
    while ((s = find_stirred(c)) != NULL && serves++ < SERVES_AT_ONCE)
        serve(c, s);
    send_waiting(c);
    give_up_if_blind(c);
    c->is_processing = false;
    if (s)
        arm(c, clock_now());
    else
        arm_next(c);
}

static void on_event(struct watch *watch, void *argument)
{
    struct channel_socket *s = argument;

    (void)watch;
    s->stirred = true;
    process(s->channel);
}

static void on_timer(struct timer *timer)
{
    process(CONTAINER_OF(timer, struct channel, timer));
}

static struct channel_socket *find_socket(struct channel *c, ares_socket_t fd)
{
    list_for_each (link, &c->sockets) {
        if (socket_at(link)->watch.fd == fd)
            return socket_at(link);
    }
    return NULL;
}

static void forget_socket(struct channel_socket *s)
{
    watch_close(&s->watch);
    list_remove(&s->link);
    mem_free(s);
}

static struct channel_socket *watch_socket(struct channel *c, ares_socket_t fd)
{
    struct channel_socket *s = mem_calloc(1, sizeof(*s));

    if (!s)
        return NULL;
    s->channel = c;
    s->watch.on_event = on_event;
    s->watch.argument = s;
    if (watch_open(&s->watch, fd)) {
        mem_free(s);
        return NULL;
    }
    list_append(&c->sockets, &s->link);
    return s;
}

/* c-ares: it waits on this socket for reading or writing, or is done with it. */
static void on_socket(void *argument, ares_socket_t fd, int readable, int writable)
{
    struct channel *c = argument;
    struct channel_socket *s = find_socket(c, fd);

    if (!readable && !writable) {
        if (s)
            forget_socket(s);
        return;
    }
    if (!s && worker_current() == c->worker) /* a program has it to set options, not to ask */
        s = watch_socket(c, fd);
    if (!s) {
        c->is_blind = true;
        return;
    }
    s->events = (short)((readable ? POLLIN : 0) | (writable ? POLLOUT : 0));
    /* It may have been writable before, which no edge tells again. */
    if (writable)
        s->stirred = true;
}

/* ---- Questions ---- */

static struct question *question_at(struct list_link *link)
{
    return CONTAINER_OF(link, struct question, link);
}

static void answered(void *argument, int status, int timeouts, struct ares_addrinfo *info)
{
    struct question q = *(struct question *)argument;

    mem_free(argument);
    if (status == ARES_ECANCELLED && q.channel->is_giving_up)
        status = ARES_ENOMEM;
    q.channel->open--;
    if (q.batch == q.channel->batch)
        q.channel->batch_open--;
    q.done(q.argument, status, timeouts, info);
    send_waiting(q.channel);
}

static void send_question(struct channel *c, struct question *q)
{
    const struct ares_addrinfo_hints hints = {.ai_family = q->family, .ai_socktype = SOCK_STREAM};

    c->open++;
    c->batch_open++;
    q->batch = c->batch;
    ares_getaddrinfo(c->ares, q->name, NULL, &hints, answered, q);
}

static bool may_send(struct channel *c)
{
    int64_t now = clock_now();

    if (now - c->batch_start >= BATCH_PERIOD) {
        c->batch_start = now;
        c->batch++;
        c->batch_open = 0;
    }
    return c->batch_open < QUESTIONS_AT_ONCE;
}

/* Not from within itself: what is answered at once would go as deep as there are questions. */
static void send_waiting(struct channel *c)
{
    if (c->is_asking || c->is_closing)
        return;
    c->is_asking = true;
    while (!list_empty(&c->waiting) && may_send(c))
        send_question(c, question_at(list_take_first(&c->waiting)));
    c->is_asking = false;
}

static void drop_waiting(struct channel *c, int status)
{
    struct list_link *link;

    while ((link = list_take_first(&c->waiting)) != NULL) {
        struct question *q = question_at(link);
        c->open++;
        q->batch = c->batch - 1;
        answered(q, status, 0, NULL);
    }
}

/* A refusal is told once a socket, and c-ares lets only the question go on to the next server that
 * meets it: what is sent next is not to swallow one that is meant for all. */
static void notice_refusals(struct channel *c)
{
    bool refused = false;

    list_for_each (link, &c->sockets) {
        struct channel_socket *s = socket_at(link);
        struct pollfd p = {.fd = s->watch.fd};
        if (poll(&p, 1, 0) > 0 && (p.revents & POLLERR))
            refused = s->stirred = true;
    }
    if (refused)
        process(c);
}

void channel_ask(struct channel *c, const char *name, int family, ares_addrinfo_callback done,
                 void *argument)
{
    size_t size = strlen(name) + 1;
    struct question *q = mem_calloc(1, sizeof(*q) + size);

    assert(!c->is_processing && !c->is_closing);
    if (!q) {
        done(argument, ARES_ENOMEM, 0, NULL);
        return;
    }
    q->channel = c;
    q->done = done;
    q->argument = argument;
    q->family = family;
    memcpy(q->name, name, size);
    notice_refusals(c);
    list_append(&c->waiting, &q->link);
    send_waiting(c);
    give_up_if_blind(c);
    if (find_stirred(c))
        arm(c, clock_now());
    else
        arm_next(c);
}

bool channel_is_idle(const struct channel *c)
{
    return !c->open && list_empty(&c->waiting);
}

void channel_cancel(struct channel *c)
{
    c->is_closing = true;
    ares_cancel(c->ares);
    drop_waiting(c, ARES_ECANCELLED);
    c->is_closing = false;
    arm_next(c);
}

/* ---- Its life ---- */

CURLcode channel_open(struct channel *c, const char *lookups, const char *resolver_file)
{
    char order[4] = {0}, *file = mem_strdup(resolver_file);
    struct ares_options options = {
        .sock_state_cb = on_socket,
        .sock_state_cb_data = c,
        .lookups = order, /* neither of the two is written to, or kept */
        .resolvconf_path = file,
        .timeout = ATTEMPT_MS,
        .tries = ATTEMPTS,
    };
    int status;

    memcpy(order, lookups, strnlen(lookups, sizeof(order) - 1));
    *c = (struct channel){.worker = worker_current(), .timer.fire = on_timer};
    list_init(&c->sockets);
    list_init(&c->waiting);
    if (!file || !timers_reserve(worker_timers(c->worker))) {
        mem_free(file);
        return CURLE_OUT_OF_MEMORY;
    }
    status = ares_init_options(&c->ares, &options,
                               ARES_OPT_SOCK_STATE_CB | ARES_OPT_LOOKUPS | ARES_OPT_TIMEOUTMS |
                                   ARES_OPT_TRIES | ARES_OPT_RESOLVCONF);
    mem_free(file);
    if (status == ARES_SUCCESS)
        return CURLE_OK;
    timers_unreserve(worker_timers(c->worker));
    return status == ARES_ENOMEM ? CURLE_OUT_OF_MEMORY : CURLE_FAILED_INIT;
}

void channel_close(struct channel *c)
{
    c->is_closing = true;
    ares_destroy(c->ares);
    drop_waiting(c, ARES_EDESTRUCTION);
    while (!list_empty(&c->sockets))
        forget_socket(socket_at(list_first(&c->sockets)));
    timer_disarm(worker_timers(c->worker), &c->timer);
    timers_unreserve(worker_timers(c->worker));
}
