/* SPDX-License-Identifier: MIT */
/* The client's certificate and key: PEM, DER or PKCS#12, from a file or from memory. Nobody is ever
 * asked for a password: without one, an encrypted key cannot be read. */
#include "net/tls_state.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <stdio.h>

/* Where a certificate or a key comes from. */
struct source {
    const struct rstr *blob; /* wins */
    const struct rstr *file;
    int type;
    const char *type_text;
    const char *password; /* NULL: none */
};

enum { TYPE_PEM, TYPE_DER, TYPE_P12, TYPE_UNKNOWN };

static int type_of(const struct rstr *text)
{
    if (!text || !text->len || text_equal_nocase(text->bytes, "PEM"))
        return TYPE_PEM;
    if (text_equal_nocase(text->bytes, "DER"))
        return TYPE_DER;
    return text_equal_nocase(text->bytes, "P12") ? TYPE_P12 : TYPE_UNKNOWN;
}

static const char *name_of(const struct source *s)
{
    return s->blob || !s->file ? "(memory blob)" : s->file->bytes;
}

static BIO *source_open(const struct source *s)
{
    return s->blob ? tls_bytes_open(s->blob) : BIO_new_file(s->file->bytes, "rb");
}

static int give_password(char *room, int size, int writing, void *argument)
{
    const char *password = argument;
    size_t len = password ? strlen(password) : 0;

    (void)writing;
    if (!password || size < 0 || len > (size_t)size)
        return -1;
    /* NOLINTNEXTLINE(bugprone-not-null-terminated-result): its length is told */
    memcpy(room, password, len);
    return (int)len;
}

static void *password_argument(const struct source *s)
{
    return s->password ? (void *)(uintptr_t)s->password : NULL;
}

static CURLcode certificate_unreadable(const struct source *s, const char *kind,
                                       const struct net_hooks *hooks)
{
    struct tls_error e = tls_error_take();

    return TLS_FAIL(hooks, CURLE_SSL_CERTPROBLEM,
                    "could not load %s client certificate from %s, OpenSSL error %s, "
                    "(no key found, wrong pass phrase, or wrong file format?)",
                    kind, name_of(s), e.text);
}

/* ---- Certificates ---- */

/* The first certificate and, behind it, its chain. */
static bool read_pem_chain(SSL_CTX *context, BIO *bio, const struct source *s)
{
    X509 *first = PEM_read_bio_X509_AUX(bio, NULL, give_password, password_argument(s)), *next;
    bool good = first && SSL_CTX_use_certificate(context, first) == 1;

    X509_free(first);
    if (good)
        SSL_CTX_clear_chain_certs(context);
    while (good && (next = PEM_read_bio_X509(bio, NULL, give_password, password_argument(s)))) {
        if (!SSL_CTX_add0_chain_cert(context, next)) {
            X509_free(next);
            return false;
        }
    }
    if (good && ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE)
        return false;
    if (good)
        ERR_clear_error();
    return good;
}

static CURLcode use_pem(SSL_CTX *context, const struct source *s, const struct net_hooks *hooks)
{
    BIO *bio = source_open(s);
    bool good = bio && read_pem_chain(context, bio, s);

    BIO_free(bio);
    return good ? CURLE_OK : certificate_unreadable(s, "PEM", hooks);
}

static CURLcode use_der(SSL_CTX *context, const struct source *s, const struct net_hooks *hooks)
{
    BIO *bio = source_open(s);
    X509 *cert = bio ? d2i_X509_bio(bio, NULL) : NULL;
    bool good = cert && SSL_CTX_use_certificate(context, cert) == 1;

    X509_free(cert);
    BIO_free(bio);
    return good ? CURLE_OK : certificate_unreadable(s, "ASN1", hooks);
}

/* The parts of a PKCS#12 file. */
static CURLcode use_p12_parts(SSL_CTX *context, EVP_PKEY *key, X509 *cert, STACK_OF(X509) * chain,
                              const struct net_hooks *hooks)
{
    if (!cert || SSL_CTX_use_certificate(context, cert) != 1)
        return TLS_FAIL(hooks, CURLE_SSL_CERTPROBLEM,
                        "could not load PKCS12 client certificate, OpenSSL error %s",
                        tls_error_take().text);
    if (!key || SSL_CTX_use_PrivateKey(context, key) != 1)
        return TLS_FAIL(hooks, CURLE_SSL_CERTPROBLEM, "unable to use private key from PKCS12 file");
    for (int i = 0; i < sk_X509_num(chain); i++)
        if (!SSL_CTX_add1_chain_cert(context, sk_X509_value(chain, i)))
            return CURLE_OUT_OF_MEMORY;
    return CURLE_OK;
}

