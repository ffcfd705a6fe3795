/* SPDX-License-Identifier: MIT */
/* The command that loads: from the options to the exit status. */
#ifndef STRESS_RUN_H
#define STRESS_RUN_H

#include "cli/options.h"

/* Of the program; when several are true, the first of 2, 3, 4, 99, 1 is what it ends with. */
enum exit_status {
    EXIT_FINE = 0,
    EXIT_SOME_FAILED = 1, /* and no objective says how many may; or a file could not be written */
    EXIT_USAGE = 2,
    EXIT_NONE_SUCCEEDED = 3,
    EXIT_SATURATED = 4, /* this program fell behind: the figures are its own */
    EXIT_MISSED = 99,   /* an objective */
};

enum exit_status run_load_command(const struct options *options);

#endif
