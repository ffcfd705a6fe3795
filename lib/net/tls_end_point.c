/* SPDX-License-Identifier: MIT */
#include "net/tls.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

/* The certificate's own hash function; a stronger one for those that are broken. */
static const EVP_MD *hash_of(X509 *certificate)
{
    int hash;

    if (!X509_get_signature_info(certificate, &hash, NULL, NULL, NULL))
        return NULL;
    return hash == NID_md5 || hash == NID_sha1 ? EVP_sha256() : EVP_get_digestbynid(hash);
}

bool tls_append_end_point(void *ssl, struct buf *to)
{
    X509 *certificate = SSL_get1_peer_certificate(ssl);
    const EVP_MD *hash = certificate ? hash_of(certificate) : NULL;
    unsigned char sum[EVP_MAX_MD_SIZE];
    unsigned len;

    if (hash && X509_digest(certificate, hash, sum, &len) == 1) {
        buf_append_text(to, "tls-server-end-point:");
        buf_append(to, sum, len);
    }
    ERR_clear_error();
    X509_free(certificate);
    return !buf_failed(to);
}
