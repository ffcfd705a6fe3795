/* SPDX-License-Identifier: MIT */
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <curl/curl.h>

#pragma GCC diagnostic ignored "-Wformat"
#pragma GCC diagnostic ignored "-Wformat-extra-args"
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
#pragma GCC diagnostic ignored "-Wformat-security"

static char text[4096];

static void expect(const char *expected, const char *format, ...)
{
    va_list arguments;
    int count;

    va_start(arguments, format);
    count = curl_mvsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    if (strcmp(text, expected) || (size_t)count != strlen(expected))
        fail_msg("\"%s\": %d \"%s\", not \"%s\"", format, count, text, expected);
}

/* A format of so many times a piece. */
static const char *times(const char *piece, int count)
{
    static char format[2048];

    format[0] = '\0';
    while (count--)
        strncat(format, piece, sizeof(format) - strlen(format) - 1);
    return format;
}

static void whole_numbers_have_signs_bases_and_sizes(void **state)
{
    (void)state;
    expect("5 -5 +5  5", "%d %i %+d % d", 5, -5, 5, 5);
    expect("ff FF 377 0xff 0XFF 0377 +ff", "%x %X %o %#x %#X %#o %+x", 255, 255, 255, 255, 255, 255,
           255);
    expect("-9223372036854775808", "%ld", LONG_MIN);
    expect("18446744073709551615", "%llu", ULLONG_MAX);
    expect("-2147483648 4294967295", "%d %u", INT_MIN, UINT_MAX);
    expect("-5 5 -5 -5 5", "%zd %zu %qd %Od %Lu", (ptrdiff_t)-5, (size_t)5, -5LL, (curl_off_t)-5,
           5ULL);
    expect("0x0 0 0x|", "%#x %#o %#.0x|", 0, 0, 0);
}

static void fields_are_padded_on_either_side(void **state)
{
    (void)state;
    expect("    5|5    |00005|5    |", "%5d|%-5d|%05d|%-05d|", 5, 5, 5, 5);
    expect("  -00005|0x0000ff|  0xff|+0x00ff|", "%8.5d|%#08x|%#6x|%+#07x|", -5, 255, 255, 255);
    expect("    3|3    |  007|", "%*d|%*d|%*.*d|", 5, 3, -5, 3, 5, 3, 7);
    expect("     |00000||", "%5.0d|%05.0d|%.0d|", 0, 0, 0);
    expect("2||5||6|", "%.f|%.d|%.d|%.s|%.-d|", 1.5, 0, 5, "str", 6);
    expect("  x|x  |", "%3c|%-3c|", 'x', 'x');
}

static void strings_may_be_cut_quoted_or_missing(void **state)
{
    (void)state;
    expect("str|  str|str  |st|   st|", "%s|%5s|%-5s|%.2s|%5.2s|", "str", "str", "str", "str",
           "str");
    expect("\"str\" \"str\" \"  ab\"", "%S %#s %#4s", "str", "str", "ab");
    expect("(nil)|(nil)||  (nil)|(nil)", "%s|%#s|%.4s|%7s|%.5s", NULL, NULL, NULL, NULL, NULL);
    expect("str|", "%.*s|", -1, "str");
}

static void pointers_are_hexadecimal(void **state)
{
    (void)state;
    expect("0x1234|    0x1234|0x00001234|", "%p|%10p|%010p|", (void *)0x1234, (void *)0x1234,
           (void *)0x1234);
    expect("(nil)|(nil)     |", "%p|%10p|", NULL, NULL);
}

static void floats_are_bounded_in_length(void **state)
{
    (void)state;
    expect("1.500000 2 -1.55 1.500000e+00 1.5", "%f %.0f %.2f %e %g", 1.5, 1.5, -1.555, 1.5, 1.5);
    expect("      1.50|1.50      |+1.5|9.10", "%10.2f|%-10.2f|%+.1f|%.2f", 1.5, 1.5, 1.5, 9.1);
    expect("1.500", "%.3Lf", 1.5L);
    assert_int_equal(curl_msnprintf(text, sizeof(text), "%.400f", 0.1), 325);
    assert_int_equal(curl_msnprintf(text, sizeof(text), "%400f", 0.1), 325);
    assert_int_equal(curl_msnprintf(text, sizeof(text), times("%.*f", 1), INT_MAX, 1e300), 325);
    assert_int_equal(curl_msnprintf(text, sizeof(text), "%.400d", 1), 325);
}

