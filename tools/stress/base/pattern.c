/* SPDX-License-Identifier: MIT */
/*
 * The text repeats after a prime number of bytes, so that blocks that were lost, doubled or swapped
 * at any power of two are seen. The table holds many periods: the work is one memcpy or memcmp a
 * block.
 */
#include "base/pattern.h"

#include <string.h>

enum {
    PERIOD = 251,
    BLOCK = 32768,
};

/* Fixed after pattern_init; any thread reads. */
static char text[PERIOD + BLOCK];

void pattern_init(void)
{
    for (size_t i = 0; i < sizeof(text); i++) {
        size_t at = i % PERIOD;
        text[i] = (char)('!' + (at * 31 + at / 8) % 94);
    }
}

void pattern_fill(char *out, size_t len, uint64_t offset)
{
    while (len > 0) {
        size_t part = len < BLOCK ? len : BLOCK;
        memcpy(out, text + offset % PERIOD, part);
        out += part;
        len -= part;
        offset += part;
    }
}

bool pattern_matches(const char *bytes, size_t len, uint64_t offset)
{
    while (len > 0) {
        size_t part = len < BLOCK ? len : BLOCK;
        if (memcmp(bytes, text + offset % PERIOD, part) != 0) {
            return false;
        }
        bytes += part;
        len -= part;
        offset += part;
    }
    return true;
}
