/* SPDX-License-Identifier: MIT */
/* What a transfer that has ended came to: fine or not, and if not, what was wrong and at what. */
#ifndef STRESS_VERDICT_H
#define STRESS_VERDICT_H

#include <stdint.h>

#include "run/slot.h"
#include "run/tally.h"

/* Fills in `entry` for a slot's transfer that ended with `code` at `now_ns`. */
void verdict_reach(struct tally_entry *entry, const struct slot *slot, CURLcode code,
                   uint64_t now_ns);

#endif
