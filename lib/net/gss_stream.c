/* SPDX-License-Identifier: MIT */
/* What goes through a SOCKS proxy under the protection of GSS-API (RFC 1961, section 5): messages,
 * each with its length in front, that are wrapped one by one. */
#include "net/gss_stream.h"

#include "base/mem.h"

#include <string.h>

enum {
    PIECE = 16 * 1024,     /* bytes of ours in one message */
    INPUT = 16 * 1024,     /* bytes asked for at once */
    MOST_EMPTY_IN_ROW = 64 /* messages without content before it is called a nuisance */
};

struct gss_stream {
    struct stream stream;
    gss_ctx_id_t context; /* owned */
    enum socks_protection level;
    struct buf input; /* as it came: part of a message, or some of them */
    struct buf plain; /* what the last message said, not yet given out */
    struct buf output;
    size_t begun;      /* bytes of the caller's that `output` stands for; 0: none on the way */
    bool ended;        /* by the peer, between two messages */
    bool broken, mute; /* no more from it, no more to it */
};

static struct gss_stream *gss_of(struct stream *s)
{
    return CONTAINER_OF(s, struct gss_stream, stream);
}

static CURLcode recv_failed(struct gss_stream *g, const char *reason)
{
    g->broken = true;
    g->stream.reason = reason;
    return CURLE_RECV_ERROR;
}

/* What the stream below says, in our name. */
static CURLcode from_below(struct gss_stream *g, CURLcode result)
{
    const struct stream *below = g->stream.below;

    g->stream.recv_needs = below->recv_needs;
    g->stream.send_needs = below->send_needs;
    if (result && result != CURLE_AGAIN) {
        g->stream.os_errno = below->os_errno;
        g->stream.reason = below->reason;
    }
    return result;
}

/* ---- Receiving ---- */

/* Bytes of the first message of the input behind its head; *ret_here: all of it is here. */
static CURLcode look_at_message(struct gss_stream *g, size_t *ret_len, bool *ret_here)
{
    CURLproxycode why;

    *ret_here = false;
    if (g->input.len < SOCKS_GSS_HEAD)
        return CURLE_OK;
    why = socks_gss_read_head((const unsigned char *)g->input.bytes, SOCKS_GSS_DATA, ret_len);
    if (why || !*ret_len)
        return recv_failed(g, "a malformed message of the SOCKS proxy");
    *ret_here = g->input.len - SOCKS_GSS_HEAD >= *ret_len;
    return CURLE_OK;
}

static CURLcode open_message(struct gss_stream *g, size_t len)
{
    bool failed;

    buf_clear(&g->plain);
    if (!gss_context_unwrap(g->context, g->level == SOCKS_SECRECY, g->input.bytes + SOCKS_GSS_HEAD,
                            len, &g->plain, &failed)) {
        g->broken = true;
        return CURLE_OUT_OF_MEMORY;
    }
    if (failed)
        return recv_failed(g, "a message of the SOCKS proxy is not protected as agreed");
    buf_consume(&g->input, SOCKS_GSS_HEAD + len);
    return CURLE_OK;
}

/* More of the input, or its end. */
static CURLcode fill(struct gss_stream *g)
{
    size_t got = 0;
    CURLcode result;

    if (!buf_reserve(&g->input, INPUT)) {
        g->broken = true;
        return CURLE_OUT_OF_MEMORY;
    }
    result = stream_try_recv(g->stream.below, g->input.bytes + g->input.len, INPUT, &got);
    if (result) {
        g->broken = result != CURLE_AGAIN;
        return from_below(g, result);
    }
    g->input.len += got;
    g->ended = !got;
    if (g->ended && g->input.len)
        return recv_failed(g, "the SOCKS proxy ended within a message");
    return CURLE_OK;
}

static CURLcode gss_try_recv(struct stream *s, void *bytes, size_t len, size_t *ret_len)
{
    struct gss_stream *g = gss_of(s);
    CURLcode result = CURLE_OK;

    *ret_len = 0;
    if (!len)
        return CURLE_OK;
    for (int empty = 0; !g->plain.len && !g->ended && !result;) {
        size_t message;
        bool here;

        if (g->broken)
            return CURLE_RECV_ERROR;
        result = look_at_message(g, &message, &here);
        if (!result && here) {
            result = open_message(g, message);
            if (!result && !g->plain.len && ++empty > MOST_EMPTY_IN_ROW)
                result = recv_failed(g, "the SOCKS proxy sends nothing but empty messages");
        } else if (!result) {
            result = fill(g);
        }
    }
    if (result || !g->plain.len)
        return result;
    *ret_len = len < g->plain.len ? len : g->plain.len;
    memcpy(bytes, g->plain.bytes, *ret_len);
    buf_consume(&g->plain, *ret_len);
    return CURLE_OK;
}

