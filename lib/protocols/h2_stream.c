/* SPDX-License-Identifier: MIT */
/* A stream: a request and its response (RFC 9113 8.1), between nghttp2's callbacks and the fiber of
 * the transfer. */
#include "base/clock.h"
#include "base/mem.h"
#include "protocols/h2_state.h"

#include <stdio.h>
#include <string.h>

struct h2_stream *h2_find(struct h2 *h, int32_t id)
{
    return nghttp2_session_get_stream_user_data(h->session, id);
}

void h2_stream_wake(struct h2_stream *s)
{
    if (s->reader)
        fiber_wake(s->reader);
    if (s->sender)
        fiber_wake(s->sender);
}

static void refuse(struct h2_stream *s, const char *why)
{
    if (s->refusal)
        return;
    s->refusal = why;
    nghttp2_submit_rst_stream(s->h2->session, NGHTTP2_FLAG_NONE, s->id, NGHTTP2_PROTOCOL_ERROR);
    h2_stream_wake(s);
}

/* ---- Heads ---- */

/* All heads of the stream lie in `lines`, each with its blank line; trailers apart, as they come
 * after a body that nobody may have taken yet. */
static int on_header(nghttp2_session *session, const nghttp2_frame *frame, const uint8_t *name,
                     size_t name_len, const uint8_t *value, size_t value_len, uint8_t flags,
                     void *user)
{
    struct h2_stream *s = h2_find(user, frame->hd.stream_id);
    struct buf *lines;

    (void)session;
    (void)flags;
    if (frame->hd.type == NGHTTP2_PUSH_PROMISE) {
        h2_promise_field(user, &frame->push_promise, (struct str){(const char *)name, name_len},
                         (struct str){(const char *)value, value_len});
        return 0;
    }
    if (!s || s->refusal)
        return 0;
    lines = s->head_is_final ? &s->trailers : &s->lines;
    s->head_bytes += name_len + value_len;
    if (!lines->capacity)
        buf_reserve(lines, H2_HEAD_USUAL);
    if (s->head_bytes > H2_HEAD_MAX)
        refuse(s, "Too large response headers");
    else if (!h2_head_append_line(lines, (struct str){(const char *)name, name_len},
                                  (struct str){(const char *)value, value_len}))
        refuse(s, "Invalid header field");
    else if (name_len && name[0] == ':')
        s->informational = value_len && value[0] == '1';
    return buf_failed(lines) ? NGHTTP2_ERR_CALLBACK_FAILURE : 0;
}

static int on_begin_head(nghttp2_session *session, const nghttp2_frame *frame, void *user)
{
    (void)session;
    if (frame->hd.type == NGHTTP2_PUSH_PROMISE)
        h2_promise_begin(user, &frame->push_promise);
    return 0;
}

static void end_head(struct h2_stream *s)
{
    if (s->head_is_final || s->refusal)
        return;
    buf_append_text(&s->lines, "\r\n");
    s->heads++;
    s->head_is_final = !s->informational;
    h2_stream_wake(s);
}

void h2_stream_frame_received(struct h2 *h, const nghttp2_frame *frame)
{
    struct h2_stream *s = h2_find(h, frame->hd.stream_id);
    bool is_head = frame->hd.type == NGHTTP2_HEADERS, is_data = frame->hd.type == NGHTTP2_DATA;

    if (!s)
        return;
    if (is_head)
        end_head(s);
    if ((is_head || is_data) && (frame->hd.flags & NGHTTP2_FLAG_END_STREAM)) {
        s->ended = true;
        h2_stream_wake(s);
    }
}

/* The first head of `lines`, with its blank line. */
static size_t first_head(const struct buf *lines)
{
    const char *blank = memmem(lines->bytes, lines->len, "\r\n\r\n", 4);

    return blank ? (size_t)(blank - lines->bytes) + 4 : lines->len;
}

