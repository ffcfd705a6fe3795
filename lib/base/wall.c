/* SPDX-License-Identifier: MIT */
#include "base/wall.h"

#include "base/test_hooks.h"

#include <stdlib.h>
#include <time.h>

int64_t wall_clock(void)
{
    const char *fixed = test_hook("CURL_TIME");

    return fixed ? strtoll(fixed, NULL, 10) : (int64_t)time(NULL);
}

int64_t wall_clock_of_signatures(void)
{
    return test_hook("CURL_FORCETIME") ? 0 : (int64_t)time(NULL);
}