/* Without the socket there is something to read, an end, or a failure. */
static bool gss_has_pending(const struct stream *s)
{
    struct gss_stream *g = gss_of((struct stream *)(uintptr_t)s);
    size_t message;
    bool here;

    if (g->plain.len || g->ended || g->broken)
        return true;
    return look_at_message(g, &message, &here) || here || s->below->kind->has_pending(s->below);
}

/* ---- Sending ---- */

static CURLcode send_failed(struct gss_stream *g, const char *reason)
{
    g->mute = true;
    g->stream.reason = reason;
    return CURLE_SEND_ERROR;
}

static CURLcode close_message(struct gss_stream *g, const void *bytes, size_t len)
{
    scoped(buf) token = {0};
    bool failed;

    if (!gss_context_wrap(g->context, g->level != SOCKS_INTEGRITY, bytes, len, &token, &failed)) {
        g->mute = true;
        return CURLE_OUT_OF_MEMORY;
    }
    if (failed)
        return send_failed(g, "GSS-API cannot protect a message");
    if (socks_gss_message(SOCKS_GSS_DATA, (struct str){token.bytes, token.len}, &g->output)) {
        g->mute = true;
        return buf_failed(&g->output) ? CURLE_OUT_OF_MEMORY : CURLE_SEND_ERROR;
    }
    g->begun = len;
    return CURLE_OK;
}

/* A message that is on its way goes out first: the same bytes are offered again. */
static CURLcode gss_try_send(struct stream *s, const void *bytes, size_t len, size_t *ret_len)
{
    struct gss_stream *g = gss_of(s);
    CURLcode result = CURLE_OK;

    *ret_len = 0;
    if (g->mute || g->begun > len)
        return CURLE_SEND_ERROR;
    if (!len)
        return CURLE_OK;
    if (!g->begun)
        result = close_message(g, bytes, len < PIECE ? len : PIECE);
    while (!result && g->output.len) {
        size_t sent = 0;

        result = stream_try_send(s->below, g->output.bytes, g->output.len, &sent);
        if (result) {
            g->mute = result != CURLE_AGAIN;
            return from_below(g, result);
        }
        buf_consume(&g->output, sent);
    }
    if (result)
        return result;
    *ret_len = g->begun;
    g->begun = 0;
    return CURLE_OK;
}

/* ---- The rest ---- */

static bool gss_seems_alive(struct stream *s)
{
    const struct gss_stream *g = gss_of(s);

    return !g->broken && !g->mute && !g->ended && !g->begun && !g->plain.len && !g->input.len &&
           s->below->kind->seems_alive(s->below);
}

static void gss_quiet(struct stream *s)
{
    struct gss_stream *g = gss_of(s);

    if (!g->input.len)
        buf_release(&g->input);
    if (!g->plain.len)
        buf_release(&g->plain);
    if (!g->output.len)
        buf_release(&g->output);
    s->below->kind->quiet(s->below);
}

static void gss_shut(struct stream *s)
{
    s->below->kind->shut(s->below);
}

static void gss_free(struct stream *s)
{
    struct gss_stream *g = gss_of(s);

    gss_context_drop(&g->context);
    buf_release(&g->input);
    buf_release(&g->plain);
    buf_release(&g->output);
    stream_free(s->below);
    mem_free(g);
}

static const struct stream_kind gss_kind = {
    .name = "gss",
    .try_recv = gss_try_recv,
    .try_send = gss_try_send,
    .has_pending = gss_has_pending,
    .seems_alive = gss_seems_alive,
    .quiet = gss_quiet,
    .shut = gss_shut,
    .free = gss_free,
};

struct stream *stream_new_gss(struct stream *below, gss_ctx_id_t *context,
                              enum socks_protection level)
{
    struct gss_stream *g = mem_calloc(1, sizeof(*g));

    if (!g)
        return NULL;
    g->stream = (struct stream){.kind = &gss_kind,
                                .below = below,
                                .watch = below->watch,
                                .recv_needs = below->recv_needs,
                                .send_needs = below->send_needs};
    g->context = *context;
    *context = GSS_C_NO_CONTEXT;
    g->level = level;
    return &g->stream;
}
