/* SPDX-License-Identifier: MIT */
#include "wire/head_reader.h"

#include "wire_test.h"

/* Feeds `bytes` and writes "[line]" for each line and "[line]." for the last one. */
struct outcome {
    struct buf lines;
    CURLcode result;
    size_t used;
    bool end;
};

static void feed(struct head_reader *r, struct str bytes, size_t step, struct outcome *o)
{
    const char *reason = NULL;

    *o = (struct outcome){0};
    while (o->used < bytes.len && !o->end && !o->result) {
        enum head_step got;
        struct str line;
        size_t used, len = split_len(bytes.len - o->used, step);

        o->result = head_reader_take(r, bytes.at + o->used, len, &used, &got, &line, &reason);
        assert_true(!o->result || reason);
        assert_true(o->result || got != HEAD_MORE || used == len);
        o->used += used;
        if (got != HEAD_MORE && !o->result)
            assert_true(buf_printf(&o->lines, "[%.*s]", (int)line.len, line.at));
        o->end = got == HEAD_END;
    }
}

static void expect_lines(struct str bytes, const char *lines, size_t rest)
{
    WITH_ALL_SPLITS(step)
    {
        struct head_reader r = {0};
        struct outcome o;

        feed(&r, bytes, step, &o);
        assert_int_equal(o.result, CURLE_OK);
        assert_true(o.end);
        assert_string_equal(buf_text(&o.lines), lines);
        assert_int_equal(bytes.len - o.used, rest);
        buf_release(&o.lines);
        head_reader_release(&r);
    }
}

static void expect_error(struct str bytes, CURLcode result, size_t skip_small_steps)
{
    WITH_ALL_SPLITS(step)
    {
        struct head_reader r = {0};
        struct outcome o;

        if (skip_small_steps && step < 4)
            step = 997;
        feed(&r, bytes, step, &o);
        assert_int_equal(o.result, result);
        buf_release(&o.lines);
        head_reader_release(&r);
        if (step == 997)
            break;
    }
}

static void lines_come_one_by_one_and_the_body_is_left(void **state)
{
    (void)state;
    expect_lines(STR("HTTP/1.1 200 OK\r\nA: b\r\nC: d\r\n\r\nbody"),
                 "[HTTP/1.1 200 OK\r\n][A: b\r\n][C: d\r\n][\r\n]", 4);
}

static void bare_line_feeds_end_lines_too(void **state)
{
    (void)state;
    expect_lines(STR("HTTP/1.1 200 OK\nA: b\n\nbody"), "[HTTP/1.1 200 OK\n][A: b\n][\n]", 4);
    expect_lines(STR("HTTP/1.1 200 OK\r\nA: b\n\r\n"), "[HTTP/1.1 200 OK\r\n][A: b\n][\r\n]", 0);
}

static void folded_lines_are_joined_with_one_space(void **state)
{
    (void)state;
    expect_lines(
        STR("HTTP/1.1 200 OK\r\nA: b \t\r\n\t \tc\r\n d\r\nConnection:      \r\n   close\r\n\r\n"),
        "[HTTP/1.1 200 OK\r\n][A: b c d\r\n][Connection: close\r\n][\r\n]", 0);
    expect_lines(STR("HTTP/1.1 200 OK\nA: b\n \n c\n\n"), "[HTTP/1.1 200 OK\n][A: b c\n][\n]", 0);
}

static void blank_lines_in_front_of_the_first_field_are_dropped(void **state)
{
    (void)state;
    expect_lines(STR("HTTP/1.1 200 OK\r\n Date: x\r\n\ty\r\nA: b\r\n\r\n"),
                 "[HTTP/1.1 200 OK\r\n][A: b\r\n][\r\n]", 0);
    expect_lines(STR("HTTP/1.1 200 OK\r\n \r\n\r\n"), "[HTTP/1.1 200 OK\r\n][\r\n]", 0);
}

static void the_status_line_comes_without_the_next_byte(void **state)
{
    struct head_reader r = {0};
    struct outcome o;

    (void)state;
    feed(&r, STR("HTTP/1.1 200 OK\r\n"), SIZE_MAX, &o);
    assert_string_equal(buf_text(&o.lines), "[HTTP/1.1 200 OK\r\n]");
    buf_release(&o.lines);
    feed(&r, STR("A: b\r\n"), SIZE_MAX, &o);
    assert_string_equal(buf_text(&o.lines), "");
    buf_release(&o.lines);
    head_reader_release(&r);
}

static void nul_bytes_and_stray_carriage_returns_are_refused(void **state)
{
    (void)state;
    expect_error(STR("HTTP/1.1 200 OK\r\nA: b\0\r\n\r\n"), CURLE_WEIRD_SERVER_REPLY, 0);
    expect_error(STR("HTTP/1.1 200 O\0K\r\n\r\n"), CURLE_WEIRD_SERVER_REPLY, 0);
    expect_error(STR("HTTP/1.1 200 OK\r\nA: b\rc\r\n\r\n"), CURLE_WEIRD_SERVER_REPLY, 0);
    expect_error(STR("HTTP/1.1 200 OK\r\nA: b\r\r\n\r\n"), CURLE_WEIRD_SERVER_REPLY, 0);
    expect_error(STR("HTTP/1.1 200 OK\r\nA: b\r\n c\rd\r\n\r\n"), CURLE_WEIRD_SERVER_REPLY, 0);
    expect_error(STR("HTTP/1.1 200 OK\r\n\rX\n"), CURLE_WEIRD_SERVER_REPLY, 0);
}

