/* SPDX-License-Identifier: MIT */
/* A list of what a multi handle's transfers are doing. */
#ifndef API_INSPECT_H
#define API_INSPECT_H

#include "api/handle.h"

#include <stdio.h>

/* A line a transfer: its number, what it is doing, since when, on which worker, its URL; separated
 * by tabs. CURLM_BAD_FUNCTION_ARGUMENT, CURLM_OUT_OF_MEMORY. Any thread, without the lock. */
CURLMcode inspect_dump(struct multi *, FILE *out);

#endif
