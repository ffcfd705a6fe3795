/* SPDX-License-Identifier: MIT */
/* Objectives, and the numbers with units that they and other options have. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/units.h"
#include "out/slo.h"

static void near(double got, double wanted)
{
    assert_true(fabs(got - wanted) <= 1e-9 * fmax(1, fabs(wanted)));
}

static void each_figure_is_read(void **state)
{
    char error[SLO_ERROR_MAX];
    struct slo slo;

    (void)state;
    assert_true(slo_read(
        &slo, "p99<50ms, errors<=0.1%,rate>1000,mean<1,max<2m,throughput>1.5M,p99.99>=1us", error));
    assert_int_equal(slo.count, 7);
    assert_int_equal(slo.items[0].figure, SLO_PERCENTILE);
    near(slo.items[0].percent, 99);
    near(slo.items[0].limit, 50e6);
    assert_true(slo.items[0].at_most && !slo.items[0].or_equal);
    near(slo.items[1].limit, 0.1);
    assert_true(slo.items[1].or_equal);
    assert_false(slo.items[2].at_most);
    near(slo.items[3].limit, 1e9);
    near(slo.items[4].limit, 120e9);
    near(slo.items[5].limit, 1.5e6);
    near(slo.items[6].percent, 99.99);
    near(slo.items[6].limit, 1e3);
}

static void nonsense_is_refused(void **state)
{
    static const char *const texts[] = {"",
                                        ",",
                                        "p99",
                                        "p99<",
                                        "p99<x",
                                        "p101<1s",
                                        "p<1s",
                                        "errors<0.1",
                                        "rate>1s",
                                        "q>1",
                                        "p99=1s",
                                        "p99<1s,",
                                        "p99<1s p9<1s",
                                        "rate>-1",
                                        "p99<nan",
                                        "errors<101%",
                                        "rate>nan",
                                        "throughput>x"};
    char error[SLO_ERROR_MAX];
    struct slo slo;

    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        assert_false(slo_read(&slo, texts[i], error));
    }
}

static double ten(const struct slo_item *item, const void *from)
{
    (void)item;
    return *(const double *)from;
}

static void limits_are_met_on_their_side(void **state)
{
    static const struct {
        const char *text;
        bool met;
    } cases[] = {
        {"rate>9",   true },
        {"rate>10",  false},
        {"rate>=10", true },
        {"rate>11",  false},
        {"rate<9",   false},
        {"rate<10",  false},
        {"rate<=10", true },
        {"rate<11",  true },
    };
    char error[SLO_ERROR_MAX];
    const double value = 10;
    const double none = NAN;
    struct slo slo;

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_true(slo_read(&slo, cases[i].text, error));
        assert_int_equal(slo_check(&slo, ten, &value), cases[i].met);
        assert_false(slo_check(&slo, ten, &none));
    }
}

static void times_and_sizes_have_units(void **state)
{
    double seconds = 0;
    int64_t bytes = 0;

    (void)state;
    assert_true(units_read_seconds("1.5", &seconds));
    near(seconds, 1.5);
    assert_true(units_read_seconds("20us", &seconds));
    near(seconds, 20e-6);
    assert_true(units_read_seconds("2h", &seconds));
    near(seconds, 7200);
    assert_false(units_read_seconds("", &seconds));
    assert_false(units_read_seconds("0", &seconds));
    assert_false(units_read_seconds("1 s", &seconds));
    assert_false(units_read_seconds("1e99", &seconds));
    assert_true(units_read_bytes("1.5k", &bytes));
    assert_int_equal(bytes, 1500);
    assert_true(units_read_bytes("2Ki", &bytes));
    assert_int_equal(bytes, 2048);
    assert_true(units_read_bytes("3G", &bytes));
    assert_int_equal(bytes, 3000000000);
    assert_false(units_read_bytes("1x", &bytes));
    assert_false(units_read_bytes("1kk", &bytes));
    assert_false(units_read_bytes("-1", &bytes));
    assert_false(units_read_bytes("", &bytes));
}

static void numbers_are_shown_with_three_digits(void **state)
{
    char text[UNITS_MAX];

    (void)state;
    assert_string_equal(units_time(text, 999), "999 ns");
    assert_string_equal(units_time(text, 1234), "1.23 us");
    assert_string_equal(units_time(text, 12.34e6), "12.3 ms");
    assert_string_equal(units_time(text, 99.96e6), "100 ms");
    assert_string_equal(units_bytes(text, 999.6), "1.00 kB");
    assert_string_equal(units_count(text, 1234567), "1,234,567");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_figure_is_read),
        cmocka_unit_test(nonsense_is_refused),
        cmocka_unit_test(limits_are_met_on_their_side),
        cmocka_unit_test(times_and_sizes_have_units),
        cmocka_unit_test(numbers_are_shown_with_three_digits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
