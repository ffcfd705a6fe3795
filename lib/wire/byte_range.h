/* SPDX-License-Identifier: MIT */
/* The range of CURLOPT_RANGE for protocols that apply it themselves: "X-Y", "X-", "-Y". */
#ifndef WIRE_BYTE_RANGE_H
#define WIRE_BYTE_RANGE_H

#include "base/str.h"

#include <stdbool.h>
#include <stdint.h>

struct byte_range {
    int64_t first; /* offset; negative: so many bytes from the end */
    int64_t count; /* bytes at most; -1: to the end */
};

/* Of several ranges (behind commas) it is the first. False for what is none, for one that ends
 * before it starts, and for one of the last 0 bytes. */
bool byte_range_parse(struct str, struct byte_range *ret);

#endif
