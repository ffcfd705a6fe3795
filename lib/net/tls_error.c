/* SPDX-License-Identifier: MIT */
/* What is said when TLS fails. Reads OpenSSL's error queue, which is the thread's: right after the
 * call that failed. */
#include "net/tls_state.h"

#include <openssl/err.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

struct tls_error tls_error_take(void)
{
    struct tls_error e = {.code = ERR_get_error()};

    if (e.code)
        ERR_error_string_n(e.code, e.text, sizeof(e.text));
    else
        snprintf(e.text, sizeof(e.text), "unknown error");
    ERR_clear_error();
    return e;
}

/* How the stream below failed. */
static const char *below_text(const struct tls_stream *t, char *room, size_t size)
{
    int number = t->below_result ? t->stream.below->os_errno : 0;

    return number ? strerror_r(number, room, size) : "SSL_ERROR_SYSCALL";
}

static CURLcode certificate_failed(const struct tls_stream *t, const struct net_hooks *hooks)
{
    long why = SSL_get_verify_result(t->ssl);

    return TLS_FAIL(hooks, CURLE_PEER_FAILED_VERIFICATION, "SSL certificate problem: %s",
                    why == X509_V_OK ? "certificate verify failed"
                                     : X509_verify_cert_error_string(why));
}

CURLcode tls_handshake_failed(struct tls_stream *t, int ssl_error, const struct tls_peer *peer,
                              const struct net_hooks *hooks)
{
    struct tls_error e = tls_error_take();
    int reason = ERR_GET_LIB(e.code) == ERR_LIB_SSL ? ERR_GET_REASON(e.code) : 0;
    char room[80];

    if (t->below_result == CURLE_OUT_OF_MEMORY ||
        (e.code && ERR_GET_REASON(e.code) == ERR_R_MALLOC_FAILURE))
        return CURLE_OUT_OF_MEMORY;
    if (ssl_error == SSL_ERROR_SYSCALL || !e.code)
        return TLS_FAIL(hooks, CURLE_SSL_CONNECT_ERROR,
                        "OpenSSL SSL_connect: %s in connection to %s:%d ",
                        below_text(t, room, sizeof(room)), peer->host, peer->port);
    if (reason == SSL_R_CERTIFICATE_VERIFY_FAILED)
        return certificate_failed(t, hooks);
    if (reason == SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED)
        return TLS_FAIL(hooks, CURLE_SSL_CLIENTCERT, "TLS connect error: %s", e.text);
    return TLS_FAIL(hooks, CURLE_SSL_CONNECT_ERROR, "TLS connect error: %s", e.text);
}

void tls_note_failure(struct tls_stream *t, int ssl_error, const char *call)
{
    struct tls_error e = tls_error_take();
    int number = t->below_result ? t->stream.below->os_errno : 0;
    char room[80];

    t->stream.os_errno = number;
    if (e.code)
        snprintf(t->text, sizeof(t->text), "OpenSSL %s: %s: %s, errno %d", call, tls_version_text(),
                 e.text, number);
    else
        snprintf(t->text, sizeof(t->text), "OpenSSL %s: %s, errno %d", call,
                 ssl_error == SSL_ERROR_SYSCALL ? below_text(t, room, sizeof(room)) : e.text,
                 number);
    t->stream.cut = ERR_GET_LIB(e.code) == ERR_LIB_SSL &&
                    ERR_GET_REASON(e.code) == SSL_R_UNEXPECTED_EOF_WHILE_READING;
    t->stream.reason = t->text;
}

static char version_text[40];

static void write_version(void)
{
    snprintf(version_text, sizeof(version_text), "OpenSSL/%s",
             OpenSSL_version(OPENSSL_VERSION_STRING));
}

const char *tls_version_text(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;

    pthread_once(&once, write_version);
    return version_text;
}
