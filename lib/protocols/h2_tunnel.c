/* SPDX-License-Identifier: MIT */
/* The session reads when somebody receives, or sends and finds the window closed, and writes at the
 * end of each call: nothing happens behind anybody's back. Two fibers may be at it, one that sends
 * and one that receives, and either may read what the other waits for: then it tells the other
 * (watch_tell), as the socket will not.
 *
 * What is sent counts as sent when the frames are with the stream below: until then the caller
 * offers the same bytes again, of which `taken` are in frames. */
#include "protocols/h2_tunnel.h"

#include "base/buf.h"
#include "base/chunk.h"
#include "base/mem.h"
#include "protocols/h2_state.h"
#include "wire/h2_head.h"

#include <string.h>

enum {
    READS_A_CALL = 16,     /* of frames that bring no data */
    UPDATES_IN_VAIN = 1000 /* of the window, while nothing is sent */
};

struct h2_tunnel {
    struct stream stream;
    nghttp2_session *session;
    int32_t id; /* of the request; 0: none yet */
    struct h2_patience patience;
    struct buf frames; /* to be sent, of which so much is */
    size_t frames_sent;

    /* The answer. */
    struct buf lines;
    bool informational; /* the head that is coming in */
    bool head_complete; /* the last one */

    /* Received: what the caller of try_recv has no room for waits in `data`. */
    char *room;
    size_t room_len, received;
    struct buf data;
    size_t data_taken;
    bool ended;  /* the peer's side, in order */
    bool closed; /* the request's stream is over */

    /* Sent. */
    const char *source;
    size_t source_len, taken;
    bool deferred;    /* nghttp2 waits for more to send */
    bool window_shut; /* somebody waits for it to open */
    int updates;      /* of the window, since bytes moved */

    bool going_away;     /* the proxy takes no more requests, */
    int32_t last_stream; /* and those up to this one */
    bool broken;
    CURLcode code; /* why */
};

static struct h2_tunnel *tunnel_of(const struct stream *s)
{
    return CONTAINER_OF((struct stream *)(uintptr_t)s, struct h2_tunnel, stream);
}

static void break_off(struct h2_tunnel *t, CURLcode code, const char *reason)
{
    if (t->broken)
        return;
    t->broken = true;
    t->code = code;
    t->stream.reason = reason;
}

static bool is_over(const struct h2_tunnel *t)
{
    return t->broken || t->closed || t->ended;
}

/* ---- What nghttp2 calls ---- */

static bool is_ours(const struct h2_tunnel *t, int32_t id)
{
    return t->id && t->id == id;
}

static int on_header(nghttp2_session *session, const nghttp2_frame *frame, const uint8_t *name,
                     size_t name_len, const uint8_t *value, size_t value_len, uint8_t flags,
                     void *user)
{
    struct h2_tunnel *t = user;
    struct str n = {(const char *)name, name_len}, v = {(const char *)value, value_len};

    (void)session;
    (void)flags;
    if (!is_ours(t, frame->hd.stream_id) || t->head_complete) /* trailers mean nothing here */
        return 0;
    if (t->lines.len + name_len + value_len > H2_HEAD_MAX)
        break_off(t, CURLE_RECV_ERROR, "Too large response headers from the proxy");
    else if (!h2_head_append_line(&t->lines, n, v))
        break_off(t, CURLE_RECV_ERROR, "Invalid header field from the proxy");
    else if (name_len && name[0] == ':')
        t->informational = value_len && value[0] == '1';
    return buf_failed(&t->lines) ? NGHTTP2_ERR_CALLBACK_FAILURE : 0;
}

static void end_head(struct h2_tunnel *t)
{
    if (t->head_complete)
        return;
    buf_append_text(&t->lines, "\r\n");
    t->head_complete = !t->informational;
}

/* Whoever waits for the window looks again. */
static void tell_sender(struct h2_tunnel *t)
{
    if (t->window_shut)
        watch_tell(t->stream.watch, WAIT_READ);
    t->window_shut = false;
}

