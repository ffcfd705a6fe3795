/* SPDX-License-Identifier: MIT */
/* What an IMAP server's lines say (RFC 3501), how texts are written to it, and what a URL of its
 * asks for (RFC 5092). */
#ifndef WIRE_IMAP_H
#define WIRE_IMAP_H

#include "base/buf.h"
#include "base/str.h"

#include <curl/curl.h>
#include <stdbool.h>
#include <stdint.h>

/* ---- Lines ---- */

enum imap_kind {
    IMAP_TAGGED,   /* the answer to the command with our tag */
    IMAP_UNTAGGED, /* "* ..." */
    IMAP_CONTINUE, /* "+ ..." */
    IMAP_OTHER,
};

enum imap_status {
    IMAP_OK,
    IMAP_NO,
    IMAP_BAD,
    IMAP_PREAUTH,
    IMAP_BYE,
    IMAP_NONE,
};

struct imap_line {
    enum imap_kind kind;
    enum imap_status status; /* the first word of a tagged or an untagged one */
    struct str text;         /* behind the tag, the asterisk or the plus and a space */
};

/* A line without its end. */
void imap_read_line(struct str line, struct str tag, struct imap_line *ret);

/* Whether bytes follow the line that are part of its response: "{N}" at its end (4.3). */
bool imap_has_literal(struct str line, int64_t *ret_len);

/* Whether an untagged response (its text) is what a command (its first word) asks for. */
bool imap_answers(struct str text, struct str command);

/* The value of "[UIDVALIDITY n]" in a text; empty: it is not there. */
struct str imap_find_uidvalidity(struct str text);

/* What a server can do. */
struct imap_abilities {
    bool starttls, login_disabled, first_message; /* SASL-IR */
    unsigned sasl;                                /* of wire/sasl.h */
};

/* Takes the text of an untagged line, if it is one of CAPABILITY. */
void imap_read_abilities(struct str text, struct imap_abilities *);

/* ---- Texts ---- */

/* As an astring: in quotes where it cannot be without. False when memory is short. */
bool imap_append_astring(struct buf *, struct str);

/* In quotes. */
bool imap_append_quoted(struct buf *, struct str);

/* ---- URLs ---- */

struct imap_place {
    struct buf mailbox, uidvalidity, uid, index, section, partial, query; /* empty: not there */
};

void imap_place_release(struct imap_place *);

/* Reads a URL's path (with its first slash, or NULL) and query (or NULL). CURLE_URL_MALFORMAT for
 * control bytes and what is no such URL, CURLE_OUT_OF_MEMORY. */
CURLcode imap_read_place(const char *path, const char *query, struct imap_place *ret);

#endif
