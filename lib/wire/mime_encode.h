/* SPDX-License-Identifier: MIT */
/* The transfer encodings of a MIME part's content (RFC 2045 6), as a stream: bytes go in piece by
 * piece, and what comes out does not depend on how they were cut. */
#ifndef WIRE_MIME_ENCODE_H
#define WIRE_MIME_ENCODE_H

#include "base/str.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum mime_encoding {
    MIME_UNENCODED,
    MIME_BINARY, /* these leave the bytes as they are */
    MIME_8BIT,
    MIME_7BIT, /* and this one refuses those above 127 */
    MIME_BASE64,
    MIME_QUOTED_PRINTABLE,
};

struct mime_encoder {
    enum mime_encoding encoding;
    unsigned column;         /* characters of the line so far */
    char pending[8];         /* encoded, and there was no room */
    unsigned char at, count; /* of pending */
};

/* By its name, in any case of letters; MIME_UNENCODED for one that there isn't. */
enum mime_encoding mime_encoding_named(const char *name);

/* What a Content-Transfer-Encoding field says; NULL for MIME_UNENCODED. */
const char *mime_encoding_name(enum mime_encoding);

/* The encoded length of `len` bytes; -1 where that depends on them, or `len` is -1. */
int64_t mime_encoded_length(enum mime_encoding, int64_t len);

/* Encodes from `from`, which is cut by what was used, to at most `room` bytes. `end`: nothing comes
 * behind it. *ret_len 0 with room left: it wants more to look at, or is done at the end. False when
 * a byte can't be encoded. */
bool mime_encode(struct mime_encoder *, struct str *from, bool end, char *to, size_t room,
                 size_t *ret_len);

#endif
