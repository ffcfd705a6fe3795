/* SPDX-License-Identifier: MIT */
#include "base/rand.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/random.h>

void rand_bytes(void *bytes, size_t len)
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

uint32_t rand_below(uint32_t limit)
{
    uint32_t number;

    rand_bytes(&number, sizeof(number));
    return number % limit;
}
