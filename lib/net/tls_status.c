/* SPDX-License-Identifier: MIT */
/* CURLOPT_SSL_VERIFYSTATUS: what the certificate's issuer says of it, in the OCSP response that the
 * server staples to its handshake (RFC 6066, section 8). */
#include "net/tls_state.h"

#include <openssl/err.h>
#include <openssl/ocsp.h>

enum { CLOCK_SKEW_S = 300 };

static CURLcode refuse(const struct net_hooks *hooks, const char *text)
{
    ERR_clear_error();
    return TLS_FAIL(hooks, CURLE_SSL_INVALIDCERTSTATUS, "%s", text);
}

/* The response's name for the peer's certificate; NULL when its issuer is not there. */
static OCSP_CERTID *peer_id(SSL *ssl)
{
    STACK_OF(X509) *chain = SSL_get0_verified_chain(ssl);
    X509 *cert = SSL_get0_peer_certificate(ssl);

    if (!chain)
        chain = SSL_get_peer_cert_chain(ssl);
    for (int i = 0; cert && i < sk_X509_num(chain); i++) {
        X509 *issuer = sk_X509_value(chain, i);

        if (X509_check_issued(issuer, cert) == X509_V_OK)
            return OCSP_cert_to_id(EVP_sha1(), cert, issuer);
    }
    return NULL;
}

static CURLcode check_single(SSL *ssl, OCSP_BASICRESP *response, const struct net_hooks *hooks)
{
    int status = 0, reason = 0;
    ASN1_GENERALIZEDTIME *revoked = NULL, *from = NULL, *until = NULL;
    OCSP_CERTID *id = peer_id(ssl);
    bool found =
        id && OCSP_resp_find_status(response, id, &status, &reason, &revoked, &from, &until);

    OCSP_CERTID_free(id);
    if (!found)
        return refuse(hooks, "Could not find certificate ID in OCSP response");
    if (!OCSP_check_validity(from, until, CLOCK_SKEW_S, -1))
        return refuse(hooks, "OCSP response has expired");
    TLS_LOG(hooks, "SSL certificate status: %s (%d)", OCSP_cert_status_str(status), status);
    if (status == V_OCSP_CERTSTATUS_GOOD)
        return CURLE_OK;
    if (status == V_OCSP_CERTSTATUS_REVOKED)
        return TLS_FAIL(hooks, CURLE_SSL_INVALIDCERTSTATUS,
                        "SSL certificate revocation reason: %s (%d)", OCSP_crl_reason_str(reason),
                        reason);
    return refuse(hooks, "SSL certificate status: unknown");
}

static CURLcode check_basic(SSL *ssl, OCSP_RESPONSE *response, const struct net_hooks *hooks)
{
    int status = OCSP_response_status(response);
    OCSP_BASICRESP *basic;
    X509_STORE *store = SSL_CTX_get_cert_store(SSL_get_SSL_CTX(ssl));
    CURLcode result;

    if (status != OCSP_RESPONSE_STATUS_SUCCESSFUL)
        return TLS_FAIL(hooks, CURLE_SSL_INVALIDCERTSTATUS, "Invalid OCSP response status: %s (%d)",
                        OCSP_response_status_str(status), status);
    basic = OCSP_response_get1_basic(response);
    if (!basic)
        return refuse(hooks, "Invalid OCSP response");
    if (OCSP_basic_verify(basic, SSL_get_peer_cert_chain(ssl), store, 0) <= 0)
        result = refuse(hooks, "OCSP response verification failed");
    else
        result = check_single(ssl, basic, hooks);
    OCSP_BASICRESP_free(basic);
    return result;
}

CURLcode tls_verify_status(SSL *ssl, const struct net_hooks *hooks)
{
    const unsigned char *bytes = NULL;
    long len = SSL_get_tlsext_status_ocsp_resp(ssl, &bytes);
    OCSP_RESPONSE *response;
    CURLcode result;

    if (!bytes || len <= 0)
        return refuse(hooks, "No OCSP response received");
    response = d2i_OCSP_RESPONSE(NULL, &bytes, len);
    if (!response)
        return refuse(hooks, "Invalid OCSP response");
    result = check_basic(ssl, response, hooks);
    OCSP_RESPONSE_free(response);
    ERR_clear_error();
    return result;
}