static int on_frame(nghttp2_session *session, const nghttp2_frame *frame, void *user)
{
    struct h2_tunnel *t = user;
    bool is_head = frame->hd.type == NGHTTP2_HEADERS, is_data = frame->hd.type == NGHTTP2_DATA;
    bool ours = is_ours(t, frame->hd.stream_id);

    (void)session;
    if (frame->hd.type == NGHTTP2_WINDOW_UPDATE)
        t->updates++;
    if (!h2_patience_bears(&t->patience, frame) || t->updates > UPDATES_IN_VAIN)
        break_off(t, CURLE_RECV_ERROR, "The proxy floods the HTTP/2 connection");
    if (frame->hd.type == NGHTTP2_GOAWAY) {
        t->going_away = true;
        t->last_stream = frame->goaway.last_stream_id;
    }
    if (frame->hd.type == NGHTTP2_WINDOW_UPDATE || frame->hd.type == NGHTTP2_SETTINGS)
        tell_sender(t);
    if (ours && is_head)
        end_head(t);
    if (ours && (is_head || is_data) && (frame->hd.flags & NGHTTP2_FLAG_END_STREAM))
        t->ended = true;
    return 0;
}

static int on_data(nghttp2_session *session, uint8_t flags, int32_t id, const uint8_t *bytes,
                   size_t len, void *user)
{
    struct h2_tunnel *t = user;
    size_t now = 0;

    (void)flags;
    if (!is_ours(t, id) || !t->head_complete)
        return nghttp2_session_consume(session, id, len) ? NGHTTP2_ERR_CALLBACK_FAILURE : 0;
    if (!t->data.len) {
        now = len < t->room_len ? len : t->room_len;
        if (now)
            memcpy(t->room + t->received, bytes, now);
        t->received += now;
        t->room_len -= now;
    }
    return now == len || buf_append(&t->data, bytes + now, len - now)
               ? 0
               : NGHTTP2_ERR_CALLBACK_FAILURE;
}

static int on_close(nghttp2_session *session, int32_t id, uint32_t error, void *user)
{
    struct h2_tunnel *t = user;

    (void)session;
    (void)error;
    if (!is_ours(t, id))
        return 0;
    t->closed = true;
    tell_sender(t);
    return 0;
}

static ssize_t read_source(nghttp2_session *session, int32_t id, uint8_t *room, size_t size,
                           uint32_t *flags, nghttp2_data_source *source, void *user)
{
    struct h2_tunnel *t = user;
    size_t len = t->source_len < size ? t->source_len : size;

    (void)session;
    (void)flags;
    (void)source;
    if (!is_ours(t, id))
        return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    t->deferred = !len;
    if (!len)
        return NGHTTP2_ERR_DEFERRED;
    memcpy(room, t->source, len);
    t->source += len;
    t->source_len -= len;
    t->taken += len;
    return (ssize_t)len;
}

/* ---- The stream below ---- */

static bool has_unsent(const struct h2_tunnel *t)
{
    return t->frames_sent < t->frames.len;
}

/* Collects frames up to a write's worth; false when there are none. */
static bool collect(struct h2_tunnel *t)
{
    buf_clear(&t->frames);
    t->frames_sent = 0;
    while (!t->broken && t->frames.len < H2_WRITE_BYTES) {
        const uint8_t *frame;
        ssize_t len = nghttp2_session_mem_send(t->session, &frame);

        if (len < 0 || (len && !buf_append(&t->frames, frame, (size_t)len)))
            break_off(t, CURLE_OUT_OF_MEMORY, "Out of memory for HTTP/2 frames");
        if (len <= 0)
            break;
    }
    return t->frames.len && !t->broken;
}

/* As far as that goes at once. */
static void pump_out(struct h2_tunnel *t)
{
    struct stream *below = t->stream.below;

    while (!t->broken && (has_unsent(t) || collect(t))) {
        size_t sent = 0;
        CURLcode result = stream_try_send(below, t->frames.bytes + t->frames_sent,
                                          t->frames.len - t->frames_sent, &sent);

        if (result == CURLE_AGAIN)
            return;
        if (result) {
            t->stream.os_errno = below->os_errno;
            break_off(t, result, below->reason ? below->reason : "Failed sending to the proxy");
        }
        t->frames_sent += sent;
    }
}

