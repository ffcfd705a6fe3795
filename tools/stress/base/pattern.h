/* SPDX-License-Identifier: MIT */
/*
 * The bytes that bodies consist of, on both ends: what stands at each offset of an endless text. So
 * a body of any size is made, and checked, without being kept anywhere.
 */
#ifndef STRESS_PATTERN_H
#define STRESS_PATTERN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Builds the table. Once, before any other thread or process exists. */
void pattern_init(void);

/* Writes the len bytes of the text that stand at `offset`. Any thread. */
void pattern_fill(char *out, size_t len, uint64_t offset);

/* Whether `bytes` are those that stand at `offset`. Any thread. */
bool pattern_matches(const char *bytes, size_t len, uint64_t offset);

#endif
