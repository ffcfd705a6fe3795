/* SPDX-License-Identifier: MIT */
/* MIME structures as the program builds them (curl_mime_*), and how a transfer reads one.
 *
 * The tree is the program's: parts in a row, a part's content in memory, in a file, from callbacks,
 * or another structure. A transfer does not walk it: at its start a *reader* is made, a flat list
 * of what goes out one after the other (texts, contents), with the length known ahead where that
 * can be. It shares the contents by reference, so a structure that is freed or changed meanwhile
 * does no harm. The reader answers the worker's questions for the upload, on the thread that
 * performs: files are read and callbacks run there. Application side only. */
#ifndef API_MIME_H
#define API_MIME_H

#include "base/buf.h"
#include "base/rstr.h"
#include "wire/mime_encode.h"
#include "wire/mime_type.h"

#include <curl/curl.h>
#include <stdbool.h>

enum {
    MIME_DASHES = 24,
    MIME_RANDOM = 22,
    MIME_BOUNDARY = MIME_DASHES + MIME_RANDOM,
    MIME_DEPTH = 40, /* levels of structures inside each other */
};

enum mime_kind {
    MIME_EMPTY,
    MIME_BYTES,
    MIME_FILE,
    MIME_CALLBACK,
    MIME_PARTS,
};

/* The program's callbacks for one part's content: counted, the part has a reference and the readers
 * have. */
struct mime_callback {
    int references;
    curl_read_callback read; /* NULL: it was freed */
    curl_seek_callback seek;
    curl_free_callback free;
    void *user;
    bool consumed; /* it was read from: seek before the next time */
};

struct curl_mimepart {
    struct curl_mime *in; /* the structure that it is part of; NULL for a root */
    struct curl_mimepart *next;
    char *name, *filename, *type;
    enum mime_encoding encoding;
    struct curl_slist *headers;
    bool owns_headers;

    enum mime_kind kind;
    struct rstr *bytes;             /* MIME_BYTES; MIME_FILE: its path */
    struct mime_callback *callback; /* MIME_CALLBACK */
    struct curl_mime *parts;        /* MIME_PARTS */
    bool owns_parts;                /* freed with this part */
    curl_off_t length;              /* of the content; -1: unknown */
};

struct curl_mime {
    struct curl_mimepart *holder; /* whose content it is; NULL: nobody's */
    struct curl_mimepart *first, *last;
    char boundary[MIME_BOUNDARY + 1];
};

/* ---- mime.c ---- */

/* A part of no structure, which holds the structure that a transfer sends. */
struct curl_mimepart *mime_root_new(void);
void mime_root_free(struct curl_mimepart *); /* takes NULL */

/* Gives the root a content, or takes it away (NULL). With `own` it is freed with the root.
 * CURLE_BAD_FUNCTION_ARGUMENT when it is somebody's already. */
CURLcode mime_set_parts(struct curl_mimepart *, struct curl_mime *, bool own);

/* A copy of the part and all below. CURLE_OUT_OF_MEMORY: what there is of it is the caller's. */
CURLcode mime_copy_part(struct curl_mimepart *to, const struct curl_mimepart *from);

void mime_callback_unref(struct mime_callback *);

/* ---- mime_reader.c ---- */

/* What a part is made for. */
struct mime_style {
    bool mail;               /* a message; otherwise a form */
    enum mime_escape escape; /* of names */
};

struct mime_reader;

/* What the root sends. `fields` are the program's for the whole: its Content-Type counts. *ret_head
 * gets the fields that describe it ("Name: value", each with CRLF; none for an empty root). Of a
 * mail they are part of what is read, with the program's others and Mime-Version: all of the
 * message (RFC 5322, 2045 4).
 * CURLE_OUT_OF_MEMORY; CURLE_READ_ERROR; CURLE_SEND_FAIL_REWIND for a callback that was read from
 * and can't go back. */
CURLcode mime_reader_new(const struct curl_mimepart *root, const struct mime_style *,
                         const struct curl_slist *fields, struct buf *ret_head,
                         struct mime_reader **ret);
void mime_reader_free(struct mime_reader *); /* takes NULL */

/* All bytes; -1: unknown. */
curl_off_t mime_reader_length(const struct mime_reader *);

/* The next bytes, at most `room`; *ret_len 0 at the end. CURLE_AGAIN: a callback paused;
 * CURLE_ABORTED_BY_CALLBACK: it wants an end; CURLE_READ_ERROR. */
CURLcode mime_reader_read(struct mime_reader *, char *to, size_t room, size_t *ret_len);

/* Back to the start. CURL_SEEKFUNC_*. */
int mime_reader_rewind(struct mime_reader *);

/* ---- mime_head.c ---- */

/* The part's content type and what follows from it, and its fields, without the empty line. */
struct mime_head {
    struct buf text;
    bool holds_form; /* its parts are fields of a form */
};

/* `fields` go beside the part's own headers: only their Content-Type is looked at. Of a mail's root
 * they are its headers. */
CURLcode mime_head_write(const struct curl_mimepart *, const struct mime_style *, bool in_form,
                         const struct curl_slist *fields, struct mime_head *ret);

#endif
