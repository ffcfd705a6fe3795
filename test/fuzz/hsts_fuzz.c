/* SPDX-License-Identifier: MIT */
/* Any field and any line of a file: a line that is taken is written as one line and read back the
 * same. */
#include "fuzz.h"

#include "wire/hsts.h"

const char *const fuzz_seeds[] = {
    "max-age=31536000; includeSubDomains; preload",
    "a=\"x;y\"; max-age=\"60\"",
    ".a.example. \"20991001 04:47:41\"",
    "a.example \"unlimited\"",
    NULL,
};

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct str text = {(const char *)bytes, len};
    struct hsts_policy policy;
    struct hsts_line line, again;
    scoped(buf) written = {0};

    if (hsts_parse_field(text, &policy))
        assert(policy.max_age_s >= 0);
    if (!hsts_parse_line(text, &line) || !hsts_append_line(&written, &line))
        return 0;
    assert(line.host.len && line.host.len <= HSTS_NAME_MAX);
    assert(memchr(written.bytes, '\n', written.len) == written.bytes + written.len - 1);
    assert(hsts_parse_line((struct str){written.bytes, written.len - 1}, &again));
    assert(str_equal(line.host, again.host) && line.subdomains == again.subdomains);
    return 0;
}
