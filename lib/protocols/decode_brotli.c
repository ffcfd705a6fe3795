/* SPDX-License-Identifier: MIT */
/* br (RFC 7932). */
#include "base/mem.h"
#include "protocols/decode.h"

#include <brotli/decode.h>

struct brotli_decoder {
    struct decoder base;
    BrotliDecoderState *state;
};

static void *take(void *opaque, size_t size)
{
    (void)opaque;
    return mem_alloc(size);
}

static void give(void *opaque, void *p)
{
    (void)opaque;
    mem_free(p);
}

static CURLcode refuse(struct brotli_decoder *d, const char *reason)
{
    d->base.reason = reason;
    return CURLE_BAD_CONTENT_ENCODING;
}

static WAITS CURLcode brotli_write(struct decode_sink *sink, const char *bytes, size_t len)
{
    struct brotli_decoder *d = (struct brotli_decoder *)sink;
    const uint8_t *in = (const uint8_t *)bytes;
    BrotliDecoderResult step = BROTLI_DECODER_RESULT_NEEDS_MORE_OUTPUT;

    if (BrotliDecoderIsFinished(d->state))
        return refuse(d, "Bytes follow the end of the brotli body");
    while (len || step == BROTLI_DECODER_RESULT_NEEDS_MORE_OUTPUT) {
        size_t none = 0, out_len = 0;
        const uint8_t *out;
        CURLcode result = CURLE_OK;

        step = BrotliDecoderDecompressStream(d->state, &len, &in, &none, NULL, NULL);
        out = BrotliDecoderTakeOutput(d->state, &out_len);
        if (out_len)
            result = d->base.out->write(d->base.out, (const char *)out, out_len);
        if (result)
            return result;
        if (step == BROTLI_DECODER_RESULT_ERROR)
            return refuse(d, BrotliDecoderErrorString(BrotliDecoderGetErrorCode(d->state)));
        if (step == BROTLI_DECODER_RESULT_SUCCESS)
            return len ? refuse(d, "Bytes follow the end of the brotli body") : CURLE_OK;
    }
    return CURLE_OK;
}

static void brotli_free(struct decoder *base)
{
    struct brotli_decoder *d = (struct brotli_decoder *)base;

    BrotliDecoderDestroyInstance(d->state);
    mem_free(d);
}

static struct decoder *brotli_new(void)
{
    struct brotli_decoder *d = mem_calloc(1, sizeof(*d));

    if (!d)
        return NULL;
    d->base.in.write = brotli_write;
    d->state = BrotliDecoderCreateInstance(take, give, NULL);
    if (d->state)
        return &d->base;
    mem_free(d);
    return NULL;
}

const struct decoder_kind decoder_brotli = {"br", NULL, brotli_new, brotli_free};
