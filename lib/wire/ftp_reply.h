/* SPDX-License-Identifier: MIT */
/* Replies of an FTP server (RFC 959 4.2): lines, the last of which begins with the code and a
 * space; and what the texts of some replies say (RFC 959, 2428, 3659). */
#ifndef WIRE_FTP_REPLY_H
#define WIRE_FTP_REPLY_H

#include "base/buf.h"
#include "base/str.h"

#include <stdbool.h>
#include <stdint.h>

enum {
    FTP_LINE_MAX = 64 * 1024,   /* bytes of one line */
    FTP_REPLY_MAX = 256 * 1024, /* bytes of a reply */
};

enum ftp_reply_state {
    FTP_REPLY_MORE,
    FTP_REPLY_DONE,
    FTP_REPLY_BAD,  /* a NUL */
    FTP_REPLY_LONG, /* a line or a reply over the limits */
    FTP_REPLY_NO_MEMORY,
};

/* A zeroed one is ready. */
struct ftp_reply {
    struct buf lines; /* as they were received, with their ends */
    size_t last;      /* where the line that is being read begins, then the last one */
    int code;         /* of the whole reply; 0: not complete */
    int opened;       /* code of a reply of several lines; 0: none has begun */
};

void ftp_reply_release(struct ftp_reply *);

/* The next reply is to come. */
void ftp_reply_clear(struct ftp_reply *);

/* Takes bytes up to the end of the reply; *ret_used tells how many. What comes before a line with a
 * code is part of the lines and means nothing. */
enum ftp_reply_state ftp_reply_feed(struct ftp_reply *, const char *bytes, size_t len,
                                    size_t *ret_used);

/* The last line behind the code, without the line's end. */
struct str ftp_reply_text(const struct ftp_reply *);

/* ---- Texts ---- */

/* 229: "(|||port|)" (RFC 2428 3). */
bool ftp_parse_epsv(struct str text, int *ret_port);

/* 227: six numbers. */
struct ftp_pasv {
    unsigned char ip[4];
    int port;
};
bool ftp_parse_pasv(struct str text, struct ftp_pasv *ret);

/* 257: a path in quotes, in which a quote is doubled. */
enum ftp_path_state {
    FTP_PATH_NONE, /* nothing is quoted */
    FTP_PATH_OK,
    FTP_PATH_BAD, /* no end, or a control byte in it */
    FTP_PATH_NO_MEMORY,
};
enum ftp_path_state ftp_parse_path(struct str text, struct buf *ret);

/* 213 after SIZE: the last number of the line. */
bool ftp_parse_size(struct str text, int64_t *ret_size);

/* 213 after MDTM: YYYYMMDDhhmmss in UTC (RFC 3659 2.3), fractions are left out. s since 1970. */
bool ftp_parse_time(struct str text, int64_t *ret_seconds);

/* 150: "(N bytes)". */
bool ftp_parse_bytes(struct str text, int64_t *ret_size);

#endif
