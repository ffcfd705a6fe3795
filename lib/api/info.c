/* SPDX-License-Identifier: MIT */
/* curl_easy_getinfo: a row an info. What is read are the facts that came with the event that was
 * delivered last, so a callback sees the state that its bytes belong to. */
#include "api/handle.h"

#include "api/option_list.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/test_hooks.h"
#include "net/tls.h"

#include <stdarg.h>
#include <stdlib.h>

union value {
    const char *text;
    long number;
    curl_off_t large;
    int64_t us;
    void *pointer;
    curl_socket_t socket;
};

typedef union value info_reader(struct easy *);

/* ---- Texts ---- */

#define FACT_TEXT(name, field)                                                                     \
    static union value name(struct easy *e)                                                        \
    {                                                                                              \
        return (union value){.text = rstr_text(e->facts.field)};                                   \
    }

FACT_TEXT(content_type, content_type)
FACT_TEXT(redirect_url, redirect_url)
FACT_TEXT(ftp_entry_path, ftp_entry_path)

/* Of the last request, or of the one that would be made. */
static union value method(struct easy *e)
{
    static const char *const names[] = {
        [METHOD_HEAD] = "HEAD", [METHOD_POST] = "POST", [METHOD_PUT] = "PUT"};
    const struct settings *s = e->settings;

    if (e->facts.method)
        return (union value){.text = rstr_text(e->facts.method)};
    if (s->custom_request)
        return (union value){.text = rstr_text(s->custom_request)};
    return (union value){.text = names[s->method] ? names[s->method] : "GET"};
}

static union value scheme(struct easy *e)
{
    return (union value){.text = e->facts.scheme};
}

static union value effective_url(struct easy *e)
{
    const char *text = rstr_text(e->facts.effective_url);

    if (!text)
        text = rstr_text(e->settings->url);
    return (union value){.text = text ? text : ""};
}

static union value referer(struct easy *e)
{
    const char *used = rstr_text(e->facts.referer);

    return (union value){.text = used ? used : rstr_text(e->settings->referer)};
}

static union value remote_ip(struct easy *e)
{
    return (union value){.text = e->facts.remote_ip};
}

static union value local_ip(struct easy *e)
{
    return (union value){.text = e->facts.local_ip};
}

static union value private_pointer(struct easy *e)
{
    return (union value){.pointer = e->settings->private_data};
}

static union value ca_info(struct easy *e)
{
    return (union value){.text = tls_ca_file(&e->settings->tls)};
}

static union value ca_path(struct easy *e)
{
    return (union value){.text = tls_ca_path(&e->settings->tls)};
}

static union value no_text(struct easy *e)
{
    (void)e;
    return (union value){.text = NULL};
}

/* ---- Numbers ---- */

#define FACT_NUMBER(name, expression)                                                              \
    static union value name(struct easy *e)                                                        \
    {                                                                                              \
        return (union value){.number = (long)(e->facts.expression)};                               \
    }

FACT_NUMBER(response_code, response_code)
FACT_NUMBER(header_size, header_size)
FACT_NUMBER(request_size, request_size)
FACT_NUMBER(verify_result, ssl_verify_result)
FACT_NUMBER(proxy_verify, proxy_verify_result)
FACT_NUMBER(connect_code, connect_code)
FACT_NUMBER(proxy_error, proxy_error)
FACT_NUMBER(used_proxy, used_proxy)
FACT_NUMBER(filetime_long, filetime)
FACT_NUMBER(redirect_count, redirect_count)
FACT_NUMBER(os_errno, os_errno)
FACT_NUMBER(connects, connects)
FACT_NUMBER(condition_unmet, condition_unmet)
FACT_NUMBER(remote_port, remote_port)
FACT_NUMBER(local_port, local_port)
FACT_NUMBER(http_version, http_version)
FACT_NUMBER(protocol, protocol)
FACT_NUMBER(httpauth_avail, httpauth_avail)
FACT_NUMBER(proxyauth_avail, proxyauth_avail)
FACT_NUMBER(httpauth_used, httpauth_used)
FACT_NUMBER(proxyauth_used, proxyauth_used)

static union value zero(struct easy *e)
{
    (void)e;
    return (union value){.large = 0};
}

static union value last_socket(struct easy *e)
{
    return (union value){.number = e->kept ? (long)e->kept->fd : -1};
}

static union value active_socket(struct easy *e)
{
    return (union value){.socket = e->kept ? e->kept->fd : CURL_SOCKET_BAD};
}

/* ---- Sizes and speeds ---- */

#define FACT_LARGE(name, field)                                                                    \
    static union value name(struct easy *e)                                                        \
    {                                                                                              \
        return (union value){.large = (curl_off_t)e->facts.field};                                 \
    }

