/* SPDX-License-Identifier: MIT */
/* What an SMTP server's lines say (RFC 5321, 1870, 3207, 4954, 6531), how addresses are written to
 * it, and the stuffing of a message's dots. */
#ifndef WIRE_SMTP_H
#define WIRE_SMTP_H

#include "base/buf.h"
#include "base/str.h"

#include <stdbool.h>
#include <stddef.h>

/* One line of a reply, without its end. */
struct smtp_line {
    int code;
    bool last;
    struct str text; /* behind the code and what follows it */
};

/* False: it is none. */
bool smtp_read_line(struct str line, struct smtp_line *ret);

/* What a server can do. */
struct smtp_abilities {
    bool starttls, size, utf8, auth;
    unsigned sasl; /* of wire/sasl.h */
};

/* Takes the text of a line of the reply to EHLO. */
void smtp_read_ability(struct str text, struct smtp_abilities *);

/* An address as the program gives it: in angle brackets, with or without parameters of RFC 3461
 * behind them, or alone. */
struct smtp_address {
    struct str local, host; /* host: empty without an "@" */
    struct str parameters;  /* behind the brackets, with the space */
};
void smtp_read_address(struct str address, struct smtp_address *ret);

/* "local@host", the host in punycode where that can be (RFC 5891). False when memory is short. */
bool smtp_append_mailbox(struct buf *, const struct smtp_address *);

/* Whether the address needs SMTPUTF8 (RFC 6531) as it is given. */
bool smtp_address_is_utf8(const struct smtp_address *);

/* A message on its way (RFC 5321 4.5.2): lines that begin with a dot get another one. A zeroed one
 * is ready. */
struct smtp_stuffing {
    enum {
        SMTP_LINE_BEGINS,
        SMTP_INSIDE,
        SMTP_CR,
    } state;
};

/* Appends the bytes as they are sent, and what ends the message. False when memory is short. */
bool smtp_stuff(struct smtp_stuffing *, const char *bytes, size_t len, struct buf *to);
bool smtp_stuff_end(const struct smtp_stuffing *, struct buf *to);

#endif
