/* SPDX-License-Identifier: MIT */
/* What the mail protocols share: lines out and in over a connection, what the program wishes of
 * authentication, and the conversation of SASL. All of it runs on the transfer's fiber. */
#ifndef PROTOCOLS_MAIL_H
#define PROTOCOLS_MAIL_H

#include "base/buf.h"
#include "protocols/hop.h"

#include <stdbool.h>

struct mail {
    struct hop *hop;
    struct connection *c;
    struct buf line; /* the server's last one, without its end: */
    const char *end; /* that, "\r\n" or "\n" */
    bool answered;   /* it said something in this transfer */
};

/* ---- mail.c ---- */

/* Says why and returns the code. */
CURLcode mail_fail(const struct mail *, CURLcode, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Sends a line. CURLE_BAD_FUNCTION_ARGUMENT for a line end in it. */
WAITS CURLcode mail_send(struct mail *, const char *line);

/* Reads the next line, whatever it is; it goes to the program as a header line.
 * CURLE_WEIRD_SERVER_REPLY for a NUL, CURLE_TOO_LARGE for a line that is too long. */
WAITS CURLcode mail_read_line(struct mail *);

struct str mail_line(const struct mail *);

/* What the program wants of authentication, by CURLOPT_LOGIN_OPTIONS or the URL's: lists of
 * "AUTH=NAME". */
struct mail_wishes {
    unsigned sasl; /* of wire/sasl.h */
    bool own;      /* the protocol's own way that has a name here, as "+APOP" */
    bool clear;    /* a name and a password, as they are */
};

/* `own`: that name, or NULL. CURLE_URL_MALFORMAT for what are no such options. */
CURLcode mail_find_wishes(const struct mail *, const char *own, struct mail_wishes *ret);

/* ---- mail_sasl.c ---- */

enum mail_answer {
    MAIL_NO,
    MAIL_YES,
    MAIL_GO_ON, /* it waits for more; what it said is in `text` */
};

/* How a protocol carries SASL's messages, which are in base64. Both functions send and read the
 * answer into `answer` and `text` (which lives until the next call). */
struct mail_sasl {
    struct mail *mail;
    const char *service;  /* by its registered name, as "pop" */
    const char *denied;   /* what is said where the server does not want us */
    bool may_begin;       /* a first message may go with the mechanism's name ... */
    size_t beginning_max; /* ... if both together are not longer than this */

    CURLcode (*begin)(struct mail_sasl *, const char *mechanism, const char *first_or_null);
    CURLcode (*say)(struct mail_sasl *, const char *message);

    enum mail_answer answer;
    struct str text;
};

/* Tries the mechanisms of the set, the best first; *ret_done: the server knows us. False: there is
 * none that both can do. CURLE_LOGIN_DENIED: it does not want us. */
WAITS CURLcode mail_authenticate(struct mail_sasl *, unsigned set, bool *ret_done);

#endif
