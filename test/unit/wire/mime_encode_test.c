/* SPDX-License-Identifier: MIT */
#include "wire/mime_encode.h"

#include "base/buf.h"
#include "wire_test.h"

/* Encodes in steps of `step` bytes to room for `room`; false when a byte was refused. */
static bool encode(enum mime_encoding encoding, struct str from, size_t step, size_t room,
                   struct buf *to)
{
    struct mime_encoder e = {.encoding = encoding};
    char out[64];
    size_t seen = split_len(from.len, step), len;

    for (;;) {
        struct str piece = {from.at, seen};
        bool end = seen == from.len;

        if (!mime_encode(&e, &piece, end, out, room, &len))
            return false;
        buf_append(to, out, len);
        seen -= (size_t)(piece.at - from.at);
        from.len -= (size_t)(piece.at - from.at);
        from.at = piece.at;
        if (!len && end)
            return true;
        if (!len)
            seen += split_len(from.len - seen, step);
    }
}

static void assert_encoded(enum mime_encoding encoding, struct str from, const char *expected)
{
    WITH_ALL_SPLITS(step)
    {
        for (size_t room = 1; room <= 64; room += 9) {
            scoped(buf) to = {0};
            int64_t len = mime_encoded_length(encoding, (int64_t)from.len);

            assert_true(encode(encoding, from, step, room, &to));
            assert_string_equal(buf_text(&to), expected);
            if (len >= 0)
                assert_int_equal(to.len, len);
        }
    }
}

#define X10 "xxxxxxxxxx"
#define X70 X10 X10 X10 X10 X10 X10 X10

static void base64_has_lines_of_76(void **state)
{
    (void)state;
    assert_encoded(MIME_BASE64, STR(""), "");
    assert_encoded(MIME_BASE64, STR("a"), "YQ==");
    assert_encoded(MIME_BASE64, STR("ab"), "YWI=");
    assert_encoded(MIME_BASE64, STR("abc"), "YWJj");
    assert_encoded(MIME_BASE64, STR("\xff\xfe\xfd\xfc"), "//79/A==");
    assert_encoded(MIME_BASE64, STR(X10 X10 X10 X10 X10 "xxxxxxx"),
                   "eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4");
    assert_encoded(MIME_BASE64, STR(X10 X10 X10 X10 X10 "xxxxxxxy"),
                   "eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4"
                   "\r\neQ==");
}

static void quoted_printable_encodes_what_is_no_text(void **state)
{
    (void)state;
    assert_encoded(MIME_QUOTED_PRINTABLE, STR(""), "");
    assert_encoded(MIME_QUOTED_PRINTABLE, STR("a=b~\x7f\xe9"), "a=3Db~=7F=E9");
    assert_encoded(MIME_QUOTED_PRINTABLE, STR("a\r\nb"), "a\r\nb");
    assert_encoded(MIME_QUOTED_PRINTABLE, STR("a\nb\rc\r"), "a=0Ab=0Dc=0D");
}

static void quoted_printable_encodes_blanks_before_a_line_end_only(void **state)
{
    (void)state;
    assert_encoded(MIME_QUOTED_PRINTABLE, STR("a b \r\n\tc\t"), "a b=20\r\n\tc=09");
    assert_encoded(MIME_QUOTED_PRINTABLE, STR("a \nb"), "a =0Ab");
    assert_encoded(MIME_QUOTED_PRINTABLE, STR("a \r"), "a =0D");
}

static void quoted_printable_breaks_lines_behind_75(void **state)
{
    (void)state;
    assert_encoded(MIME_QUOTED_PRINTABLE, STR(X70 "123456"), X70 "123456");
    assert_encoded(MIME_QUOTED_PRINTABLE, STR(X70 "123456\r\n"), X70 "123456\r\n");
    assert_encoded(MIME_QUOTED_PRINTABLE, STR(X70 "1234567"), X70 "12345=\r\n67");
    assert_encoded(MIME_QUOTED_PRINTABLE, STR(X70 "123="), X70 "123=3D");
    assert_encoded(MIME_QUOTED_PRINTABLE, STR(X70 "1234="), X70 "1234=\r\n=3D");
    assert_encoded(MIME_QUOTED_PRINTABLE, STR(X70 "12=y"), X70 "12=3Dy");
    assert_encoded(MIME_QUOTED_PRINTABLE, STR(X70 "123=y"), X70 "123=\r\n=3Dy");
    assert_encoded(MIME_QUOTED_PRINTABLE, STR(X70 "123456 \r\n"), X70 "12345=\r\n6=20\r\n");
}

static void seven_bits_refuse_an_eighth(void **state)
{
    scoped(buf) to = {0};

    (void)state;
    assert_encoded(MIME_7BIT, STR("ab\x7f"), "ab\x7f");
    assert_encoded(MIME_8BIT, STR("a\xe9"), "a\xe9");
    assert_encoded(MIME_BINARY, STR("a\xe9"), "a\xe9");
    assert_false(encode(MIME_7BIT, STR("ab\x80"), SIZE_MAX, 64, &to));
}

static void lengths_are_known_ahead_where_they_can_be(void **state)
{
    (void)state;
    assert_int_equal(mime_encoded_length(MIME_8BIT, 100), 100);
    assert_int_equal(mime_encoded_length(MIME_BASE64, 57), 76);
    assert_int_equal(mime_encoded_length(MIME_BASE64, 58), 82);
    assert_int_equal(mime_encoded_length(MIME_BASE64, -1), -1);
    assert_int_equal(mime_encoded_length(MIME_BASE64, INT64_MAX), -1);
    assert_int_equal(mime_encoded_length(MIME_QUOTED_PRINTABLE, 0), 0);
    assert_int_equal(mime_encoded_length(MIME_QUOTED_PRINTABLE, 1), -1);
}

static void names_are_found_in_any_case(void **state)
{
    (void)state;
    assert_int_equal(mime_encoding_named("Base64"), MIME_BASE64);
    assert_int_equal(mime_encoding_named("quoted-printable"), MIME_QUOTED_PRINTABLE);
    assert_int_equal(mime_encoding_named("base"), MIME_UNENCODED);
    assert_string_equal(mime_encoding_name(MIME_7BIT), "7bit");
    assert_null(mime_encoding_name(MIME_UNENCODED));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(base64_has_lines_of_76),
        cmocka_unit_test(quoted_printable_encodes_what_is_no_text),
        cmocka_unit_test(quoted_printable_encodes_blanks_before_a_line_end_only),
        cmocka_unit_test(quoted_printable_breaks_lines_behind_75),
        cmocka_unit_test(seven_bits_refuse_an_eighth),
        cmocka_unit_test(lengths_are_known_ahead_where_they_can_be),
        cmocka_unit_test(names_are_found_in_any_case),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
