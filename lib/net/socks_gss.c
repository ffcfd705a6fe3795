/* SPDX-License-Identifier: MIT */
/* Who we are, told to a SOCKS proxy with GSS-API (RFC 1961): tokens until the context stands, then
 * one message each about the protection of all that follows. What the RFC does not have, but
 * proxies do: level 0, no protection. We propose the best that the context has and take what the
 * proxy chooses, which nobody in between can have changed; but for CURLOPT_SOCKS5_GSSAPI_NEC. */
#include "net/gss_stream.h"
#include "net/socks_state.h"

enum { MOST_ROUNDS = 16 };

static const OM_uint32 wishes = GSS_C_MUTUAL_FLAG | GSS_C_REPLAY_FLAG | GSS_C_SEQUENCE_FLAG |
                                GSS_C_INTEG_FLAG | GSS_C_CONF_FLAG;

bool socks_has_gss(void)
{
    return true;
}

static struct str str_of_buf(const struct buf *b)
{
    return (struct str){b->bytes, b->len};
}

/* ---- Messages ---- */

static WAITS CURLcode send_message(struct socks *s, enum socks_gss kind, struct str token)
{
    scoped(buf) message = {0};

    if (socks_gss_message(kind, token, &message)) {
        if (buf_failed(&message))
            return CURLE_OUT_OF_MEMORY;
        return FAIL(s, CURLPX_GSSAPI, "GSS-API token is too long for a SOCKS proxy");
    }
    return socks_send(s, &message, CURLPX_GSSAPI);
}

/* What a kind of message is about, for texts. */
static const char *about(enum socks_gss kind)
{
    return kind == SOCKS_GSS_CONTEXT ? "authentication" : "encryption";
}

static WAITS CURLcode receive(struct socks *s, enum socks_gss kind, void *bytes, size_t len)
{
    char *to = bytes;

    while (len) {
        size_t got = 0;
        CURLcode result = stream_recv(*s->stream, to, len, s->deadline, &got);

        if (result == CURLE_RECV_ERROR || (!result && !got))
            return FAIL(s, CURLPX_GSSAPI, "Failed to receive GSS-API %s response.", about(kind));
        if (result)
            return result;
        to += got;
        len -= got;
    }
    return CURLE_OK;
}

/* An abort is two bytes long. */
static WAITS CURLcode receive_message(struct socks *s, enum socks_gss kind, struct buf *token)
{
    unsigned char head[SOCKS_GSS_HEAD];
    CURLcode result = receive(s, kind, head, 2);
    size_t len;

    if (!result && socks_gss_is_abort(head))
        return FAIL(s, CURLPX_GSSAPI, "User was rejected by the SOCKS5 server (%d %d).", head[0],
                    head[1]);
    if (!result)
        result = receive(s, kind, head + 2, SOCKS_GSS_HEAD - 2);
    if (result)
        return result;
    if (socks_gss_read_head(head, kind, &len))
        return FAIL(s, CURLPX_GSSAPI, "Invalid GSS-API %s response type (%d %d).", about(kind),
                    head[0], head[1]);
    if (!len)
        return FAIL(s, CURLPX_GSSAPI, "Invalid zero-length GSS-API %s token.", about(kind));
    buf_clear(token);
    if (!buf_reserve(token, len))
        return CURLE_OUT_OF_MEMORY;
    token->len = len;
    return receive(s, kind, token->bytes, len);
}

/* ---- The context ---- */

/* The proof and what it brought. */
struct proof {
    gss_ctx_id_t context;
    struct buf token; /* the proxy's last one */
    OM_uint32 flags;  /* of the context */
    bool complete;
};

static void proof_release(struct proof *p)
{
    gss_context_drop(&p->context);
    buf_release(&p->token);
}
DEFINE_SCOPED(proof)

static struct gss_step *new_step(const struct socks *s, struct proof *p)
{
    const char *service = s->way->login->service;
    struct gss_step *step = gss_step_new(service ? service : "rcmd", s->proxy->host);

    if (!step)
        return NULL;
    if (!buf_append(&step->in, p->token.bytes, p->token.len)) {
        gss_step_free(step);
        return NULL;
    }
    step->flags = wishes;
    step->context = p->context; /* on the errand with it */
    p->context = GSS_C_NO_CONTEXT;
    return step;
}

/* What a step brought: a token to send, or none. */
static WAITS CURLcode use_step(struct socks *s, struct proof *p, struct gss_step *step)
{
    p->context = step->context;
    step->context = GSS_C_NO_CONTEXT;
    if (gss_step_failed(step))
        return FAIL(s, CURLPX_GSSAPI, "GSS-API error: gss_init_sec_context failed: %s",
                    buf_text(&step->trouble));
    if (step->failed_memory)
        return CURLE_OUT_OF_MEMORY;
    p->complete = gss_step_is_last(step);
    p->flags = step->granted;
    if (!p->complete && !step->out.len)
        return FAIL(s, CURLPX_GSSAPI, "GSS-API has nothing to say to the SOCKS proxy");
    if (p->complete)
        LOG(s->hooks, "SOCKS5 server authenticated user %s with GSS-API.", buf_text(&step->user));
    return step->out.len ? send_message(s, SOCKS_GSS_CONTEXT, str_of_buf(&step->out)) : CURLE_OK;
}

