/* SPDX-License-Identifier: MIT */
/* A worker's c-ares channel: one for each way of asking that is in use (servers, interface, local
 * addresses), in the worker's own loop. */
#ifndef NET_ARES_CHANNEL_H
#define NET_ARES_CHANNEL_H

#include "base/buf.h"
#include "net/resolve.h"

#include <ares.h>

struct channel;

/* The current worker's channel for these options. CURLE_OUT_OF_MEMORY, CURLE_BAD_FUNCTION_ARGUMENT
 * for servers or addresses that are none (with a text). A worker's thread. */
CURLcode channel_get(const struct dns_options *, struct channel **ret_channel,
                     struct buf *ret_error);

/* Asks for one family's addresses; `done` is called on the worker's own stack or on the asking
 * fiber's, once, also when the channel goes. */
void channel_ask(struct channel *, const char *name, int family, ares_addrinfo_callback done,
                 void *argument);

#endif
