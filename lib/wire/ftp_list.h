/* SPDX-License-Identifier: MIT */
/* Lines of an FTP server's LIST, which no standard describes: as `ls -l` writes them, and as the
 * server of Windows does. */
#ifndef WIRE_FTP_LIST_H
#define WIRE_FTP_LIST_H

#include "base/str.h"

#include <stdbool.h>
#include <stdint.h>

enum ftp_list_type {
    FTP_LIST_FILE,
    FTP_LIST_DIRECTORY,
    FTP_LIST_LINK,
    FTP_LIST_BLOCK_DEVICE,
    FTP_LIST_CHARACTER_DEVICE,
    FTP_LIST_PIPE,
    FTP_LIST_SOCKET,
    FTP_LIST_DOOR,
};

/* Slices of the line; empty where it has no such thing. */
struct ftp_list_entry {
    enum ftp_list_type type;
    struct str name;
    struct str time;        /* as it is written */
    struct str permissions; /* nine letters */
    struct str user, group;
    struct str target;   /* of a link */
    unsigned mode;       /* what the letters say, with set-id and sticky bits */
    int64_t size, links; /* -1: not told */
};

enum ftp_list_line {
    FTP_LIST_ENTRY,
    FTP_LIST_NOTHING, /* an empty line, "total 12" */
    FTP_LIST_BAD,
};

/* Reads a line without its end. A name with a slash or a control byte in it is bad. */
enum ftp_list_line ftp_list_parse(struct str line, struct ftp_list_entry *ret);

#endif
