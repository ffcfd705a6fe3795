/* SPDX-License-Identifier: MIT */
#include "wire/mime_type.h"

#include "wire_test.h"

static void files_have_the_type_of_their_ending(void **state)
{
    (void)state;
    assert_string_equal(mime_type_of_file("a.txt"), "text/plain");
    assert_string_equal(mime_type_of_file("/x/y.JPEG"), "image/jpeg");
    assert_string_equal(mime_type_of_file(".svg"), "image/svg+xml");
    assert_null(mime_type_of_file("a.txt.gz"));
    assert_null(mime_type_of_file("txt"));
    assert_null(mime_type_of_file(""));
    assert_null(mime_type_of_file(NULL));
}

static void types_are_compared_without_parameters(void **state)
{
    (void)state;
    assert_true(mime_type_is("multipart/form-data", "multipart/form-data"));
    assert_true(mime_type_is("Multipart/Form-Data; charset=x", "multipart/form-data"));
    assert_false(mime_type_is("multipart/form-data2", "multipart/form-data"));
    assert_false(mime_type_is("multipart", "multipart/form-data"));
    assert_false(mime_type_is(NULL, "multipart/form-data"));
}

static void quoting_keeps_a_name_inside_its_quotes(void **state)
{
    scoped(buf) percent = {0}, backslash = {0};

    (void)state;
    mime_append_quoted(&percent, "a\"b\\c\r\n%", MIME_BY_PERCENT);
    assert_string_equal(buf_text(&percent), "a%22b\\c%0D%0A%");
    mime_append_quoted(&backslash, "a\"b\\c%", MIME_BY_BACKSLASH);
    assert_string_equal(buf_text(&backslash), "a\\\"b\\\\c%");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files_have_the_type_of_their_ending),
        cmocka_unit_test(types_are_compared_without_parameters),
        cmocka_unit_test(quoting_keeps_a_name_inside_its_quotes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
