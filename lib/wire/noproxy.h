/* SPDX-License-Identifier: MIT */
#ifndef WIRE_NOPROXY_H
#define WIRE_NOPROXY_H

#include "base/str.h"

#include <stdbool.h>

/* Whether `list` (CURLOPT_NOPROXY) says that the host is reached without a proxy: "*", or entries
 * with commas between them, each a name (which stands for all below it, too), an address, or a
 * network as "192.0.2.0/24". Blanks around an entry and a dot at either end of a name mean nothing.
 * `host` is a name, or an address without brackets; a zone id behind that is not looked at. */
bool noproxy_covers(const char *list, struct str host);

#endif