static void feed(struct h2_tunnel *t, const struct chunk *c)
{
    ssize_t used =
        nghttp2_session_mem_recv(t->session, (const uint8_t *)c->bytes + c->start, chunk_len(c));

    if (used == NGHTTP2_ERR_NOMEM || used == NGHTTP2_ERR_CALLBACK_FAILURE)
        break_off(t, CURLE_OUT_OF_MEMORY, "Out of memory for received HTTP/2 data");
    else if (used < 0)
        break_off(t, CURLE_RECV_ERROR, "The proxy breaks the rules of HTTP/2");
    else if (!nghttp2_session_want_read(t->session) && !nghttp2_session_want_write(t->session))
        break_off(t, CURLE_RECV_ERROR, "The HTTP/2 session with the proxy has ended");
}

/* Reads once; false when nothing is there. */
static bool pump_in(struct h2_tunnel *t)
{
    struct stream *below = t->stream.below;
    struct chunk *c;
    CURLcode result;

    if (t->broken)
        return false;
    c = chunk_take(CHUNK_SMALL);
    if (!c) {
        break_off(t, CURLE_OUT_OF_MEMORY, "Out of memory for received HTTP/2 data");
        return false;
    }
    result = stream_try_recv(below, c->bytes, c->size, &c->end);
    if (!result && c->end) {
        feed(t, c);
    } else if (result != CURLE_AGAIN) {
        t->stream.os_errno = below->os_errno;
        t->stream.cut = !result || below->cut;
        break_off(t, CURLE_RECV_ERROR,
                  result && below->reason ? below->reason
                                          : "The proxy closed the HTTP/2 connection");
    }
    chunk_drop(c);
    return result != CURLE_AGAIN && !t->broken;
}

/* ---- The stream ---- */

/* What was received before; all of it may be the end. */
static size_t take_data(struct h2_tunnel *t, char *bytes, size_t len)
{
    size_t left = t->data.len - t->data_taken;

    len = left < len ? left : len;
    if (len)
        memcpy(bytes, t->data.bytes + t->data_taken, len);
    t->data_taken += len;
    if (t->data_taken == t->data.len) {
        buf_clear(&t->data);
        t->data_taken = 0;
    }
    return len;
}

/* The window opens as far as the caller has taken. */
static CURLcode has_received(struct h2_tunnel *t, size_t len, size_t *ret_len)
{
    *ret_len = len;
    t->updates = 0;
    if (!t->closed && nghttp2_session_consume(t->session, t->id, len))
        break_off(t, CURLE_OUT_OF_MEMORY, "Out of memory for HTTP/2 frames");
    pump_out(t);
    return CURLE_OK;
}

static CURLcode nothing_received(struct h2_tunnel *t)
{
    if (t->ended)
        return CURLE_OK;
    if (t->broken)
        return t->code;
    if (!t->closed)
        return CURLE_AGAIN;
    t->stream.reason = "The proxy has reset the HTTP/2 tunnel";
    return CURLE_RECV_ERROR;
}

static CURLcode tunnel_try_recv(struct stream *s, void *bytes, size_t len, size_t *ret_len)
{
    struct h2_tunnel *t = tunnel_of(s);
    size_t got = take_data(t, bytes, len);

    *ret_len = 0;
    if (got)
        return has_received(t, got, ret_len);
    t->room = bytes;
    t->room_len = len;
    t->received = 0;
    for (int reads = 0; !t->received && !is_over(t) && reads < READS_A_CALL && pump_in(t); reads++)
        ;
    t->room_len = 0;
    if (t->received)
        return has_received(t, t->received, ret_len);
    pump_out(t);
    s->recv_needs = s->below->recv_needs | (has_unsent(t) ? s->below->send_needs : 0);
    return nothing_received(t);
}

static CURLcode nothing_sent(struct h2_tunnel *t)
{
    struct stream *s = &t->stream;

    if (t->broken)
        return t->code == CURLE_OUT_OF_MEMORY ? t->code : CURLE_SEND_ERROR;
    if (t->closed) {
        s->reason = "The proxy has reset the HTTP/2 tunnel";
        return CURLE_SEND_ERROR;
    }
    s->send_needs = has_unsent(t) ? s->below->send_needs : s->below->recv_needs;
    return CURLE_AGAIN;
}

/* Puts what is offered into frames, and those below. */
static void push(struct h2_tunnel *t, const char *bytes, size_t len)
{
    t->source = bytes + t->taken;
    t->source_len = len - t->taken;
    if (t->deferred && t->source_len && nghttp2_session_resume_data(t->session, t->id))
        break_off(t, CURLE_OUT_OF_MEMORY, "Out of memory for HTTP/2 frames");
    pump_out(t);
    t->source_len = 0;
}

