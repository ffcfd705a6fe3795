/* SPDX-License-Identifier: MIT */
/* A target is LLVMFuzzerTestOneInput and a list of seeds. With libFuzzer (option `fuzz`) it runs
 * for as long as one likes; else driver.c runs the seeds and a fixed number of their mutations as a
 * test. A target says what must hold with assert, which the build keeps. */
#ifndef TEST_FUZZ_H
#define TEST_FUZZ_H

#undef NDEBUG
#include <assert.h>
#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

/* Texts to begin with, closed by NULL. */
extern const char *const fuzz_seeds[];

#endif