static WAITS CURLcode take_step(struct socks *s, struct proof *p)
{
    struct gss_step *step = new_step(s, p);
    CURLcode result;

    if (!step)
        return CURLE_OUT_OF_MEMORY;
    result = gss_step_run(step, s->deadline);
    if (result)
        return result;
    result = use_step(s, p, step);
    gss_step_free(step);
    return result;
}

static WAITS CURLcode prove(struct socks *s, struct proof *p)
{
    CURLcode result = take_step(s, p);

    for (int round = 1; !result && !p->complete; round++) {
        if (round == MOST_ROUNDS)
            return FAIL(s, CURLPX_GSSAPI, "The SOCKS proxy comes to no end with GSS-API");
        result = receive_message(s, SOCKS_GSS_CONTEXT, &p->token);
        if (!result)
            result = take_step(s, p);
    }
    return result;
}

/* ---- The level of protection ---- */

static enum socks_protection best_of(const struct proof *p)
{
    if (p->flags & GSS_C_CONF_FLAG)
        return SOCKS_SECRECY;
    return p->flags & GSS_C_INTEG_FLAG ? SOCKS_INTEGRITY : SOCKS_CLEAR;
}

static const char *name_of(unsigned level)
{
    return level == SOCKS_CLEAR ? "no" : level == SOCKS_INTEGRITY ? "integrity" : "confidentiality";
}

static WAITS CURLcode propose(struct socks *s, const struct proof *p, enum socks_protection level)
{
    scoped(buf) token = {0};
    char byte = (char)level;
    bool failed = false;

    LOG(s->hooks, "SOCKS5 server supports GSS-API %s data protection.", name_of(level));
    if (s->way->login->nec)
        buf_append_char(&token, byte);
    else
        (void)gss_context_wrap(p->context, false, &byte, 1, &token, &failed);
    if (failed)
        return FAIL(s, CURLPX_GSSAPI, "GSS-API cannot protect the level of protection");
    if (buf_failed(&token))
        return CURLE_OUT_OF_MEMORY;
    return send_message(s, SOCKS_GSS_LEVEL, str_of_buf(&token));
}

static WAITS CURLcode read_choice(struct socks *s, struct proof *p, unsigned *ret_level)
{
    scoped(buf) plain = {0};
    const struct buf *answer = s->way->login->nec ? &p->token : &plain;
    CURLcode result = receive_message(s, SOCKS_GSS_LEVEL, &p->token);
    bool failed = false;

    if (result)
        return result;
    if (!s->way->login->nec &&
        !gss_context_unwrap(p->context, false, p->token.bytes, p->token.len, &plain, &failed))
        return CURLE_OUT_OF_MEMORY;
    if (failed)
        return FAIL(s, CURLPX_GSSAPI,
                    "GSS-API error: gss_unwrap failed: the SOCKS proxy's choice "
                    "of a protection is not protected");
    if (answer->len != 1)
        return FAIL(s, CURLPX_GSSAPI, "Invalid GSS-API encryption response length (%zu).",
                    answer->len);
    *ret_level = (unsigned char)answer->bytes[0];
    return CURLE_OK;
}

static CURLcode protect(struct socks *s, struct proof *p, unsigned level)
{
    struct stream *protected;

    if (level > SOCKS_SELECTIVE || (level && !(p->flags & GSS_C_INTEG_FLAG)) ||
        (level >= SOCKS_SECRECY && !(p->flags & GSS_C_CONF_FLAG)))
        return FAIL(s, CURLPX_GSSAPI_PROTECTION,
                    "The SOCKS proxy wants a GSS-API protection that there is not (%u).", level);
    if (level == SOCKS_CLEAR) {
        LOG(s->hooks, "SOCKS5 access without GSS-API data protection granted.");
        return CURLE_OK;
    }
    LOG(s->hooks, "SOCKS5 access with GSS-API %s protection granted.", name_of(level));
    protected = stream_new_gss(*s->stream, &p->context, (enum socks_protection)level);
    if (!protected)
        return CURLE_OUT_OF_MEMORY;
    *s->stream = protected;
    return CURLE_OK;
}

CURLcode socks_log_in_gss(struct socks *s)
{
    scoped(proof) p = {.context = GSS_C_NO_CONTEXT};
    unsigned level = 0;
    CURLcode result = prove(s, &p);

    if (!result)
        result = propose(s, &p, best_of(&p));
    if (!result)
        result = read_choice(s, &p, &level);
    return result ? result : protect(s, &p, level);
}
