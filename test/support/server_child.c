/* SPDX-License-Identifier: MIT */
/* The server process: one epoll loop that walks each connection through its steps. Only system
 * calls and memory that exists already: the process was forked from a program with threads. */
#include "server_child.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "request_end.h"

enum {
    KEY_LISTENER = SERVER_CONNECTIONS_MAX,
    KEY_KICK,
};

/* How a step went: what the connection waits for, or nothing. */
enum progress {
    PROGRESS_STEP_DONE,
    PROGRESS_WAIT_READ,
    PROGRESS_WAIT_WRITE,
    PROGRESS_WAIT_GATE,
    PROGRESS_GONE,
};

struct peer {
    int fd;
    const struct step *script; /* NULL until the first request has picked its route */
    const struct step *step;
    size_t at; /* bytes done of this step */
    struct request_end end;
    bool in_request;        /* some bytes of a request are taken */
    uint32_t request_start; /* in the record */
    uint32_t input;         /* recorded bytes that the steps have taken */
    bool waits_for_gate;
    bool shut;
};

static struct peer peers[SERVER_CONNECTIONS_MAX];
static const struct server_child *self;
static int epoll_fd;
static bool something_changed;

static struct server_connection *facts_of(const struct peer *peer)
{
    return &self->shared->connections[peer - peers];
}

static void peer_watch(struct peer *peer, uint32_t events)
{
    struct epoll_event event = {.events = events, .data.u64 = (uint64_t)(peer - peers)};

    epoll_ctl(epoll_fd, EPOLL_CTL_MOD, peer->fd, &event);
}

static void peer_close(struct peer *peer)
{
    close(peer->fd);
    peer->fd = -1;
    facts_of(peer)->closed = true;
    something_changed = true;
}

/* Reads up to `len` bytes into the record, or past its end only counts them. At most what is asked
 * for leaves the socket, so that a client that sends more than the script takes feels it. Returns
 * bytes, 0 for nothing now, -1 for the end. */
static ssize_t peer_receive(struct peer *peer, char *bytes, size_t len)
{
    struct server_connection *facts = facts_of(peer);
    ssize_t got = recv(peer->fd, bytes, len, 0);

    if (got > 0) {
        char *record = self->shared->bytes[peer - peers];

        for (ssize_t i = 0; i < got && facts->received + (uint64_t)i < SERVER_RECORD_MAX - 1; i++) {
            record[facts->received + (uint64_t)i] = bytes[i];
        }
        __atomic_store_n(&facts->received, facts->received + (uint64_t)got, __ATOMIC_RELEASE);
        something_changed = true;
        return got;
    }
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) {
        return 0;
    }
    facts->client_closed = true;
    facts->reset = got < 0;
    something_changed = true;
    return -1;
}

static void request_is_complete(struct peer *peer)
{
    struct server_shared *shared = self->shared;
    uint64_t stop = facts_of(peer)->received;

    peer->in_request = false;
    if (shared->requests < SERVER_REQUESTS_MAX) {
        shared->records[shared->requests] = (struct server_record){
            .connection = (uint32_t)(peer - peers),
            .offset = peer->request_start,
            .len = (uint32_t)(stop < SERVER_RECORD_MAX ? stop - peer->request_start : 0),
        };
        if (stop >= SERVER_RECORD_MAX && peer->request_start < SERVER_RECORD_MAX) {
            shared->records[shared->requests].len = SERVER_RECORD_MAX - 1 - peer->request_start;
        }
        __atomic_store_n(&shared->requests, shared->requests + 1, __ATOMIC_RELEASE);
    }
    something_changed = true;
}

static const struct step *route_of(const char *target)
{
    static const struct step none[] = {
        AT_REQUEST, AT_SEND("HTTP/1.1 404 No Route\r\nContent-Length: 0\r\n\r\n"), AT_LOOP};

    for (const struct route *route = self->plan->routes; route->target; route++) {
        if (strncmp(route->target, target, strlen(route->target)) == 0) {
            return route->steps;
        }
    }
    return none;
}

/* Whether the part of a request that the step takes is complete. */
static bool step_has_enough(const struct peer *peer, enum step_kind kind)
{
    if (!peer->in_request) {
        return kind == STEP_BODY;
    }
    return peer->end.part == REQUEST_END_DONE ||
           (kind == STEP_HEAD && peer->end.part == REQUEST_END_BODY);
}

