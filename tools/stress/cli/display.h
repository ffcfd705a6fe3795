/* SPDX-License-Identifier: MIT */
/* What is shown on stderr while a load runs: a few lines that change on a terminal, a line a second
 * elsewhere. */
#ifndef STRESS_DISPLAY_H
#define STRESS_DISPLAY_H

#include <stdbool.h>

#include "out/series.h"
#include "run/load.h"

struct display {
    bool on; /* shows anything at all */
    bool on_terminal;
    int lines;            /* that stand on the terminal, to be written over */
    struct interval last; /* the last whole second */
    bool has_last;
};

void display_begin(struct display *display, bool on);

/* A second is over: elsewhere than on a terminal its line is written. */
void display_second(struct display *display, const struct load *load,
                    const struct interval *interval);

/* On a terminal: what it looks like now. */
void display_now(struct display *display, const struct load *load);

/* Takes the lines off the terminal. */
void display_end(struct display *display);

#endif
