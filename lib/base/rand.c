/* SPDX-License-Identifier: MIT */
#include "base/rand.h"

#include "base/test_hooks.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

/* The hook CURL_ENTROPY: its first four characters as a number, which grows by one each time. */
static bool is_fixed(char *bytes, size_t len)
{
    static _Atomic uint32_t drawn;
    const char *start = test_hook("CURL_ENTROPY");
    uint32_t first = 0;

    if (!start)
        return false;
    for (size_t i = 0; i < 4 && start[i]; i++)
        first = first << 8 | (unsigned char)start[i];
    for (size_t i = 0; i < len; i += sizeof(first)) {
        uint32_t number = first + drawn++;
        memcpy(bytes + i, &number, len - i < sizeof(number) ? len - i : sizeof(number));
    }
    return true;
}

void rand_kernel(void *bytes, size_t len)
{
    char *at = bytes;

    while (len) {
        ssize_t got = getrandom(at, len, 0);
        if (got < 0) {
            if (errno == EINTR)
                continue;
            abort(); /* a kernel without getrandom: nothing safe can be done */
        }
        at += got;
        len -= (size_t)got;
    }
}

void rand_bytes(void *bytes, size_t len)
{
    if (!is_fixed(bytes, len))
        rand_kernel(bytes, len);
}

uint32_t rand_below(uint32_t limit)
{
    uint32_t number;

    rand_bytes(&number, sizeof(number));
    return number % limit;
}
