/* SPDX-License-Identifier: MIT */
/* CURLOPT_HTTP_VERSION: which versions a connection is asked for. */
#include "protocols/hop.h"
#include "protocols/http_auth.h"

#ifdef HAVE_NGHTTP2
static const char with_http2[] = "h2,http/1.1", only_http2[] = "h2";
#else
static const char with_http2[] = "http/1.1", only_http2[] = "http/1.1";
#endif

const char *http_alpn(const struct hop *hop)
{
    if (hop->without_http2 || http_auth_binds(hop->auth[AUTH_SERVER]))
        return NULL;
    switch (hop->settings->http_version) {
    case CURL_HTTP_VERSION_2_PRIOR_KNOWLEDGE:
        return only_http2;
    case CURL_HTTP_VERSION_2_0: /* may be upgraded: nothing for who wants HTTP/1.1 */
        return "h2c";
    default:
        return NULL;
    }
}

const char *http_proxy_alpn(const struct hop *hop)
{
    bool plain = hop->without_http2 || http_auth_binds(hop->auth[AUTH_PROXY]);

    return hop->proxy && hop->proxy->type == CURLPROXY_HTTPS2 && !(hop->forwards && plain)
               ? with_http2
               : "http/1.1";
}

const char *https_alpn(const struct hop *hop)
{
    if (hop->without_http2 || http_auth_binds(hop->auth[AUTH_SERVER]) ||
        hop->settings->connect_only)
        return "http/1.1";
    switch (hop->settings->http_version) {
    case CURL_HTTP_VERSION_1_0:
        return "http/1.0";
    case CURL_HTTP_VERSION_1_1:
        return "http/1.1";
    case CURL_HTTP_VERSION_2_PRIOR_KNOWLEDGE:
        return only_http2;
    default:
        return with_http2;
    }
}
