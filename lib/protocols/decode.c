/* SPDX-License-Identifier: MIT */
#include "protocols/decode.h"

#include <string.h>

const struct decoder_kind *const decoder_kinds[] = {
#ifdef HAVE_ZLIB
    &decoder_deflate,
    &decoder_gzip,
#endif
#ifdef HAVE_BROTLI
    &decoder_brotli,
#endif
#ifdef HAVE_ZSTD
    &decoder_zstd,
#endif
    NULL,
};

const char *decode_names(void)
{
#if defined(HAVE_ZLIB) && defined(HAVE_BROTLI) && defined(HAVE_ZSTD)
    return "deflate, gzip, br, zstd";
#elif defined(HAVE_ZLIB) && defined(HAVE_BROTLI)
    return "deflate, gzip, br";
#elif defined(HAVE_ZLIB) && defined(HAVE_ZSTD)
    return "deflate, gzip, zstd";
#elif defined(HAVE_BROTLI) && defined(HAVE_ZSTD)
    return "br, zstd";
#elif defined(HAVE_ZLIB)
    return "deflate, gzip";
#elif defined(HAVE_BROTLI)
    return "br";
#elif defined(HAVE_ZSTD)
    return "zstd";
#else
    return "identity";
#endif
}

static const struct decoder_kind *find(struct str name)
{
    for (size_t i = 0; decoder_kinds[i]; i++) {
        const struct decoder_kind *k = decoder_kinds[i];

        if (str_equal_nocase(name, str_of(k->name)) ||
            (k->alias && str_equal_nocase(name, str_of(k->alias))))
            return k;
    }
    return NULL;
}

/* In front of those that are there: the coding that was applied last comes off first. */
static CURLcode add_one(struct decoding *d, struct str name, struct decode_sink *end)
{
    const struct decoder_kind *kind = find(name);
    struct decoder *decoder;

    if (str_equal_nocase(name, STR("identity")) || str_equal_nocase(name, STR("none")))
        return CURLE_OK;
    if (d->count == DECODERS_MOST)
        return CURLE_BAD_CONTENT_ENCODING;
    d->end = end;
    if (!kind) {
        d->unknown = true;
        return CURLE_OK;
    }
    decoder = kind->new ();
    if (!decoder)
        return CURLE_OUT_OF_MEMORY;
    decoder->kind = kind;
    decoder->out = d->count ? &d->decoders[0]->in : end;
    memmove(d->decoders + 1, d->decoders,
            (size_t)d->count * sizeof(struct decoder *)); /* NOLINT(bugprone-sizeof-expression) */
    d->decoders[0] = decoder;
    d->count++;
    return CURLE_OK;
}

CURLcode decode_add(struct decoding *d, struct str list, struct decode_sink *end)
{
    CURLcode result = CURLE_OK;

    while (!result && list.len) {
        const char *comma = memchr(list.at, ',', list.len);
        size_t len = comma ? (size_t)(comma - list.at) : list.len;
        struct str name = str_trim_blanks((struct str){list.at, len});

        if (name.len)
            result = add_one(d, name, end);
        list.at += comma ? len + 1 : len;
        list.len -= comma ? len + 1 : len;
    }
    return result;
}

void decode_release(struct decoding *d)
{
    for (int i = 0; i < d->count; i++)
        d->decoders[i]->kind->free(d->decoders[i]);
    *d = (struct decoding){0};
}

CURLcode decode_write(struct decoding *d, const char *bytes, size_t len)
{
    struct decode_sink *first = d->count ? &d->decoders[0]->in : d->end;

    if (d->unknown)
        return CURLE_BAD_CONTENT_ENCODING;
    return first->write(first, bytes, len);
}

const char *decode_reason(const struct decoding *d)
{
    for (int i = 0; i < d->count; i++) {
        if (d->decoders[i]->reason)
            return d->decoders[i]->reason;
    }
    return NULL;
}