/* The last stream that GOAWAY names is one of ours, which are odd. */
bool h2_stream_is_unseen(const struct h2_stream *s)
{
    return s->id % 2 && s->h2->last_stream >= 0 && s->id > s->h2->last_stream;
}

static bool is_over(const struct h2_stream *s)
{
    return s->closed || s->refusal || s->h2->broken || h2_stream_is_unseen(s);
}

static CURLcode take_head(struct h2_stream *s, struct str *ret)
{
    size_t len = first_head(&s->lines);

    buf_clear(&s->taken);
    if (len == s->lines.len) {
        struct buf whole = s->lines;

        s->lines = s->taken;
        s->taken = whole;
    } else if (buf_append(&s->taken, s->lines.bytes, len)) {
        buf_consume(&s->lines, len);
    } else {
        return CURLE_OUT_OF_MEMORY;
    }
    s->heads--;
    *ret = (struct str){s->taken.bytes, s->taken.len};
    return CURLE_OK;
}

/* Waits for news of the stream. */
static WAITS CURLcode wait_for_peer(struct h2_stream *s, int64_t deadline)
{
    CURLcode result;

    s->reader = fiber_current();
    result = wait_wake(deadline);
    s->reader = NULL;
    return result;
}

CURLcode h2_recv_head(struct h2_stream *s, int64_t deadline, struct str *ret)
{
    *ret = (struct str){0};
    while (!s->heads) {
        CURLcode result;

        if (is_over(s) || s->ended)
            return CURLE_RECV_ERROR;
        result = wait_for_peer(s, deadline);
        if (result)
            return result;
    }
    return take_head(s, ret);
}

struct str h2_trailers(const struct h2_stream *s)
{
    return (struct str){s->trailers.bytes, s->trailers.len};
}

/* ---- The body ---- */

static bool append(struct h2_stream *s, const uint8_t *bytes, size_t len)
{
    while (len) {
        struct chunk *c = s->last;
        size_t part;

        if (!c || c->end == c->size) {
            c = chunk_take(len > CHUNK_SMALL || s->first ? CHUNK_LARGE : CHUNK_SMALL);
            if (!c)
                return false;
            c->next = NULL;
            if (s->last)
                s->last->next = c;
            else
                s->first = c;
            s->last = c;
        }
        part = c->size - c->end < len ? c->size - c->end : len;
        memcpy(c->bytes + c->end, bytes, part);
        c->end += part;
        bytes += part;
        len -= part;
    }
    return true;
}

static int on_data(nghttp2_session *session, uint8_t flags, int32_t id, const uint8_t *bytes,
                   size_t len, void *user)
{
    struct h2_stream *s = h2_find(user, id);

    (void)flags;
    if (nghttp2_session_consume_connection(session, len))
        return NGHTTP2_ERR_CALLBACK_FAILURE;
    if (!s)
        return 0;
    if (!append(s, bytes, len))
        return NGHTTP2_ERR_CALLBACK_FAILURE;
    h2_stream_wake(s);
    return 0;
}

CURLcode h2_recv(struct h2_stream *s, int64_t deadline, struct chunk **ret)
{
    while (!s->first) {
        CURLcode result;

        if (s->ended) {
            *ret = NULL;
            return CURLE_OK;
        }
        if (is_over(s))
            return CURLE_RECV_ERROR;
        result = wait_for_peer(s, deadline);
        if (result)
            return result;
    }
    *ret = s->first;
    s->first = s->first->next;
    if (!s->first)
        s->last = NULL;
    return CURLE_OK;
}

void h2_consumed(struct h2_stream *s, size_t len)
{
    if (s->closed || s->h2->broken)
        return;
    nghttp2_session_consume_stream(s->h2->session, s->id, len);
    h2_kick(s->h2);
}

static int on_stream_close(nghttp2_session *session, int32_t id, uint32_t error, void *user)
{
    struct h2_stream *s = h2_find(user, id);

    (void)session;
    if (!s)
        return 0;
    s->closed = true;
    s->error = error;
    h2_stream_wake(s);
    return 0;
}

