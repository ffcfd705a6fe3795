/* SPDX-License-Identifier: MIT */
/* The public suffix list: under which names anybody may register, so that no cookie is good for all
 * of them. Through libpsl; a simpler rule without it. */
#ifndef BOUNDARY_SUFFIXES_H
#define BOUNDARY_SUFFIXES_H

#include "base/str.h"

#include <stdbool.h>

/* A list as it was when somebody first wanted one; counted, immutable, any thread. */
struct suffixes;

/* The list in use, loaded now if nobody has it or it is older than three days. NULL when memory is
 * short. Reads a file: the application's side. */
struct suffixes *suffixes_get(void);
struct suffixes *suffixes_ref(struct suffixes *);
void suffixes_unref(struct suffixes *); /* takes NULL */

/* Whether `host` may set a cookie for `domain`, which it is below or is itself. */
bool suffixes_allow(const struct suffixes *, struct str host, struct str domain);

/* Whether a domain is on the list: a cookie in a file may not be for all below it. */
bool suffixes_have(const struct suffixes *, struct str domain);

#endif
