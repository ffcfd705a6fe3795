/* SPDX-License-Identifier: MIT */
/* Paired differences and what can be said of them. Pure. */
#ifndef STRESS_STATS_H
#define STRESS_STATS_H

#include <stdbool.h>
#include <stddef.h>

/* The difference of B to A, as a share of A: 0.1 is 10 % more. */
struct stats {
    double a_mean;
    double b_mean;
    double difference; /* of the geometric means */
    double low;        /* of its 95% confidence interval */
    double high;
    double p; /* that a difference as large comes of nothing (two-sided paired t-test) */
};

/*
 * Compares pairs of positive figures by the logarithms of their ratios. False when there are fewer
 * than two, or one is not positive: there is then nothing to compare.
 */
bool stats_compare(struct stats *stats, const double *a, const double *b, size_t count);

/*
 * Holm's procedure: writes to `differs` which of several tests are significant, if the probability
 * that any of them says so wrongly is to be at most `alpha`.
 */
void stats_holm(const double *p, bool *differs, size_t count, double alpha);

/* Student's t: the probability that |T| with `freedom` degrees is at least t, and the t for which
 * it is p. */
double stats_t_p(double t, double freedom);
double stats_t_of(double p, double freedom);

#endif