/* A head is read byte by byte, so that nothing after it leaves the socket. */
static enum progress step_request(struct peer *peer, enum step_kind kind)
{
    while (!step_has_enough(peer, kind)) {
        static char bytes[16384];
        size_t want = 1;
        ssize_t got;

        if (!peer->in_request) {
            request_end_init(&peer->end);
        } else if (peer->end.part == REQUEST_END_BODY && peer->end.left > 1) {
            want = peer->end.left - 1 < sizeof bytes ? peer->end.left - 1 : sizeof bytes;
        }
        got = peer_receive(peer, bytes, want);
        if (got <= 0) {
            return got == 0 ? PROGRESS_WAIT_READ : PROGRESS_GONE;
        }
        if (!peer->in_request) {
            peer->in_request = true;
            peer->request_start = (uint32_t)(facts_of(peer)->received - (uint64_t)got);
        }
        for (ssize_t i = 0; i < got; i++) {
            request_end_take(&peer->end, bytes[i]);
        }
    }
    if (peer->in_request && peer->end.part == REQUEST_END_DONE && kind != STEP_HEAD) {
        request_is_complete(peer);
    }
    return PROGRESS_STEP_DONE;
}

static enum progress step_read(struct peer *peer, size_t len)
{
    static char bytes[16384];

    while (peer->at < len) {
        size_t want = len - peer->at < sizeof bytes ? len - peer->at : sizeof bytes;
        ssize_t got = peer_receive(peer, bytes, want);

        if (got <= 0) {
            return got == 0 ? PROGRESS_WAIT_READ : PROGRESS_GONE;
        }
        peer->at += (size_t)got;
    }
    return PROGRESS_STEP_DONE;
}

static enum progress step_send(struct peer *peer, const struct step *step)
{
    struct server_connection *facts = facts_of(peer);
    static char filled[16384];

    while (peer->at < step->len) {
        size_t len = step->len - peer->at;
        const char *from = step->bytes ? step->bytes + peer->at : filled;
        ssize_t sent;

        if (step->kind == STEP_FILL) {
            len = len < sizeof filled ? len : sizeof filled;
            for (size_t i = 0; i < len; i++) {
                filled[i] = (char)server_pattern(peer->at + i);
            }
        } else if (step->kind == STEP_TRICKLE) {
            len = 1;
        }
        sent = send(peer->fd, from, len, MSG_NOSIGNAL);
        if (sent < 0) {
            if (errno == EAGAIN) {
                return PROGRESS_WAIT_WRITE;
            }
            facts->client_closed = true;
            facts->reset = true;
            return PROGRESS_GONE;
        }
        peer->at += (size_t)sent;
        __atomic_store_n(&facts->sent, facts->sent + (uint64_t)sent, __ATOMIC_RELEASE);
        something_changed = true;
        if (step->kind == STEP_TRICKLE && peer->at < step->len) {
            return PROGRESS_WAIT_WRITE;
        }
    }
    return PROGRESS_STEP_DONE;
}

static enum progress step_stall(struct peer *peer, unsigned gate)
{
    bool open = __atomic_load_n(&self->shared->gates, __ATOMIC_ACQUIRE) >> gate & 1;

    if (facts_of(peer)->stalled == open) {
        facts_of(peer)->stalled = !open;
        something_changed = true;
    }
    return open ? PROGRESS_STEP_DONE : PROGRESS_WAIT_GATE;
}

static void peer_reset(struct peer *peer)
{
    struct linger now = {.l_onoff = 1, .l_linger = 0};

    setsockopt(peer->fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    peer_close(peer);
}

static enum progress step_end(struct peer *peer)
{
    if (!peer->shut) {
        shutdown(peer->fd, SHUT_WR);
        peer->shut = true;
    }
    return step_read(peer, SIZE_MAX);
}

static enum progress step_run(struct peer *peer, const struct step *step)
{
    switch (step->kind) {
    case STEP_REQUEST:
    case STEP_HEAD:
    case STEP_BODY:
        return step_request(peer, step->kind);
    case STEP_READ:
        return step_read(peer, step->len);
    case STEP_SEND:
    case STEP_TRICKLE:
    case STEP_FILL:
        return step_send(peer, step);
    case STEP_STALL:
        return step_stall(peer, step->gate);
    case STEP_HOLD:
        return step_read(peer, SIZE_MAX);
    case STEP_RESET:
        peer_reset(peer);
        return PROGRESS_GONE;
    case STEP_CUT:
        shutdown(peer->fd, SHUT_WR);
        peer->shut = true;
        return PROGRESS_STEP_DONE;
    case STEP_LOOP:
    case STEP_END:
        break;
    }
    return step_end(peer);
}

/* With routes, the head is taken first and picks the steps. */
static enum progress pick_route(struct peer *peer)
{
    enum progress progress = step_request(peer, STEP_HEAD);

    if (progress == PROGRESS_STEP_DONE) {
        peer->script = peer->step = route_of(peer->end.target);
    }
    return progress;
}

static void peer_run(struct peer *peer)
{
    enum progress progress = PROGRESS_STEP_DONE;

    while (progress == PROGRESS_STEP_DONE) {
        if (!peer->script) {
            progress = pick_route(peer);
        } else if (peer->step->kind == STEP_LOOP) {
            peer->step = peer->script;
            if (self->plan->routes) {
                peer->script = NULL;
            }
        } else {
            progress = step_run(peer, peer->step);
            if (progress == PROGRESS_STEP_DONE) {
                peer->step++;
                peer->at = 0;
            }
        }
    }
    peer->waits_for_gate = progress == PROGRESS_WAIT_GATE;
    if (progress == PROGRESS_GONE) {
        if (peer->fd >= 0) {
            peer_close(peer);
        }
        return;
    }
    peer_watch(peer, progress == PROGRESS_WAIT_READ    ? EPOLLIN
                     : progress == PROGRESS_WAIT_WRITE ? EPOLLOUT
                                                       : 0);
}

static const struct step *script_of(unsigned index)
{
    const struct step *const *scripts = self->plan->scripts;
    unsigned last = 0;

    if (self->plan->routes) {
        return NULL;
    }
    while (last < index && scripts[last + 1]) {
        last++;
    }
    return scripts[last];
}

static void peer_init(struct peer *peer, int fd, const struct sockaddr_storage *from)
{
    const struct server_plan *plan = self->plan;
    struct epoll_event event = {.events = 0, .data.u64 = (uint64_t)(peer - peers)};
    int on = 1;

    memset(peer, 0, sizeof *peer);
    peer->fd = fd;
    peer->script = peer->step = script_of((unsigned)(peer - peers));
    facts_of(peer)->client_port =
        ntohs(from->ss_family == AF_INET6 ? ((const struct sockaddr_in6 *)from)->sin6_port
                                          : ((const struct sockaddr_in *)from)->sin_port);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (plan->send_buffer) {
        setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &plan->send_buffer, sizeof plan->send_buffer);
    }
    epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event);
}

