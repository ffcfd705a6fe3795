/* SPDX-License-Identifier: MIT */
/* IMAP (RFC 3501): what its files share. A command is sent with a tag, responses are read up to the
 * one that has it, the next one follows from that. */
#ifndef PROTOCOLS_IMAP_H
#define PROTOCOLS_IMAP_H

#include "base/buf.h"
#include "protocols/mail.h"
#include "wire/imap.h"

#include <stdbool.h>

enum { IMAP_TAG_SIZE = 16 };

/* What the memory of a connection keeps. */
struct imap_memory {
    unsigned commands;               /* that had a tag */
    struct buf mailbox, uidvalidity; /* of the mailbox that is selected; empty: none */
    char farewell[IMAP_TAG_SIZE + sizeof(" LOGOUT\r\n")];
};

struct imap {
    struct mail mail;
    struct imap_memory *known; /* the connection's */
    struct imap_place place;   /* what the URL asks for */
    char tag[IMAP_TAG_SIZE];   /* of the last command */
    struct imap_line line;     /* the last one */
    bool settled;              /* nothing that was asked for is still to come */

    /* While logging in. */
    struct imap_abilities abilities;
    bool preauthenticated;
};

/* ---- imap.c ---- */

/* Reads lines up to one of ours, untagged or a continuation. */
WAITS CURLcode imap_read(struct imap *);

/* Sends a command with the next tag. */
WAITS CURLcode imap_send(struct imap *, const char *command);

/* Reads responses up to the tagged one; each untagged one is given to `take`, or NULL. */
typedef CURLcode imap_take_line(struct imap *);
WAITS CURLcode imap_finish(struct imap *, imap_take_line *take);

/* Both. */
WAITS CURLcode imap_command(struct imap *, const char *command, imap_take_line *take);

static inline bool imap_is_well(const struct imap *i)
{
    return i->line.kind == IMAP_TAGGED && i->line.status == IMAP_OK;
}

/* ---- imap_login.c ---- */

/* From the server's greeting to where its mailboxes are. */
WAITS CURLcode imap_log_in(struct imap *);

/* ---- imap_fetch.c ---- */

/* A message or a part of it is the body. */
WAITS CURLcode imap_fetch(struct imap *);

/* What answers the command is the body: LIST, SEARCH, the program's own. */
WAITS CURLcode imap_ask(struct imap *, const char *command);

/* ---- imap_append.c ---- */

/* What the program uploads becomes a message in the mailbox. */
WAITS CURLcode imap_append(struct imap *);

#endif
