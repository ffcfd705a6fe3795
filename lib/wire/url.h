/* SPDX-License-Identifier: MIT */
/* URLs as libcurl understands them (RFC 3986 with the documented leniency): the only parser in the
 * library. Behind curl_url_*. url.c holds the object and takes whole URLs, url_relative.c those
 * that are relative to another, url_part.c sets single parts, url_text.c gives parts and the whole
 * back, url_host.c knows what a host may be.
 */
#ifndef WIRE_URL_H
#define WIRE_URL_H

#include "base/buf.h"

#include <curl/curl.h>
#include <stdbool.h>

/* The parts, each NULL when absent, owned; as they stand in the URL (not decoded). The scheme is in
 * lower case. The host is decoded and keeps its case (compare it without regard to case); numeric
 * addresses are in their normal form, IPv6 in brackets and without the zone id. `path` may be NULL
 * or lack its first slash: url_get_part gives it right. `query` and `fragment` may be empty texts,
 * for
 * "?" and "#" with nothing behind them (CURLU_GET_EMPTY). */
struct url {
    char *scheme, *user, *password, *options, *host, *zone_id, *port, *path, *query, *fragment;
    int port_number;     /* of `port`; 0 when there is none */
    bool guessed_scheme; /* by CURLU_GUESS_SCHEME: the URL had none */
};

void url_release(struct url *);
DEFINE_SCOPED(url)
CURLUcode url_copy(const struct url *from, struct url *ret_to);

/* Parses an absolute URL, or one relative to what `u` holds (RFC 3986 5.2), with CURLU_* flags.
 * NULL empties `u`. `u` is unchanged on errors. */
CURLUcode url_set_whole(struct url *u, const char *text, unsigned flags);

/* Sets one part (CURLUPART_*, `text` NULL removes it), with checks and flags as curl_url_set. */
CURLUcode url_set_part(struct url *, CURLUPart, const char *text, unsigned flags);

/* Appends the text of a part or of the whole; as curl_url_get. What was appended before an error
 * stays. */
CURLUcode url_append_part(struct buf *, const struct url *, CURLUPart, unsigned flags);

/* The same in memory of its own, to be freed with mem_free; as curl_url_get. */
CURLUcode url_get_part(const struct url *, CURLUPart, char **ret_text, unsigned flags);

/* The host as it goes to a resolver or into a certificate check: punycode instead of UTF-8, no
 * brackets. To be freed with mem_free. CURLUE_NO_HOST, or as idn_to_ascii. */
CURLUcode url_get_hostname(const struct url *, char **ret_name);

/* The port that a scheme has by itself, 0 for an unknown one. */
int url_default_port(const char *scheme);

#endif
