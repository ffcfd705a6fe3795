/* SPDX-License-Identifier: MIT */
/* Hash sums and keyed sums, as the methods of authentication use them, and WebSocket. */
#ifndef WIRE_SUM_H
#define WIRE_SUM_H

#include "base/buf.h"
#include "base/str.h"

#include <stdbool.h>
#include <stddef.h>

enum sum_kind { SUM_MD4, SUM_MD5, SUM_SHA1, SUM_SHA256, SUM_SHA512_256 };

enum { SUM_SIZE_MAX = 32 };

/* Bytes of a sum. */
size_t sum_size(enum sum_kind);

/* False when the kind is not to be had (a system that forbids it), or memory is short. */
bool sum_of(enum sum_kind, const void *bytes, size_t len, unsigned char *ret_sum);

/* HMAC (RFC 2104). */
bool sum_keyed(enum sum_kind, const void *key, size_t key_len, const void *bytes, size_t len,
               unsigned char *ret_sum);

/* Appends bytes as lower-case hexadecimal digits. */
bool sum_append_hex(struct buf *, const unsigned char *bytes, size_t len);

#endif
