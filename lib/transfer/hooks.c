/* SPDX-License-Identifier: MIT */
/* How the network room reaches the program: each hook is a question that the application's side
 * answers while the fiber waits. */
#include "transfer/state.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void __attribute__((format(printf, 2, 0)))
keep_text(struct transfer *t, const char *format, va_list arguments)
{
    if (!t->error_text[0])
        vsnprintf(t->error_text, CURL_ERROR_SIZE, format, arguments);
}

CURLcode transfer_fail(struct transfer *t, CURLcode code, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    keep_text(t, format, arguments);
    va_end(arguments);
    return code;
}

static CURLcode __attribute__((format(printf, 3, 4)))
fail(void *owner, CURLcode code, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    keep_text(owner, format, arguments);
    va_end(arguments);
    return code;
}

static void __attribute__((format(printf, 2, 3))) log_text(void *owner, const char *format, ...)
{
    struct transfer *t = owner;
    scoped(buf) line = {0};
    va_list arguments;

    va_start(arguments, format);
    buf_vprintf(&line, format, arguments);
    va_end(arguments);
    buf_append_char(&line, '\n');
    if (!buf_failed(&line))
        send_log(t->exchange, CURLINFO_TEXT, line.bytes, line.len);
}

static void log_tls_data(void *owner, bool out, const char *bytes, size_t len)
{
    struct transfer *t = owner;

    send_log(t->exchange, out ? CURLINFO_SSL_DATA_OUT : CURLINFO_SSL_DATA_IN, bytes, len);
}

/* Sends the ask and waits; on CURLE_OK it is answered and the caller's. */
static WAITS CURLcode put(struct ask *a, int64_t deadline)
{
    if (!a)
        return CURLE_OUT_OF_MEMORY;
    ask_send(a);
    return ask_wait(a, deadline);
}

static WAITS CURLcode ask_for_socket(struct transfer *t, struct address *address, bool datagrams,
                                     int64_t deadline, curl_socket_t *ret_fd)
{
    struct ask *a = ask_new(t->exchange, ASK_OPEN_SOCKET);
    CURLcode result;

    if (a) {
        a->address = *address;
        a->datagrams = datagrams;
    }
    result = put(a, deadline);
    if (result)
        return result;
    *address = a->address;
    *ret_fd = a->fd;
    ask_free(a);
    return CURLE_OK;
}

static WAITS CURLcode open_socket(void *owner, struct address *address, int64_t deadline,
                                  curl_socket_t *ret_fd)
{
    return ask_for_socket(owner, address, false, deadline, ret_fd);
}

static WAITS CURLcode open_datagram_socket(void *owner, struct address *address, int64_t deadline,
                                           curl_socket_t *ret_fd)
{
    return ask_for_socket(owner, address, true, deadline, ret_fd);
}

static WAITS CURLcode ask_socket_options(struct transfer *t, curl_socket_t fd, bool accepted,
                                         int64_t deadline, int *ret_answer)
{
    struct ask *a = ask_new(t->exchange, ASK_SOCKET_OPTIONS);
    CURLcode result;

    if (a) {
        a->fd = fd;
        a->accepted = accepted;
        a->lends = true;
    }
    result = put(a, deadline);
    if (result)
        return result;
    *ret_answer = a->answer;
    ask_free(a);
    return CURLE_OK;
}

static WAITS CURLcode socket_options(void *owner, curl_socket_t fd, int64_t deadline,
                                     int *ret_answer)
{
    return ask_socket_options(owner, fd, false, deadline, ret_answer);
}

static WAITS CURLcode accepted(void *owner, curl_socket_t fd, int64_t deadline, int *ret_answer)
{
    return ask_socket_options(owner, fd, true, deadline, ret_answer);
}

static WAITS CURLcode ssl_context(void *owner, void *ssl_ctx, int64_t deadline)
{
    struct transfer *t = owner;
    struct ask *a = ask_new(t->exchange, ASK_SSL_CONTEXT);
    CURLcode result;

    if (a) {
        a->ssl_ctx = ssl_ctx;
        a->lends = true;
    }
    result = put(a, deadline);
    if (!result)
        ask_free(a);
    else if (result != CURLE_OUT_OF_MEMORY)
        transfer_fail(t, result, "error signaled by ssl ctx callback");
    return result;
}

static WAITS CURLcode on_program(void *owner, CURLcode (*call)(void *), void *argument,
                                 int64_t deadline)
{
    struct transfer *t = owner;

    return ask_call(t->exchange, call, argument, deadline);
}

static unsigned resumes(void *owner)
{
    struct transfer *t = owner;

    return atomic_load(&t->exchange->resumes);
}

static WAITS CURLcode pause_transfer(void *owner, unsigned count, int64_t deadline)
{
    struct transfer *t = owner;

    return exchange_pause(t->exchange, count, deadline);
}

static WAITS CURLcode resolver_start(void *owner, void *state, int64_t deadline, int *ret_answer)
{
    struct transfer *t = owner;
    struct ask *a = ask_new(t->exchange, ASK_RESOLVER_START);
    CURLcode result;

    if (a) {
        a->resolver_state = state;
        a->lends = true;
    }
    result = put(a, deadline);
    if (result)
        return result;
    *ret_answer = a->answer;
    ask_free(a);
    return CURLE_OK;
}

static WAITS CURLcode tunnel(void *owner, struct connection *c, struct str host, int port,
                             int64_t deadline, bool *ret_again)
{
    struct transfer *t = owner;

    transfer_note_protocol(t);
    return http_connect(&t->hop, c, host, port, deadline, ret_again);
}

static void note_phase(void *owner, enum net_phase phase)
{
    struct transfer *t = owner;

    atomic_store_explicit(&t->exchange->phase, (int)phase, memory_order_relaxed);
}

void transfer_set_hooks(struct transfer *t)
{
    const struct settings *s = t->settings;
    /* A transfer of the worker's own has a program, too, whose data callbacks it is not. */
    bool calls_on_worker = t->exchange->direct && !t->exchange->take;

    t->hooks = (struct net_hooks){
        .owner = t,
        .phase = note_phase,
        .log = t->exchange->log ? log_text : NULL,
        .tls_data = t->exchange->log ? log_tls_data : NULL,
        .fail = fail,
        .open_socket = s->open_socket_function ? open_socket : NULL,
        .open_datagram_socket = s->open_socket_function ? open_datagram_socket : NULL,
        .socket_options = s->sockopt_function ? socket_options : NULL,
        .accepted = s->sockopt_function ? accepted : NULL,
        .ssl_context = s->ssl_ctx_function ? ssl_context : NULL,
        .on_program = s->ssl_ctx_function && !calls_on_worker ? on_program : NULL,
        .resumes = resumes,
        .pause = pause_transfer,
        .resolver_start = s->resolver_start_function ? resolver_start : NULL,
        .tunnel = tunnel,
    };
}
