/* SPDX-License-Identifier: MIT */
#ifndef BASE_RAND_H
#define BASE_RAND_H

#include <stddef.h>
#include <stdint.h>

/* Fills `bytes` from the kernel's generator (unpredictable, safe for keys); any thread. */
void rand_bytes(void *bytes, size_t len);

/* The same for what never leaves the process: no test hook shows in it. */
void rand_kernel(void *bytes, size_t len);

/* A number below `limit` (> 0). */
uint32_t rand_below(uint32_t limit);

#endif
