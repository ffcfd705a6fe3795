/* SPDX-License-Identifier: MIT */
/* The path of an FTP URL (RFC 1738 3.2): decoded, taken apart into the directory and the file, with
 * the transfer type that may stand behind it. */
#ifndef WIRE_FTP_PATH_H
#define WIRE_FTP_PATH_H

#include "base/buf.h"
#include "base/str.h"

#include <stdbool.h>

enum ftp_path_error {
    FTP_PATH_FINE,
    FTP_PATH_CONTROL, /* a control byte in it */
    FTP_PATH_MEMORY,
};

/* A zeroed one is empty. */
struct ftp_path {
    struct buf text;      /* all of it, decoded, without the slash that ends the host */
    struct str directory; /* of `text`; without the slash behind it, unless it is "/" alone */
    struct str file;      /* of `text`, empty for a directory */
    char type;            /* 'A', 'I' or 'D' of ";type="; 0: none */
};

void ftp_path_release(struct ftp_path *);

/* `path` begins with the slash behind the host (or is empty). Which bytes are refused: those below
 * a space, and DEL. */
enum ftp_path_error ftp_path_parse(struct ftp_path *, struct str path);

/* Takes the next part of a directory, for one CWD each; slashes only separate. False at the end. */
bool ftp_path_next(struct str *rest, struct str *ret_part);

#endif
