/* SPDX-License-Identifier: MIT */
/* zstd (RFC 8878). Its allocator can only be set through an interface that is not stable: it takes
 * its memory from malloc. */
#include "base/mem.h"
#include "protocols/decode.h"

#include <zstd.h>

enum { OUT_BYTES = 32768 };

struct zstd_decoder {
    struct decoder base;
    ZSTD_DStream *stream;
    char out[OUT_BYTES];
};

static WAITS CURLcode zstd_write(struct decode_sink *sink, const char *bytes, size_t len)
{
    struct zstd_decoder *d = (struct zstd_decoder *)sink;
    ZSTD_inBuffer in = {bytes, len, 0};
    ZSTD_outBuffer out;

    do {
        size_t left;
        CURLcode result = CURLE_OK;

        out = (ZSTD_outBuffer){d->out, OUT_BYTES, 0};
        left = ZSTD_decompressStream(d->stream, &out, &in);
        if (ZSTD_isError(left)) {
            d->base.reason = ZSTD_getErrorName(left);
            return CURLE_BAD_CONTENT_ENCODING;
        }
        if (out.pos)
            result = d->base.out->write(d->base.out, d->out, out.pos);
        if (result)
            return result;
    } while (in.pos < in.size || out.pos == out.size);
    return CURLE_OK;
}

static void zstd_free(struct decoder *base)
{
    struct zstd_decoder *d = (struct zstd_decoder *)base;

    ZSTD_freeDStream(d->stream);
    mem_free(d);
}

static struct decoder *zstd_new(void)
{
    struct zstd_decoder *d = mem_calloc(1, sizeof(*d));

    if (!d)
        return NULL;
    d->base.in.write = zstd_write;
    d->stream = ZSTD_createDStream();
    if (d->stream)
        return &d->base;
    mem_free(d);
    return NULL;
}

const struct decoder_kind decoder_zstd = {"zstd", NULL, zstd_new, zstd_free};
