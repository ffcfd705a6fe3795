/* SPDX-License-Identifier: MIT */
/* c-ares tells which sockets it waits on; they are watched edge triggered like all others, so each
 * look goes on until none of them is ready any more. */
#include "net/ares_channel.h"

#include "base/clock.h"
#include "base/list.h"
#include "base/lock.h"
#include "base/mem.h"
#include "net/ares_library.h"
#include "runtime/wait.h"
#include "runtime/worker.h"

#include <poll.h>
#include <string.h>
#include <sys/stat.h>

enum {
    LOOKS_AT_ONCE = 64,   /* a flood of answers does not hold up the worker for longer */
    SOCKETS_AT_ONCE = 16, /* of one look */
};

static const char resolver_file[] = "/etc/resolv.conf";

/* ---- The library ---- */

static struct lock library_lock = LOCK_INITIALIZER(LOCK_TRUST);
static bool library_is_ready; /* any thread, under lock */

static void free_memory(void *pointer)
{
    mem_free(pointer);
}

bool ares_library_ready(void)
{
    bool ready;

    lock_take(&library_lock);
    if (!library_is_ready)
        library_is_ready = ares_library_init_mem(ARES_LIB_INIT_ALL, mem_alloc, free_memory,
                                                 mem_realloc) == ARES_SUCCESS;
    ready = library_is_ready;
    lock_drop(&library_lock);
    return ready;
}

void ares_library_forget(void)
{
    lock_take(&library_lock);
    if (library_is_ready)
        ares_library_cleanup();
    library_is_ready = false;
    lock_drop(&library_lock);
}

/* ---- Channels ---- */

struct channel_socket {
    struct list_link link;
    struct watch watch;
    short events; /* POLLIN, POLLOUT: what c-ares waits for */
};

struct channel {
    struct list_link link; /* of the worker's channels */
    ares_channel ares;
    struct worker *worker;
    struct list sockets;
    struct timer timer;   /* when c-ares wants to be called without an event */
    int asked;            /* questions without an answer yet */
    bool processing;      /* a look is under way: what it starts is part of it */
    struct stat resolver; /* of the file that it was made from */
    int64_t looked;       /* us: when that was compared last */
    char key[];           /* the options */
};

struct channels {
    struct list list;
};

static void arm(struct channel *c, int64_t due)
{
    /* Without memory for the timer the next event of any kind makes up for it. */
    (void)timer_arm(worker_timers(c->worker), &c->timer, due);
}

static void arm_by_library(struct channel *c)
{
    struct timeval wait, *next = ares_timeout(c->ares, NULL, &wait);

    if (!next)
        timer_disarm(worker_timers(c->worker), &c->timer);
    else
        arm(c, clock_now() + (int64_t)next->tv_sec * CLOCK_SECOND + next->tv_usec);
}

static nfds_t collect(struct channel *c, struct pollfd fds[SOCKETS_AT_ONCE])
{
    nfds_t count = 0;

    list_for_each (link, &c->sockets) {
        struct channel_socket *s = CONTAINER_OF(link, struct channel_socket, link);
        if (count < SOCKETS_AT_ONCE)
            fds[count++] = (struct pollfd){.fd = s->watch.fd, .events = s->events};
    }
    return count;
}

