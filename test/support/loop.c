/* SPDX-License-Identifier: MIT */
/* An event loop of a test: see loop.h. */
#include "loop.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <cmocka.h>

#include "fetch.h"

static struct loop_socket *socket_find(struct loop *loop, int fd)
{
    for (unsigned i = 0; i < loop->watched; i++) {
        if (loop->sockets[i].fd == fd) {
            return &loop->sockets[i];
        }
    }
    return NULL;
}

static void socket_forget(struct loop *loop, struct loop_socket *known)
{
    epoll_ctl(loop->epoll_fd, EPOLL_CTL_DEL, known->fd, NULL);
    *known = loop->sockets[--loop->watched];
}

static void socket_watch(struct loop *loop, int fd, int what)
{
    struct loop_socket *known = socket_find(loop, fd);
    struct epoll_event event = {.data.fd = fd};

    event.events = (what & CURL_POLL_IN ? (uint32_t)EPOLLIN : 0U) |
                   (what & CURL_POLL_OUT ? (uint32_t)EPOLLOUT : 0U);
    if (known) {
        loop->repeated += known->what == what;
        known->what = what;
        epoll_ctl(loop->epoll_fd, EPOLL_CTL_MOD, fd, &event);
        return;
    }
    assert_true(loop->watched < LOOP_SOCKETS_MAX);
    loop->sockets[loop->watched++] = (struct loop_socket){.fd = fd, .what = what};
    epoll_ctl(loop->epoll_fd, EPOLL_CTL_ADD, fd, &event);
}

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *clientp, void *socketp)
{
    struct loop *loop = clientp;
    struct loop_socket *known = socket_find(loop, fd);

    (void)easy;
    loop->socket_calls++;
    if (loop->socket_result) {
        return loop->socket_result;
    }
    if (loop->pause_in_callback) {
        loop->pause_result = curl_easy_pause(loop->pause_in_callback, CURLPAUSE_ALL);
        loop->pause_in_callback = NULL;
    }
    loop->seen_assigned += loop->assigned && socketp == loop->assigned;
    if (what == CURL_POLL_REMOVE) {
        if (known) {
            socket_forget(loop, known);
        }
        return 0;
    }
    if (!known && loop->assigned) {
        assert_int_equal(curl_multi_assign(loop->multi, fd, loop->assigned), CURLM_OK);
    }
    socket_watch(loop, fd, what);
    return 0;
}

static int on_timer(CURLM *multi, long timeout_ms, void *clientp)
{
    struct loop *loop = clientp;

    (void)multi;
    loop->timer_calls++;
    loop->timer_ms = timeout_ms;
    loop->deadline_ms = timeout_ms < 0 ? -1 : monotonic_ms() + timeout_ms;
    return loop->timer_result;
}

void loop_open(struct loop *loop, CURLM *multi)
{
    memset(loop, 0, sizeof *loop);
    loop->multi = multi;
    loop->deadline_ms = -1;
    loop->timer_ms = -99;
    loop->running = -1;
    loop->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    assert_true(loop->epoll_fd >= 0);
    assert_int_equal(curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, on_socket), CURLM_OK);
    assert_int_equal(curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, loop), CURLM_OK);
    assert_int_equal(curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, on_timer), CURLM_OK);
    assert_int_equal(curl_multi_setopt(multi, CURLMOPT_TIMERDATA, loop), CURLM_OK);
}

void loop_close(struct loop *loop)
{
    close(loop->epoll_fd);
}

static void read_messages(struct loop *loop)
{
    CURLMsg *message;
    int left;

    if (!loop->one_message_an_event) {
        loop->messages += fetch_messages(loop->multi);
        return;
    }
    message = curl_multi_info_read(loop->multi, &left);
    if (message) {
        struct fetch *fetch = NULL;

        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&fetch);
        fetch->messages++;
        fetch->result = message->data.result;
        loop->messages++;
    }
}

static void act(struct loop *loop, curl_socket_t fd, int events)
{
    assert_int_equal(curl_multi_socket_action(loop->multi, fd, events, &loop->running), CURLM_OK);
    read_messages(loop);
}

static bool timer_turn(struct loop *loop)
{
    if (loop->deadline_ms < 0 || monotonic_ms() < loop->deadline_ms) {
        return false;
    }
    loop->deadline_ms = -1;
    act(loop, CURL_SOCKET_TIMEOUT, 0);
    return true;
}

bool loop_turn(struct loop *loop, int timeout_ms)
{
    struct epoll_event events[16];
    int count;

    if (loop->deadline_ms >= 0) {
        int64_t left = loop->deadline_ms - monotonic_ms();

        left = left < 0 ? 0 : left;
        timeout_ms = left < timeout_ms ? (int)left : timeout_ms;
    }
    count = epoll_wait(loop->epoll_fd, events, 16, timeout_ms);
    for (int i = 0; i < count; i++) {
        int bits = (events[i].events & EPOLLIN ? CURL_CSELECT_IN : 0) |
                   (events[i].events & EPOLLOUT ? CURL_CSELECT_OUT : 0) |
                   (events[i].events & (EPOLLERR | EPOLLHUP) ? CURL_CSELECT_ERR : 0);

        act(loop, events[i].data.fd, loop->pass_no_events ? 0 : bits);
    }
    return timer_turn(loop) || count > 0;
}

void loop_kick(struct loop *loop)
{
    act(loop, CURL_SOCKET_TIMEOUT, 0);
}

void loop_run(struct loop *loop)
{
    int64_t start = monotonic_ms();

    loop_kick(loop);
    while (loop->running > 0) {
        loop_turn(loop, 1000);
        if (monotonic_ms() - start > 20000) {
            fail_msg("the event loop does not come to an end");
        }
    }
}
