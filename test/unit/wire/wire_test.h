/* SPDX-License-Identifier: MIT */
/* Parser tests run twice by construction: all bytes at once, then one at a time. */
#ifndef TEST_WIRE_TEST_H
#define TEST_WIRE_TEST_H

#include "base/str.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* Runs `check(bytes, step)` with steps of all bytes, one and a few. */
#define WITH_ALL_SPLITS(step)                                                                      \
    for (size_t split_ = 0, step = SIZE_MAX; split_ < 3; split_++, step = split_ == 1 ? 1 : 3)

static inline size_t split_len(size_t left, size_t step)
{
    return left < step ? left : step;
}

static inline void assert_str(struct str got, const char *expected)
{
    assert_int_equal(got.len, strlen(expected));
    assert_memory_equal(got.at, expected, got.len);
}

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

#endif
