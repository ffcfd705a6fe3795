/* SPDX-License-Identifier: MIT */
#ifndef API_PROXY_ENVIRONMENT_H
#define API_PROXY_ENVIRONMENT_H

#include <curl/curl.h>

/* What the process' environment says of proxies, for the worker, which must not read it: texts
 * "http=VALUE" of http_proxy and so on, the names in lower case, each ended by a NUL, and an empty
 * one. NULL when it says nothing. Of a variable in both cases the lower one comes first; HTTP_PROXY
 * is not read, as a server sets it by a header of a request. To be freed with mem_free. */
CURLcode proxy_environment_read(char **ret);

#endif
