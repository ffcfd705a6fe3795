/* SPDX-License-Identifier: MIT */
/* Notifications (curl_multi_notify_enable): what happened in a driving pass is told at its end,
 * from where the program may also add and remove handles. */
#include "api/handle.h"

static bool is_enabled(const struct multi *m, unsigned what)
{
    return m->notify_enabled & (1u << what);
}

void notify_done_locked(struct multi *m, struct easy *e)
{
    if (is_enabled(m, CURLMNOTIFY_INFO_READ) && m->messages_count == 1)
        m->notify_info_read = true;
    if (is_enabled(m, CURLMNOTIFY_EASY_DONE))
        list_append(&m->notify_done, &e->notify_link);
}

/* Calls the program, which may change the handle's members meanwhile; no other thread takes `e` out
 * before it is back. The lock is not held during the call. */
static void call_locked(struct multi *m, unsigned what, struct easy *e) REQUIRES(m->lock);

static void call_locked(struct multi *m, unsigned what, struct easy *e)
{
    curl_notify_callback function = m->notify_function;
    void *data = m->notify_data;

    m->in_notify = true;
    multi_show_locked(m, e);
    lock_drop(&m->lock);
    if (function)
        function(multi_public(m), what, e ? easy_public(e) : NULL, data);
    lock_take(&m->lock);
    m->in_notify = false;
    multi_unshow_locked(m);
}

void notify_now(struct multi *m)
{
    struct list_link *link;
    bool info_read;

    lock_take(&m->lock);
    info_read = m->notify_info_read;
    m->notify_info_read = false;
    if (info_read)
        call_locked(m, CURLMNOTIFY_INFO_READ, NULL);
    while ((link = list_take_first(&m->notify_done)))
        call_locked(m, CURLMNOTIFY_EASY_DONE, CONTAINER_OF(link, struct easy, notify_link));
    lock_drop(&m->lock);
}

static CURLMcode enable(CURLM *handle, unsigned what, bool on)
{
    struct multi *m = multi_of(handle);

    if (!m)
        return CURLM_BAD_HANDLE;
    if (what > CURLMNOTIFY_EASY_DONE)
        return CURLM_UNKNOWN_OPTION;
    lock_take(&m->lock);
    if (on)
        m->notify_enabled |= 1u << what;
    else
        m->notify_enabled &= ~(1u << what);
    lock_drop(&m->lock);
    return CURLM_OK;
}

CURLMcode curl_multi_notify_enable(CURLM *handle, unsigned int notification)
{
    return enable(handle, notification, true);
}

CURLMcode curl_multi_notify_disable(CURLM *handle, unsigned int notification)
{
    return enable(handle, notification, false);
}
