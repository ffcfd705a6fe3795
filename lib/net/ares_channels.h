/* SPDX-License-Identifier: MIT */
/* A worker's channels: one for each way of asking that is in use (servers, interface, local
 * addresses), and one for the hosts file. Made on first use, freed with the worker. */
#ifndef NET_ARES_CHANNELS_H
#define NET_ARES_CHANNELS_H

#include "base/buf.h"
#include "net/ares_channel.h"
#include "net/resolve.h"

/* The current worker's channel that asks DNS as these options want it. It follows the system's
 * configuration: when that changed, this is a new one, and the old one goes once it is idle. It is
 * good until the next wait. CURLE_OUT_OF_MEMORY, or CURLE_BAD_FUNCTION_ARGUMENT with a text for an
 * option that is no address or list of servers. */
CURLcode channels_find(const struct dns_options *, struct channel **ret_channel,
                       struct buf *ret_error);

/* A new one with these options, for one look-up of the caller's, who frees it on the same worker.
 * What is asked through it then is asked again by those who wait for it. The same errors. */
CURLcode channels_new_own(const struct dns_options *, struct channel **ret_channel,
                          struct buf *ret_error);
void channels_free_own(struct channel *); /* takes NULL */

/* The current worker's channel that looks into the hosts file, and answers at once. */
CURLcode channels_find_hosts(struct channel **ret_channel);

/* The system's configuration; a test may have one of its own. */
extern const char *channels_resolver_file;

#endif
