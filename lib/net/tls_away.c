/* SPDX-License-Identifier: MIT */
/* A handshake whose steps run on the program's thread: with CURLOPT_SSL_CTX_FUNCTION a program may
 * have given OpenSSL callbacks of its own, and those are to run where all callbacks do. A step has
 * no socket: it reads what the fiber has received, and the fiber sends what it has written. What it
 * says for the log and of its failure is kept, too, and told by the fiber. */
#include "base/chunk.h"
#include "base/mem.h"
#include "net/tls_state.h"

#include <openssl/err.h>
#include <stdio.h>
#include <string.h>

struct tls_away {
    struct tls_stream *stream;
    const struct tls_peer *peer;
    bool away; /* a step runs, or may */

    /* What the stream below has for OpenSSL, and OpenSSL for it. */
    struct chunk *in; /* NULL: all is taken */
    struct buf out;
    bool in_ended;
    CURLcode in_result, out_result; /* how the stream below failed */

    /* How the last step went. */
    bool is_done;
    CURLcode result;
    char text[CURL_ERROR_SIZE];

    /* Of a step: its log, and its failure. */
    struct net_hooks hooks;
    struct buf told; /* a struct record, its bytes, the next one */
};

enum record_kind { RECORD_TEXT, RECORD_IN, RECORD_OUT };

struct record {
    enum record_kind kind;
    size_t len;
};

/* ---- What a step says ---- */

static void keep_record(struct tls_away *a, enum record_kind kind, const char *bytes, size_t len)
{
    struct record r = {.kind = kind, .len = len};

    if (!buf_reserve(&a->told, sizeof(r) + len)) { /* the line is lost, no more */
        a->told.failed = false;
        return;
    }
    buf_append(&a->told, &r, sizeof(r));
    buf_append(&a->told, bytes, len);
}

static void __attribute__((format(printf, 2, 3))) keep_text(void *owner, const char *format, ...)
{
    scoped(buf) line = {0};
    va_list arguments;

    va_start(arguments, format);
    buf_vprintf(&line, format, arguments);
    va_end(arguments);
    if (!buf_failed(&line))
        keep_record(owner, RECORD_TEXT, line.bytes, line.len);
}

static void keep_data(void *owner, bool out, const char *bytes, size_t len)
{
    keep_record(owner, out ? RECORD_OUT : RECORD_IN, bytes, len);
}

static CURLcode __attribute__((format(printf, 3, 4)))
keep_failure(void *owner, CURLcode code, const char *format, ...)
{
    struct tls_away *a = owner;
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(a->text, sizeof(a->text), format, arguments);
    va_end(arguments);
    return code;
}

/* On the fiber. */
static void tell(struct tls_away *a, const struct net_hooks *hooks)
{
    struct record r;

    for (size_t at = 0; at < a->told.len; at += r.len) {
        const char *bytes;

        memcpy(&r, a->told.bytes + at, sizeof(r));
        at += sizeof(r);
        bytes = a->told.bytes + at;
        if (r.kind == RECORD_TEXT && hooks->log)
            hooks->log(hooks->owner, "%.*s", (int)r.len, bytes);
        else if (r.kind != RECORD_TEXT && hooks->tls_data)
            hooks->tls_data(hooks->owner, r.kind == RECORD_OUT, bytes, r.len);
    }
    buf_release(&a->told);
}

/* ---- What OpenSSL reads and writes ---- */

bool tls_away_has_pending(const struct tls_stream *t)
{
    return t->away && t->away->in;
}

CURLcode tls_away_recv(struct tls_stream *t, void *bytes, size_t len, size_t *ret_len)
{
    struct tls_away *a = t->away;

    if (a->in) {
        *ret_len = chunk_len(a->in) < len ? chunk_len(a->in) : len;
        memcpy(bytes, chunk_at(a->in), *ret_len);
        a->in->start += *ret_len;
        if (!chunk_len(a->in)) {
            chunk_drop(a->in);
            a->in = NULL;
        }
        return CURLE_OK;
    }
    if (!a->away)
        return stream_try_recv(t->stream.below, bytes, len, ret_len);
    return a->in_result || a->in_ended ? a->in_result : CURLE_AGAIN;
}

