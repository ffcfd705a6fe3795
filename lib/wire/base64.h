/* SPDX-License-Identifier: MIT */
/* Base64 (RFC 4648 4). */
#ifndef WIRE_BASE64_H
#define WIRE_BASE64_H

#include "base/buf.h"
#include "base/str.h"

/* Appends the encoded form, padded, without line ends. False when memory is short. */
bool base64_append(struct buf *, const void *bytes, size_t len);

/* Appends what `text` encodes. False for anything but whole, padded groups of the alphabet, for an
 * empty text, or when memory is short; the buffer may then have part of it. */
bool base64_decode_append(struct buf *, struct str text);

#endif
