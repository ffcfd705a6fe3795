/* SPDX-License-Identifier: MIT */
/* Parameters of any bytes are refused or can be answered, twice, in one line. */
#include "fuzz.h"

#include "wire/digest.h"

const char *const fuzz_seeds[] = {
    "realm=\"r\", nonce=\"n\", qop=\"auth,auth-int\", algorithm=SHA-256, opaque=o, userhash=true",
    "nonce=n,algorithm=MD5-sess,qop=auth-int,stale=true",
    NULL,
};

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    const struct digest_request r = {STR("u\""), STR("p"), STR("GET"), STR("/\\"), STR("c")};
    scoped(digest) d = {0};
    scoped(buf) line = {0};

    if (digest_read((struct str){(const char *)bytes, len}, &d))
        return 0;
    assert(d.nonce.len && d.nonce.len <= len);
    assert(digest_write(&d, &r, &line));
    assert(d.count == 1 && line.len > 30);
    assert(digest_write(&d, &r, &line));
    return 0;
}
