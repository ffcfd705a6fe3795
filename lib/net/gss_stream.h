/* SPDX-License-Identifier: MIT */
/* A stream whose bytes a SOCKS proxy gets under the protection of GSS-API (RFC 1961, section 5). */
#ifndef NET_GSS_STREAM_H
#define NET_GSS_STREAM_H

#include "net/gss.h"
#include "net/stream.h"
#include "wire/socks.h"

/* On `below`, which it owns afterwards, as well as the context, which becomes GSS_C_NO_CONTEXT.
 * NULL when memory is short: then it has taken neither. */
struct stream *stream_new_gss(struct stream *below, gss_ctx_id_t *context, enum socks_protection);

#endif