static void accept_all(void)
{
    struct server_shared *shared = self->shared;

    while (shared->accepted < SERVER_CONNECTIONS_MAX) {
        struct sockaddr_storage from;
        socklen_t from_len = sizeof from;
        int fd = accept4(self->listener, (struct sockaddr *)&from, &from_len,
                         SOCK_NONBLOCK | SOCK_CLOEXEC);
        struct peer *peer = &peers[shared->accepted];

        if (fd < 0) {
            return;
        }
        peer_init(peer, fd, &from);
        __atomic_store_n(&shared->accepted, shared->accepted + 1, __ATOMIC_RELEASE);
        something_changed = true;
        peer_run(peer);
    }
}

static void gates_changed(void)
{
    uint64_t count;

    if (read(self->kick, &count, sizeof count) != sizeof count) {
        return;
    }
    for (unsigned i = 0; i < self->shared->accepted; i++) {
        if (peers[i].fd >= 0 && peers[i].waits_for_gate) {
            peer_run(&peers[i]);
        }
    }
}

/* A stalled connection takes no events, but the client's reset is always told. */
static void peer_event(struct peer *peer, uint32_t events)
{
    if (peer->fd < 0) {
        return;
    }
    if (peer->waits_for_gate && (events & (EPOLLHUP | EPOLLERR))) {
        facts_of(peer)->client_closed = true;
        facts_of(peer)->reset = true;
        peer_close(peer);
        return;
    }
    peer_run(peer);
}

static void close_all_but_ours(void)
{
    int keep[] = {0, 1, 2, self->listener, self->kick, self->news};

    for (unsigned from = 3; from < 1U << 20;) {
        unsigned next = 1U << 20;
        bool kept = false;

        for (size_t i = 0; i < sizeof keep / sizeof keep[0]; i++) {
            if ((unsigned)keep[i] == from) {
                kept = true;
            } else if ((unsigned)keep[i] > from && (unsigned)keep[i] < next) {
                next = (unsigned)keep[i];
            }
        }
        if (kept) {
            from++;
            continue;
        }
        syscall(SYS_close_range, from, next - 1, 0);
        from = next;
    }
}

static void start(void)
{
    struct epoll_event listener = {.events = EPOLLIN, .data.u64 = KEY_LISTENER};
    struct epoll_event kick = {.events = EPOLLIN, .data.u64 = KEY_KICK};

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    signal(SIGALRM, SIG_DFL);
    close_all_but_ours();
    epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    epoll_ctl(epoll_fd, EPOLL_CTL_ADD, self->listener, &listener);
    epoll_ctl(epoll_fd, EPOLL_CTL_ADD, self->kick, &kick);
}

void server_child_run(const struct server_child *child)
{
    self = child;
    start();
    for (;;) {
        struct epoll_event events[64];
        int count = epoll_wait(epoll_fd, events, 64, -1);

        for (int i = 0; i < count; i++) {
            if (events[i].data.u64 == KEY_LISTENER) {
                accept_all();
            } else if (events[i].data.u64 == KEY_KICK) {
                gates_changed();
            } else {
                peer_event(&peers[events[i].data.u64], events[i].events);
            }
        }
        if (something_changed) {
            uint64_t one = 1;
            ssize_t written = write(self->news, &one, sizeof one);

            (void)written;
            something_changed = false;
        }
    }
}
