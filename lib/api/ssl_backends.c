/* SPDX-License-Identifier: MIT */
#include "api/ssl_backends.h"

#include <stddef.h>

static const curl_ssl_backend openssl = {CURLSSLBACKEND_OPENSSL, "openssl"};
#ifdef FOR_GNUTLS
static const curl_ssl_backend gnutls = {CURLSSLBACKEND_GNUTLS, "gnutls"};
#endif

const curl_ssl_backend *ssl_backends[] = {
    &openssl,
#ifdef FOR_GNUTLS
    &gnutls,
#endif
    NULL,
};
