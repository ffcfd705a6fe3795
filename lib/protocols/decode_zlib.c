/* SPDX-License-Identifier: MIT */
/* deflate and gzip (RFC 1950 to 1952), by zlib. */
#include "base/mem.h"
#include "protocols/decode.h"

#include <string.h>
#include <zlib.h>

enum { OUT_BYTES = 16384, GZIP_AND_ZLIB = 32 };

struct zlib_decoder {
    struct decoder base;
    z_stream z;
    bool gzip;
    bool begun; /* bytes came */
    bool raw;   /* a server that leaves zlib's wrapping out of deflate (RFC 9110 8.4.1.2) */
    bool ended; /* the last member is complete */
    char out[OUT_BYTES];
};

static void *take(void *opaque, unsigned count, unsigned size)
{
    (void)opaque;
    return mem_calloc(count, size);
}

static void give(void *opaque, void *p)
{
    (void)opaque;
    mem_free(p);
}

static CURLcode refuse(struct zlib_decoder *d)
{
    d->base.reason = d->z.msg ? d->z.msg : "invalid data";
    return CURLE_BAD_CONTENT_ENCODING;
}

/* No zlib header in front: begins again without one, with what was offered first. */
static bool becomes_raw(struct zlib_decoder *d, int error, bool first)
{
    if (d->gzip || d->raw || error != Z_DATA_ERROR || !first)
        return false;
    d->raw = true;
    return inflateReset2(&d->z, -MAX_WBITS) == Z_OK;
}

static WAITS CURLcode give_out(struct zlib_decoder *d)
{
    size_t len = OUT_BYTES - d->z.avail_out;

    return len ? d->base.out->write(d->base.out, d->out, len) : CURLE_OK;
}

/* The stream has ended: libcurl takes nothing behind it, not even a second member. */
static CURLcode end(struct zlib_decoder *d)
{
    d->ended = true;
    if (!d->z.avail_in)
        return CURLE_OK;
    if (d->gzip && d->z.next_in[0] == 0x1f)
        d->base.reason = "Multi-member gzip response not supported";
    return CURLE_WRITE_ERROR;
}

static WAITS CURLcode inflate_all(struct zlib_decoder *d, const char *bytes, size_t len)
{
    bool first = !d->begun;
    CURLcode result = CURLE_OK;

    d->begun = true;
    while (!result && !d->ended && (d->z.avail_in || !d->z.avail_out)) {
        int error;

        d->z.next_out = (unsigned char *)d->out;
        d->z.avail_out = OUT_BYTES;
        error = inflate(&d->z, Z_SYNC_FLUSH);
        if (becomes_raw(d, error, first)) {
            d->z.next_in = (unsigned char *)(uintptr_t)bytes;
            d->z.avail_in = (unsigned)len;
            continue;
        }
        if (error != Z_OK && error != Z_STREAM_END && error != Z_BUF_ERROR)
            return error == Z_MEM_ERROR ? CURLE_OUT_OF_MEMORY : refuse(d);
        result = give_out(d);
        if (!result && error == Z_STREAM_END)
            return end(d);
        if (error == Z_BUF_ERROR)
            break;
    }
    return result;
}

static WAITS CURLcode zlib_write(struct decode_sink *sink, const char *bytes, size_t len)
{
    struct zlib_decoder *d = (struct zlib_decoder *)sink;

    d->z.next_in = (unsigned char *)(uintptr_t)bytes;
    d->z.avail_in = (unsigned)len;
    if (d->ended)
        return end(d);
    d->z.avail_out = OUT_BYTES;
    return inflate_all(d, bytes, len);
}

static void zlib_free(struct decoder *base)
{
    struct zlib_decoder *d = (struct zlib_decoder *)base;

    inflateEnd(&d->z);
    mem_free(d);
}

static struct decoder *zlib_new(bool gzip)
{
    struct zlib_decoder *d = mem_calloc(1, sizeof(*d));

    if (!d)
        return NULL;
    d->base.in.write = zlib_write;
    d->gzip = gzip;
    d->z.zalloc = take;
    d->z.zfree = give;
    if (inflateInit2(&d->z, gzip ? MAX_WBITS + GZIP_AND_ZLIB : MAX_WBITS) == Z_OK)
        return &d->base;
    mem_free(d);
    return NULL;
}

static struct decoder *deflate_new(void)
{
    return zlib_new(false);
}

static struct decoder *gzip_new(void)
{
    return zlib_new(true);
}

const struct decoder_kind decoder_deflate = {"deflate", NULL, deflate_new, zlib_free};
const struct decoder_kind decoder_gzip = {"gzip", "x-gzip", gzip_new, zlib_free};