static bool is_window_shut(const struct h2_tunnel *t)
{
    return !t->taken && !has_unsent(t) && !t->closed && !t->broken;
}

static CURLcode tunnel_try_send(struct stream *s, const void *bytes, size_t len, size_t *ret_len)
{
    struct h2_tunnel *t = tunnel_of(s);

    *ret_len = 0;
    t->window_shut = false;
    push(t, bytes, len);
    for (int reads = 0; is_window_shut(t) && reads < READS_A_CALL && pump_in(t); reads++)
        push(t, bytes, len);
    if (t->data.len || t->ended)
        watch_tell(s->watch, WAIT_READ);
    if (t->broken || t->closed || !t->taken || has_unsent(t)) {
        t->window_shut = is_window_shut(t);
        return nothing_sent(t);
    }
    *ret_len = t->taken;
    t->taken = 0;
    t->updates = 0;
    return CURLE_OK;
}

static bool tunnel_has_pending(const struct stream *s)
{
    const struct h2_tunnel *t = tunnel_of(s);

    return t->data.len || is_over(t) || s->below->kind->has_pending(s->below);
}

/* What comes meanwhile is answered: PING and SETTINGS are no sign of death. */
static bool tunnel_seems_alive(struct stream *s)
{
    struct h2_tunnel *t = tunnel_of(s);

    if (is_over(t) || t->data.len)
        return false;
    if (s->below->kind->seems_alive(s->below) && !s->below->kind->has_pending(s->below))
        return true;
    if (s->watch->worker)
        s->watch->ready |= WAIT_READ; /* the look below has seen something */
    for (int reads = 0; reads < READS_A_CALL && pump_in(t); reads++)
        ;
    pump_out(t);
    return !is_over(t) && !t->data.len;
}

static void tunnel_quiet(struct stream *s)
{
    struct h2_tunnel *t = tunnel_of(s);

    if (!has_unsent(t))
        buf_release(&t->frames);
    if (!t->data.len)
        buf_release(&t->data);
    buf_release(&t->lines);
    s->below->kind->quiet(s->below);
}

static void tunnel_shut(struct stream *s)
{
    struct h2_tunnel *t = tunnel_of(s);

    if (!t->broken && !nghttp2_session_terminate_session(t->session, NGHTTP2_NO_ERROR))
        pump_out(t);
    s->below->kind->shut(s->below);
}

static void tunnel_release(struct h2_tunnel *t)
{
    nghttp2_session_del(t->session);
    buf_release(&t->frames);
    buf_release(&t->lines);
    buf_release(&t->data);
    mem_free(t);
}

static void tunnel_free(struct stream *s)
{
    struct stream *below = s->below;

    tunnel_release(tunnel_of(s));
    stream_free(below);
}

static const struct stream_kind tunnel_kind = {
    .name = "HTTP/2 tunnel",
    .try_recv = tunnel_try_recv,
    .try_send = tunnel_try_send,
    .has_pending = tunnel_has_pending,
    .seems_alive = tunnel_seems_alive,
    .quiet = tunnel_quiet,
    .shut = tunnel_shut,
    .free = tunnel_free,
};

/* ---- The beginning ---- */

static int make_session(struct h2_tunnel *t)
{
    nghttp2_mem memory = h2_memory;
    nghttp2_session_callbacks *callbacks = NULL;
    nghttp2_option *options = NULL;
    int error = nghttp2_session_callbacks_new(&callbacks);

    if (!error)
        error = nghttp2_option_new(&options);
    if (!error) {
        nghttp2_session_callbacks_set_on_header_callback(callbacks, on_header);
        nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, on_frame);
        nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, on_data);
        nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_close);
        nghttp2_option_set_no_auto_window_update(options, 1);
        nghttp2_option_set_no_closed_streams(options, 1);
        error = nghttp2_session_client_new3(&t->session, callbacks, t, options, &memory);
    }
    nghttp2_option_del(options);
    nghttp2_session_callbacks_del(callbacks);
    return error;
}

