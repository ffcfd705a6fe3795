/* SPDX-License-Identifier: MIT */
/* What was encoded decodes to what it was; decoding takes anything. */
#include "fuzz.h"

#include "wire/escape.h"

const char *const fuzz_seeds[] = {"a b/c?d", "%41%zz%4", "\xff\x01%00", NULL};

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct str text = {(const char *)bytes, len};
    scoped(buf) encoded = {0}, decoded = {0}, other = {0};

    assert(escape_append(&encoded, text));
    assert(unescape_append(&decoded, (struct str){encoded.bytes, encoded.len}));
    assert(decoded.len == len && (!len || !memcmp(decoded.bytes, bytes, len)));
    assert(unescape_append(&other, text));
    assert(other.len <= len);
    return 0;
}