static CURLcode use_p12(SSL_CTX *context, const struct source *s, const struct net_hooks *hooks)
{
    BIO *bio = source_open(s);
    PKCS12 *p12 = bio ? d2i_PKCS12_bio(bio, NULL) : NULL;
    EVP_PKEY *key = NULL;
    X509 *cert = NULL;
    STACK_OF(X509) *chain = NULL;
    CURLcode result;

    if (!bio)
        result =
            TLS_FAIL(hooks, CURLE_SSL_CERTPROBLEM, "could not open PKCS12 file '%s'", name_of(s));
    else if (!p12)
        result =
            TLS_FAIL(hooks, CURLE_SSL_CERTPROBLEM, "error reading PKCS12 file '%s'", name_of(s));
    else if (!PKCS12_parse(p12, s->password, &key, &cert, &chain))
        result = TLS_FAIL(hooks, CURLE_SSL_CERTPROBLEM,
                          "could not parse PKCS12 file, check password, OpenSSL error %s",
                          tls_error_take().text);
    else
        result = use_p12_parts(context, key, cert, chain, hooks);
    sk_X509_pop_free(chain, X509_free);
    X509_free(cert);
    EVP_PKEY_free(key);
    PKCS12_free(p12);
    BIO_free(bio);
    return result;
}

static CURLcode use_certificate(SSL_CTX *context, const struct source *s,
                                const struct net_hooks *hooks)
{
    switch (s->type) {
    case TYPE_PEM:
        return use_pem(context, s, hooks);
    case TYPE_DER:
        return use_der(context, s, hooks);
    case TYPE_P12:
        return use_p12(context, s, hooks);
    default:
        return TLS_FAIL(hooks, CURLE_SSL_CERTPROBLEM,
                        "not supported file type '%s' for certificate", s->type_text);
    }
}

/* ---- Keys ---- */

static CURLcode use_key(SSL_CTX *context, const struct source *s, const struct net_hooks *hooks)
{
    BIO *bio;
    EVP_PKEY *key = NULL;
    bool good;

    if (s->type != TYPE_PEM && s->type != TYPE_DER)
        return TLS_FAIL(hooks, CURLE_SSL_CERTPROBLEM,
                        "not supported file type '%s' for private key", s->type_text);
    bio = source_open(s);
    if (bio && s->type == TYPE_PEM)
        key = PEM_read_bio_PrivateKey(bio, NULL, give_password, password_argument(s));
    else if (bio)
        key = d2i_PrivateKey_bio(bio, NULL);
    BIO_free(bio);
    if (!key)
        return TLS_FAIL(hooks, CURLE_SSL_CERTPROBLEM,
                        "unable to set private key file: '%s' type %s", name_of(s), s->type_text);
    ERR_clear_error();
    good = SSL_CTX_use_PrivateKey(context, key) == 1;
    EVP_PKEY_free(key);
    if (!good)
        return TLS_FAIL(hooks, CURLE_SSL_CERTPROBLEM,
                        "Private key does not match the certificate public key");
    return CURLE_OK;
}

static const char *text_or_pem(const struct rstr *type)
{
    return type && type->len ? type->bytes : "PEM";
}

/* A key without a source of its own is in the certificate's. */
static struct source key_source(const struct tls_settings *s)
{
    bool own = s->key || s->key_blob;

    return (struct source){.blob = own ? s->key_blob : s->cert_blob,
                           .file = own ? s->key : s->cert,
                           .type = type_of(s->key_type),
                           .type_text = text_or_pem(s->key_type),
                           .password = rstr_text(s->key_password)};
}

CURLcode tls_use_client_cert(SSL_CTX *context, const struct tls_settings *s,
                             const struct net_hooks *hooks)
{
    struct source cert = {.blob = s->cert_blob,
                          .file = s->cert,
                          .type = type_of(s->cert_type),
                          .type_text = text_or_pem(s->cert_type),
                          .password = rstr_text(s->key_password)};
    struct source key = key_source(s);
    CURLcode result;

    if (!s->cert && !s->cert_blob)
        return CURLE_OK;
    ERR_clear_error();
    result = use_certificate(context, &cert, hooks);
    if (!result && cert.type != TYPE_P12)
        result = use_key(context, &key, hooks);
    if (!result && SSL_CTX_check_private_key(context) != 1)
        result = TLS_FAIL(hooks, CURLE_SSL_CERTPROBLEM,
                          "Private key does not match the certificate public key");
    ERR_clear_error();
    return result;
}
