/* SPDX-License-Identifier: MIT */
#include "api/handle.h"

#include "api/inspect.h"
#include "api/option_list.h"
#include "runtime/workers.h"

#include <curl/curlpool.h>
#include <limits.h>
#include <stdarg.h>

/* ---- The table ---- */

static const struct multi_row {
    struct option_entry entry;
    bool is_idle; /* does nothing with any argument */
} rows[] = {
/* clang-format off */
#define ENTRY(name, type, mark) {"CURLMOPT_" #name, type, CURLMOPT_##name, (mark)}
#define OPTION(name, type)    {ENTRY(name, type, MARK_WORKS), false}
#define NO_EFFECT(name, type) {ENTRY(name, type, MARK_NO_EFFECT), false}
#define IDLE(name, type)      {ENTRY(name, type, MARK_NO_EFFECT), true}
    OPTION(SOCKETFUNCTION, "function"),
    OPTION(SOCKETDATA, "pointer"),
    OPTION(PIPELINING, "long"),
    OPTION(TIMERFUNCTION, "function"),
    OPTION(TIMERDATA, "pointer"),
    OPTION(MAXCONNECTS, "long"),
    OPTION(MAX_HOST_CONNECTIONS, "long"),
    IDLE(MAX_PIPELINE_LENGTH, "long"),
    IDLE(CONTENT_LENGTH_PENALTY_SIZE, "curl_off_t"),
    IDLE(CHUNK_LENGTH_PENALTY_SIZE, "curl_off_t"),
    IDLE(PIPELINING_SITE_BL, "char **"),
    IDLE(PIPELINING_SERVER_BL, "char **"),
    OPTION(MAX_TOTAL_CONNECTIONS, "long"),
    OPTION(PUSHFUNCTION, "function"),
    OPTION(PUSHDATA, "pointer"),
    OPTION(MAX_CONCURRENT_STREAMS, "long"),
    OPTION(NETWORK_CHANGED, "long"),
    OPTION(NOTIFYFUNCTION, "function"),
    OPTION(NOTIFYDATA, "pointer"),
    NO_EFFECT(RESOLVE_THREADS_MAX, "long"), /* names are resolved without threads */
    IDLE(QUICK_EXIT, "long"), /* clean-up waits for no look-up */
    OPTION(X_WORKERS_MAX, "long"),
    OPTION(X_CALLBACKS_ON_WORKERS, "long"),
    OPTION(X_HOST_WORKERS, "long"),
    OPTION(X_DUMP, "FILE *"),
};
/* clang-format on */

enum { ROW_COUNT = sizeof(rows) / sizeof(rows[0]) };

const struct option_entry *multi_option_entry(size_t place)
{
    return place < ROW_COUNT ? &rows[place].entry : NULL;
}

static const struct multi_row *find_row(CURLMoption option)
{
    for (size_t i = 0; i < ROW_COUNT; i++) {
        if (rows[i].entry.id == (int)option)
            return &rows[i];
    }
    return NULL;
}

/* ---- Setting ---- */

/* Programs of twenty years pass an int where a long is read: an int -1 arrives as 0xffffffff. */
static long read_long(va_list *arguments)
{
    long value = va_arg(*arguments, long);

    return value > 0 && (unsigned long)value == UINT_MAX ? -1 : value;
}

static CURLMcode set_limit(struct multi *m, long value, long *field)
{
    if (value < 0)
        return CURLM_BAD_FUNCTION_ARGUMENT;
    *field = value;
    pool_set_limits(m->pool, m->max_connects, m->max_host_connections, m->max_total_connections);
    return CURLM_OK;
}

static void network_changed(struct multi *m, long what)
{
    if (what & CURLMNWC_CLEAR_CONNS)
        pool_close_idle(m->pool);
    if (what & CURLMNWC_CLEAR_CONNS && m->doh_pool)
        pool_close_idle(m->doh_pool);
    if (what & CURLMNWC_CLEAR_DNS)
        dns_cache_clear(m->dns);
}