static int submit_settings(struct h2_tunnel *t)
{
    const nghttp2_settings_entry settings[] = {
        {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, H2_STREAM_WINDOW},
        {NGHTTP2_SETTINGS_ENABLE_PUSH,         0               },
    };
    int error = nghttp2_submit_settings(t->session, NGHTTP2_FLAG_NONE, settings,
                                        sizeof(settings) / sizeof(settings[0]));

    return error ? error
                 : nghttp2_session_set_local_window_size(t->session, NGHTTP2_FLAG_NONE, 0,
                                                         H2_STREAM_WINDOW);
}

struct stream *h2_tunnel_new(struct stream *below)
{
    struct h2_tunnel *t = mem_calloc(1, sizeof(*t));

    if (!t)
        return NULL;
    h2_patience_init(&t->patience);
    if (make_session(t) || submit_settings(t)) {
        tunnel_release(t);
        return NULL;
    }
    t->stream.kind = &tunnel_kind;
    t->stream.below = below;
    t->stream.watch = below->watch;
    t->stream.recv_needs = WAIT_READ;
    t->stream.send_needs = WAIT_WRITE;
    return &t->stream;
}

static CURLcode submit(struct h2_tunnel *t, const struct h2_head *head)
{
    nghttp2_data_provider provider = {.read_callback = read_source};
    nghttp2_nv *fields = mem_calloc(head->count, sizeof(*fields));

    if (!fields)
        return CURLE_OUT_OF_MEMORY;
    h2_fields_of(head, fields);
    t->id = nghttp2_submit_request(t->session, NULL, fields, head->count, &provider, NULL);
    mem_free(fields);
    if (t->id > 0)
        return CURLE_OK;
    t->stream.reason = "The HTTP/2 connection to the proxy takes no more requests";
    return t->id == NGHTTP2_ERR_NOMEM ? CURLE_OUT_OF_MEMORY : CURLE_SEND_ERROR;
}

/* Lets go of a request that was refused. */
static void forget_request(struct h2_tunnel *t)
{
    if (t->id && !t->closed)
        nghttp2_submit_rst_stream(t->session, NGHTTP2_FLAG_NONE, t->id, NGHTTP2_CANCEL);
    t->id = 0;
    t->head_complete = t->informational = t->ended = t->closed = t->deferred = false;
    t->stream.reason = NULL;
    buf_clear(&t->lines);
    buf_clear(&t->data);
    t->data_taken = 0;
}

CURLcode h2_tunnel_request(struct stream *s, struct str text, int64_t deadline)
{
    struct h2_tunnel *t = tunnel_of(s);
    scoped(h2_head) head = {0};
    CURLcode result;

    if (!h2_head_parse(text, STR("https"), &head))
        return CURLE_OUT_OF_MEMORY;
    forget_request(t);
    result = submit(t, &head);
    while (!result) {
        pump_out(t);
        if (t->broken)
            return t->code == CURLE_OUT_OF_MEMORY ? t->code : CURLE_SEND_ERROR;
        if (!has_unsent(t))
            break;
        s->send_needs = s->below->send_needs;
        result = stream_wait_send(s, deadline);
    }
    return result;
}

CURLcode h2_tunnel_recv_head(struct stream *s, int64_t deadline, struct str *ret)
{
    struct h2_tunnel *t = tunnel_of(s);
    CURLcode result = CURLE_OK;

    while (!t->head_complete) {
        bool came = pump_in(t);

        pump_out(t);
        if (t->head_complete || came)
            continue;
        if (t->broken)
            return t->code;
        if (is_over(t)) {
            s->reason = "The proxy has reset the CONNECT request";
            return CURLE_RECV_ERROR;
        }
        s->recv_needs = s->below->recv_needs | (has_unsent(t) ? s->below->send_needs : 0);
        result = stream_wait_recv(s, deadline);
        if (result)
            return result;
    }
    if (buf_failed(&t->lines))
        return CURLE_OUT_OF_MEMORY;
    *ret = (struct str){t->lines.bytes, t->lines.len};
    return CURLE_OK;
}

bool h2_tunnel_may_ask_again(const struct stream *s)
{
    const struct h2_tunnel *t = tunnel_of(s);

    return !t->broken && !t->going_away;
}

bool h2_tunnel_is_unseen(const struct stream *s)
{
    const struct h2_tunnel *t = tunnel_of(s);

    return t->going_away && t->id > t->last_stream && !t->head_complete;
}
