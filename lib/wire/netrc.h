/* SPDX-License-Identifier: MIT */
/* The .netrc file: who the user is on a host. Entries begin with "machine NAME" or "default" and
 * have "login NAME" and "password SECRET" in any order; "macdef" and its lines up to an empty one
 * are skipped, '#' where a word would begin makes a comment of the rest of the line. A word may
 * stand in double quotes, with \n, \r, \t and \X for X. A NUL ends its line. */
#ifndef WIRE_NETRC_H
#define WIRE_NETRC_H

#include "base/buf.h"
#include "base/str.h"

enum { NETRC_SIZE_MAX = 128 * 1024 }; /* bytes of a file; a larger one is not to be read */

enum netrc_outcome {
    NETRC_FOUND,
    NETRC_NO_MATCH,
    NETRC_SYNTAX, /* a quote that does not end */
    NETRC_NO_MEMORY,
};

struct netrc_login {
    struct buf user, password; /* empty where the entry has none */
};
void netrc_login_release(struct netrc_login *);
DEFINE_SCOPED(netrc_login)

/* Looks for `host` (no regard to case). With `user` (`at` not NULL) only an entry for that login,
 * or one without any, is good. The first good entry with a password counts, else the first one with
 * a login; ret_login is filled on NETRC_FOUND only. */
enum netrc_outcome netrc_find(struct str file, struct str host, struct str user,
                              struct netrc_login *ret_login);

#endif
