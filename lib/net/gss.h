/* SPDX-License-Identifier: MIT */
/* GSS-API (RFC 2743) as an initiator: steps towards a context. GSS-API reads files and asks servers
 * meanwhile, so a step is made to be an errand, which owns all that it works on. */
#ifndef NET_GSS_H
#define NET_GSS_H

#include "base/buf.h"
#include "base/str.h"

#include <curl/curl.h>
#include <gssapi/gssapi.h>
#include <stdbool.h>
#include <stdint.h>

/* One step of a context. */
struct gss_step {
    gss_ctx_id_t context; /* GSS_C_NO_CONTEXT before the first one */
    gss_OID mechanism;    /* GSS_C_NO_OID: the system's choice; static */
    struct buf service;   /* "service@host", or the whole name of a principal */
    bool is_principal;
    struct buf binding; /* to the TLS connection; empty: none */
    struct buf in;      /* the peer's token; empty at first */
    OM_uint32 flags;    /* GSS_C_*_FLAG: wished for */

    /* What came out of it. */
    struct buf out; /* a token for the peer, or empty */
    OM_uint32 major, minor;
    OM_uint32 granted;  /* the flags that the context has */
    struct buf trouble; /* why it failed, in words */
    struct buf user;    /* who we are to the peer, once the context stands */
    bool failed_memory;
};

/* Towards the service on that host; a service with a slash in it is a whole name. NULL when memory
 * is short. */
struct gss_step *gss_step_new(const char *service, struct str host);
void gss_step_free(struct gss_step *);

/* Takes the step on an errand. CURLE_OK: it is the caller's again, whatever GSS-API said (major);
 * otherwise it has been given away, with the context in it, and errors are errand_run's. A fiber.
 */
WAITS CURLcode gss_step_run(struct gss_step *, int64_t deadline);

static inline bool gss_step_failed(const struct gss_step *s)
{
    return GSS_ERROR(s->major) != 0;
}

static inline bool gss_step_is_last(const struct gss_step *s)
{
    return !(s->major & GSS_S_CONTINUE_NEEDED);
}

/* Ends a context, which becomes GSS_C_NO_CONTEXT. Takes that, too. */
void gss_context_drop(gss_ctx_id_t *);

/* Protects bytes (`secret`: nobody else may read them), or takes the protection off again. What the
 * peer sent must be in order, and secret if asked for. *ret_failed says that it is not, or that
 * the context cannot do it. Computes only. False when memory is short. */
bool gss_context_wrap(gss_ctx_id_t, bool secret, const void *bytes, size_t len, struct buf *to,
                      bool *ret_failed);
bool gss_context_unwrap(gss_ctx_id_t, bool secret, const void *bytes, size_t len, struct buf *to,
                        bool *ret_failed);

#endif
