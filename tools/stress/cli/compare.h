/* SPDX-License-Identifier: MIT */
/*
 * The command that compares two libraries: the load is run with each in turn, every time in a
 * process of its own, in the order A B B A A B ...; what is looked at are the differences within
 * the pairs, so that what slowly changes on the machine meets both.
 */
#ifndef STRESS_COMPARE_H
#define STRESS_COMPARE_H

#include "cli/run.h"

/* `argv` is the command line: the processes get it, too. */
enum exit_status compare_libraries(const struct options *options, char **argv);

#endif
