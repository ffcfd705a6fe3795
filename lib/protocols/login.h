/* SPDX-License-Identifier: MIT */
/* Who the program is to the server (or proxy) that a hop talks to. */
#ifndef PROTOCOLS_LOGIN_H
#define PROTOCOLS_LOGIN_H

#include "base/buf.h"
#include "base/str.h"

#include <stdbool.h>

struct login {
    bool given;                /* there is a user (who may have no name) */
    struct buf user, password; /* no NUL in them; control bytes only for HTTP */
    bool trusted;              /* the program named this party, or CURLOPT_UNRESTRICTED_AUTH */
    const char *bearer;        /* CURLOPT_XOAUTH2_BEARER, if this party may have it; NULL: none */
};
void login_release(struct login *);
DEFINE_SCOPED(login)

/* Sets name and password; false when memory is short. */
bool login_set(struct login *, struct str user, struct str password);

#endif
