/* SPDX-License-Identifier: MIT */
/* POP3 (RFC 1939, 2449, 2595, 5034): what its files share. A command is sent, its line is waited
 * for, the next one follows from it. */
#ifndef PROTOCOLS_POP3_H
#define PROTOCOLS_POP3_H

#include "base/buf.h"
#include "protocols/mail.h"
#include "wire/pop3.h"

#include <stdbool.h>

struct pop3 {
    struct mail mail;
    enum pop3_status status; /* of the last answer */
    struct str text;         /* of it, behind the status */
    bool settled;            /* nothing that was asked for is still to come */

    /* While logging in. */
    struct buf stamp; /* of the welcome, for APOP */
    struct pop3_abilities abilities;
    bool has_abilities;
};

/* ---- pop3_login.c ---- */

/* Reads lines up to one with a status. CURLE_WEIRD_SERVER_REPLY where none comes. */
WAITS CURLcode pop3_read_answer(struct pop3 *);

/* Sends a line and reads the answer to it. */
WAITS CURLcode pop3_command(struct pop3 *, const char *line);

/* From the server's welcome to where its messages are. */
WAITS CURLcode pop3_log_in(struct pop3 *);

#endif
