/* SPDX-License-Identifier: MIT */
/* What the main thread does while a load runs: seconds, signals, the display. */
#ifndef STRESS_WATCH_H
#define STRESS_WATCH_H

#include <stdbool.h>

#include "out/outputs.h"
#include "out/result.h"
#include "run/load.h"

/* Keeps SIGINT and SIGTERM from this thread and all that it starts. To be called before others
 * exist. */
void watch_block_signals(void);

/* Whether SIGINT or SIGTERM has come and was not taken yet. */
bool watch_has_signal(void);

/*
 * Returns when the load is over. Each second goes into the result's series and the outputs. With
 * the first SIGINT or SIGTERM it ends the load; the next one ends the program. Also fills in what
 * the client had used when counting began, and how many threads there were at most.
 */
void watch_load(struct load *load, struct result *result, struct outputs *outputs);

#endif
