/* SPDX-License-Identifier: MIT */
/* Time: microseconds of the monotonic clock. An absolute deadline is such a time. */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>

#define CLOCK_NEVER  INT64_MAX
#define CLOCK_SECOND INT64_C(1000000)
#define CLOCK_MS     INT64_C(1000)

int64_t clock_now(void);

/* The earlier of two deadlines. */
static inline int64_t clock_earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* The time `us` from `now`, CLOCK_NEVER when that is out of range. */
static inline int64_t clock_after(int64_t now, int64_t us)
{
    return us >= CLOCK_NEVER - now ? CLOCK_NEVER : now + us;
}

/* Milliseconds for poll() and epoll_wait() until `deadline`, rounded up; -1 for never. */
int clock_poll_ms(int64_t now, int64_t deadline);

#endif
