/* SPDX-License-Identifier: MIT */
/* The time of day, for what is dated: seconds since 1970. */
#ifndef BASE_WALL_H
#define BASE_WALL_H

#include <stdint.h>

/* For what is kept until a date; the hook CURL_TIME sets it. Any thread. */
int64_t wall_clock(void);

/* For what is signed with a date; the hook CURL_FORCETIME makes it 0. Any thread. */
int64_t wall_clock_of_signatures(void);

#endif
