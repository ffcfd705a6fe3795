/* SPDX-License-Identifier: MIT */
/* Whatever the path and the query, there is one line. */
#include "fuzz.h"

#include "wire/gopher.h"

#include <string.h>

const char *const fuzz_seeds[] = {"/1/selector", "/7/search%09word?more", NULL};

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct str path = {(const char *)bytes, len / 2};
    struct str query = {(const char *)bytes + len / 2, len - len / 2};
    scoped(buf) line = {0};

    if (gopher_append_selector(&line, path, query))
        return 0;
    assert(line.len >= 2 && line.len <= len + 3);
    assert(memchr(line.bytes, '\r', line.len) == line.bytes + line.len - 2);
    assert(memchr(line.bytes, '\n', line.len) == line.bytes + line.len - 1);
    assert(!memchr(line.bytes, '\0', line.len));
    return 0;
}
