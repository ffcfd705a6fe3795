/* SPDX-License-Identifier: MIT */
/* What a multi handle is doing: counts for curl_multi_get_offt, and a list of its transfers for a
 * person who wonders (CURLMOPT_X_DUMP). Any thread. */
#include "api/inspect.h"

#include "api/handle.h"
#include "base/buf.h"
#include "base/clock.h"
#include "runtime/workers.h"

#include <curl/curlpool.h>
#include <inttypes.h>

CURLMcode curl_multi_get_offt(CURLM *handle, CURLMinfo_offt info, curl_off_t *value)
{
    struct multi *m = multi_of(handle);
    struct pool_counts connections;
    size_t pending;

    if (!m)
        return CURLM_BAD_HANDLE;
    if (!value)
        return CURLM_BAD_FUNCTION_ARGUMENT;
    connections = pool_counts(m->pool);
    lock_take(&m->lock);
    pending = connections.waiting < m->running ? connections.waiting : m->running;
    switch ((int)info) {
    case CURLMINFO_XFERS_CURRENT:
        *value = (curl_off_t)m->added;
        break;
    case CURLMINFO_XFERS_RUNNING:
        *value = (curl_off_t)(m->running - pending);
        break;
    case CURLMINFO_XFERS_PENDING:
        *value = (curl_off_t)pending;
        break;
    case CURLMINFO_XFERS_DONE:
        *value = (curl_off_t)m->messages_count;
        break;
    case CURLMINFO_XFERS_ADDED:
        *value = (curl_off_t)m->added_total;
        break;
    case CURLMINFO_X_WORKERS:
        *value = workers_running();
        break;
    case CURLMINFO_X_CONNECTIONS:
        *value = (curl_off_t)connections.open;
        break;
    case CURLMINFO_X_CONNECTIONS_IDLE:
        *value = (curl_off_t)connections.idle;
        break;
    default:
        *value = -1;
        break;
    }
    lock_drop(&m->lock);
    return *value < 0 ? CURLM_UNKNOWN_OPTION : CURLM_OK;
}

/* ---- The list ---- */

static const char *phase_name(const struct easy *e)
{
    static const char *const names[] = {
        [PHASE_NEW] = "starting",      [PHASE_QUEUE] = "waiting for a connection",
        [PHASE_RESOLVE] = "resolving", [PHASE_CONNECT] = "connecting",
        [PHASE_TLS] = "TLS handshake", [PHASE_TALK] = "transferring",
    };

    switch (e->state) {
    case EASY_ADDED:
        return "added";
    case EASY_ENDED:
        return "ended";
    default:
        return e->exchange ? names[atomic_load(&e->exchange->phase)] : "idle";
    }
}

static void append_transfer(const struct easy *e, int64_t now, struct buf *out)
{
    const struct exchange *x = e->exchange;

    buf_printf(out, "%" CURL_FORMAT_CURL_OFF_T "\t%s%s%s\t%" PRId64 " ms\tworker %d\t%s\n",
               e->transfer_id, phase_name(e), e->recv_paused ? ", receiving paused" : "",
               e->send_paused ? ", sending paused" : "",
               x ? (now - e->progress.started) / CLOCK_MS : 0, x ? worker_number(x->worker) : 0,
               x && x->request->url ? x->request->url : "");
}

CURLMcode inspect_dump(struct multi *m, FILE *out)
{
    int64_t now = clock_now();
    scoped(buf) text = {0};

    if (!out)
        return CURLM_BAD_FUNCTION_ARGUMENT;
    lock_take(&m->lock);
    list_for_each (link, &m->all)
        append_transfer(CONTAINER_OF(link, struct easy, link), now, &text);
    lock_drop(&m->lock);
    if (buf_failed(&text))
        return CURLM_OUT_OF_MEMORY;
    if (text.len)
        fwrite(text.bytes, 1, text.len, out);
    return CURLM_OK;
}
