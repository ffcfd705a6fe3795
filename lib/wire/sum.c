/* SPDX-License-Identifier: MIT */
#include "wire/sum.h"

#include "wire/md4.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

size_t sum_size(enum sum_kind kind)
{
    switch (kind) {
    case SUM_MD4:
    case SUM_MD5:
        return 16;
    case SUM_SHA1:
        return 20;
    default:
        return 32;
    }
}

static const EVP_MD *algorithm(enum sum_kind kind)
{
    switch (kind) {
    case SUM_MD5:
        return EVP_md5();
    case SUM_SHA1:
        return EVP_sha1();
    case SUM_SHA256:
        return EVP_sha256();
    default:
        return EVP_sha512_256();
    }
}

bool sum_of(enum sum_kind kind, const void *bytes, size_t len, unsigned char *ret_sum)
{
    bool done;

    if (kind == SUM_MD4) {
        md4(bytes, len, ret_sum);
        return true;
    }
    done = EVP_Digest(bytes ? bytes : "", len, ret_sum, NULL, algorithm(kind), NULL) == 1;
    if (!done)
        ERR_clear_error();
    return done;
}

bool sum_keyed(enum sum_kind kind, const void *key, size_t key_len, const void *bytes, size_t len,
               unsigned char *ret_sum)
{
    bool done = kind != SUM_MD4 &&
                HMAC(algorithm(kind), key ? key : "", (int)key_len, bytes, len, ret_sum, NULL);

    if (!done)
        ERR_clear_error();
    return done;
}

bool sum_append_hex(struct buf *to, const unsigned char *bytes, size_t len)
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < len; i++) {
        buf_append_char(to, digits[bytes[i] >> 4]);
        buf_append_char(to, digits[bytes[i] & 15]);
    }
    return !buf_failed(to);
}
