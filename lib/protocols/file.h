/* SPDX-License-Identifier: MIT */
/* file:// (RFC 8089): what its two files share. */
#ifndef PROTOCOLS_FILE_H
#define PROTOCOLS_FILE_H

#include "protocols/hop.h"
#include "runtime/wait.h"

struct file {
    struct hop *hop;
    int fd;
    bool is_watched; /* a pipe or a device: it may block, and is waited for */
    struct watch watch;
};

/* Waits at a pipe or device until it may be read or written; CURLE_OK at once for other files. */
WAITS CURLcode file_wait(struct file *, unsigned direction);

/* Begins to watch the descriptor, if it is of a kind that may block. */
CURLcode file_watch(struct file *);

/* What getinfo says of the time: there is nothing to look up or to connect. */
void file_begin(struct hop *);

/* protocols/file_upload.c: writes what the read callback gives to the file, which is created or
 * overwritten; with CURLOPT_RESUME_FROM what is left is put behind what is there. `name` is for
 * messages. */
WAITS CURLcode file_upload(struct file *, const char *path, const char *name);

#endif