FACT_LARGE(size_upload, uploaded)
FACT_LARGE(content_length, content_length)
FACT_LARGE(upload_length, upload_length)
FACT_LARGE(filetime, filetime)
FACT_LARGE(retry_after, retry_after_s)
FACT_LARGE(connection_id, connection_id)

static union value size_delivered(struct easy *e)
{
    return (union value){.large = e->progress.delivered};
}

static union value size_download(struct easy *e)
{
    /* What was received; of an ended transfer that is also what the program has taken. */
    return (union value){.large = e->facts.decoded ? e->facts.downloaded : e->progress.delivered};
}

static union value transfer_id(struct easy *e)
{
    return (union value){.large = e->progress.started ? e->transfer_id : -1};
}

/* us since the transfer started: its whole length once it has ended. */
static int64_t elapsed(const struct easy *e)
{
    if (!e->progress.started)
        return 0;
    return e->progress.ended ? e->facts.total_time : clock_now() - e->progress.started;
}

static union value per_second(const struct easy *e, curl_off_t bytes)
{
    int64_t us = elapsed(e);

    return (union value){.large = us > 0 ? (curl_off_t)((double)bytes * 1e6 / (double)us) : 0};
}

static union value speed_download(struct easy *e)
{
    return per_second(e, e->progress.delivered);
}

static union value speed_upload(struct easy *e)
{
    return per_second(e, e->facts.uploaded);
}

/* ---- Times ---- */

#define FACT_TIME(name)                                                                            \
    static union value name(struct easy *e)                                                        \
    {                                                                                              \
        return (union value){.us = e->facts.name};                                                 \
    }

FACT_TIME(queue_time)
FACT_TIME(namelookup_time)
FACT_TIME(connect_time)
FACT_TIME(appconnect_time)
FACT_TIME(pretransfer_time)
FACT_TIME(posttransfer_time)
FACT_TIME(starttransfer_time)
FACT_TIME(redirect_time)

static union value total_time(struct easy *e)
{
    return (union value){.us = elapsed(e)};
}

/* ---- Pointers ---- */

static union value certinfo(struct easy *e)
{
    static struct curl_certinfo none;

    return (union value){.pointer = e->certinfo ? e->certinfo : &none};
}

/* The SSL of the connection that is the program's, or of the one in use where no other thread can
 * use it meanwhile. NULL: none. */
static void *ssl_in_use(const struct easy *e)
{
    const struct exchange *x = e->exchange;

    if (e->kept)
        return e->kept->ssl;
    if (!x || !x->worker || (!worker_is_inline(x->worker) && worker_current() != x->worker))
        return NULL;
    return x->ssl;
}

static union value tls_ssl(struct easy *e)
{
    e->tls_session.backend = CURLSSLBACKEND_OPENSSL;
    e->tls_session.internals = ssl_in_use(e);
    return (union value){.pointer = &e->tls_session};
}

static union value tls_session(struct easy *e)
{
    union value value = tls_ssl(e);

    e->tls_session.internals = tls_context_of(e->tls_session.internals);
    return value;
}

static union value no_list(struct easy *e)
{
    (void)e;
    return (union value){.pointer = NULL};
}

static union value cookie_list(struct easy *e)
{
    return (union value){.pointer = cookie_engine_list(e)};
}

/* ---- The table ---- */

enum info_kind {
    INFO_TEXT,
    INFO_NUMBER,
    INFO_LARGE,
    INFO_LARGE_AS_DOUBLE,
    INFO_TIME,           /* curl_off_t, us */
    INFO_TIME_AS_DOUBLE, /* seconds */
    INFO_POINTER,
    INFO_SOCKET,
};

/* The type of the variable that the argument points to, by the kind. */
#define TYPE_INFO_TEXT            "char *"
#define TYPE_INFO_NUMBER          "long"
#define TYPE_INFO_LARGE           "curl_off_t"
#define TYPE_INFO_LARGE_AS_DOUBLE "double"
#define TYPE_INFO_TIME            "curl_off_t"
#define TYPE_INFO_TIME_AS_DOUBLE  "double"
#define TYPE_INFO_POINTER         "pointer"
#define TYPE_INFO_SOCKET          "curl_socket_t"

/* clang-format off */
#define ENTRY(name, kind, mark) {"CURLINFO_" #name, TYPE_##kind, CURLINFO_##name, (mark)}
#define INFO(name, kind, read)    {ENTRY(name, kind, MARK_WORKS), (kind), (read)}
#define UNBUILT(name, kind, read) {ENTRY(name, kind, MARK_UNBUILT), (kind), (read)}

