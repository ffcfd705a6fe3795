/* SPDX-License-Identifier: MIT */
/* OpenSSL's view of the stream below: what the stream tries, OpenSSL tries; nothing waits here. So
 * TLS runs over anything that is a stream, and over sockets without SIGPIPE. */
#include "net/tls_state.h"

#include <openssl/err.h>
#include <stdatomic.h>

/* A stream below that is TLS itself clears the thread's error queue, in the middle of a call that
 * may have put its reasons there: they are kept beside it meanwhile. */
enum { MOST_ERRORS = 16 }; /* as many as OpenSSL keeps */

struct kept_errors {
    unsigned long codes[MOST_ERRORS];
    int count;
};

static void keep_errors(const struct tls_stream *t, struct kept_errors *kept)
{
    kept->count = 0;
    if (!t->stream.below->below)
        return;
    while (kept->count < MOST_ERRORS && (kept->codes[kept->count] = ERR_get_error()) != 0)
        kept->count++;
}

static void put_errors_back(const struct kept_errors *kept)
{
    for (int i = 0; i < kept->count; i++) {
        ERR_new();
        ERR_set_error(ERR_GET_LIB(kept->codes[i]), ERR_GET_REASON(kept->codes[i]), NULL);
    }
}

static int below_read(BIO *bio, char *bytes, size_t len, size_t *ret_len)
{
    struct tls_stream *t = BIO_get_data(bio);
    struct kept_errors kept;
    CURLcode result;

    keep_errors(t, &kept);
    BIO_clear_retry_flags(bio);
    *ret_len = 0;
    result = t->away ? tls_away_recv(t, bytes, len, ret_len)
                     : stream_try_recv(t->stream.below, bytes, len, ret_len);
    put_errors_back(&kept);
    if (result == CURLE_AGAIN)
        BIO_set_retry_read(bio);
    else if (result)
        t->below_result = result;
    else if (*ret_len)
        return 1;
    else
        BIO_set_flags(bio, BIO_FLAGS_IN_EOF);
    return 0;
}

static int below_write(BIO *bio, const char *bytes, size_t len, size_t *ret_len)
{
    struct tls_stream *t = BIO_get_data(bio);
    struct kept_errors kept;
    CURLcode result;

    keep_errors(t, &kept);
    BIO_clear_retry_flags(bio);
    *ret_len = 0;
    result = t->away ? tls_away_send(t, bytes, len, ret_len)
                     : stream_try_send(t->stream.below, bytes, len, ret_len);
    put_errors_back(&kept);
    if (!result)
        return 1;
    if (result == CURLE_AGAIN)
        BIO_set_retry_write(bio);
    else
        t->below_result = result;
    return 0;
}

static long below_control(BIO *bio, int command, long number, void *pointer)
{
    (void)number;
    (void)pointer;
    if (command == BIO_CTRL_EOF)
        return BIO_test_flags(bio, BIO_FLAGS_IN_EOF) != 0;
    return command == BIO_CTRL_FLUSH;
}

/* One for the process, made by whoever comes first; it lives as long as OpenSSL. */
static BIO_METHOD *below_method(void)
{
    static _Atomic(BIO_METHOD *) shared; /* publishes a finished method to any thread */
    BIO_METHOD *method = atomic_load_explicit(&shared, memory_order_acquire), *other = NULL;

    if (method)
        return method;
    method = BIO_meth_new(BIO_TYPE_SOURCE_SINK | BIO_get_new_index(), "stream");
    if (!method)
        return NULL;
    BIO_meth_set_read_ex(method, below_read);
    BIO_meth_set_write_ex(method, below_write);
    BIO_meth_set_ctrl(method, below_control);
    if (atomic_compare_exchange_strong(&shared, &other, method))
        return method;
    BIO_meth_free(method);
    return other;
}

BIO *tls_bio_new(struct tls_stream *t)
{
    BIO_METHOD *method = below_method();
    BIO *bio = method ? BIO_new(method) : NULL;

    if (!bio)
        return NULL;
    BIO_set_data(bio, t);
    BIO_set_init(bio, 1);
    return bio;
}

struct tls_stream *tls_bio_stream(BIO *bio)
{
    return BIO_get_data(bio);
}
