/* SPDX-License-Identifier: MIT */
/* The beginning of a tunnel: the session, and CONNECT until a proxy lets us through. */
#include "base/mem.h"
#include "protocols/h2_tunnel_state.h"
#include "wire/h2_head.h"

static int make_session(struct h2_tunnel *t)
{
    nghttp2_mem memory = h2_memory;
    nghttp2_session_callbacks *callbacks = NULL;
    nghttp2_option *options = NULL;
    int error = nghttp2_session_callbacks_new(&callbacks);

    if (!error)
        error = nghttp2_option_new(&options);
    if (!error) {
        h2_tunnel_set_callbacks(callbacks);
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
        h2_tunnel_release(t);
        return NULL;
    }
    t->stream.kind = &h2_tunnel_kind;
    t->stream.below = below;
    t->stream.watch = below->watch;
    t->stream.recv_needs = WAIT_READ;
    t->stream.send_needs = WAIT_WRITE;
    return &t->stream;
}

static CURLcode submit(struct h2_tunnel *t, const struct h2_head *head)
{
    nghttp2_data_provider provider = {.read_callback = h2_tunnel_read_source};
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

CURLcode h2_tunnel_request(struct stream *s, struct str head, int64_t deadline)
{
    struct h2_tunnel *t = tunnel_of(s);
    scoped(h2_head) fields = {0};
    CURLcode result;

    if (!h2_head_parse(head, STR("https"), &fields))
        return CURLE_OUT_OF_MEMORY;
    forget_request(t);
    result = submit(t, &fields);
    while (!result) {
        h2_tunnel_pump_out(t);
        if (t->broken)
            return t->code == CURLE_OUT_OF_MEMORY ? t->code : CURLE_SEND_ERROR;
        if (!h2_tunnel_has_unsent(t))
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
        bool came = h2_tunnel_pump_in(t);

        h2_tunnel_pump_out(t);
        if (t->head_complete || came)
            continue;
        if (t->broken)
            return t->code;
        if (h2_tunnel_is_over(t)) {
            s->reason = "The proxy has reset the CONNECT request";
            return CURLE_RECV_ERROR;
        }
        s->recv_needs = s->below->recv_needs | (h2_tunnel_has_unsent(t) ? s->below->send_needs : 0);
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
