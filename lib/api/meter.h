/* SPDX-License-Identifier: MIT */
/* The built-in progress meter on stderr, for programs that switch progress on and set no callback.
 */
#ifndef API_METER_H
#define API_METER_H

#include <stdint.h>

struct easy;

/* Draws at most once a second, and at the end. Performer. */
void meter_show(struct easy *, int64_t now);

#endif
