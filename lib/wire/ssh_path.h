/* SPDX-License-Identifier: MIT */
/* The path of sftp and scp URLs. */
#ifndef WIRE_SSH_PATH_H
#define WIRE_SSH_PATH_H

#include "base/buf.h"
#include "base/str.h"

#include <stdbool.h>

enum ssh_path_error { SSH_PATH_FINE, SSH_PATH_MEMORY, SSH_PATH_BAD };

/* The URL's path as the server has it, decoded: "/~/" begins in the home folder. `home` is put in
 * front then; empty: the path is relative, as SCP's shell begins there. SSH_PATH_BAD: a NUL in it.
 */
enum ssh_path_error ssh_path_parse(struct buf *ret, struct str path, struct str home);

#endif