static const struct info_row {
    struct option_entry entry;
    enum info_kind kind;
    info_reader *read;
} rows[] = {
    INFO(EFFECTIVE_URL, INFO_TEXT, effective_url),
    INFO(RESPONSE_CODE, INFO_NUMBER, response_code),
    INFO(TOTAL_TIME, INFO_TIME_AS_DOUBLE, total_time),
    INFO(NAMELOOKUP_TIME, INFO_TIME_AS_DOUBLE, namelookup_time),
    INFO(CONNECT_TIME, INFO_TIME_AS_DOUBLE, connect_time),
    INFO(PRETRANSFER_TIME, INFO_TIME_AS_DOUBLE, pretransfer_time),
    INFO(SIZE_UPLOAD, INFO_LARGE_AS_DOUBLE, size_upload),
    INFO(SIZE_UPLOAD_T, INFO_LARGE, size_upload),
    INFO(SIZE_DOWNLOAD, INFO_LARGE_AS_DOUBLE, size_download),
    INFO(SIZE_DOWNLOAD_T, INFO_LARGE, size_download),
    INFO(SIZE_DELIVERED, INFO_LARGE, size_delivered),
    INFO(SPEED_DOWNLOAD, INFO_LARGE_AS_DOUBLE, speed_download),
    INFO(SPEED_DOWNLOAD_T, INFO_LARGE, speed_download),
    INFO(SPEED_UPLOAD, INFO_LARGE_AS_DOUBLE, speed_upload),
    INFO(SPEED_UPLOAD_T, INFO_LARGE, speed_upload),
    INFO(HEADER_SIZE, INFO_NUMBER, header_size),
    INFO(REQUEST_SIZE, INFO_NUMBER, request_size),
    INFO(SSL_VERIFYRESULT, INFO_NUMBER, verify_result),
    INFO(PROXY_SSL_VERIFYRESULT, INFO_NUMBER, proxy_verify),
    INFO(FILETIME, INFO_NUMBER, filetime_long),
    INFO(FILETIME_T, INFO_LARGE, filetime),
    INFO(CONTENT_LENGTH_DOWNLOAD, INFO_LARGE_AS_DOUBLE, content_length),
    INFO(CONTENT_LENGTH_DOWNLOAD_T, INFO_LARGE, content_length),
    INFO(CONTENT_LENGTH_UPLOAD, INFO_LARGE_AS_DOUBLE, upload_length),
    INFO(CONTENT_LENGTH_UPLOAD_T, INFO_LARGE, upload_length),
    INFO(STARTTRANSFER_TIME, INFO_TIME_AS_DOUBLE, starttransfer_time),
    INFO(CONTENT_TYPE, INFO_TEXT, content_type),
    INFO(REDIRECT_TIME, INFO_TIME_AS_DOUBLE, redirect_time),
    INFO(REDIRECT_COUNT, INFO_NUMBER, redirect_count),
    INFO(PRIVATE, INFO_POINTER, private_pointer),
    INFO(HTTP_CONNECTCODE, INFO_NUMBER, connect_code),
    INFO(HTTPAUTH_AVAIL, INFO_NUMBER, httpauth_avail),
    INFO(PROXYAUTH_AVAIL, INFO_NUMBER, proxyauth_avail),
    INFO(OS_ERRNO, INFO_NUMBER, os_errno),
    INFO(NUM_CONNECTS, INFO_NUMBER, connects),
    UNBUILT(SSL_ENGINES, INFO_POINTER, no_list),
    INFO(COOKIELIST, INFO_POINTER, cookie_list),
    INFO(LASTSOCKET, INFO_NUMBER, last_socket),
    INFO(FTP_ENTRY_PATH, INFO_TEXT, ftp_entry_path),
    INFO(REDIRECT_URL, INFO_TEXT, redirect_url),
    INFO(PRIMARY_IP, INFO_TEXT, remote_ip),
    INFO(APPCONNECT_TIME, INFO_TIME_AS_DOUBLE, appconnect_time),
    INFO(CERTINFO, INFO_POINTER, certinfo),
    INFO(CONDITION_UNMET, INFO_NUMBER, condition_unmet),
    UNBUILT(RTSP_SESSION_ID, INFO_TEXT, no_text),
    UNBUILT(RTSP_CLIENT_CSEQ, INFO_NUMBER, zero),
    UNBUILT(RTSP_SERVER_CSEQ, INFO_NUMBER, zero),
    UNBUILT(RTSP_CSEQ_RECV, INFO_NUMBER, zero),
    INFO(PRIMARY_PORT, INFO_NUMBER, remote_port),
    INFO(LOCAL_IP, INFO_TEXT, local_ip),
    INFO(LOCAL_PORT, INFO_NUMBER, local_port),
    INFO(TLS_SESSION, INFO_POINTER, tls_session),
    INFO(ACTIVESOCKET, INFO_SOCKET, active_socket),
    INFO(TLS_SSL_PTR, INFO_POINTER, tls_ssl),
    INFO(HTTP_VERSION, INFO_NUMBER, http_version),
    INFO(PROTOCOL, INFO_NUMBER, protocol),
    INFO(SCHEME, INFO_TEXT, scheme),
    INFO(TOTAL_TIME_T, INFO_TIME, total_time),
    INFO(NAMELOOKUP_TIME_T, INFO_TIME, namelookup_time),
    INFO(CONNECT_TIME_T, INFO_TIME, connect_time),
    INFO(PRETRANSFER_TIME_T, INFO_TIME, pretransfer_time),
    INFO(STARTTRANSFER_TIME_T, INFO_TIME, starttransfer_time),
    INFO(REDIRECT_TIME_T, INFO_TIME, redirect_time),
    INFO(APPCONNECT_TIME_T, INFO_TIME, appconnect_time),
    INFO(QUEUE_TIME_T, INFO_TIME, queue_time),
    INFO(POSTTRANSFER_TIME_T, INFO_TIME, posttransfer_time),
    INFO(RETRY_AFTER, INFO_LARGE, retry_after),
    INFO(EFFECTIVE_METHOD, INFO_TEXT, method),
    INFO(PROXY_ERROR, INFO_NUMBER, proxy_error),
    INFO(REFERER, INFO_TEXT, referer),
    INFO(CAINFO, INFO_TEXT, ca_info),
    INFO(CAPATH, INFO_TEXT, ca_path),
    INFO(XFER_ID, INFO_LARGE, transfer_id),
    INFO(CONN_ID, INFO_LARGE, connection_id),
    INFO(USED_PROXY, INFO_NUMBER, used_proxy),
    UNBUILT(EARLYDATA_SENT_T, INFO_LARGE, zero),
    INFO(HTTPAUTH_USED, INFO_NUMBER, httpauth_used),
    INFO(PROXYAUTH_USED, INFO_NUMBER, proxyauth_used),
};
/* clang-format on */

