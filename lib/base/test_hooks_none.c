/* SPDX-License-Identifier: MIT */
#include "base/test_hooks.h"

#include <stddef.h>

const char *test_hook(const char *name)
{
    (void)name;
    return NULL;
}
