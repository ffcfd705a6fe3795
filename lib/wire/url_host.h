/* SPDX-License-Identifier: MIT */
/* What a URL's host may be. Used by the url files only. */
#ifndef WIRE_URL_HOST_H
#define WIRE_URL_HOST_H

#include "base/str.h"

#include <curl/curl.h>

/* Longest zone id, in bytes. */
enum { ZONE_ID_MAX = 15 };

/* Decodes and checks the text of a host: a name, an IPv4 address in any of its numeric forms if
 * `numeric` says so, or an IPv6 address in brackets with or without a zone id. The texts are to be
 * freed with mem_free; *ret_zone_id is NULL for none. CURLUE_BAD_HOSTNAME, CURLUE_BAD_IPV6,
 * CURLUE_OUT_OF_MEMORY. An empty name is good here. */
CURLUcode url_host_parse(struct str text, bool numeric, char **ret_host, char **ret_zone_id);

#endif
