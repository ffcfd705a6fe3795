/* SPDX-License-Identifier: MIT */
/* Whether the peer is whom we wanted, once OpenSSL has built its chain: the name (RFC 6125), the
 * issuer, the stapled status, the pinned key. Nothing has been sent to the peer before that. */
#include "net/tls_state.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <string.h>

enum { ISSUER_FILE_MOST = 1024 * 1024 };

/* ---- The name ---- */

/* The alternative names that say who a server is. */
static bool has_alternative_names(const X509 *cert)
{
    GENERAL_NAMES *names = X509_get_ext_d2i(cert, NID_subject_alt_name, NULL, NULL);
    bool found = false;

    for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
        int type = sk_GENERAL_NAME_value(names, i)->type;
        found = found || type == GEN_DNS || type == GEN_IPADD;
    }
    GENERAL_NAMES_free(names);
    return found;
}

static CURLcode no_common_name_match(X509 *cert, const char *host, const struct net_hooks *hooks)
{
    X509_NAME *subject = X509_get_subject_name(cert);
    int at = -1, last = -1;
    unsigned char *text = NULL;

    while ((at = X509_NAME_get_index_by_NID(subject, NID_commonName, at)) >= 0)
        last = at;
    if (last < 0 || ASN1_STRING_to_UTF8(
                        &text, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, last))) < 0)
        return TLS_FAIL(hooks, CURLE_PEER_FAILED_VERIFICATION,
                        "SSL: unable to obtain common name from peer certificate");
    (void)TLS_FAIL(hooks, CURLE_PEER_FAILED_VERIFICATION,
                   "SSL: certificate subject name '%.200s' does not match target host name '%s'",
                   text, host);
    OPENSSL_free(text);
    return CURLE_PEER_FAILED_VERIFICATION;
}

static CURLcode no_match(X509 *cert, const char *host, bool is_address, bool has_names,
                         const struct net_hooks *hooks)
{
    const char *kind = "host name";

    if (!has_names && !is_address)
        return no_common_name_match(cert, host, hooks);
    if (is_address)
        kind = strchr(host, ':') ? "ipv6 address" : "ipv4 address";
    TLS_LOG(hooks, " subjectAltName does not match %s %s", kind, host);
    return TLS_FAIL(hooks, CURLE_PEER_FAILED_VERIFICATION,
                    "SSL: no alternative certificate subject name matches target %s '%s'", kind,
                    host);
}

static CURLcode verify_name(X509 *cert, const char *host, const struct net_hooks *hooks)
{
    bool is_address = tls_is_address(host), has_names = has_alternative_names(cert);
    unsigned flags = X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS |
                     (has_names ? X509_CHECK_FLAG_NEVER_CHECK_SUBJECT : 0);
    size_t len = strlen(host);
    char *matched = NULL;
    int answer;

    if (len && host[len - 1] == '.')
        len--;
    if (is_address)
        answer = X509_check_ip_asc(cert, host, 0);
    else /* OpenSSL takes a name that begins with a dot for all below it */
        answer = len && host[0] != '.' ? X509_check_host(cert, host, len, flags, &matched) : 0;
    ERR_clear_error();
    if (answer < 0)
        return CURLE_OUT_OF_MEMORY;
    if (answer != 1)
        return no_match(cert, host, is_address, has_names, hooks);
    if (is_address)
        TLS_LOG(hooks, " subjectAltName: host \"%s\" matched cert's IP address!", host);
    else if (has_names)
        TLS_LOG(hooks, " subjectAltName: host \"%s\" matched cert's \"%s\"", host, matched);
    else
        TLS_LOG(hooks, " common name: %s (matched)", matched);
    OPENSSL_free(matched);
    return CURLE_OK;
}

/* ---- The issuer ---- */

static CURLcode issuer_error(const struct net_hooks *hooks, const char *what, const char *file)
{
    ERR_clear_error();
    return TLS_FAIL(hooks, CURLE_SSL_ISSUER_ERROR, "SSL: %s (%s)", what, file);
}

static CURLcode verify_issuer(X509 *cert, const struct tls_settings *s,
                              const struct net_hooks *hooks)
{
    const char *name = s->issuer_blob ? "(memory blob)" : s->issuer_file->bytes;
    scoped(buf) file = {0};
    BIO *bio;
    X509 *issuer;
    bool is_issuer;

    if (!s->issuer_blob && !tls_file_read(name, ISSUER_FILE_MOST, &file))
        return issuer_error(hooks, "Unable to open issuer cert", name);
    bio = s->issuer_blob ? tls_bytes_open(s->issuer_blob)
                         : BIO_new_mem_buf(file.bytes, (int)file.len);
    issuer = bio ? PEM_read_bio_X509(bio, NULL, NULL, NULL) : NULL;
    BIO_free(bio);
    if (!issuer)
        return issuer_error(hooks, "Unable to read issuer cert", name);
    is_issuer = X509_check_issued(issuer, cert) == X509_V_OK;
    X509_free(issuer);
    if (!is_issuer)
        return issuer_error(hooks, "Certificate issuer check failed", name);
    TLS_LOG(hooks, " SSL certificate issuer check ok (%s)", name);
    return CURLE_OK;
}