/* ---- Sending ---- */

/* nghttp2 asks for the next bytes of a DATA frame. */
static ssize_t read_body(nghttp2_session *session, int32_t id, uint8_t *room, size_t size,
                         uint32_t *flags, nghttp2_data_source *source, void *user)
{
    struct h2_stream *s = h2_find(user, id);
    size_t len;

    (void)session;
    (void)source;
    if (!s)
        return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    if (!s->out_len && !s->out_end) {
        s->deferred = true;
        return NGHTTP2_ERR_DEFERRED;
    }
    len = s->out_len < size ? s->out_len : size;
    if (len)
        memcpy(room, s->out, len);
    s->out += len;
    s->out_len -= len;
    if (!s->out_len && s->out_end)
        *flags |= NGHTTP2_DATA_FLAG_EOF;
    if (!s->out_len && s->sender)
        fiber_wake(s->sender);
    return (ssize_t)len;
}

static WAITS CURLcode wait_for_writer(struct h2_stream *s)
{
    CURLcode result;

    s->sender = fiber_current();
    result = wait_wake(CLOCK_NEVER);
    s->sender = NULL;
    return result;
}

/* The peer wants no more of the body: after its answer, in good order. */
static bool needs_no_more(const struct h2_stream *s)
{
    return s->closed && s->ended && s->error == NGHTTP2_NO_ERROR;
}

CURLcode h2_send(struct h2_stream *s, const char *bytes, size_t len, bool end)
{
    CURLcode result = CURLE_OK;

    if (is_over(s))
        return needs_no_more(s) ? CURLE_OK : CURLE_SEND_ERROR;
    s->out = bytes;
    s->out_len = len;
    s->out_end = end;
    if (s->deferred && (len || end)) {
        s->deferred = false;
        if (nghttp2_session_resume_data(s->h2->session, s->id) == NGHTTP2_ERR_NOMEM)
            return CURLE_OUT_OF_MEMORY;
    }
    h2_kick(s->h2);
    while (!result && s->out_len && !is_over(s))
        result = wait_for_writer(s);
    if (!result && s->out_len && !needs_no_more(s))
        result = CURLE_SEND_ERROR;
    s->out_len = 0; /* the bytes are the caller's again */
    return result;
}

/* ---- Life ---- */

void h2_set_stream_callbacks(nghttp2_session_callbacks *callbacks)
{
    nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, on_begin_head);
    nghttp2_session_callbacks_set_on_header_callback(callbacks, on_header);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, on_data);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_stream_close);
}

void h2_fields_of(const struct h2_head *head, nghttp2_nv *fields)
{
    for (size_t i = 0; i < head->count; i++) {
        struct str name = head->fields[i].name, value = head->fields[i].value;

        fields[i] = (nghttp2_nv){
            .name = (uint8_t *)(uintptr_t)name.at,
            .namelen = name.len,
            .value = (uint8_t *)(uintptr_t)(value.len ? value.at : ""),
            .valuelen = value.len,
        };
    }
}

static CURLcode submit(struct h2_stream *s, const struct h2_head *head, bool body, long weight)
{
    nghttp2_data_provider provider = {.read_callback = read_body};
    nghttp2_priority_spec priority;
    nghttp2_nv usual[H2_FIELDS_USUAL], *fields = usual;

    if (head->count > H2_FIELDS_USUAL)
        fields = mem_calloc(head->count, sizeof(*fields));
    if (!fields)
        return CURLE_OUT_OF_MEMORY;
    h2_fields_of(head, fields);
    nghttp2_priority_spec_init(&priority, 0, (int32_t)weight, 0);
    s->id = nghttp2_submit_request(s->h2->session, weight ? &priority : NULL, fields, head->count,
                                   body ? &provider : NULL, s);
    if (fields != usual)
        mem_free(fields);
    if (s->id == NGHTTP2_ERR_NOMEM)
        return CURLE_OUT_OF_MEMORY;
    return s->id < 0 ? CURLE_HTTP2 : CURLE_OK;
}

