/* SPDX-License-Identifier: MIT */
#include "wire/date.h"

#include "wire_test.h"

static const int64_t noon = 784111777; /* 06 Nov 1994 08:49:37 */
static const int64_t day = 784080000;  /* its midnight */

static void expect_date(const char *text, int64_t seconds)
{
    int64_t got = INT64_MIN;

    if (!date_parse(str_of(text), &got))
        fail_msg("no date: %s", text);
    if (got != seconds)
        fail_msg("%s: %lld", text, (long long)got);
}

static void expect_none(const char *text)
{
    int64_t got;

    if (date_parse(str_of(text), &got))
        fail_msg("a date: %s: %lld", text, (long long)got);
}

static void the_three_forms_of_http_are_dates(void **state)
{
    (void)state;
    expect_date("Sun, 06 Nov 1994 08:49:37 GMT", noon);
    expect_date("Sunday, 06-Nov-94 08:49:37 GMT", noon);
    expect_date("Sun Nov  6 08:49:37 1994", noon);
}

static void items_come_in_any_order_with_anything_between(void **state)
{
    (void)state;
    expect_date("GMT 08:49:37 06-Nov-94 Sunday", noon);
    expect_date("94 6 Nov 08:49:37", noon);
    expect_date("Nov-94 6", day);
    expect_date("1994.Nov.6", day);
    expect_date("Sun/Nov/6/94/GMT", day);
    expect_date("\"06 Nov 1994\"", day);
}

static void zones_are_taken_off(void **state)
{
    (void)state;
    expect_date("Sun, 06 Nov 1994 08:49:37 CET", noon - 3600);
    expect_date("06 Nov 1994 08:49:37 EST", noon + 5 * 3600);
    expect_none("06 Nov 1994 08:49:37 est");
    expect_date("06 Nov 1994 08:49:37 A", noon - 3600);
    expect_date("06 Nov 1994 08:49:37 Y", noon + 12 * 3600);
    expect_date("06 Nov 1994 08:49:37 -0700", noon + 7 * 3600);
    expect_date("06 Nov 1994 08:49:37 +0230", noon - 9000);
    expect_date("06 Nov 1994 08:49:37 Z", noon);
    expect_none("06 Nov 1994 08:49:37 J");
    expect_none("06 Nov 1994 08:49:37 +1401");
    expect_none("06 Nov 1994 08:49:37 +200");
    expect_none("06 Nov 1994 08:49:37 GMT+0200");
}

static void eight_digits_are_year_month_and_day(void **state)
{
    (void)state;
    expect_date("20040912 15:05:58 -0700", 1095026758);
    expect_date("20040911 +0200", 1094853600);
    expect_none("19941306");
    expect_none("19941132");
}

static void two_digit_years_turn_at_seventy(void **state)
{
    (void)state;
    expect_date("06 Nov 71", 58233600);
    expect_date("06 Nov 70", 3182457600);
    expect_date("06 Nov 0", 973468800);
    expect_none("06 Nov 100");
    expect_none("06 Nov 1582");
    expect_date("06 Nov 1583", -12185856000);
    expect_date("06 Nov 9999", 253397462400);
    expect_date("06 Nov 99999999", 3155633027942400);
    expect_none("06 Nov 100000000");
    expect_none("06 Nov 2147483648");
    expect_none("06 Nov 99999999999999999999");
}

static void a_time_has_minutes_and_maybe_seconds(void **state)
{
    (void)state;
    expect_date("06 Nov 1994 08:49", noon - 37);
    expect_date("06 Nov 1994 8:9:7", day + 8 * 3600 + 9 * 60 + 7);
    expect_date("06 Nov 1994 23:59:60", day + 86400);
    expect_none("06 Nov 1994 24:00:00");
    expect_none("06 Nov 1994 23:60:00");
    expect_none("06 Nov 1994 23:59:61");
    expect_none("06 Nov 1994 008:49:37");
    expect_none("06 Nov 1994 10:10:10 11:11:11");
    expect_date("Sun Nov  6 08:49:371994", noon);
    expect_date("24:00:00 Nov/6", 1164326400); /* a day, and a time behind it */
}

static void days_outside_a_month_run_over(void **state)
{
    (void)state;
    expect_date("31 Nov 1994", 786240000);
    expect_date("30 Feb 1994", 762566400);
    expect_none("32 Nov 1994");
}

static void what_is_incomplete_or_no_item_is_no_date(void **state)
{
    (void)state;
    expect_none("");
    expect_none("   ");
    expect_none("6 Nov");
    expect_none("1994");
    expect_none("06 Nov 1994 junk");
    expect_none("06 November 1994");
    expect_none("06 Nov 1994 Mon Tue");
    expect_none("2004-09-12T15:05:58Z");
}

static void items_behind_the_sixth_do_not_count(void **state)
{
    (void)state;
    expect_date("Sun 06 Nov 1994 08:49:37 GMT junk", noon);
}

static void the_text_need_not_end_in_a_nul(void **state)
{
    int64_t got;

    (void)state;
    assert_true(date_parse((struct str){"06 Nov 19941", 11}, &got));
    assert_int_equal(got, day);
}

static void a_time_is_written_in_the_form_of_http(void **state)
{
    char text[DATE_TEXT_SIZE];

    (void)state;
    date_format(noon, text);
    assert_string_equal(text, "Sun, 06 Nov 1994 08:49:37 GMT");
    date_format(951782400, text);
    assert_string_equal(text, "Tue, 29 Feb 2000 00:00:00 GMT");
    date_format(-1, text);
    assert_string_equal(text, "Wed, 31 Dec 1969 23:59:59 GMT");
    date_format(INT64_MAX, text);
    assert_string_equal(text, "Fri, 31 Dec 9999 23:59:59 GMT");
    date_format(INT64_MIN, text);
    assert_string_equal(text, "Mon, 01 Jan 0001 00:00:00 GMT");
}

static void what_is_written_reads_back(void **state)
{
    (void)state;
    for (int64_t t = -12000000000; t < 12000000000; t += 98765432) {
        char text[DATE_TEXT_SIZE];

        date_format(t, text);
        expect_date(text, t);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_three_forms_of_http_are_dates),
        cmocka_unit_test(items_come_in_any_order_with_anything_between),
        cmocka_unit_test(zones_are_taken_off),
        cmocka_unit_test(eight_digits_are_year_month_and_day),
        cmocka_unit_test(two_digit_years_turn_at_seventy),
        cmocka_unit_test(a_time_has_minutes_and_maybe_seconds),
        cmocka_unit_test(days_outside_a_month_run_over),
        cmocka_unit_test(what_is_incomplete_or_no_item_is_no_date),
        cmocka_unit_test(items_behind_the_sixth_do_not_count),
        cmocka_unit_test(the_text_need_not_end_in_a_nul),
        cmocka_unit_test(a_time_is_written_in_the_form_of_http),
        cmocka_unit_test(what_is_written_reads_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
