/* SPDX-License-Identifier: MIT */
#include "wire/escape.h"

#include "wire_test.h"

static void unreserved_bytes_stay_and_others_are_encoded_in_upper_case(void **state)
{
    scoped(buf) b = {0};

    (void)state;
    assert_true(escape_append(&b, STR("aZ09-._~ /?%\xe5")));
    assert_string_equal(buf_text(&b), "aZ09-._~%20%2F%3F%25%E5");
}

static void kept_characters_stay_but_a_nul_never_does(void **state)
{
    scoped(buf) b = {0};

    (void)state;
    assert_true(escape_append_except(&b, STR("/a\0="), "/="));
    assert_string_equal(buf_text(&b), "/a%00=");
}

static void decoding_takes_both_cases_and_leaves_broken_escapes(void **state)
{
    scoped(buf) b = {0};

    (void)state;
    assert_true(unescape_append(&b, STR("%41%4a%4A%zz%4%")));
    assert_string_equal(buf_text(&b), "AJJ%zz%4%");
}

static void a_decoded_nul_counts_in_the_length(void **state)
{
    scoped(buf) b = {0};

    (void)state;
    assert_true(unescape_append(&b, STR("a%00b")));
    assert_int_equal(b.len, 3);
    assert_memory_equal(b.bytes, "a\0b", 3);
}

static void an_empty_text_gives_an_empty_text(void **state)
{
    scoped(buf) b = {0};

    (void)state;
    assert_true(escape_append(&b, STR("")));
    assert_true(unescape_append(&b, STR("")));
    assert_string_equal(buf_text(&b), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(unreserved_bytes_stay_and_others_are_encoded_in_upper_case),
        cmocka_unit_test(kept_characters_stay_but_a_nul_never_does),
        cmocka_unit_test(decoding_takes_both_cases_and_leaves_broken_escapes),
        cmocka_unit_test(a_decoded_nul_counts_in_the_length),
        cmocka_unit_test(an_empty_text_gives_an_empty_text),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
