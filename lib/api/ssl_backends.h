/* SPDX-License-Identifier: MIT */
/* The names of TLS libraries that this object answers to (curl_global_sslset). TLS is OpenSSL's in
 * any case; but programs that were built for Debian's GnuTLS flavour ask for theirs before they do
 * anything (pycurl refuses to be loaded otherwise), and load libcurl-gnutls.so.4: it has both. */
#ifndef API_SSL_BACKENDS_H
#define API_SSL_BACKENDS_H

#include <curl/curl.h>

/* Ends with NULL. */
extern const curl_ssl_backend *ssl_backends[];

#endif
