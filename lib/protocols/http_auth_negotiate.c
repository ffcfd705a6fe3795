/* SPDX-License-Identifier: MIT */
/* Negotiate (RFC 4559): SPNEGO through GSS-API with what the system knows of the user, a ticket of
 * Kerberos. GSS-API reads files and asks servers, so it is called on an errand. The context hangs
 * on the connection, whose user it proves. */
#include "protocols/http_auth_method.h"

#include "base/mem.h"
#include "net/gss.h"
#include "net/tls.h"
#include "wire/base64.h"

#include <gssapi/gssapi_ext.h>

struct negotiate {
    gss_ctx_id_t context;
    struct buf token; /* the server's last one, to be answered */
    struct buf ready; /* ours, to be sent */
    uint64_t of;      /* http_auth.number of whose these two are */
    bool sent;        /* a token of ours */
    bool complete;    /* the context stands */
    bool accepted;    /* the server asked for nothing more */
    bool begun_again; /* it wants to be told each time */
};

static void negotiate_release(struct negotiate *n)
{
    gss_context_drop(&n->context);
    buf_release(&n->token);
    buf_release(&n->ready);
}
DEFINE_SCOPED(negotiate)

static void negotiate_free(void *state)
{
    negotiate_release(state);
    mem_free(state);
}

static void begin_again(struct negotiate *n)
{
    gss_context_drop(&n->context);
    buf_clear(&n->token);
    buf_clear(&n->ready);
    n->sent = n->complete = n->accepted = false;
}

/* The connection's state; NULL when memory is short. What another transfer had got ready and left
 * behind, for it may have allowed more than we do, is not used. */
static struct negotiate *state_of(const struct http_auth *a, struct connection *c)
{
    struct connection_auth *slot = &c->auth[a->party];
    struct negotiate *n;

    if (slot->release != negotiate_free) {
        connection_auth_release(slot);
        slot->state = mem_calloc(1, sizeof(struct negotiate));
        slot->release = slot->state ? negotiate_free : NULL;
    }
    n = slot->state;
    if (n && n->of != a->number) {
        n->of = a->number;
        if (n->ready.len || n->token.len)
            begin_again(n);
    }
    return n;
}

/* ---- A step ---- */

static OM_uint32 flags_of(const struct settings *s)
{
    OM_uint32 flags = GSS_C_MUTUAL_FLAG | GSS_C_REPLAY_FLAG;

    if (s->gssapi_delegation & CURLGSSAPI_DELEGATION_POLICY_FLAG)
        flags |= GSS_C_DELEG_POLICY_FLAG;
    if (s->gssapi_delegation & CURLGSSAPI_DELEGATION_FLAG)
        flags |= GSS_C_DELEG_FLAG;
    return flags;
}

static struct gss_step *new_step(const struct http_auth *a, struct str host, struct connection *c,
                                 struct negotiate *n)
{
    static gss_OID_desc spnego = {6, (void *)(uintptr_t) "\x2b\x06\x01\x05\x05\x02"};
    const char *service = rstr_text(a->party == AUTH_SERVER ? a->settings->service_name
                                                            : a->settings->proxy_service_name);
    void *ssl = a->party == AUTH_SERVER ? c->ssl : c->proxy_ssl;
    struct gss_step *s = gss_step_new(service ? service : "HTTP", host);

    if (!s)
        return NULL;
    s->mechanism = &spnego;
    s->flags = flags_of(a->settings);
    buf_append(&s->in, n->token.bytes, n->token.len);
    if (ssl)
        tls_append_end_point(ssl, &s->binding);
    if (buf_failed(&s->in) || buf_failed(&s->binding)) {
        gss_step_free(s);
        return NULL;
    }
    s->context = n->context; /* on the errand with it */
    n->context = GSS_C_NO_CONTEXT;
    return s;
}

/* ---- The method ---- */

/* What the step brought: a token to send, or none. */
static CURLcode take_over(const struct http_auth *a, struct negotiate *n, struct gss_step *s)
{
    n->context = s->context;
    s->context = GSS_C_NO_CONTEXT;
    buf_clear(&n->token);
    if (gss_step_failed(s)) {
        if (a->hooks->log)
            a->hooks->log(a->hooks->owner, "gss_init_sec_context() failed: %s",
                          buf_text(&s->trouble));
        begin_again(n);
        return CURLE_OK;
    }
    n->complete = gss_step_is_last(s);
    if (s->failed_memory || !buf_append(&n->ready, s->out.bytes, s->out.len))
        return CURLE_OUT_OF_MEMORY;
    return CURLE_OK;
}

static WAITS CURLcode take_step_of(const struct http_auth *a, struct str host, struct connection *c,
                                   struct negotiate *n)
{
    struct gss_step *s = new_step(a, host, c, n);
    CURLcode result;

    if (!s)
        return CURLE_OUT_OF_MEMORY;
    result = exchange_result(a->exchange, gss_step_run(s, a->exchange->deadline));
    if (result)
        return result;
    result = take_over(a, n, s);
    gss_step_free(s);
    return result;
}

/* On a connection that others are on nothing stays: it is only to be known whether it would work.
 */
CURLcode auth_prepare_negotiate(struct http_auth *a, struct connection *c, struct str host,
                                bool *ret_able)
{
    scoped(negotiate) passing = {.context = GSS_C_NO_CONTEXT};
    struct negotiate *n = c->multiplex ? &passing : state_of(a, c);
    CURLcode result = n ? CURLE_OK : CURLE_OUT_OF_MEMORY;

    if (!result && !n->ready.len)
        result = take_step_of(a, host, c, n);
    *ret_able = !result && n->ready.len > 0;
    return result;
}

CURLcode auth_write_negotiate(struct http_auth *a, const struct auth_message *message,
                              struct connection *c, struct buf *line, bool *ret_more)
{
    struct negotiate *n = state_of(a, c);
    CURLcode result = CURLE_OK;

    *ret_more = false;
    if (!n)
        return CURLE_OUT_OF_MEMORY;
    if (n->sent && !n->token.len && !n->ready.len) {
        n->accepted = true; /* nobody spoke against it */
        return CURLE_OK;
    }
    if (!n->ready.len)
        result = take_step_of(a, message->host, c, n);
    if (!result && n->ready.len) {
        n->sent = true;
        c->auth[a->party].method = n->complete ? CURLAUTH_NEGOTIATE : 0;
        buf_append_text(line, "Negotiate ");
        if (!base64_append(line, n->ready.bytes, n->ready.len))
            result = CURLE_OUT_OF_MEMORY;
        buf_clear(&n->ready);
    }
    *ret_more = n->sent && !n->complete && !n->begun_again;
    return result;
}

CURLcode auth_read_negotiate(struct http_auth *a, struct connection *c, struct str text,
                             enum auth_reading *ret)
{
    struct negotiate *n = state_of(a, c);

    if (!n)
        return CURLE_OUT_OF_MEMORY;
    if (!text.len) {
        if (n->sent && !n->accepted)
            *ret = AUTH_READ_REFUSED;
        n->begun_again = n->accepted;
        begin_again(n);
        c->auth[a->party].method = 0;
        return CURLE_OK;
    }
    buf_clear(&n->token);
    if (n->sent && !n->complete && base64_decode_append(&n->token, text))
        return CURLE_OK;
    *ret = AUTH_READ_REFUSED;
    if (buf_failed(&n->token))
        return CURLE_OUT_OF_MEMORY;
    begin_again(n);
    return CURLE_OK;
}
