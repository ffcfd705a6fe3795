/* SPDX-License-Identifier: MIT */
/* Waiting for a multi handle: one descriptor stands for all its transfers. */
#include "api/handle.h"

#include "base/clock.h"
#include "base/mem.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/select.h>
#include <unistd.h>

enum { FEW_DESCRIPTORS = 16 };

/* The waiting functions are not for callbacks. */
static CURLMcode check_caller(struct multi *m)
{
    bool recursion;

    if (!m)
        return CURLM_BAD_HANDLE;
    lock_take(&m->lock);
    recursion = multi_is_recursion_locked(m);
    lock_drop(&m->lock);
    return recursion ? CURLM_RECURSIVE_API_CALL : CURLM_OK;
}

/* The descriptor to show, -1 while nothing runs that could make it ready. */
static int shown_fd(struct multi *m)
{
    bool shown;

    lock_take(&m->lock);
    shown = m->running > m->to_start_count || !list_empty(&m->ready);
    lock_drop(&m->lock);
    return shown ? multi_poll_fd(m) : -1;
}

CURLMcode curl_multi_fdset(CURLM *handle, fd_set *read_fd_set, fd_set *write_fd_set,
                           fd_set *exc_fd_set, int *max_fd)
{
    struct multi *m = multi_of(handle);
    CURLMcode result = check_caller(m);
    int fd;

    (void)write_fd_set;
    (void)exc_fd_set;
    if (result)
        return result;
    if (!max_fd)
        return CURLM_BAD_FUNCTION_ARGUMENT;
    *max_fd = -1;
    guest_stays_away(m);
    fd = shown_fd(m);
    if (fd >= 0 && fd < FD_SETSIZE && read_fd_set) {
        FD_SET(fd, read_fd_set);
        *max_fd = fd;
    }
    return CURLM_OK;
}

CURLMcode curl_multi_waitfds(CURLM *handle, struct curl_waitfd *ufds, unsigned int size,
                             unsigned int *fd_count)
{
    struct multi *m = multi_of(handle);
    CURLMcode result = check_caller(m);
    int fd;

    if (result)
        return result;
    if ((!ufds && (size || !fd_count)))
        return CURLM_BAD_FUNCTION_ARGUMENT;
    guest_stays_away(m);
    fd = shown_fd(m);
    if (fd_count)
        *fd_count = fd >= 0 ? 1 : 0;
    if (fd < 0)
        return CURLM_OK;
    if (ufds && !size)
        return CURLM_OUT_OF_MEMORY;
    if (ufds)
        ufds[0] = (struct curl_waitfd){.fd = fd, .events = CURL_WAIT_POLLIN};
    return CURLM_OK;
}

CURLMcode curl_multi_timeout(CURLM *handle, long *milliseconds)
{
    struct multi *m = multi_of(handle);
    CURLMcode result = check_caller(m);

    if (result)
        return result;
    if (!milliseconds)
        return CURLM_BAD_FUNCTION_ARGUMENT;
    *milliseconds = clock_poll_ms(clock_now(), multi_due(m));
    return CURLM_OK;
}

/* ---- poll and wait ---- */

static short to_poll(short events)
{
    return (short)((events & CURL_WAIT_POLLIN ? POLLIN : 0) |
                   (events & CURL_WAIT_POLLPRI ? POLLPRI : 0) |
                   (events & CURL_WAIT_POLLOUT ? POLLOUT : 0));
}

static short from_poll(short events)
{
    return (short)((events & POLLIN ? CURL_WAIT_POLLIN : 0) |
                   (events & POLLPRI ? CURL_WAIT_POLLPRI : 0) |
                   (events & POLLOUT ? CURL_WAIT_POLLOUT : 0));
}

static void drain_wakeup(struct multi *m)
{
    uint64_t count;

    atomic_store(&m->woken, false);
    while (read(m->wakeup_fd, &count, sizeof(count)) < 0 && errno == EINTR)
        ;
}

/* Waits in the kernel for up to `timeout_ms` on the program's descriptors, ours, and with `wakes`
 * on the wake-up's. */