enum { INFO_COUNT = sizeof(rows) / sizeof(rows[0]) };

const struct option_entry *info_entry(size_t place)
{
    return place < INFO_COUNT ? &rows[place].entry : NULL;
}

static const struct info_row *find_row(CURLINFO info)
{
    for (size_t i = 0; i < INFO_COUNT; i++) {
        if (rows[i].entry.id == (int)info)
            return &rows[i];
    }
    return NULL;
}

/* What a library that is examined says of times and sizes, so that outputs can be compared. */
static const char *fixed_text(const struct info_row *row)
{
    switch ((CURLINFO)row->entry.id) {
    case CURLINFO_HEADER_SIZE:
    case CURLINFO_REQUEST_SIZE:
        return test_hook("CURL_DEBUG_SIZE");
    case CURLINFO_LOCAL_PORT:
    case CURLINFO_SPEED_DOWNLOAD_T:
    case CURLINFO_SPEED_UPLOAD_T:
        return test_hook("CURL_TIME");
    default:
        return row->kind == INFO_TIME ? test_hook("CURL_TIME") : NULL;
    }
}

static union value read_row(const struct info_row *row, struct easy *e)
{
    const char *fixed = fixed_text(row);
    long long number = fixed ? strtoll(fixed, NULL, 10) : 0;

    if (!fixed)
        return row->read(e);
    switch (row->kind) {
    case INFO_TIME:
        return (union value){.us = number};
    case INFO_LARGE:
        return (union value){.large = number};
    default:
        return (union value){.number = (long)number};
    }
}

static void store(const struct info_row *row, struct easy *e, void *to)
{
    union value v = read_row(row, e);

    switch (row->kind) {
    case INFO_TEXT:
        *(const char **)to = v.text;
        break;
    case INFO_NUMBER:
        *(long *)to = v.number;
        break;
    case INFO_LARGE:
        *(curl_off_t *)to = v.large;
        break;
    case INFO_LARGE_AS_DOUBLE:
        *(double *)to = (double)v.large;
        break;
    case INFO_TIME:
        *(curl_off_t *)to = (curl_off_t)v.us;
        break;
    case INFO_TIME_AS_DOUBLE:
        *(double *)to = (double)v.us / (double)CLOCK_SECOND;
        break;
    case INFO_POINTER:
        *(void **)to = v.pointer;
        break;
    case INFO_SOCKET:
        *(curl_socket_t *)to = v.socket;
        break;
    }
}

#undef curl_easy_getinfo
CURLcode curl_easy_getinfo(CURL *handle, CURLINFO info, ...)
{
    struct easy *e = easy_of(handle);
    const struct info_row *row = find_row(info);
    va_list arguments;
    void *to;

    va_start(arguments, info);
    to = va_arg(arguments, void *);
    va_end(arguments);
    if (!e || !to)
        return CURLE_BAD_FUNCTION_ARGUMENT;
    if (!row)
        return CURLE_UNKNOWN_OPTION;
    store(row, e, to);
    return CURLE_OK;
}
