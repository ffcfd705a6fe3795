/* SPDX-License-Identifier: MIT */
/* Challenges and their parameters lie within the field, and each step gets on. */
#include "fuzz.h"

#include "wire/challenge.h"

const char *const fuzz_seeds[] = {
    "Negotiate, NTLM TlRMTVNTUAA=, Basic realm=\"x\"",
    "Digest realm=\"a\\\"b\", nonce = c, qop=\"auth,auth-int\", Bearer",
    "a=b, \"c, Basic = x ,, d",
    NULL,
};

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct str field = {(const char *)bytes, len};
    struct challenge c;
    scoped(buf) value = {0};

    for (size_t left = len; challenge_next(&field, &c); left = field.len) {
        struct str text = c.text, name;
        assert(field.len < left && c.scheme.len);
        assert(c.scheme.len + c.text.len + field.len <= left);
        for (size_t before = text.len; challenge_param(&text, &name, &value); before = text.len)
            assert(text.len < before && name.len && value.len < before);
        assert(!buf_failed(&value));
    }
    assert(!field.len || !challenge_next(&field, &c));
    return 0;
}
