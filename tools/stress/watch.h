/* SPDX-License-Identifier: MIT */
/* What the main thread does while a load runs: shows how far it is, and minds the signals. */
#ifndef STRESS_WATCH_H
#define STRESS_WATCH_H

#include <stdbool.h>

#include "load.h"

/* Blocks the signals that end a load, in this thread and those that it starts. Before any of them.
 */
void watch_block_signals(void);

/*
 * Returns when the load is over. SIGINT or SIGTERM ends it, and the next one has its usual effect
 * again.
 * `*threads` is the most threads that this process was seen to have. False if a signal ended it.
 */
bool watch_load(struct load *load, bool show_progress, unsigned *threads);

#endif