static void trailers_have_no_status_line(void **state)
{
    (void)state;
    WITH_ALL_SPLITS(step)
    {
        struct head_reader r = {0};
        struct outcome o;

        head_reader_reset(&r, false);
        feed(&r, STR("A: b\r\n c\r\n\r\nnext"), step, &o);
        assert_string_equal(buf_text(&o.lines), "[A: b c\r\n][\r\n]");
        assert_int_equal(o.used, 12);
        buf_release(&o.lines);
        head_reader_release(&r);
    }
}

static void no_trailers_are_one_blank_line(void **state)
{
    struct head_reader r = {0};
    struct outcome o;

    (void)state;
    head_reader_reset(&r, false);
    feed(&r, STR("\r\n"), 1, &o);
    assert_true(o.end);
    buf_release(&o.lines);
    head_reader_release(&r);
}

static void append_times(struct buf *b, const char *text, size_t times)
{
    for (size_t i = 0; i < times; i++)
        assert_true(buf_append_text(b, text));
}

static void a_line_at_the_limit_does_and_one_byte_more_is_too_large(void **state)
{
    scoped(buf) b = {0};

    (void)state;
    assert_true(buf_append_text(&b, "HTTP/1.1 200 OK\n"));
    append_times(&b, "a", HEAD_LINE_MAX - 1);
    assert_true(buf_append_text(&b, "\n\n"));
    WITH_ALL_SPLITS(step)
    {
        struct head_reader r = {0};
        struct outcome o;

        feed(&r, (struct str){b.bytes, b.len}, step == SIZE_MAX ? step : 997, &o);
        assert_true(o.end);
        buf_release(&o.lines);
        head_reader_release(&r);
    }
    b.len -= 2;
    assert_true(buf_append_text(&b, "a\n\n"));
    expect_error((struct str){b.bytes, b.len}, CURLE_TOO_LARGE, 1);
}

static void folding_does_not_get_around_the_limit_of_a_line(void **state)
{
    scoped(buf) b = {0};

    (void)state;
    assert_true(buf_append_text(&b, "HTTP/1.1 200 OK\nA: b\n"));
    append_times(&b, " aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n", 2100);
    expect_error((struct str){b.bytes, b.len}, CURLE_TOO_LARGE, 1);
}

static void a_head_beyond_the_total_is_a_receive_error(void **state)
{
    scoped(buf) b = {0};

    (void)state;
    assert_true(buf_append_text(&b, "HTTP/1.1 200 OK\n"));
    while (b.len <= HEAD_TOTAL_MAX)
        append_times(&b, "Some-Name: some value that takes up some of the room that there is\n", 9);
    expect_error((struct str){b.bytes, b.len}, CURLE_RECV_ERROR, 1);
}

static void blanks_that_are_dropped_count_too(void **state)
{
    scoped(buf) b = {0};

    (void)state;
    assert_true(buf_append_text(&b, "HTTP/1.1 200 OK\nA: b\n"));
    append_times(&b, "          ", HEAD_TOTAL_MAX / 10 + 1);
    expect_error((struct str){b.bytes, b.len}, CURLE_RECV_ERROR, 1);
}

static void five_thousand_lines_do_and_one_more_is_too_large(void **state)
{
    scoped(buf) b = {0};

    (void)state;
    assert_true(buf_append_text(&b, "HTTP/1.1 200 OK\n"));
    append_times(&b, "A: b\n", HEAD_COUNT_MAX);
    append_times(&b, "\n", 1);
    WITH_ALL_SPLITS(step)
    {
        struct head_reader r = {0};
        struct outcome o;

        feed(&r, (struct str){b.bytes, b.len}, step, &o);
        assert_true(o.end);
        buf_release(&o.lines);
        head_reader_release(&r);
    }
    b.len--;
    append_times(&b, "A: b\n\n", 1);
    expect_error((struct str){b.bytes, b.len}, CURLE_TOO_LARGE, 0);
}

static void the_counts_go_on_over_a_reset(void **state)
{
    struct head_reader r = {0};
    struct outcome o = {0};
    int heads = 0;

    (void)state;
    while (!o.result && heads < 100000) {
        feed(&r, STR("HTTP/1.1 100 Continue\r\n\r\n"), SIZE_MAX, &o);
        buf_release(&o.lines);
        head_reader_reset(&r, true);
        heads++;
    }
    assert_int_equal(o.result, CURLE_RECV_ERROR);
    head_reader_release(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_come_one_by_one_and_the_body_is_left),
        cmocka_unit_test(bare_line_feeds_end_lines_too),
        cmocka_unit_test(folded_lines_are_joined_with_one_space),
        cmocka_unit_test(blank_lines_in_front_of_the_first_field_are_dropped),
        cmocka_unit_test(the_status_line_comes_without_the_next_byte),
        cmocka_unit_test(nul_bytes_and_stray_carriage_returns_are_refused),
        cmocka_unit_test(trailers_have_no_status_line),
        cmocka_unit_test(no_trailers_are_one_blank_line),
        cmocka_unit_test(a_line_at_the_limit_does_and_one_byte_more_is_too_large),
        cmocka_unit_test(folding_does_not_get_around_the_limit_of_a_line),
        cmocka_unit_test(a_head_beyond_the_total_is_a_receive_error),
        cmocka_unit_test(blanks_that_are_dropped_count_too),
        cmocka_unit_test(five_thousand_lines_do_and_one_more_is_too_large),
        cmocka_unit_test(the_counts_go_on_over_a_reset),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
