/* SPDX-License-Identifier: MIT */
/* The histogram against sorted values. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/histogram.h"

enum {
    VALUES = 20000,
};

static int setup(void **state)
{
    *state = calloc(1, sizeof(struct histogram));
    return *state == NULL;
}

static int teardown(void **state)
{
    free(*state);
    return 0;
}

static void empty_gives_zero(void **state)
{
    const struct histogram *histogram = *state;

    assert_int_equal(histogram_percentile(histogram, 50), 0);
    assert_int_equal(histogram_percentile(histogram, 100), 0);
    assert_int_equal(histogram_mean(histogram), 0);
}

static void small_values_are_exact(void **state)
{
    struct histogram *histogram = *state;

    for (uint64_t value = 1; value <= 100; value++) {
        histogram_add(histogram, value);
    }
    assert_int_equal(histogram_percentile(histogram, 0), 1);
    assert_int_equal(histogram_percentile(histogram, 50), 50);
    assert_int_equal(histogram_percentile(histogram, 90), 90);
    assert_int_equal(histogram_percentile(histogram, 99.9), 100);
    assert_int_equal(histogram_percentile(histogram, 100), 100);
}

static void every_power_of_two_and_its_neighbours_stay_within_a_thousandth(void **state)
{
    struct histogram *histogram = *state;

    for (int bit = 0; bit < HISTOGRAM_VALUE_BITS; bit++) {
        for (int64_t near = -1; near <= 1; near++) {
            uint64_t value = (uint64_t)((INT64_C(1) << bit) + near);
            memset(histogram, 0, sizeof(*histogram));
            histogram_add(histogram, value);
            histogram_add(histogram, UINT64_C(1) << (HISTOGRAM_VALUE_BITS + 3));
            uint64_t got = histogram_percentile(histogram, 50);
            assert_true(got >= value);
            assert_true(value < 2048 ? got == value : got - value <= value / 1000);
        }
    }
}

static int by_value(const void *a, const void *b)
{
    const uint64_t *left = a;
    const uint64_t *right = b;

    return (*left > *right) - (*left < *right);
}

static void percentiles_agree_with_sorted_values(void **state)
{
    static const double percents[] = {1, 10, 50, 90, 99, 99.9, 99.99, 100};
    static uint64_t values[VALUES];
    struct histogram *histogram = *state;
    uint64_t seed = 1;

    for (size_t i = 0; i < VALUES; i++) {
        seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407;
        values[i] = (seed >> 33) >> (seed % 29); /* all magnitudes */
        histogram_add(histogram, values[i]);
    }
    qsort(values, VALUES, sizeof(values[0]), by_value);
    for (size_t i = 0; i < sizeof(percents) / sizeof(percents[0]); i++) {
        double place = percents[i] / 100 * VALUES;
        uint64_t exact = values[(size_t)(place + 0.999999) - 1];
        uint64_t got = histogram_percentile(histogram, percents[i]);
        assert_true(got >= exact);
        assert_true(got - exact <= exact / 1000);
    }
    assert_int_equal(histogram_percentile(histogram, 100), values[VALUES - 1]);
}

static void merged_is_as_if_added_to_one(void **state)
{
    struct histogram *one = *state;
    struct histogram *parts = calloc(3, sizeof(*parts));

    assert_non_null(parts);
    for (uint64_t value = 1; value < 5000; value++) {
        histogram_add(one, value * value);
        histogram_add(&parts[value % 2], value * value);
    }
    histogram_merge(&parts[0], &parts[1]);
    histogram_merge(&parts[0], &parts[2]); /* the empty one changes nothing */
    assert_memory_equal(one, &parts[0], sizeof(*one));
    free(parts);
}

static void values_beyond_the_range_keep_their_maximum(void **state)
{
    struct histogram *histogram = *state;

    histogram_add(histogram, UINT64_MAX);
    assert_true(histogram_percentile(histogram, 50) == UINT64_MAX);
}

static void difference_of_two_copies_is_what_came_between(void **state)
{
    struct histogram *live = *state;
    struct histogram *copies = calloc(3, sizeof(*copies));

    assert_non_null(copies);
    for (uint64_t value = 1; value <= 1000; value++) {
        histogram_add(live, value);
    }
    histogram_copy(&copies[0], live);
    for (uint64_t value = 5000; value <= 6000; value += 100) {
        histogram_add(live, value);
    }
    histogram_copy(&copies[1], live);
    histogram_subtract(&copies[2], &copies[1], &copies[0]);
    assert_int_equal(copies[2].count, 11);
    assert_int_equal(copies[2].sum, 11 * 5500);
    assert_in_range(histogram_percentile(&copies[2], 50), 5500, 5503);
    assert_int_equal(histogram_percentile(&copies[2], 100), 6000);
    histogram_clear(&copies[2]);
    assert_int_equal(copies[2].count, 0);
    assert_int_equal(histogram_percentile(&copies[2], 100), 0);
    free(copies);
}

static void ten_million_values_stay_within_a_thousandth(void **state)
{
    enum {
        MANY = 10000000,
    };
    static const double percents[] = {50, 90, 99, 99.9, 99.99, 99.999};
    struct histogram *histogram = *state;

    /* The values are 1000 times 1 to MANY in an order that visits each once: the exact percentiles
     * need no sorting. */
    for (uint64_t i = 0; i < MANY; i++) {
        histogram_add(histogram, ((i * 7919) % MANY + 1) * 1000);
    }
    for (size_t i = 0; i < sizeof(percents) / sizeof(percents[0]); i++) {
        double exact = percents[i] / 100 * MANY * 1000;
        double got = (double)histogram_percentile(histogram, percents[i]);
        assert_true(got >= exact * 0.999 && got <= exact * 1.001);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(empty_gives_zero, setup, teardown),
        cmocka_unit_test_setup_teardown(small_values_are_exact, setup, teardown),
        cmocka_unit_test_setup_teardown(
            every_power_of_two_and_its_neighbours_stay_within_a_thousandth, setup, teardown),
        cmocka_unit_test_setup_teardown(percentiles_agree_with_sorted_values, setup, teardown),
        cmocka_unit_test_setup_teardown(merged_is_as_if_added_to_one, setup, teardown),
        cmocka_unit_test_setup_teardown(difference_of_two_copies_is_what_came_between, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(ten_million_values_stay_within_a_thousandth, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(values_beyond_the_range_keep_their_maximum, setup,
                                        teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