static CURLMcode wait_for(struct multi *m, struct curl_waitfd *extra, unsigned extra_count,
                          int timeout_ms, bool wakes, int *ret_ready)
{
    struct pollfd few[FEW_DESCRIPTORS], *fds = few;
    nfds_t count = 0, wakeup = 0;
    int fd = shown_fd(m), ready;

    if (extra_count + 2 > FEW_DESCRIPTORS)
        fds = mem_calloc(extra_count + 2, sizeof(*fds));
    if (!fds)
        return CURLM_OUT_OF_MEMORY;
    for (; count < extra_count; count++)
        fds[count] = (struct pollfd){.fd = extra[count].fd, .events = to_poll(extra[count].events)};
    if (fd >= 0)
        fds[count++] = (struct pollfd){.fd = fd, .events = POLLIN};
    if (wakes) {
        wakeup = count;
        fds[count++] = (struct pollfd){.fd = m->wakeup_fd, .events = POLLIN};
    }
    ready = count ? poll(fds, count, timeout_ms) : 0;
    if (ready > 0 && wakes && fds[wakeup].revents) {
        drain_wakeup(m);
        ready--;
    }
    for (unsigned i = 0; i < extra_count; i++)
        extra[i].revents = (short)(ready > 0 ? from_poll(fds[i].revents) : 0);
    if (fds != few)
        mem_free(fds);
    if (ret_ready)
        *ret_ready = ready > 0 ? ready : 0;
    return CURLM_OK;
}

/* Waits for what is on its way, by turning the worker where that is possible. */
static CURLMcode wait_or_work(struct multi *m, struct curl_waitfd *extra, unsigned extra_count,
                              int timeout_ms, bool wakes, int *ret_ready)
{
    CURLMcode result;

    if (extra_count)
        guest_stays_away(m);
    if (!extra_count && timeout_ms && guest_wait(m, timeout_ms, wakes)) {
        if (wakes && atomic_load(&m->woken))
            drain_wakeup(m);
        if (ret_ready)
            *ret_ready = !mailbox_empty(m->events);
        result = CURLM_OK;
    } else {
        result = wait_for(m, extra, extra_count, timeout_ms, wakes, ret_ready);
    }
    if (!extra_count)
        guest_waited(m);
    return result;
}

static int shorter_ms(int timeout_ms, int64_t due)
{
    int own = clock_poll_ms(clock_now(), due);

    return own >= 0 && own < timeout_ms ? own : timeout_ms;
}

static CURLMcode check_wait(struct multi *m, const struct curl_waitfd *extra, unsigned extra_count,
                            int timeout_ms)
{
    CURLMcode result = check_caller(m);

    if (!result && (timeout_ms < 0 || (extra_count && !extra)))
        return CURLM_BAD_FUNCTION_ARGUMENT;
    return result;
}

CURLMcode curl_multi_poll(CURLM *handle, struct curl_waitfd extra_fds[], unsigned int extra_nfds,
                          int timeout_ms, int *ret)
{
    struct multi *m = multi_of(handle);
    CURLMcode result = check_wait(m, extra_fds, extra_nfds, timeout_ms);

    if (result)
        return result;
    return wait_or_work(m, extra_fds, extra_nfds, shorter_ms(timeout_ms, multi_due(m)), true, ret);
}

/* Unlike poll it returns at once when there is nothing to wait for, and wake-ups do not end it. */
CURLMcode curl_multi_wait(CURLM *handle, struct curl_waitfd extra_fds[], unsigned int extra_nfds,
                          int timeout_ms, int *ret)
{
    struct multi *m = multi_of(handle);
    CURLMcode result = check_wait(m, extra_fds, extra_nfds, timeout_ms);

    if (result)
        return result;
    return wait_or_work(m, extra_fds, extra_nfds, shorter_ms(timeout_ms, multi_due(m)), false, ret);
}

CURLMcode curl_multi_wakeup(CURLM *handle)
{
    struct multi *m = multi_of(handle);
    uint64_t one = 1;
    ssize_t written;

    if (!m)
        return CURLM_BAD_HANDLE;
    atomic_store(&m->woken, true);
    do
        written = write(m->wakeup_fd, &one, sizeof(one));
    while (written < 0 && errno == EINTR);
    /* EAGAIN: the counter is full, so a wake-up is waiting already. */
    return written < 0 && errno != EAGAIN ? CURLM_WAKEUP_FAILURE : CURLM_OK;
}
