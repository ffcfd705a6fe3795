/* SPDX-License-Identifier: MIT */
/*
 * A certificate for one run of the loopback server: an authority made on the spot and a certificate
 * for localhost, 127.0.0.1 and ::1 that it signs. Keys stay in memory; only the authority's
 * certificate is ever written, for the client to trust.
 */
#ifndef STRESS_CERTIFICATE_H
#define STRESS_CERTIFICATE_H

#include <stdbool.h>

#include <openssl/ssl.h>

struct certificate {
    EVP_PKEY *key;
    X509 *leaf;
    X509 *authority;
};

/* Makes all three, valid for a day. False when OpenSSL fails; there is then nothing to release. */
bool certificate_make(struct certificate *made);

/* Takes a zeroed one too. */
void certificate_release(struct certificate *certificate);

/* Writes the authority's certificate as PEM into a new file, readable by its owner. False with
 * errno set. */
bool certificate_write_authority(const struct certificate *certificate, const char *path);

/* A server's context that shows the certificate; the caller frees it. NULL when OpenSSL fails. */
SSL_CTX *certificate_context(const struct certificate *certificate);

#endif
