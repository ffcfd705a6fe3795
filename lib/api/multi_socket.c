/* SPDX-License-Identifier: MIT */
/* Event-based use: socket and timer callbacks, curl_multi_socket_action, curl_multi_assign. All
 * transfers of a handle stand behind one descriptor, so there is one to report. */
#include "api/handle.h"

#include "base/clock.h"
#include "base/mem.h"

enum { TIMER_SPENT = -1 }; /* the program's timer has fired: what is due next is told in any case */

/* ---- What the program is told ---- */

/* Some transfer, for the callback's first argument: the running one that was added first. */
static struct easy *some_easy_locked(struct multi *m)
{
    return list_empty(&m->all) ? NULL : CONTAINER_OF(list_first(&m->all), struct easy, link);
}

static int call_socket(struct multi *m, curl_socket_t fd, int what)
{
    curl_socket_callback function;
    struct easy *e;
    void *data, *assigned;
    int answer;

    lock_take(&m->lock);
    e = some_easy_locked(m);
    function = m->socket_function;
    data = m->socket_data;
    assigned = m->socket_assigned;
    m->in_socket_callback = true;
    multi_show_locked(m, e);
    lock_drop(&m->lock);
    answer = function(e ? easy_public(e) : NULL, fd, what, data, assigned);
    lock_take(&m->lock);
    m->in_socket_callback = false;
    multi_unshow_locked(m);
    if (what == CURL_POLL_REMOVE)
        m->socket_assigned = NULL;
    lock_drop(&m->lock);
    return answer;
}

/* Shows the descriptor while transfers run, takes it back afterwards: one after the other where
 * they came to their ends in one call. */
static int report_socket(struct multi *m)
{
    bool wanted, missed;
    curl_socket_t fd = multi_poll_fd(m), before = m->shown_fd;
    int answer = 0;

    lock_take(&m->lock);
    wanted = m->socket_function && m->running > m->to_start_count;
    wanted = wanted || (m->socket_function && !list_empty(&m->ready));
    missed = m->socket_function && m->started_unshown && !wanted && !m->socket_shown;
    m->started_unshown = false;
    lock_drop(&m->lock);
    if (m->socket_shown && (!wanted || fd != before)) {
        m->socket_shown = false;
        answer = m->socket_function ? call_socket(m, before, CURL_POLL_REMOVE) : 0;
    }
    if ((wanted || missed) && !m->socket_shown && answer != -1) {
        m->socket_shown = true;
        m->shown_fd = fd;
        answer = call_socket(m, fd, CURL_POLL_IN);
    }
    if (missed && answer != -1) {
        m->socket_shown = false;
        answer = m->socket_function ? call_socket(m, fd, CURL_POLL_REMOVE) : 0;
    }
    return answer;
}

static int report_timer(struct multi *m)
{
    int64_t due = multi_due(m);

    if (!m->timer_function || due == m->timer_reported)
        return 0;
    m->timer_reported = due;
    lock_take(&m->lock);
    m->messages_moved = false;
    lock_drop(&m->lock);
    return m->timer_function(multi_public(m), clock_poll_ms(clock_now(), due), m->timer_data);
}

/* A callback said stop: every transfer ends with CURLE_ABORTED_BY_CALLBACK. The performer. */
static void abort_all(struct multi *m)
{
    lock_take(&m->lock);
    m->dead = true;
    list_for_each (link, &m->all) {
        struct easy *e = CONTAINER_OF(link, struct easy, link);
        if (e->exchange)
            deliver_override(e, CURLE_ABORTED_BY_CALLBACK, "A callback of the multi handle failed");
    }
    lock_drop(&m->lock);
}

CURLMcode multi_report(struct multi *m)
{
    bool nested, stop;

    if (!m->socket_function && !m->timer_function && !m->socket_shown)
        return CURLM_OK;
    lock_take(&m->lock);
    nested = multi_is_recursion_locked(m);
    lock_drop(&m->lock);
    if (nested) /* the driving call reports when it is through */
        return CURLM_OK;
    if (multi_begin_driving(m))
        return CURLM_OK;
    stop = report_socket(m) == -1 || report_timer(m) == -1;
    if (stop)
        abort_all(m);
    multi_end_driving(m);
    return stop ? CURLM_ABORTED_BY_CALLBACK : CURLM_OK;
}

/* ---- What the program calls ---- */

static CURLMcode act(CURLM *handle, bool timer_fired, int *running_handles)
{
    struct multi *m = multi_of(handle);
    CURLMcode result;

    if (!m)
        return CURLM_BAD_HANDLE;
    result = multi_drive(m, 0, running_handles);
    if (result)
        return result;
    if (timer_fired) {
        lock_take(&m->lock);
        m->timer_reported = TIMER_SPENT;
        lock_drop(&m->lock);
    }
    return multi_report(m);
}

CURLMcode curl_multi_socket_action(CURLM *handle, curl_socket_t s, int ev_bitmask,
                                   int *running_handles)
{
    (void)ev_bitmask; /* what is ready is known here */
    return act(handle, s == CURL_SOCKET_TIMEOUT, running_handles);
}

#undef curl_multi_socket
CURLMcode curl_multi_socket(CURLM *handle, curl_socket_t s, int *running_handles)
{
    return act(handle, s == CURL_SOCKET_TIMEOUT, running_handles);
}

CURLMcode curl_multi_socket_all(CURLM *handle, int *running_handles)
{
    return act(handle, true, running_handles);
}

CURLMcode curl_multi_assign(CURLM *handle, curl_socket_t fd, void *pointer)
{
    struct multi *m = multi_of(handle);
    CURLMcode result = CURLM_OK;

    if (!m)
        return CURLM_BAD_HANDLE;
    lock_take(&m->lock);
    if (m->socket_shown && fd == m->shown_fd)
        m->socket_assigned = pointer;
    else
        result = CURLM_BAD_SOCKET;
    lock_drop(&m->lock);
    return result;
}
