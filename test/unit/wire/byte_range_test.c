/* SPDX-License-Identifier: MIT */
#include "wire/byte_range.h"

#include "wire_test.h"

static void gives(const char *text, int64_t first, int64_t count)
{
    struct byte_range r = {0};

    assert_true(byte_range_parse(str_of(text), &r));
    assert_int_equal(r.first, first);
    assert_int_equal(r.count, count);
}

static void refuses(const char *text)
{
    struct byte_range r;

    assert_false(byte_range_parse(str_of(text), &r));
}

static void ends_and_beginnings_may_be_left_out(void **state)
{
    (void)state;
    gives("0-0", 0, 1);
    gives("2-4", 2, 3);
    gives(" 2 - 4 ", 2, 3);
    gives("7-", 7, -1);
    gives("-5", -5, 5);
}

static void first_of_several_counts(void **state)
{
    (void)state;
    gives("0-1,4-5", 0, 2);
    gives("3-,7-8", 3, -1);
}

static void numbers_that_do_not_fit_are_the_largest(void **state)
{
    (void)state;
    gives("4294967303-", 4294967303, -1);
    gives("99999999999999999999-", INT64_MAX, -1);
    gives("0-9223372036854775807", 0, INT64_MAX);
    gives("-99999999999999999999", -INT64_MAX, INT64_MAX);
}

static void what_is_no_range_is_refused(void **state)
{
    (void)state;
    refuses("");
    refuses("-");
    refuses("-0");
    refuses("5");
    refuses("5-2");
    refuses("a-b");
    refuses("1-b");
    refuses("1-2x");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ends_and_beginnings_may_be_left_out),
        cmocka_unit_test(first_of_several_counts),
        cmocka_unit_test(numbers_that_do_not_fit_are_the_largest),
        cmocka_unit_test(what_is_no_range_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
