/* SPDX-License-Identifier: MIT */
/* FTP (RFC 959, 2228, 2389, 2428, 3659, 4217): what its files share. A command is sent, its reply
 * is waited for, the next one follows from it. */
#ifndef PROTOCOLS_FTP_H
#define PROTOCOLS_FTP_H

#include "base/buf.h"
#include "net/listen.h"
#include "protocols/hop.h"
#include "wire/byte_range.h"
#include "wire/ftp_path.h"
#include "wire/ftp_reply.h"

#include <stdbool.h>
#include <stdint.h>

/* What is known of a connection that is logged in: connection->memory. */
struct ftp_memory {
    struct buf entry_path; /* where the server put us; empty: unknown */
    struct buf directory;  /* where we went from there; absolute with a slash in front */
    bool lost;             /* nobody knows where we are */
    char type;             /* TYPE: 'A' or 'I'; 0: not said yet */
    bool no_epsv, no_eprt; /* the server refused them */
    bool private_data;     /* PROT P: data connections have TLS */
};

struct ftp {
    struct hop *hop;
    struct connection *c;
    struct ftp_memory *memory; /* the connection's */
    struct ftp_reply reply;    /* the last one */
    bool answered;             /* the server said something in this transfer */
    bool takes_421;            /* it is an answer like others */

    struct ftp_path path;
    bool lists;    /* a directory's names are wanted */
    bool is_ascii; /* the file's lines are the other end's */
    char *name;    /* the file as commands have it; owned */

    struct connection *data;  /* NULL: none */
    struct listener listener; /* of the active mode */
    curl_off_t size;          /* of what is to come; -1: unknown */
    curl_off_t most;          /* bytes that are wanted of it; -1: all */
    curl_off_t offset;        /* REST */
    curl_off_t received;      /* bytes of this file or list */
    bool nothing;             /* there is nothing to transfer */
    bool aborted;             /* ABOR was said: what the server answers is not waited for */
};

/* ---- ftp_control.c ---- */

/* Says why and returns the code. */
CURLcode ftp_fail(struct ftp *, CURLcode, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void ftp_log(const struct ftp *, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Sends a line of `word` and `argument` (NULL: none). CURLE_BAD_FUNCTION_ARGUMENT for a line end or
 * a NUL in it. */
WAITS CURLcode ftp_send(struct ftp *, const char *word, const char *argument);

/* Reads the next reply, or the rest of it; its code is also a fact, its lines go to the program.
 * CURLE_RECV_ERROR, CURLE_WEIRD_SERVER_REPLY, CURLE_OPERATION_TIMEDOUT: also for a 421. */
WAITS CURLcode ftp_read_reply(struct ftp *);

/* The same as far as bytes are here: f->reply.code is 0 while it is not complete. */
CURLcode ftp_try_reply(struct ftp *);

/* Both. */
WAITS CURLcode ftp_command(struct ftp *, const char *word, const char *argument);

/* The last reply's code by its first digit. */
static inline int ftp_class(const struct ftp *f)
{
    return f->reply.code / 100;
}

/* Bytes behind the reply that nobody asked for. */
bool ftp_has_more(const struct ftp *);

/* ---- ftp_login.c ---- */

/* From the server's welcome to where its files are. */
WAITS CURLcode ftp_log_in(struct ftp *);

/* ---- ftp_directory.c ---- */

/* Goes to the directory of f->path, in as many steps as CURLOPT_FTP_FILEMETHOD says, and makes
 * f->name. */
WAITS CURLcode ftp_change_directory(struct ftp *);

/* ---- ftp_passive.c, ftp_active.c ---- */

/* Gets a data connection, or what waits for one. */
WAITS CURLcode ftp_passive(struct ftp *);
WAITS CURLcode ftp_active(struct ftp *);

/* Waits for the server's connection. */
WAITS CURLcode ftp_accept(struct ftp *);

/* In active mode: takes a connection that is here already. */
WAITS CURLcode ftp_accept_early(struct ftp *);

/* ---- ftp_data.c ---- */

/* Behind the server's word that it begins: the data connection is there, with TLS where that was
 * agreed on. */
WAITS CURLcode ftp_open_data(struct ftp *);
void ftp_close_data(struct ftp *);

/* Receives f->most bytes or all there are, and hands them to `take` (NULL: the program). */
WAITS CURLcode ftp_receive(struct ftp *, struct buf *into);

/* ---- ftp_upload.c ---- */

/* STOR or APPE and all that belongs to it, up to the end of the data. */
WAITS CURLcode ftp_upload(struct ftp *);

/* ---- ftp_get.c ---- */

/* CURLOPT_RANGE or CURLOPT_RESUME_FROM as said. */
CURLcode ftp_wanted_range(struct ftp *, struct byte_range *ret);

/* The command for a list. */
const char *ftp_list_command(const struct ftp *);

/* A list of the directory, into a buffer or (NULL) to the program. f->nothing: there is none. */
WAITS CURLcode ftp_list(struct ftp *, struct buf *into);

/* SIZE, REST and RETR, up to the end of the data. */
WAITS CURLcode ftp_download(struct ftp *, const struct byte_range *);

/* RETR alone: f->size, f->most and f->offset are known. */
WAITS CURLcode ftp_retrieve(struct ftp *);

/* The server's last word about data that have come or gone. */
WAITS CURLcode ftp_finish(struct ftp *);

/* Reads what the server says to ABOR. */
WAITS CURLcode ftp_end_abort(struct ftp *);

/* The server has said that it begins. */
static inline bool ftp_begins(const struct ftp *f)
{
    return ftp_class(f) == 1;
}

/* ---- ftp_wildcard.c ---- */

/* CURLOPT_WILDCARDMATCH and a file's name to match. */
bool ftp_is_wildcard(const struct ftp *);

/* All files that match, one after another. */
WAITS CURLcode ftp_wildcard(struct ftp *);

/* ---- ftp.c ---- */

/* TYPE, if that is another one than before. */
WAITS CURLcode ftp_set_type(struct ftp *, char type);

/* SIZE: *ret is -1 where the server does not say. The second: for reading it, so one that is not
 * there is an error. */
WAITS CURLcode ftp_ask_size(struct ftp *, curl_off_t *ret);
WAITS CURLcode ftp_size_of_file(struct ftp *, curl_off_t *ret);

/* Active or passive, as the program wants it. */
WAITS CURLcode ftp_prepare_data(struct ftp *);

#endif
