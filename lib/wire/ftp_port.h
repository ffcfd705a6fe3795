/* SPDX-License-Identifier: MIT */
/* What CURLOPT_FTPPORT says, and an address as the PORT command has it (RFC 959 4.1.2). */
#ifndef WIRE_FTP_PORT_H
#define WIRE_FTP_PORT_H

#include "base/str.h"

#include <stdbool.h>

/* "HOST[:PORT[-PORT]]", where HOST may be an IPv6 address in brackets, or without them when no port
 * follows. What is no port or no range is left out. */
struct ftp_port {
    struct str host; /* no brackets; empty or "-": whatever there is */
    int first, last; /* ports to choose from; 0: any */
};

struct ftp_port ftp_port_parse(const char *text);

#endif