/* ---- What is logged ---- */

static void log_bio(const struct net_hooks *hooks, const char *label, BIO *bio)
{
    char *text = NULL;
    long len = BIO_get_mem_data(bio, &text);

    hooks->log(hooks->owner, " %s: %.*s", label, (int)len, text ? text : "");
    (void)BIO_reset(bio);
}

static void log_name(const struct net_hooks *hooks, const char *label, const X509_NAME *name,
                     BIO *bio)
{
    X509_NAME_print_ex(bio, name, 0,
                       XN_FLAG_SEP_SPLUS_SPC | XN_FLAG_FN_SN | ASN1_STRFLGS_UTF8_CONVERT |
                           ASN1_STRFLGS_ESC_CTRL);
    log_bio(hooks, label, bio);
}

static void log_certificate(X509 *cert, const struct net_hooks *hooks)
{
    BIO *bio = hooks->log ? BIO_new(BIO_s_mem()) : NULL;

    if (!bio)
        return;
    hooks->log(hooks->owner, "Server certificate:");
    log_name(hooks, "subject", X509_get_subject_name(cert), bio);
    ASN1_TIME_print(bio, X509_get0_notBefore(cert));
    log_bio(hooks, "start date", bio);
    ASN1_TIME_print(bio, X509_get0_notAfter(cert));
    log_bio(hooks, "expire date", bio);
    BIO_free(bio);
    ERR_clear_error();
}

static void log_issuer(X509 *cert, const struct net_hooks *hooks)
{
    BIO *bio = hooks->log ? BIO_new(BIO_s_mem()) : NULL;

    if (!bio)
        return;
    log_name(hooks, "issuer", X509_get_issuer_name(cert), bio);
    BIO_free(bio);
    ERR_clear_error();
}

static void log_verdict(long verdict, const struct net_hooks *hooks)
{
    if (verdict == X509_V_OK)
        TLS_LOG(hooks, " SSL certificate verify ok.");
    else
        TLS_LOG(hooks, " SSL certificate verify result: %s (%ld), continuing anyway.",
                X509_verify_cert_error_string(verdict), verdict);
}

/* ---- All of it ---- */

static CURLcode verify_cert(struct tls_stream *t, X509 *cert, const struct tls_peer *peer,
                            const struct tls_settings *s, const struct net_hooks *hooks,
                            struct tls_result *r)
{
    CURLcode result = CURLE_OK;

    log_certificate(cert, hooks);
    if (s->verify_host) {
        result = verify_name(cert, peer->host, hooks);
        if (result == CURLE_PEER_FAILED_VERIFICATION)
            r->verify_result = X509_V_ERR_UNSPECIFIED;
    }
    if (result)
        return result;
    log_issuer(cert, hooks);
    if (s->verify_peer && (s->issuer_file || s->issuer_blob))
        result = verify_issuer(cert, s, hooks);
    if (result)
        return result;
    log_verdict(r->verify_result, hooks);
    if (s->verify_peer && r->verify_result != X509_V_OK)
        return TLS_FAIL(hooks, CURLE_PEER_FAILED_VERIFICATION, "SSL certificate problem: %s",
                        X509_verify_cert_error_string(r->verify_result));
    if (s->verify_status && !r->resumed)
        result = tls_verify_status(t->ssl, hooks);
    if (!result && s->pinned_key)
        result = tls_verify_pin(cert, s->pinned_key->bytes, hooks);
    return result;
}

static bool wants_certificate(const struct tls_settings *s)
{
    return s->verify_peer || s->verify_host || s->verify_status || s->pinned_key;
}

CURLcode tls_verify(struct tls_stream *t, const struct tls_peer *peer, const struct tls_settings *s,
                    const struct net_hooks *hooks, struct tls_result *r)
{
    X509 *cert = SSL_get0_peer_certificate(t->ssl);

    r->verify_result = SSL_get_verify_result(t->ssl);
    if (s->certinfo && !(r->certinfo = tls_certinfo_of(t->ssl)))
        return CURLE_OUT_OF_MEMORY;
    if (cert)
        return verify_cert(t, cert, peer, s, hooks, r);
    if (wants_certificate(s))
        return TLS_FAIL(hooks, CURLE_PEER_FAILED_VERIFICATION,
                        "SSL: could not get peer certificate");
    return CURLE_OK;
}
