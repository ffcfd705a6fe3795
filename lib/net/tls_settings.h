/* SPDX-License-Identifier: MIT */
/* What a TLS handshake is configured with: the values of the CURLOPT_SSL_* and related options, for
 * the origin or for a proxy. Part of the immutable request. */
#ifndef NET_TLS_SETTINGS_H
#define NET_TLS_SETTINGS_H

#include "base/rstr.h"

#include <stdbool.h>

struct tls_settings {
    bool verify_peer;        /* CURLOPT_SSL_VERIFYPEER */
    bool verify_host;        /* CURLOPT_SSL_VERIFYHOST */
    bool verify_status;      /* CURLOPT_SSL_VERIFYSTATUS: OCSP stapling */
    bool session_cache;      /* CURLOPT_SSL_SESSIONID_CACHE */
    bool alpn;               /* CURLOPT_SSL_ENABLE_ALPN */
    bool certinfo;           /* CURLOPT_CERTINFO */
    long version_min;        /* CURL_SSLVERSION_* */
    long version_max;        /* CURL_SSLVERSION_MAX_* */
    long options;            /* CURLSSLOPT_* */
    long ca_cache_timeout_s; /* CURLOPT_CA_CACHE_TIMEOUT; -1: for ever */
    struct rstr *ca_file;    /* CURLOPT_CAINFO; see ca_file_set */
    struct rstr *ca_path;    /* CURLOPT_CAPATH */
    bool
        ca_file_set; /* the program chose (NULL: no file); otherwise the system's default applies */
    bool ca_path_set;
    struct rstr *ca_blob;     /* CURLOPT_CAINFO_BLOB: bytes of PEM */
    struct rstr *crl_file;    /* CURLOPT_CRLFILE */
    struct rstr *issuer_file; /* CURLOPT_ISSUERCERT */
    struct rstr *issuer_blob;
    struct rstr *cert;      /* CURLOPT_SSLCERT */
    struct rstr *cert_type; /* "PEM", "DER", "P12", "ENG", "PROV" */
    struct rstr *cert_blob;
    struct rstr *key; /* CURLOPT_SSLKEY; NULL: in the certificate's file */
    struct rstr *key_type;
    struct rstr *key_blob;
    struct rstr *key_password; /* CURLOPT_KEYPASSWD */
    struct rstr *ciphers;      /* CURLOPT_SSL_CIPHER_LIST: TLS 1.2 */
    struct rstr *ciphers13;    /* CURLOPT_TLS13_CIPHERS */
    struct rstr *curves;       /* CURLOPT_SSL_EC_CURVES */
    struct rstr *signature_algorithms;
    struct rstr *pinned_key; /* CURLOPT_PINNEDPUBLICKEY: a file or sha256//...;sha256//... */
};

#endif