/* Gives c-ares every event there is, and its time-outs. */
static void process(struct channel *c)
{
    struct pollfd fds[SOCKETS_AT_ONCE];

    if (c->processing)
        return;
    c->processing = true;
    ares_process_fd(c->ares, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
    for (int looks = 0; looks < LOOKS_AT_ONCE; looks++) {
        nfds_t count = collect(c, fds);
        if (poll(fds, count, 0) <= 0)
            break;
        for (nfds_t i = 0; i < count; i++) {
            bool in = fds[i].revents & (POLLIN | POLLERR | POLLHUP);
            bool out = fds[i].revents & POLLOUT;
            if (in || out)
                ares_process_fd(c->ares, in ? fds[i].fd : ARES_SOCKET_BAD,
                                out ? fds[i].fd : ARES_SOCKET_BAD);
        }
    }
    c->processing = false;
    arm_by_library(c);
}

static void on_event(struct watch *watch, void *argument)
{
    (void)watch;
    process(argument);
}

static void on_timer(struct timer *timer)
{
    process(CONTAINER_OF(timer, struct channel, timer));
}

static struct channel_socket *find_socket(struct channel *c, ares_socket_t fd)
{
    list_for_each (link, &c->sockets) {
        struct channel_socket *s = CONTAINER_OF(link, struct channel_socket, link);
        if (s->watch.fd == fd)
            return s;
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
    s->watch.on_event = on_event;
    s->watch.argument = c;
    if (watch_open(&s->watch, fd)) {
        mem_free(s);
        return NULL; /* its time-out will end what waits on it */
    }
    list_append(&c->sockets, &s->link);
    return s;
}

/* c-ares: waits on this socket for reading or writing, or is done with it. */
static void on_socket(void *argument, ares_socket_t fd, int readable, int writable)
{
    struct channel *c = argument;
    struct channel_socket *s = find_socket(c, fd);

    if (!readable && !writable) {
        if (s)
            forget_socket(s);
        return;
    }
    if (!s)
        s = watch_socket(c, fd);
    if (!s)
        return;
    s->events = (short)((readable ? POLLIN : 0) | (writable ? POLLOUT : 0));
    /* It may be ready already, which no edge will tell. */
    if (!c->processing && writable)
        arm(c, clock_now());
}

static void channel_free(struct channel *c)
{
    list_remove(&c->link);
    c->processing = true; /* what the answers below bring about is not looked at any more */
    ares_destroy(c->ares);
    while (!list_empty(&c->sockets))
        forget_socket(CONTAINER_OF(list_first(&c->sockets), struct channel_socket, link));
    timer_disarm(worker_timers(c->worker), &c->timer);
    mem_free(c);
}

/* ---- Which one ---- */

static const char worker_key;

static void free_channels(void *object)
{
    struct channels *all = object;

    while (!list_empty(&all->list))
        channel_free(CONTAINER_OF(list_first(&all->list), struct channel, link));
    mem_free(all);
}

/* An inline worker that is not turned any more answers nobody: those who wait ask again elsewhere.
 */
static void hand_on(void *object)
{
    struct channels *all = object;

    list_for_each (link, &all->list) {
        struct channel *c = CONTAINER_OF(link, struct channel, link);
        if (c->asked)
            ares_cancel(c->ares);
    }
}

static struct channels *channels_of(struct worker *w)
{
    struct channels *all = worker_local(w, &worker_key);

    if (all)
        return all;
    all = mem_calloc(1, sizeof(*all));
    if (!all)
        return NULL;
    list_init(&all->list);
    if (!worker_local_set(w, &worker_key, all, free_channels)) {
        mem_free(all);
        return NULL;
    }
    worker_on_idle(w, &worker_key, hand_on);
    return all;
}

static bool options_key(const struct dns_options *o, struct buf *key)
{
    const char *parts[] = {o->servers, o->interface, o->local_ip4, o->local_ip6};

    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        buf_append_text(key, parts[i] ? parts[i] : "");
        buf_append_char(key, '\n');
    }
    return !buf_failed(key);
}

static CURLcode refuse(struct buf *error, const char *what, const char *value)
{
    buf_printf(error, "%s '%s' is not usable", what, value);
    return CURLE_BAD_FUNCTION_ARGUMENT;
}

static CURLcode apply_options(struct channel *c, const struct dns_options *o, struct buf *error)
{
    struct in_addr local4;
    unsigned char local6[16];

    if (o->servers && ares_set_servers_ports_csv(c->ares, o->servers) != ARES_SUCCESS)
        return refuse(error, "CURLOPT_DNS_SERVERS", o->servers);
    if (o->interface)
        ares_set_local_dev(c->ares, o->interface);
    if (o->local_ip4) {
        if (ares_inet_pton(AF_INET, o->local_ip4, &local4) != 1)
            return refuse(error, "CURLOPT_DNS_LOCAL_IP4", o->local_ip4);
        ares_set_local_ip4(c->ares, ntohl(local4.s_addr));
    }
    if (o->local_ip6) {
        if (ares_inet_pton(AF_INET6, o->local_ip6, local6) != 1)
            return refuse(error, "CURLOPT_DNS_LOCAL_IP6", o->local_ip6);
        ares_set_local_ip6(c->ares, local6);
    }
    return CURLE_OK;
}

static CURLcode channel_new(struct channels *all, struct str key, const struct dns_options *o,
                            struct channel **ret, struct buf *error)
{
    char lookups[] = "fb"; /* /etc/hosts, then DNS */
    struct ares_options options = {.sock_state_cb = on_socket, .lookups = lookups};
    struct channel *c = mem_calloc(1, sizeof(*c) + key.len + 1);
    CURLcode result;

    if (!c || !ares_library_ready()) {
        mem_free(c);
        return CURLE_OUT_OF_MEMORY;
    }
    memcpy(c->key, key.at, key.len);
    c->worker = worker_current();
    c->timer.fire = on_timer;
    c->looked = clock_now();
    list_init(&c->sockets);
    if (stat(resolver_file, &c->resolver) < 0)
        memset(&c->resolver, 0, sizeof(c->resolver));
    options.sock_state_cb_data = c;
    if (ares_init_options(&c->ares, &options, ARES_OPT_SOCK_STATE_CB | ARES_OPT_LOOKUPS) !=
        ARES_SUCCESS) {
        mem_free(c);
        return CURLE_OUT_OF_MEMORY;
    }
    list_append(&all->list, &c->link);
    result = apply_options(c, o, error);
    if (result) {
        channel_free(c);
        return result;
    }
    *ret = c;
    return CURLE_OK;
}

/* At most once a second: has the system's resolver file changed since? */
static bool is_outdated(struct channel *c)
{
    int64_t now = clock_now();
    struct stat file;

    if (c->asked || now - c->looked < CLOCK_SECOND)
        return false;
    c->looked = now;
    if (stat(resolver_file, &file) < 0)
        return false;
    return file.st_ino != c->resolver.st_ino || file.st_size != c->resolver.st_size ||
           file.st_mtim.tv_sec != c->resolver.st_mtim.tv_sec ||
           file.st_mtim.tv_nsec != c->resolver.st_mtim.tv_nsec;
}

CURLcode channel_get(const struct dns_options *o, struct channel **ret, struct buf *ret_error)
{
    struct channels *all = channels_of(worker_current());
    scoped(buf) key = {0};

    if (!all || !options_key(o, &key))
        return CURLE_OUT_OF_MEMORY;
    list_for_each (link, &all->list) {
        struct channel *c = CONTAINER_OF(link, struct channel, link);
        if (strcmp(c->key, key.bytes) != 0)
            continue;
        if (!is_outdated(c)) {
            *ret = c;
            return CURLE_OK;
        }
        channel_free(c);
        break;
    }
    return channel_new(all, (struct str){key.bytes, key.len}, o, ret, ret_error);
}

/* ---- Asking ---- */

struct question {
    struct channel *channel;
    ares_addrinfo_callback done;
    void *argument;
};

static void answered(void *argument, int status, int timeouts, struct ares_addrinfo *info)
{
    struct question q = *(struct question *)argument;

    mem_free(argument);
    q.channel->asked--;
    q.done(q.argument, status, timeouts, info);
}

void channel_ask(struct channel *c, const char *name, int family, ares_addrinfo_callback done,
                 void *argument)
{
    struct ares_addrinfo_hints hints = {.ai_family = family, .ai_socktype = SOCK_STREAM};
    struct question *q = mem_alloc(sizeof(*q));

    if (!q) {
        done(argument, ARES_ENOMEM, 0, NULL);
        return;
    }
    *q = (struct question){c, done, argument};
    c->asked++;
    ares_getaddrinfo(c->ares, name, NULL, &hints, answered, q);
    arm_by_library(c);
}
