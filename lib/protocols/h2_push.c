/* SPDX-License-Identifier: MIT */
/* Pushed streams (RFC 9113 8.4): PUSH_PROMISE brings the request's head on the stream of another
 * one, and reserves a stream for the answer. The fields are collected with that stream, which is
 * then offered to the owner of the other one. */
#include "protocols/h2_state.h"

#include <string.h>

void h2_stream_on_push(struct h2_stream *s, h2_push_function *function, void *owner)
{
    s->on_push = function;
    s->push_owner = owner;
}

void h2_promise_begin(struct h2 *h, const nghttp2_push_promise *frame)
{
    const struct h2_stream *parent = h2_find(h, frame->hd.stream_id);
    int32_t id = frame->promised_stream_id;
    struct h2_stream *s = parent && parent->on_push ? h2_stream_new(h, id) : NULL;

    if (s)
        s->unclaimed = true;
    if (s && nghttp2_session_set_stream_user_data(h->session, id, s)) {
        s->closed = true; /* nghttp2 has refused it already */
        h2_stream_free(s);
    }
}

void h2_promise_field(struct h2 *h, const nghttp2_push_promise *frame, struct str name,
                      struct str value)
{
    struct h2_stream *s = h2_find(h, frame->promised_stream_id);

    if (!s)
        return;
    s->head_bytes += name.len + value.len;
    if (s->head_bytes > H2_HEAD_MAX) {
        h2_stream_free(s);
        return;
    }
    buf_append(&s->promise, name.at, name.len);
    buf_append_char(&s->promise, ':');
    buf_append(&s->promise, value.at, value.len);
    buf_append_char(&s->promise, '\0');
    s->promised++;
}

void h2_promise_end(struct h2 *h, const nghttp2_push_promise *frame)
{
    struct h2_stream *parent = h2_find(h, frame->hd.stream_id);
    struct h2_stream *s = h2_find(h, frame->promised_stream_id);

    if (!s) {
        nghttp2_submit_rst_stream(h->session, NGHTTP2_FLAG_NONE, frame->promised_stream_id,
                                  NGHTTP2_REFUSED_STREAM);
        return;
    }
    s->head_bytes = 0;
    s->unclaimed = false;
    if (!parent || !parent->on_push || buf_failed(&s->promise) ||
        !parent->on_push(parent->push_owner, s, &s->promise, s->promised))
        h2_stream_free(s);
}

/* Without the scheme's own port. */
static struct str without_default_port(struct str scheme, struct str authority)
{
    struct str port = str_of(str_equal_nocase(scheme, str_of("https")) ? ":443" : ":80");

    if (authority.len > port.len &&
        !memcmp(authority.at + authority.len - port.len, port.at, port.len))
        authority.len -= port.len;
    return authority;
}

bool h2_is_same_origin(const struct h2_stream *s, struct str scheme, struct str authority)
{
    struct str own = {s->authority.bytes, s->authority.len};

    return own.len && !buf_failed(&s->authority) && !buf_failed(&s->scheme) &&
           str_equal((struct str){s->scheme.bytes, s->scheme.len}, scheme) &&
           str_equal_nocase(without_default_port(scheme, own),
                            without_default_port(scheme, authority));
}
