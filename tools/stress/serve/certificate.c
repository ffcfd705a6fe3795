/* SPDX-License-Identifier: MIT */
/* The certificate of a run; see certificate.h. Elliptic keys (P-256), because they are made in no
 * time. */
#include "serve/certificate.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

enum {
    HOUR_S = 3600,
    DAY_S = 24 * HOUR_S,
};

static bool set_serial(X509 *certificate)
{
    uint64_t serial = 0;

    if (RAND_bytes((unsigned char *)&serial, sizeof(serial)) != 1) {
        return false;
    }
    serial >>= 1; /* RFC 5280, 4.1.2.2: positive */
    return ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate), serial | 1) == 1;
}

static bool set_name(X509_NAME *name, const char *common_name)
{
    return X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, (const unsigned char *)common_name,
                                      -1, -1, 0) == 1;
}

static bool add_extension(X509 *certificate, X509 *issuer, int nid, const char *value)
{
    X509V3_CTX context;

    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, issuer, certificate, NULL, NULL, 0);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
    bool added = extension != NULL && X509_add_ext(certificate, extension, -1) == 1;
    X509_EXTENSION_free(extension);
    return added;
}

/* What every certificate has: version, serial, time, name, key. */
static bool fill_in(X509 *certificate, const char *name, EVP_PKEY *key)
{
    return X509_set_version(certificate, X509_VERSION_3) == 1 && set_serial(certificate) &&
           X509_gmtime_adj(X509_getm_notBefore(certificate), -(long)HOUR_S) != NULL &&
           X509_gmtime_adj(X509_getm_notAfter(certificate), DAY_S) != NULL &&
           set_name(X509_get_subject_name(certificate), name) &&
           X509_set_pubkey(certificate, key) == 1;
}

static X509 *make_authority(EVP_PKEY *key)
{
    X509 *authority = X509_new();

    if (authority != NULL && fill_in(authority, "curlpool-stress, one run", key) &&
        X509_set_issuer_name(authority, X509_get_subject_name(authority)) == 1 &&
        add_extension(authority, authority, NID_basic_constraints, "critical,CA:TRUE,pathlen:0") &&
        add_extension(authority, authority, NID_key_usage, "critical,keyCertSign,cRLSign") &&
        add_extension(authority, authority, NID_subject_key_identifier, "hash") &&
        X509_sign(authority, key, EVP_sha256()) > 0) {
        return authority;
    }
    X509_free(authority);
    return NULL;
}

static X509 *make_leaf(EVP_PKEY *key, X509 *authority, EVP_PKEY *authority_key)
{
    static const char names[] = "DNS:localhost,IP:127.0.0.1,IP:::1";
    X509 *leaf = X509_new();

    if (leaf != NULL && fill_in(leaf, "localhost", key) &&
        X509_set_issuer_name(leaf, X509_get_subject_name(authority)) == 1 &&
        add_extension(leaf, authority, NID_basic_constraints, "critical,CA:FALSE") &&
        add_extension(leaf, authority, NID_key_usage, "critical,digitalSignature") &&
        add_extension(leaf, authority, NID_ext_key_usage, "serverAuth") &&
        add_extension(leaf, authority, NID_authority_key_identifier, "keyid") &&
        add_extension(leaf, authority, NID_subject_alt_name, names) &&
        X509_sign(leaf, authority_key, EVP_sha256()) > 0) {
        return leaf;
    }
    X509_free(leaf);
    return NULL;
}

bool certificate_make(struct certificate *made)
{
    EVP_PKEY *authority_key = EVP_EC_gen("P-256");

    memset(made, 0, sizeof(*made));
    made->key = EVP_EC_gen("P-256");
    if (authority_key != NULL && made->key != NULL) {
        made->authority = make_authority(authority_key);
    }
    if (made->authority != NULL) {
        made->leaf = make_leaf(made->key, made->authority, authority_key);
    }
    EVP_PKEY_free(authority_key);
    if (made->leaf == NULL) {
        certificate_release(made);
        return false;
    }
    return true;
}

void certificate_release(struct certificate *certificate)
{
    X509_free(certificate->leaf);
    X509_free(certificate->authority);
    EVP_PKEY_free(certificate->key);
    memset(certificate, 0, sizeof(*certificate));
}

bool certificate_write_authority(const struct certificate *certificate, const char *path)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0) {
        return false;
    }
    FILE *file = fdopen(fd, "w");
    if (file == NULL) {
        close(fd);
        return false;
    }
    bool written = PEM_write_X509(file, certificate->authority) == 1;
    if (fclose(file) != 0 || !written) {
        int error = errno;
        unlink(path);
        errno = error;
        return false;
    }
    return true;
}

/* Takes http/1.1 from what the client offers by ALPN (RFC 7301). */
static int choose_protocol(SSL *tls, const unsigned char **out, unsigned char *out_len,
                           const unsigned char *in, unsigned in_len, void *argument)
{
    static const unsigned char http11[] = "\x08http/1.1";
    unsigned char *chosen = NULL;

    (void)tls;
    (void)argument;
    if (SSL_select_next_proto(&chosen, out_len, http11, sizeof(http11) - 1, in, in_len) !=
        OPENSSL_NPN_NEGOTIATED) {
        return SSL_TLSEXT_ERR_NOACK;
    }
    *out = chosen;
    return SSL_TLSEXT_ERR_OK;
}

SSL_CTX *certificate_context(const struct certificate *certificate)
{
    SSL_CTX *context = SSL_CTX_new(TLS_server_method());

    if (context == NULL || SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) != 1 ||
        SSL_CTX_use_certificate(context, certificate->leaf) != 1 ||
        SSL_CTX_use_PrivateKey(context, certificate->key) != 1) {
        SSL_CTX_free(context);
        return NULL;
    }
    SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                  SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_alpn_select_cb(context, choose_protocol, NULL);
    return context;
}
