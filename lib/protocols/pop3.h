/* SPDX-License-Identifier: MIT */
/* POP3 (RFC 1939, 2449, 2595, 5034): what its files share. A command is sent, its line is waited
 * for, the next one follows from it. */
#ifndef PROTOCOLS_POP3_H
#define PROTOCOLS_POP3_H

#include "base/buf.h"
#include "protocols/hop.h"
#include "wire/pop3.h"

#include <stdbool.h>

enum { POP3_LINE_MAX = 64 * 1024 };

struct pop3 {
    struct hop *hop;
    struct connection *c;
    struct buf line; /* the last one, without its end */
    enum pop3_status status;
    struct str text; /* of it, behind the status */
    bool answered;   /* the server said something in this transfer */
    bool settled;    /* nothing that was asked for is still to come */

    /* While logging in. */
    struct buf stamp; /* of the welcome, for APOP */
    struct pop3_abilities abilities;
    bool has_abilities;
};

/* ---- pop3_control.c ---- */

/* Says why and returns the code. */
CURLcode pop3_fail(struct pop3 *, CURLcode, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Sends a line. CURLE_BAD_FUNCTION_ARGUMENT for a line end in it. */
WAITS CURLcode pop3_send(struct pop3 *, const char *line);

/* Reads the next line, whatever it is; it goes to the program as a header line.
 * CURLE_WEIRD_SERVER_REPLY for a NUL or a line that is too long. */
WAITS CURLcode pop3_read_line(struct pop3 *);

/* The same up to a status line. CURLE_WEIRD_SERVER_REPLY where none comes. */
WAITS CURLcode pop3_read_answer(struct pop3 *);

/* Both. */
WAITS CURLcode pop3_command(struct pop3 *, const char *line);

/* ---- pop3_login.c ---- */

/* From the server's welcome to where its messages are. */
WAITS CURLcode pop3_log_in(struct pop3 *);

/* ---- pop3_sasl.c ---- */

/* What the program wants of authentication: by CURLOPT_LOGIN_OPTIONS, or the URL's. */
struct pop3_wishes {
    unsigned sasl; /* of wire/sasl.h */
    bool apop, clear;
};

/* Tries the server's mechanisms one after another; *ret_done: it knows us. False: there is none
 * that both can do. CURLE_LOGIN_DENIED: it does not want us. */
WAITS CURLcode pop3_authenticate(struct pop3 *, unsigned set, bool *ret_done);

#endif