/* If it cannot be noted nothing that is pushed is of it. */
static void note_origin(struct h2_stream *s, const struct h2_head *head)
{
    for (size_t i = 0; i < head->count; i++) {
        struct str name = head->fields[i].name, value = head->fields[i].value;

        if (str_equal(name, str_of(":scheme")))
            buf_append(&s->scheme, value.at, value.len);
        if (str_equal(name, str_of(":authority")))
            buf_append(&s->authority, value.at, value.len);
    }
}

struct h2_stream *h2_stream_new(struct h2 *h, int32_t id)
{
    struct h2_stream *s = mem_calloc(1, sizeof(*s));

    if (!s)
        return NULL;
    s->h2 = h;
    s->id = id;
    list_append(&h->streams, &s->link);
    return s;
}

CURLcode h2_request(struct h2 *h, struct str head, struct str scheme, bool body, long weight,
                    struct h2_stream **ret)
{
    scoped(h2_head) fields = {0};
    struct h2_stream *s;
    CURLcode result;

    if (!h2_head_parse(head, scheme, &fields) || !(s = h2_stream_new(h, 0)))
        return CURLE_OUT_OF_MEMORY;
    result = h2_is_usable(h) ? submit(s, &fields, body, weight) : CURLE_HTTP2;
    if (!result && h->pushes)
        note_origin(s, &fields);
    if (result) {
        s->closed = true;
        h2_stream_free(s);
        return result;
    }
    h2_kick(h);
    *ret = s;
    return CURLE_OK;
}

void h2_stream_free(struct h2_stream *s)
{
    if (!s)
        return;
    if (s->h2 && !s->closed) {
        nghttp2_session_set_stream_user_data(s->h2->session, s->id, NULL);
        if (!s->h2->broken)
            nghttp2_submit_rst_stream(s->h2->session, NGHTTP2_FLAG_NONE, s->id, NGHTTP2_CANCEL);
        h2_kick(s->h2);
    }
    list_remove(&s->link);
    while (s->first) {
        struct chunk *c = s->first;
        s->first = c->next;
        chunk_drop(c);
    }
    buf_release(&s->lines);
    buf_release(&s->taken);
    buf_release(&s->trailers);
    buf_release(&s->scheme);
    buf_release(&s->authority);
    buf_release(&s->promise);
    mem_free(s);
}

int32_t h2_stream_id(const struct h2_stream *s)
{
    return s->id;
}

/* ---- What went wrong ---- */

bool h2_was_refused(const struct h2_stream *s)
{
    return s->closed && s->error == NGHTTP2_REFUSED_STREAM;
}

CURLcode h2_failed(const struct h2_stream *s, bool *ret_retry, char text[CURL_ERROR_SIZE])
{
    const struct h2 *h = s->h2;

    *ret_retry = h2_stream_is_unseen(s) || h2_was_refused(s);
    if (s->refusal) {
        snprintf(text, CURL_ERROR_SIZE, "HTTP/2 stream %d: %s", (int)s->id, s->refusal);
        return CURLE_HTTP2_STREAM;
    }
    if (s->closed && !(h->broken && s->error == NGHTTP2_NO_ERROR)) {
        snprintf(text, CURL_ERROR_SIZE, "HTTP/2 stream %d was not closed cleanly: %s (err %u)",
                 (int)s->id, nghttp2_http2_strerror(s->error), (unsigned)s->error);
        return CURLE_HTTP2_STREAM;
    }
    snprintf(text, CURL_ERROR_SIZE, "%s",
             h->broken ? h->reason : "The stream ended without a response");
    return h->broken ? h->code : CURLE_HTTP2_STREAM;
}

bool h2_wants_http1(const struct h2_stream *s)
{
    return (s->closed && s->error == NGHTTP2_HTTP_1_1_REQUIRED) ||
           (s->h2->wants_http1 && h2_stream_is_unseen(s));
}
