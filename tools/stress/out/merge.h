/* SPDX-License-Identifier: MIT */
/* Joins results exactly: counts and histograms are added, nothing is estimated. */
#ifndef STRESS_MERGE_H
#define STRESS_MERGE_H

#include <stdbool.h>

#include "out/result.h"

/* Adds a run that went on at the same time, on another machine say: its time is the one from the
 * first start to the last end. False: no memory. */
bool result_join(struct result *into, const struct result *from);

/* Adds a run that came after: the times add up. The seconds stay those of the first. */
void result_append(struct result *into, const struct result *from);

#endif
