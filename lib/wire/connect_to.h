/* SPDX-License-Identifier: MIT */
#ifndef WIRE_CONNECT_TO_H
#define WIRE_CONNECT_TO_H

#include "base/buf.h"
#include "base/str.h"

#include <curl/curl.h>

/* Looks for the first entry of CURLOPT_CONNECT_TO ("HOST:PORT:CONNECT-TO-HOST:CONNECT-TO-PORT",
 * each may be empty, IPv6 addresses in brackets) that matches host and port. Where it names a host,
 * that goes to `ret_host` (without brackets; else it stays empty), where it names a port, to *port.
 * Entries that are no such text are passed over. CURLE_SETOPT_OPTION_SYNTAX for a port to connect
 * to that is none, which is *ret_bad then; CURLE_OUT_OF_MEMORY. */
CURLcode connect_to_find(const struct curl_slist *entries, struct str host, int port,
                         struct buf *ret_host, int *ret_port, struct str *ret_bad);

#endif
