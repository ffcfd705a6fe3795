/* SPDX-License-Identifier: MIT */
/* One method of HTTP authentication, as http_auth.c drives it. */
#ifndef PROTOCOLS_HTTP_AUTH_METHOD_H
#define PROTOCOLS_HTTP_AUTH_METHOD_H

#include "protocols/http_auth.h"

enum auth_reading {
    AUTH_READ_OK,
    AUTH_READ_REFUSED,  /* what was sent last was not believed, or the handshake broke */
    AUTH_READ_UNUSABLE, /* this challenge cannot be answered; another one may */
};

/* Appends the field's value, or nothing where none is due. *ret_more: it cannot be the last word.
 */
typedef CURLcode auth_writer(struct http_auth *, const struct auth_message *, struct connection *,
                             struct buf *line, bool *ret_more);

/* Makes an answer to a challenge ready. *ret_able: there is one. */
typedef WAITS CURLcode auth_preparer(struct http_auth *, struct connection *, struct str host,
                                     bool *ret_able);

/* Takes in what stands behind the method's name in a challenge. */
typedef CURLcode auth_reader(struct http_auth *, struct connection *, struct str text,
                             enum auth_reading *ret);

struct auth_method {
    unsigned long bit; /* CURLAUTH_* */
    const char *name;
    bool for_proxies;
    bool binds;       /* to a connection */
    bool needs_user;  /* else a bearer token, or what the system knows */
    bool whole_lines; /* the writer gives header lines with their names and ends */
    auth_writer *write;
    auth_reader *read;
    auth_preparer *prepare; /* NULL: what was picked can answer */
};

auth_writer auth_write_digest, auth_write_ntlm, auth_write_negotiate, auth_write_sigv4;
auth_reader auth_read_digest, auth_read_ntlm, auth_read_negotiate;
auth_preparer auth_prepare_negotiate;

#endif
