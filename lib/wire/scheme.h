/* SPDX-License-Identifier: MIT */
/* The URL schemes that libcurl has names for: what the URL parser has to know of them. */
#ifndef WIRE_SCHEME_H
#define WIRE_SCHEME_H

#include "base/str.h"

#include <stdbool.h>

struct scheme {
    struct str name;
    int port;           /* its default */
    bool login_options; /* user:password;options@ */
    bool built;         /* this library has the protocol */
};

/* The row of a name in any case, NULL for one that is not in the table. */
const struct scheme *scheme_find(struct str name);

/* True for a scheme that transfers can use: others are CURLUE_UNSUPPORTED_SCHEME. */
bool scheme_known(struct str name);

/* The scheme that a host's name suggests ("ftp." and the like), else "http". */
const char *scheme_guess(struct str host);

#endif
