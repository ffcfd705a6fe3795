/* SPDX-License-Identifier: MIT */
/*
 * When requests are due in an open loop: a plan of stages, each of which holds a rate or ramps from
 * one to another. Pure: a position in the stream of arrivals in, a time out, so that any number of
 * threads can each ask for its share of positions without talking to the others.
 */
#ifndef STRESS_PACE_H
#define STRESS_PACE_H

#include <stdbool.h>
#include <stddef.h>

enum {
    PACE_STAGES = 64,
};

struct pace_stage {
    double from; /* requests a second at its start */
    double to;   /* and at its end */
    double seconds;
};

/* Zeroed, it has no stages. */
struct pace {
    struct pace_stage stages[PACE_STAGES];
    size_t count;
};

/* Adds a stage; false when there are too many or it makes no sense. */
bool pace_add(struct pace *pace, double from, double to, double seconds);

/* Puts a stage before all others, at the rate that they begin with. As pace_add. */
bool pace_add_first(struct pace *pace, double seconds);

/* Reads "RATE:TIME" or "FROM-TO:TIME", several with commas between, and adds them. */
bool pace_read(struct pace *pace, const char *text);

/*
 * Seconds from the start to the moment when arrival `position` (0, 1, ...; fractions are moments in
 * between) is due; INFINITY when all stages are over before.
 */
double pace_due(const struct pace *pace, double position);

/* How many arrivals all stages have. */
double pace_total(const struct pace *pace);

/* How long all stages take. */
double pace_seconds(const struct pace *pace);

/* The rate that is wanted after so many seconds; 0 when all is over. */
double pace_rate(const struct pace *pace, double seconds);

#endif
