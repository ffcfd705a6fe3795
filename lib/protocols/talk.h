/* SPDX-License-Identifier: MIT */
/* Bytes of a conversation that is no HTTP: to the server and from it, failures with their texts.
 * Worker side, the transfer's fibers. */
#ifndef PROTOCOLS_TALK_H
#define PROTOCOLS_TALK_H

#include "base/chunk.h"
#include "protocols/hop.h"

#include <stddef.h>

/* Makes sure that received bytes are at hand (hop->connection->unread): *ret_end when the server
 * has ended instead. CURLE_OPERATION_TIMEDOUT at the deadline, too. */
WAITS CURLcode talk_fill(struct hop *, int64_t deadline, bool *ret_end);

/* Received bytes, the caller's; NULL at the server's end. */
WAITS CURLcode talk_receive(struct hop *, struct chunk **ret_chunk);

/* What the server says until it ends goes to the program, as the body. */
WAITS CURLcode talk_receive_all(struct hop *);

/* Sends all; the debug callback sees it as `kind`. */
WAITS CURLcode talk_send(struct hop *, const char *bytes, size_t len, curl_infotype kind);

#endif
