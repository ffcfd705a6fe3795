/* SPDX-License-Identifier: MIT */
/* Whatever the path, there is one line, and no control character in it. */
#include "fuzz.h"

#include "wire/dict.h"

const char *const fuzz_seeds[] = {"/d:word:database", "/MATCH:a%20b:*:soundex", "/show:db", NULL};

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    scoped(buf) line = {0};

    if (dict_append_command(&line, (struct str){(const char *)bytes, len}))
        return 0;
    assert(line.len >= 2 && line.bytes[line.len - 2] == '\r' && line.bytes[line.len - 1] == '\n');
    for (size_t i = 0; i + 2 < line.len; i++)
        assert((unsigned char)line.bytes[i] >= ' ');
    assert(line.len <= 2 * len + 32);
    return 0;
}
