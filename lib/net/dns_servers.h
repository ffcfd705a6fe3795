/* SPDX-License-Identifier: MIT */
/* CURLOPT_DNS_SERVERS: "192.0.2.1,198.51.100.2:5353,[2001:db8::1]:53,2001:db8::2". */
#ifndef NET_DNS_SERVERS_H
#define NET_DNS_SERVERS_H

#include <ares.h>
#include <stddef.h>

enum { DNS_SERVERS_MOST = 32 };

/* Reads the list into `ret_nodes`, linked, in its order; ports are 0 where none is given. Returns
 * how many there are, 0 when the text is not such a list or names more than DNS_SERVERS_MOST. */
size_t dns_servers_parse(const char *text, struct ares_addr_port_node ret_nodes[DNS_SERVERS_MOST]);

#endif
