/* SPDX-License-Identifier: MIT */
/* However the bytes of a chunked body are split, the data and the error are the same. The first
 * byte is the size of the pieces. */
#include "fuzz.h"

#include "base/buf.h"
#include "wire/chunked.h"

#include <string.h>

const char *const fuzz_seeds[] = {
    "\1"
    "2\r\nok\r\nA\r\n0123456789\r\n0\r\n\r\nnext",
    "\2"
    "2;a=\"b\"\nok\n0;x\n\n",
    "\3"
    "0000000000000002 \r\nok\r\n00\r\n",
    "\4"
    "7fffffffffffffff\r\nmuch\r\n",
    "\5"
    "ffffffffffffffff\r\n",
    NULL,
};

struct outcome {
    struct buf body;
    CURLcode result;
    size_t used;
    bool done;
};

static void decode(const char *bytes, size_t len, size_t step, struct outcome *o)
{
    struct chunked_decoder d = {0};

    *o = (struct outcome){0};
    while (!o->result && o->used < len && !d.done) {
        size_t offered = len - o->used < step ? len - o->used : step;
        const char *data, *reason, *at = bytes + o->used;
        size_t used, data_len;

        o->result = chunked_decode(&d, at, offered, &used, &data, &data_len, &reason);
        if (o->result)
            break;
        assert(used && used <= offered && data_len <= used);
        assert(!data_len || (data >= at && data + data_len <= at + used));
        buf_append(&o->body, data ? data : "", data_len);
        o->used += used;
    }
    o->done = d.done;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct outcome whole, pieces;
    char prefix[CHUNKED_PREFIX_MAX + 1];

    if (!len)
        return 0;
    assert(chunked_prefix(len, prefix) == strlen(prefix));
    decode((const char *)bytes + 1, len - 1, SIZE_MAX, &whole);
    decode((const char *)bytes + 1, len - 1, bytes[0] % 8 + 1, &pieces);
    assert(whole.result == pieces.result && whole.done == pieces.done);
    assert(whole.body.len == pieces.body.len);
    assert(!memcmp(buf_text(&whole.body), buf_text(&pieces.body), whole.body.len));
    assert(whole.result || whole.used == pieces.used);
    buf_release(&whole.body);
    buf_release(&pieces.body);
    return 0;
}
