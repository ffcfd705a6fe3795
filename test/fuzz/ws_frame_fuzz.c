/* SPDX-License-Identifier: MIT */
/* However the bytes of frames are split, the payloads and the error are the same. What is read can
 * be written again, and is read as the same. The first byte is the size of the pieces. */
#include "fuzz.h"

#include "base/buf.h"
#include "wire/ws_frame.h"

#include <string.h>

const char *const fuzz_seeds[] = {
    "\1\x81\x05Hello\x89\x02hi",
    "\2\x01\x02"
    "ab\x80\x01"
    "c",
    "\3\x82\x7e\x01\x01 much",
    "\4\x88\x02\x03\xe8",
    "\5\x82\x7f\x01\x01\x01\x01\x01\x01\x01\x01",
    NULL,
};

struct outcome {
    struct buf text; /* a line for each piece's place, and the bytes */
    struct buf frames;
    CURLcode result;
};

static void write_again(struct ws_encoder *e, const struct ws_piece *piece, struct buf *to)
{
    static const unsigned char mask[WS_MASK_LEN] = {1, 2, 3, 4};
    const char *reason;

    if (!piece->offset && !e->left) {
        CURLcode result =
            ws_encode_head(e, (unsigned)piece->flags, piece->left + (curl_off_t)piece->bytes.len,
                           mask, to, &reason);
        assert(!result);
    }
    assert(ws_encode_payload(e, piece->bytes, to));
}

static void decode(const char *bytes, size_t len, size_t step, struct outcome *o)
{
    struct ws_decoder d = {0};
    struct ws_encoder e = {0};
    size_t at = 0;

    *o = (struct outcome){0};
    while (!o->result && at < len) {
        struct str offered = {bytes + at, len - at < step ? len - at : step};
        struct ws_piece piece;
        const char *reason;
        size_t used;
        bool found;

        o->result = ws_decode(&d, offered, SIZE_MAX, &used, &found, &piece, &reason);
        if (o->result)
            break;
        assert(used && used <= offered.len);
        at += used;
        if (!found)
            continue;
        assert(piece.left >= 0 && piece.offset >= 0);
        write_again(&e, &piece, &o->frames);
        if (!piece.offset)
            buf_printf(&o->text, "[%d]", piece.flags);
        buf_append(&o->text, piece.bytes.at, piece.bytes.len);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct outcome whole, pieces;

    if (!len)
        return 0;
    decode((const char *)bytes + 1, len - 1, SIZE_MAX, &whole);
    decode((const char *)bytes + 1, len - 1, bytes[0] % 8 + 1, &pieces);
    assert(whole.result == pieces.result);
    assert(whole.text.len == pieces.text.len && whole.frames.len == pieces.frames.len);
    assert(!memcmp(buf_text(&whole.text), buf_text(&pieces.text), whole.text.len));
    assert(!memcmp(buf_text(&whole.frames), buf_text(&pieces.frames), whole.frames.len));
    buf_release(&whole.text);
    buf_release(&whole.frames);
    buf_release(&pieces.text);
    buf_release(&pieces.frames);
    return 0;
}
