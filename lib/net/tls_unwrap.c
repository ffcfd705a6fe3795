/* SPDX-License-Identifier: MIT */
/* The good end of TLS on a connection that goes on, or whose last bytes must arrive. */
#include "net/tls_state.h"

#include <openssl/err.h>

static struct tls_stream *tls_of(struct stream *s)
{
    return CONTAINER_OF(s, struct tls_stream, stream);
}

/* Our close_notify, all of it. */
CURLcode tls_say_end(struct stream *s, int64_t deadline)
{
    struct tls_stream *t = tls_of(s);

    while (!t->broken && !t->mute) {
        CURLcode result;
        int done;

        t->below_result = CURLE_OK;
        ERR_clear_error();
        done = SSL_shutdown(t->ssl);
        if (done >= 0)
            return CURLE_OK;
        if (SSL_get_error(t->ssl, done) != SSL_ERROR_WANT_WRITE) {
            ERR_clear_error();
            return CURLE_SEND_ERROR;
        }
        result = stream_wait_send(s->below, deadline);
        if (result)
            return result;
    }
    return CURLE_SEND_ERROR;
}

CURLcode tls_unwrap(struct stream **stream, bool active, int64_t deadline)
{
    struct stream *s = *stream, *below = s->below;
    CURLcode result = active ? tls_say_end(s, deadline) : CURLE_OK;
    size_t len = 1;
    char byte;

    /* Bytes in front of the peer's end would be lost or, worse, taken for its later words. */
    if (!result)
        result = stream_recv(s, &byte, 1, deadline, &len);
    if (!result && len)
        result = CURLE_RECV_ERROR;
    if (result)
        return result;
    s->below = NULL;
    stream_free(s);
    *stream = below;
    return CURLE_OK;
}