static CURLMcode set_number(struct multi *m, CURLMoption option, long value)
{
    switch ((int)option) {
    case CURLMOPT_MAXCONNECTS: /* below 0 is no number of the program's: as many as seem right */
        return set_limit(m, value < 0 ? 0 : value, &m->max_connects);
    case CURLMOPT_MAX_HOST_CONNECTIONS:
        return set_limit(m, value, &m->max_host_connections);
    case CURLMOPT_MAX_TOTAL_CONNECTIONS:
        return set_limit(m, value, &m->max_total_connections);
    case CURLMOPT_PIPELINING: /* multiplexing comes with HTTP/2; 1.1 pipelining is gone from libcurl
                               */
        m->pipelining = value & CURLPIPE_MULTIPLEX;
        return CURLM_OK;
    case CURLMOPT_MAX_CONCURRENT_STREAMS:
        m->max_concurrent_streams = value > 0 && value <= INT_MAX ? value : 100;
        return CURLM_OK;
    case CURLMOPT_NETWORK_CHANGED:
        network_changed(m, value);
        return CURLM_OK;
    case CURLMOPT_RESOLVE_THREADS_MAX: /* names are resolved without threads */
        return value > 0 ? CURLM_OK : CURLM_BAD_FUNCTION_ARGUMENT;
    case CURLMOPT_X_WORKERS_MAX:
        if (value < 0 || value > INT_MAX)
            return CURLM_BAD_FUNCTION_ARGUMENT;
        workers_set_max((int)value);
        return CURLM_OK;
    case CURLMOPT_X_CALLBACKS_ON_WORKERS:
        m->callbacks_on_workers = value != 0;
        return CURLM_OK;
    case CURLMOPT_X_HOST_WORKERS:
        if (value < 1 || value > INT_MAX)
            return CURLM_BAD_FUNCTION_ARGUMENT;
        m->host_workers = value;
        return CURLM_OK;
    default:
        return CURLM_UNKNOWN_OPTION;
    }
}

static CURLMcode set_pointer(struct multi *m, CURLMoption option, void *value)
{
    switch (option) {
    case CURLMOPT_SOCKETDATA:
        m->socket_data = value;
        return CURLM_OK;
    case CURLMOPT_TIMERDATA:
        m->timer_data = value;
        return CURLM_OK;
    case CURLMOPT_NOTIFYDATA:
        m->notify_data = value;
        return CURLM_OK;
    case CURLMOPT_PUSHDATA:
        m->push_data = value;
        return CURLM_OK;
    default:
        return CURLM_UNKNOWN_OPTION;
    }
}

static CURLMcode set_locked(struct multi *m, CURLMoption option, va_list *arguments)
{
    const struct multi_row *row = find_row(option);

    if (!row)
        return CURLM_UNKNOWN_OPTION;
    if (row->is_idle)
        return CURLM_OK;
    switch (option) {
    case CURLMOPT_SOCKETFUNCTION:
        m->socket_function = va_arg(*arguments, curl_socket_callback);
        return CURLM_OK;
    case CURLMOPT_TIMERFUNCTION:
        m->timer_function = va_arg(*arguments, curl_multi_timer_callback);
        return CURLM_OK;
    case CURLMOPT_NOTIFYFUNCTION:
        m->notify_function = va_arg(*arguments, curl_notify_callback);
        return CURLM_OK;
    case CURLMOPT_PUSHFUNCTION:
        m->push_function = va_arg(*arguments, curl_push_callback);
        return CURLM_OK;
    default:
        break;
    }
    if (option >= CURLOPTTYPE_LONG && (int)option < CURLOPTTYPE_OBJECTPOINT)
        return set_number(m, option, read_long(arguments));
    if ((int)option > CURLOPTTYPE_OBJECTPOINT && (int)option < CURLOPTTYPE_FUNCTIONPOINT)
        return set_pointer(m, option, va_arg(*arguments, void *));
    return CURLM_UNKNOWN_OPTION;
}

#undef curl_multi_setopt
CURLMcode curl_multi_setopt(CURLM *handle, CURLMoption option, ...)
{
    struct multi *m = multi_of(handle);
    va_list arguments;
    CURLMcode result;

    if (!m)
        return CURLM_BAD_HANDLE;
    va_start(arguments, option);
    if (option == CURLMOPT_X_DUMP) {
        result = inspect_dump(m, va_arg(arguments, FILE *));
        va_end(arguments);
        return result;
    }
    lock_take(&m->lock);
    result = multi_is_recursion_locked(m) && !m->in_notify ? CURLM_RECURSIVE_API_CALL
                                                           : set_locked(m, option, &arguments);
    lock_drop(&m->lock);
    va_end(arguments);
    return result;
}
