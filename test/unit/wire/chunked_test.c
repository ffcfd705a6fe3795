/* SPDX-License-Identifier: MIT */
#include "wire/chunked.h"

#include "base/buf.h"
#include "wire_test.h"

struct outcome {
    struct buf body;
    size_t used;
    CURLcode result;
    bool done;
};

static struct outcome decode(const char *bytes, size_t len, size_t step)
{
    struct chunked_decoder d = {0};
    struct outcome o = {0};
    const char *reason = NULL;

    while (o.used < len && !d.done && !o.result) {
        const char *data;
        size_t used, data_len;

        o.result = chunked_decode(&d, bytes + o.used, split_len(len - o.used, step), &used, &data,
                                  &data_len, &reason);
        if (o.result)
            break;
        assert_true(used > 0);
        assert_true(buf_append(&o.body, data ? data : "", data_len));
        o.used += used;
    }
    assert_true(!o.result == !reason);
    o.done = d.done;
    return o;
}

static void expect_body(const char *text, const char *body, size_t rest)
{
    WITH_ALL_SPLITS(step)
    {
        struct outcome o = decode(text, strlen(text), step);

        assert_int_equal(o.result, CURLE_OK);
        assert_true(o.done);
        assert_string_equal(buf_text(&o.body), body);
        assert_int_equal(strlen(text) - o.used, rest);
        buf_release(&o.body);
    }
}

static void expect_refusal(const char *text)
{
    WITH_ALL_SPLITS(step)
    {
        struct outcome o = decode(text, strlen(text), step);

        assert_int_equal(o.result, CURLE_RECV_ERROR);
        buf_release(&o.body);
    }
}

static void chunks_are_joined_and_what_follows_is_left(void **state)
{
    (void)state;
    expect_body("2\r\nok\r\nA\r\n0123456789\r\n0\r\n\r\nnext", "ok0123456789", 6);
    expect_body("0\r\n\r\n", "", 2);
}

static void bare_line_feeds_do(void **state)
{
    (void)state;
    expect_body("2\nok\n0\n\n", "ok", 1);
}

static void extensions_and_blanks_behind_the_size_are_skipped(void **state)
{
    (void)state;
    expect_body("2 ;a=\"b\"\r\nok\r\n0;x\r\n", "ok", 0);
    expect_body("2zz\r\nok\r\n00\r\n", "ok", 0);
}

static void sixteen_digits_do_and_seventeen_do_not(void **state)
{
    (void)state;
    expect_body("0000000000000002\r\nok\r\n0\r\n", "ok", 0);
    expect_refusal("00000000000000002\r\nok\r\n0\r\n");
}

static void a_size_beyond_63_bits_is_refused(void **state)
{
    (void)state;
    expect_refusal("8000000000000000\r\nok\r\n");
    expect_refusal("ffffffffffffffff\r\nok\r\n");
}

static void a_missing_size_is_refused(void **state)
{
    (void)state;
    expect_refusal(" 2\r\nok\r\n");
    expect_refusal("\r\n2\r\nok\r\n");
    expect_refusal(";a\r\nok\r\n");
    expect_refusal("-2\r\nok\r\n");
    expect_refusal("x\r\n");
}

static void data_that_does_not_end_where_it_should_is_refused(void **state)
{
    (void)state;
    expect_refusal("2\r\nokX\r\n0\r\n");
    expect_refusal("2\r\nok\rX0\r\n");
    expect_refusal("2\r\nok0\r\n\r\n");
}

static void a_carriage_return_inside_a_size_line_is_refused(void **state)
{
    (void)state;
    expect_refusal("2\rX\nok\r\n0\r\n");
    expect_refusal("2;a\r\r\nok\r\n0\r\n");
}

static void an_endless_extension_is_refused(void **state)
{
    scoped(buf) b = {0};

    (void)state;
    assert_true(buf_append_text(&b, "2;"));
    while (b.len < 20000)
        assert_true(buf_append_char(&b, 'a'));
    expect_refusal(b.bytes);
}

static void a_refusal_is_for_good(void **state)
{
    struct chunked_decoder d = {0};
    const char *data, *reason;
    size_t used, len;

    (void)state;
    assert_int_equal(chunked_decode(&d, "x", 1, &used, &data, &len, &reason), CURLE_RECV_ERROR);
    assert_int_equal(chunked_decode(&d, "2\r\nok", 5, &used, &data, &len, &reason),
                     CURLE_RECV_ERROR);
}

static void a_body_cut_short_is_not_done(void **state)
{
    const char *text = "5\r\nabc";

    (void)state;
    WITH_ALL_SPLITS(step)
    {
        struct outcome o = decode(text, strlen(text), step);

        assert_int_equal(o.result, CURLE_OK);
        assert_false(o.done);
        assert_string_equal(buf_text(&o.body), "abc");
        buf_release(&o.body);
    }
}

static void the_prefix_is_the_size_in_lower_case_hexadecimal(void **state)
{
    char prefix[CHUNKED_PREFIX_MAX + 1];

    (void)state;
    assert_int_equal(chunked_prefix(0xab01, prefix), 6);
    assert_string_equal(prefix, "ab01\r\n");
    assert_int_equal(chunked_prefix(1, prefix), 3);
    assert_int_equal(chunked_prefix(SIZE_MAX, prefix), CHUNKED_PREFIX_MAX);
    assert_string_equal(prefix, "ffffffffffffffff\r\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(chunks_are_joined_and_what_follows_is_left),
        cmocka_unit_test(bare_line_feeds_do),
        cmocka_unit_test(extensions_and_blanks_behind_the_size_are_skipped),
        cmocka_unit_test(sixteen_digits_do_and_seventeen_do_not),
        cmocka_unit_test(a_size_beyond_63_bits_is_refused),
        cmocka_unit_test(a_missing_size_is_refused),
        cmocka_unit_test(data_that_does_not_end_where_it_should_is_refused),
        cmocka_unit_test(a_carriage_return_inside_a_size_line_is_refused),
        cmocka_unit_test(an_endless_extension_is_refused),
        cmocka_unit_test(a_refusal_is_for_good),
        cmocka_unit_test(a_body_cut_short_is_not_done),
        cmocka_unit_test(the_prefix_is_the_size_in_lower_case_hexadecimal),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
