/* SPDX-License-Identifier: MIT */
#include "base/test_hooks.h"

#include <stdlib.h>

const char *test_hook(const char *name)
{
    return getenv(name); /* NOLINT(concurrency-mt-unsafe): the test sees to it */
}
