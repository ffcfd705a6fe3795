/* SPDX-License-Identifier: MIT */
#include "base/clock.h"

#include <limits.h>
#include <time.h>

int64_t clock_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * CLOCK_SECOND + now.tv_nsec / 1000;
}

int clock_poll_ms(int64_t now, int64_t deadline)
{
    int64_t ms;

    if (deadline == CLOCK_NEVER)
        return -1;
    if (deadline <= now)
        return 0;
    ms = (deadline - now + CLOCK_MS - 1) / CLOCK_MS;
    return ms > INT_MAX ? INT_MAX : (int)ms;
}
