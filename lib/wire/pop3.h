/* SPDX-License-Identifier: MIT */
/* What a POP3 server's lines say (RFC 1939, 2449, 5034), and its answers of several lines. */
#ifndef WIRE_POP3_H
#define WIRE_POP3_H

#include "base/buf.h"
#include "base/str.h"

#include <stdbool.h>
#include <stddef.h>

enum pop3_status {
    POP3_OK,       /* "+OK" */
    POP3_ERROR,    /* "-ERR" */
    POP3_CONTINUE, /* "+" and what a mechanism of SASL says */
    POP3_NONE,     /* no status line */
};

/* A line without its end. *ret_text is what is behind the status and a space. */
enum pop3_status pop3_read_status(struct str line, struct str *ret_text);

/* The time stamp in a welcome, "<...@...>" with its brackets: for APOP. Empty: there is none. */
struct str pop3_find_stamp(struct str welcome);

/* What a server can do. */
struct pop3_abilities {
    bool stls, user;
    unsigned sasl; /* of wire/sasl.h */
};

/* Takes a line of the answer to CAPA. */
void pop3_read_ability(struct str line, struct pop3_abilities *);

/* Whether the answer to a command (as it is sent, any case) has several lines. One that is not
 * known has: its end would be taken for the next answer otherwise. */
bool pop3_is_multiline(struct str command);

/* An answer of several lines, behind the status line: it ends with a dot alone in a line, and the
 * first dot of other lines is left out. Lines end with CRLF. A zeroed one is ready. */
struct pop3_body {
    enum {
        POP3_BEGIN, /* of a line */
        POP3_DOT,
        POP3_DOT_CR,
        POP3_INSIDE,
        POP3_CR,
    } state;
    bool done;
};

/* Takes bytes up to the end; *ret_used tells how many. What is left of them goes to `to`. False
 * when memory is short. */
bool pop3_body_feed(struct pop3_body *, const char *bytes, size_t len, size_t *ret_used,
                    struct buf *to);

#endif
