/* SPDX-License-Identifier: MIT */
/* SMTP (RFC 5321): what its files share. A command is sent, its reply is waited for, the next one
 * follows from it. */
#ifndef PROTOCOLS_SMTP_H
#define PROTOCOLS_SMTP_H

#include "base/buf.h"
#include "protocols/mail.h"
#include "wire/smtp.h"

#include <stdbool.h>

/* What the memory of a connection keeps from its log-in. */
struct smtp_memory {
    bool size, utf8;    /* of the server's abilities */
    bool authenticated; /* by AUTH */
};

struct smtp {
    struct mail mail;
    struct smtp_memory *known; /* the connection's */
    struct buf name;           /* who we are in EHLO, from the URL's path */
    int code;                  /* of the last reply */
    struct str text;           /* of its last line */
    bool settled;              /* no reply is outstanding, and no mail begun */
    bool refused;              /* no reply is outstanding, and the last one was a refusal */

    /* While logging in. */
    struct smtp_abilities abilities;
};

/* Whether a reply is one of success. */
static inline bool smtp_is_well(const struct smtp *s)
{
    return s->code / 100 == 2;
}

/* ---- smtp.c ---- */

/* Reads a reply. CURLE_WEIRD_SERVER_REPLY for what is none. `on_line`, or NULL: is given each line
 * of it. */
typedef CURLcode smtp_take_line(struct smtp *, const struct smtp_line *);
WAITS CURLcode smtp_read_reply(struct smtp *, smtp_take_line *on_line);

/* Sends a line and reads the reply to it. */
WAITS CURLcode smtp_command(struct smtp *, const char *line);

/* "WHAT failed: CODE", for a reply that is none of success. */
CURLcode smtp_refused(struct smtp *, CURLcode, const char *what);

/* ---- smtp_login.c ---- */

/* From the server's greeting to where mails are taken. */
WAITS CURLcode smtp_log_in(struct smtp *);

/* ---- smtp_mail.c ---- */

/* Sends what the program uploads to its recipients. */
WAITS CURLcode smtp_send_mail(struct smtp *);

#endif
