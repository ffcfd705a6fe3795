/* SPDX-License-Identifier: MIT */
/* The loop of the loopback server; see serve.h. */
#include "serve/serve.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stddef.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "serve/conn.h"

enum {
    EVENTS = 256,
    ACCEPTS = 64, /* connections taken at a time */
};

struct loop {
    const struct serving *serving;
    int http_fd; /* these two: the serving's; their addresses tell epoll's events apart */
    int https_fd;
    int epoll;
    int signals;
    int spare; /* given up for a moment when there are no descriptors left, to turn a connection
                  away */
    bool ending;
    struct delays delays;
    struct conn *conns;
};

static bool watch(struct loop *loop, int fd, void *owner)
{
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = owner};

    return epoll_ctl(loop->epoll, EPOLL_CTL_ADD, fd, &event) == 0;
}

static void drop(struct loop *loop, struct conn *conn)
{
    delays_remove(&loop->delays, &conn->delay);
    if (conn->prev != NULL) {
        conn->prev->next = conn->next;
    } else {
        loop->conns = conn->next;
    }
    if (conn->next != NULL) {
        conn->next->prev = conn->prev;
    }
    conn_free(conn);
}

/* After a run: tells epoll and the delays what the connection waits for now. */
static void settle(struct loop *loop, struct conn *conn, bool goes_on)
{
    uint64_t delay_ms = goes_on ? conn_delay_ms(conn) : 0;

    if (goes_on && conn->interest != conn->watched) {
        struct epoll_event event = {.events = conn->interest, .data.ptr = conn};
        goes_on = epoll_ctl(loop->epoll, EPOLL_CTL_MOD, conn->fd, &event) == 0;
        conn->watched = conn->interest;
    }
    if (goes_on && delay_ms > 0 && conn->delay.place == 0) {
        goes_on = delays_add(&loop->delays, &conn->delay, clock_now_ns() + delay_ms * NS_PER_MS);
    }
    if (!goes_on) {
        drop(loop, conn);
    }
}

static void take_connection(struct loop *loop, int fd, SSL_CTX *context)
{
    int on = 1;
    struct conn *conn = conn_new(fd, context);

    if (conn == NULL) {
        return;
    }
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    conn->next = loop->conns;
    if (loop->conns != NULL) {
        loop->conns->prev = conn;
    }
    loop->conns = conn;
    conn->interest = EPOLLIN;
    conn->watched = EPOLLIN;
    if (!watch(loop, fd, conn)) {
        drop(loop, conn);
    }
}

/* No descriptor is left: turns one connection away, or it would be announced for ever. */
static void turn_away(struct loop *loop, int listener)
{
    close(loop->spare);
    int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    if (fd >= 0) {
        close(fd);
    }
    loop->spare = open("/dev/null", O_RDONLY | O_CLOEXEC);
}

static void accept_some(struct loop *loop, int listener, SSL_CTX *context)
{
    for (int i = 0; i < ACCEPTS; i++) {
        int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd >= 0) {
            take_connection(loop, fd, context);
        } else if ((errno == EMFILE || errno == ENFILE) && loop->spare >= 0) {
            turn_away(loop, listener);
        } else if (errno != EINTR && errno != ECONNABORTED) {
            return;
        }
    }
}

static void run_delays(struct loop *loop)
{
    struct delay *first = NULL;
    uint64_t now = clock_now_ns();

    while ((first = delays_first(&loop->delays)) != NULL && first->due_ns <= now) {
        struct conn *conn = (struct conn *)((char *)first - offsetof(struct conn, delay));
        delays_remove(&loop->delays, first);
        settle(loop, conn, conn_delay_over(conn));
    }
}

static int milliseconds_to_wait(const struct loop *loop)
{
    const struct delay *first = delays_first(&loop->delays);
    uint64_t now = clock_now_ns();

    if (first == NULL) {
        return -1;
    }
    return first->due_ns <= now ? 0 : (int)((first->due_ns - now + NS_PER_MS - 1) / NS_PER_MS);
}

static void handle(struct loop *loop, const struct epoll_event *event)
{
    if (event->data.ptr == &loop->http_fd) {
        accept_some(loop, loop->http_fd, NULL);
    } else if (event->data.ptr == &loop->https_fd) {
        accept_some(loop, loop->https_fd, loop->serving->context);
    } else if (event->data.ptr == loop) {
        loop->ending = true;
    } else {
        struct conn *conn = event->data.ptr;
        bool is_gone = (event->events & (EPOLLHUP | EPOLLERR)) != 0;
        settle(loop, conn, !is_gone && conn_run(conn));
    }
}

static bool loop_init(struct loop *loop, const struct serving *serving)
{
    *loop = (struct loop){
        .serving = serving, .http_fd = serving->http_fd, .https_fd = serving->https_fd};
    loop->spare = open("/dev/null", O_RDONLY | O_CLOEXEC);
    loop->signals = signalfd(-1, &serving->signals, SFD_NONBLOCK | SFD_CLOEXEC);
    loop->epoll = epoll_create1(EPOLL_CLOEXEC);
    return loop->signals >= 0 && loop->epoll >= 0 && watch(loop, loop->signals, loop) &&
           (serving->lifeline_fd < 0 || watch(loop, serving->lifeline_fd, loop)) &&
           watch(loop, loop->http_fd, &loop->http_fd) &&
           watch(loop, loop->https_fd, &loop->https_fd);
}

static void loop_release(struct loop *loop)
{
    while (loop->conns != NULL) {
        drop(loop, loop->conns);
    }
    delays_release(&loop->delays);
    if (loop->spare >= 0) {
        close(loop->spare);
    }
    if (loop->signals >= 0) {
        close(loop->signals);
    }
    if (loop->epoll >= 0) {
        close(loop->epoll);
    }
}

bool serve(const struct serving *serving)
{
    struct loop loop;
    struct epoll_event events[EVENTS];
    bool works = loop_init(&loop, serving);

    while (works && !loop.ending) {
        int count = epoll_wait(loop.epoll, events, EVENTS, milliseconds_to_wait(&loop));
        works = count >= 0 || errno == EINTR;
        for (int i = 0; i < count; i++) {
            handle(&loop, &events[i]);
        }
        run_delays(&loop);
    }
    int error = errno;
    loop_release(&loop);
    errno = error;
    return works;
}