CURLcode tls_away_send(struct tls_stream *t, const void *bytes, size_t len, size_t *ret_len)
{
    struct tls_away *a = t->away;

    if (!a->away)
        return stream_try_send(t->stream.below, bytes, len, ret_len);
    if (a->out_result)
        return a->out_result;
    if (!buf_append(&a->out, bytes, len))
        return CURLE_OUT_OF_MEMORY;
    *ret_len = len;
    return CURLE_OK;
}

/* ---- A step, on the program's thread ---- */

/* CURLE_AGAIN: a callback put the verification off (SSL_set_retry_verify), until the program
 * resumes the transfer. */
static CURLcode run_step(void *argument)
{
    struct tls_away *a = argument;
    struct tls_stream *t = a->stream;
    int done, error;

    t->below_result = CURLE_OK;
    ERR_clear_error();
    done = SSL_connect(t->ssl);
    a->is_done = done == 1;
    if (a->is_done)
        return CURLE_OK;
    error = SSL_get_error(t->ssl, done);
    if (error == SSL_ERROR_WANT_RETRY_VERIFY)
        return CURLE_AGAIN;
    if (error != SSL_ERROR_WANT_READ)
        a->result = tls_handshake_failed(t, error, a->peer, &a->hooks);
    ERR_clear_error(); /* the program has a use for the thread's queue, too */
    return CURLE_OK;
}

/* ---- The fiber ---- */

/* A peer that takes no more may have said why: that is read first. */
static WAITS CURLcode send_written(struct tls_away *a, int64_t deadline)
{
    CURLcode result = stream_send_all(a->stream->stream.below, a->out.bytes, a->out.len, deadline);

    buf_clear(&a->out);
    if (result != CURLE_SEND_ERROR)
        return result;
    a->out_result = result;
    return CURLE_OK;
}

static WAITS CURLcode receive_more(struct tls_away *a, int64_t deadline)
{
    struct chunk *c = chunk_take(CHUNK_SMALL);
    CURLcode result;

    if (!c)
        return CURLE_OUT_OF_MEMORY;
    result = stream_recv(a->stream->stream.below, c->bytes, c->size, deadline, &c->end);
    if (!result && c->end) {
        a->in = c;
        return CURLE_OK;
    }
    chunk_drop(c);
    a->in_ended = !result;
    a->in_result = result == CURLE_RECV_ERROR ? result : CURLE_OK;
    return a->in_result ? CURLE_OK : result;
}

static WAITS CURLcode step_until_done(struct tls_away *a, const struct net_hooks *hooks,
                                      int64_t deadline)
{
    for (;;) {
        CURLcode result = hooks->on_program(hooks->owner, run_step, a, deadline);

        tell(a, hooks);
        if (!result)
            result = send_written(a, deadline);
        if (result || a->is_done)
            return result;
        if (a->result)
            return a->text[0] ? TLS_FAIL(hooks, a->result, "%s", a->text) : a->result;
        if (!a->in)
            result = receive_more(a, deadline);
        if (result)
            return result;
    }
}

void tls_away_free(struct tls_away *a)
{
    if (!a)
        return;
    chunk_drop(a->in);
    buf_release(&a->out);
    buf_release(&a->told);
    mem_free(a);
}

CURLcode tls_away_shake_hands(struct tls_stream *t, const struct tls_peer *peer,
                              const struct net_hooks *hooks, int64_t deadline)
{
    struct tls_away *a = t->away = mem_calloc(1, sizeof(*a));
    CURLcode result;

    if (!a)
        return CURLE_OUT_OF_MEMORY;
    a->stream = t;
    a->peer = peer;
    a->hooks = (struct net_hooks){.owner = a,
                                  .log = hooks->log ? keep_text : NULL,
                                  .tls_data = hooks->tls_data ? keep_data : NULL,
                                  .fail = keep_failure};
    tls_trace_begin(t->ssl, &a->hooks);
    a->away = true;
    result = step_until_done(a, hooks, deadline);
    a->away = false;
    tls_trace_end(t->ssl);
    if (!tls_away_has_pending(t)) {
        t->away = NULL;
        tls_away_free(a);
    }
    return result;
}