static void arguments_may_be_named_by_position(void **state)
{
    (void)state;
    expect("b a a", "%2$s %1$s %1$s", "a", "b");
    expect("    3|1.235|", "%2$*1$d|%4$.*3$f|", 5, 3, 3, 1.23456);
    expect("1%", "%1$d%%", 1);
    expect("", "%1$d %3$d", 1, 2, 3); /* one is left out */
    expect("", "%1$s %s", "a", "b");
    expect("", "%1$s %1$f", "a"); /* two things at once */
    expect("-5 fffffffffffffffb", "%1$d %1$lx", -5L);
    expect("a %1$s", "%s %1$s", "a");
    expect("%0$d %129$d", "%0$d %129$d", 1);
}

static void what_is_no_conversion_is_text(void **state)
{
    (void)state;
    expect("%", "%");
    expect("abc%", "abc%");
    expect("100%|%k|%5.2k|%jd|%-|%l", "100%%|%k|%5.2k|%jd|%-|%l");
    expect("%*k|5", "%*k|%d", 5);
    expect("%2 5 %K", "%2 %d %K", 5);
    expect("%*1$d", "%*1$d", 5);
    expect("", "%*5d", 5, 6);
    expect("", "%.*.99d", 5, 6);
    expect("", "%.99.*d", 5, 6);
    expect("", "%99999999999d", 1);
    expect("", "%.99999999999d", 1);
}

static void the_count_so_far_is_stored(void **state)
{
    int count = -1;
    long long_count = -1;
    short short_count = -1;

    (void)state;
    expect("12345abc", "%d%nab%lnc%hn", 12345, &count, &long_count, &short_count);
    assert_int_equal(count, 5);
    assert_int_equal(long_count, 7);
    assert_int_equal(short_count, 8);
}

static void pieces_and_arguments_are_limited(void **state)
{
    (void)state;
    assert_int_equal(curl_msnprintf(text, sizeof(text), times("a%1$d", 128), 1), 256);
    assert_int_equal(curl_msnprintf(text, sizeof(text), times("a%1$d", 129), 1), 0);
    assert_int_equal(curl_msnprintf(text, sizeof(text), times("%%", 128)), 128);
    assert_int_equal(curl_msnprintf(text, sizeof(text), times("%%", 129)), 0);
    assert_int_equal(curl_msnprintf(text, sizeof(text), times("%*d", 65)), 0);
    assert_string_equal(text, "");
}

static void a_full_buffer_ends_it(void **state)
{
    (void)state;
    memset(text, '~', 8);
    assert_int_equal(curl_msnprintf(text, 0, "abc"), 0);
    assert_int_equal(text[0], '~');
    assert_int_equal(curl_msnprintf(text, 1, "abc"), 0);
    assert_string_equal(text, "");
    assert_int_equal(curl_msnprintf(text, 4, "%s", "abc"), 3);
    assert_int_equal(curl_msnprintf(text, 4, "%d%s", 12345, "x"), 3);
    assert_string_equal(text, "123");
    assert_int_equal(curl_msnprintf(text, 4, "%*d", INT_MAX, 1), 3);
}

static void text_is_allocated(void **state)
{
    char *made = curl_maprintf("%s-%d", "a", 1);

    (void)state;
    assert_string_equal(made, "a-1");
    curl_free(made);
    made = curl_maprintf("%s", "");
    assert_string_equal(made, "");
    curl_free(made);
    assert_null(curl_maprintf("%*d", 8000000, 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whole_numbers_have_signs_bases_and_sizes),
        cmocka_unit_test(fields_are_padded_on_either_side),
        cmocka_unit_test(strings_may_be_cut_quoted_or_missing),
        cmocka_unit_test(pointers_are_hexadecimal),
        cmocka_unit_test(floats_are_bounded_in_length),
        cmocka_unit_test(arguments_may_be_named_by_position),
        cmocka_unit_test(what_is_no_conversion_is_text),
        cmocka_unit_test(the_count_so_far_is_stored),
        cmocka_unit_test(pieces_and_arguments_are_limited),
        cmocka_unit_test(a_full_buffer_ends_it),
        cmocka_unit_test(text_is_allocated),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
