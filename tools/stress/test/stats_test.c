/* SPDX-License-Identifier: MIT */
/* The comparison's sums: Student's t against its tables, intervals, and how often A against A is
 * called different. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cli/stats.h"

static void quantiles_are_those_of_the_tables(void **state)
{
    static const struct {
        double freedom;
        double p; /* two-sided */
        double t;
    } rows[] = {
        {1,    0.05,  12.7062},
        {2,    0.05,  4.30265},
        {4,    0.05,  2.77645},
        {4,    0.01,  4.60409},
        {9,    0.05,  2.26216},
        {30,   0.05,  2.04227},
        {4,    0.001, 8.61030},
        {1000, 0.05,  1.96234},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_true(fabs(stats_t_of(rows[i].p, rows[i].freedom) / rows[i].t - 1) < 1e-5);
        assert_true(fabs(stats_t_p(rows[i].t, rows[i].freedom) / rows[i].p - 1) < 1e-4);
    }
    assert_true(fabs(stats_t_p(0, 4) - 1) < 1e-12);
}

static void pairs_that_agree_have_a_narrow_interval(void **state)
{
    const double a[] = {100, 200, 150, 120, 180};
    const double b[] = {110, 220, 165, 132, 198};
    struct stats stats;

    (void)state;
    assert_true(stats_compare(&stats, a, b, 5));
    assert_true(fabs(stats.difference - 0.1) < 1e-9);
    assert_true(fabs(stats.low - 0.1) < 1e-6 && fabs(stats.high - 0.1) < 1e-6);
    assert_true(stats.p < 1e-6);
    assert_true(fabs(stats.a_mean - 150) < 1e-9);
}

static void equal_pairs_do_not_differ(void **state)
{
    const double a[] = {7, 7, 7, 7, 7};
    struct stats stats;

    (void)state;
    assert_true(stats_compare(&stats, a, a, 5));
    assert_true(stats.p >= 1 && fabs(stats.difference) < 1e-12);
}

static void what_is_not_there_is_not_compared(void **state)
{
    const double a[] = {1, 2};
    const double bad[] = {1, 0};
    const double none[] = {1, NAN};
    struct stats stats;

    (void)state;
    assert_false(stats_compare(&stats, a, a, 1));
    assert_false(stats_compare(&stats, a, bad, 2));
    assert_false(stats_compare(&stats, none, a, 2));
}

static void holm_stops_at_the_first_that_may_be_chance(void **state)
{
    const double p[] = {0.04, 0.001, 0.03, 0.012};
    bool differs[4];

    (void)state;
    stats_holm(p, differs, 4, 0.05); /* limits: 0.0125, 0.0167, 0.025, 0.05 */
    assert_true(!differs[0] && differs[1] && !differs[2] && differs[3]);
}

static uint64_t seed = 1;

static double uniform(void)
{
    seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407;
    return ((double)(seed >> 11) + 0.5) * 0x1p-53;
}

static double noise(void)
{
    return sqrt(-2 * log(uniform())) * cos(2 * 3.14159265358979 * uniform());
}

/* Eight figures of five pairs, none of which differs but by chance. */
static bool is_called_different(void)
{
    double p[8];
    bool differs[8];

    for (int metric = 0; metric < 8; metric++) {
        double a[5];
        double b[5];
        struct stats stats;
        for (int pair = 0; pair < 5; pair++) {
            double drift = noise(); /* what both of a pair have in common */
            a[pair] = exp(0.2 * drift + 0.05 * noise());
            b[pair] = exp(0.2 * drift + 0.05 * noise());
        }
        assert_true(stats_compare(&stats, a, b, 5));
        p[metric] = stats.p;
    }
    stats_holm(p, differs, 8, 0.02);
    for (int metric = 0; metric < 8; metric++) {
        if (differs[metric]) {
            return true;
        }
    }
    return false;
}

static void a_against_a_is_called_different_twice_in_a_hundred(void **state)
{
    int called = 0;

    (void)state;
    for (int i = 0; i < 5000; i++) {
        called += is_called_different();
    }
    assert_in_range(called, 50, 125); /* 100, give or take 2.5 standard deviations */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(quantiles_are_those_of_the_tables),
        cmocka_unit_test(pairs_that_agree_have_a_narrow_interval),
        cmocka_unit_test(equal_pairs_do_not_differ),
        cmocka_unit_test(what_is_not_there_is_not_compared),
        cmocka_unit_test(holm_stops_at_the_first_that_may_be_chance),
        cmocka_unit_test(a_against_a_is_called_different_twice_in_a_hundred),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
