/* SPDX-License-Identifier: MIT */
#include "wire/head.h"

#include "wire_test.h"

/* ---- The status line ---- */

static void a_status_line_gives_version_code_and_reason(void **state)
{
    struct head_status s;

    (void)state;
    assert_int_equal(head_parse_status(STR("HTTP/1.1 200 OK then"), &s), CURLE_OK);
    assert_int_equal(s.major * 10 + s.minor, 11);
    assert_int_equal(s.code, 200);
    assert_str(s.reason, "OK then");
    assert_int_equal(head_parse_status(STR("HTTP/1.0 404"), &s), CURLE_OK);
    assert_int_equal(s.minor, 0);
    assert_str(s.reason, "");
    assert_int_equal(head_parse_status(STR("HTTP/2 200 "), &s), CURLE_OK);
    assert_int_equal(s.major, 2);
    assert_int_equal(head_parse_status(STR("http/1.1   999 x"), &s), CURLE_OK);
    assert_int_equal(s.code, 999);
}

static void a_version_or_code_that_we_do_not_speak_is_unsupported(void **state)
{
    static const char *const lines[] = {
        "HTTP/1.2 200 OK",  "HTTP/1.9 200 OK", "HTTP/0.9 200 OK", "HTTP/1 200 OK",
        "HTTP/3 200 OK",    "HTTP/10 200 OK",  "HTTP/ 200 OK",    "HTTP/1.12 200 OK",
        "HTTP/1.1",         "HTTP/1.1 ",       "HTTP/1.1\t200",   "HTTP/1.1 20 OK",
        "HTTP/1.1 2000 OK", "HTTP/1.1 099 OK", "HTTP/1.1 abc",    "HTTP/1.1 200OK",
        "HTTP/1.1 -20 OK",  "HTTP/2.1 200 OK", "HTTP/",           "HTTP/1.1200 OK",
    };
    struct head_status s;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(lines); i++) {
        if (head_parse_status(str_of(lines[i]), &s) != CURLE_UNSUPPORTED_PROTOCOL)
            fail_msg("%s", lines[i]);
    }
}

static void what_is_no_status_line_is_weird(void **state)
{
    struct head_status s;

    (void)state;
    assert_int_equal(head_parse_status(STR("ICY 200 OK"), &s), CURLE_WEIRD_SERVER_REPLY);
    assert_int_equal(head_parse_status(STR(""), &s), CURLE_WEIRD_SERVER_REPLY);
    assert_int_equal(head_parse_status(STR("HTTP/1.1 200 O\0K"), &s), CURLE_WEIRD_SERVER_REPLY);
    assert_int_equal(head_parse_status(STR("HTTP/1.1 200 O\rK"), &s), CURLE_WEIRD_SERVER_REPLY);
}

static void bytes_may_become_a_status_line_while_they_begin_like_one(void **state)
{
    (void)state;
    assert_true(head_may_be_status(STR("")));
    assert_true(head_may_be_status(STR("HT")));
    assert_true(head_may_be_status(STR("http/9")));
    assert_false(head_may_be_status(STR("HTTPr")));
    assert_false(head_may_be_status(STR(" HTTP/1.1")));
    assert_false(head_may_be_status(STR("\r\n")));
}

/* ---- Fields ---- */

static void a_field_is_split_and_its_value_trimmed(void **state)
{
    struct str name, value;

    (void)state;
    assert_int_equal(head_parse_field(STR("A-b: \t c: d \t"), &name, &value), CURLE_OK);
    assert_str(name, "A-b");
    assert_str(value, "c: d");
    assert_int_equal(head_parse_field(STR("A:"), &name, &value), CURLE_OK);
    assert_str(value, "");
}

static void a_field_that_is_none_is_weird(void **state)
{
    struct str name, value;

    (void)state;
    assert_int_equal(head_parse_field(STR("A b"), &name, &value), CURLE_WEIRD_SERVER_REPLY);
    assert_int_equal(head_parse_field(STR(": b"), &name, &value), CURLE_WEIRD_SERVER_REPLY);
    assert_int_equal(head_parse_field(STR(""), &name, &value), CURLE_WEIRD_SERVER_REPLY);
    assert_int_equal(head_parse_field(STR("A: b\0c"), &name, &value), CURLE_WEIRD_SERVER_REPLY);
    assert_int_equal(head_parse_field(STR("A: b\rc"), &name, &value), CURLE_WEIRD_SERVER_REPLY);
}

static CURLcode add(struct head_facts *f, const char *line)
{
    struct str name, value;
    const char *reason = NULL;
    CURLcode result;

    assert_int_equal(head_parse_field(str_of(line), &name, &value), CURLE_OK);
    result = head_facts_add(f, name, value, 1000000, &reason);
    assert_true(!result || reason);
    return result;
}

static CURLcode add_all(struct head_facts *f, const char *const *lines, size_t count)
{
    CURLcode result = CURLE_OK;

    head_facts_init(f);
    for (size_t i = 0; i < count && !result; i++)
        result = add(f, lines[i]);
    return result;
}

#define ADD(f, ...)                                                                                \
    add_all(f, (const char *const[]){__VA_ARGS__},                                                 \
            sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *))

static void equal_content_lengths_are_one(void **state)
{
    struct head_facts f;

    (void)state;
    assert_int_equal(ADD(&f, "content-length: 6,06, 6", "Content-Length:6  "), CURLE_OK);
    assert_int_equal(f.content_length, 6);
    assert_int_equal(ADD(&f, "Content-Length: 9223372036854775807"), CURLE_OK);
    assert_int_equal(f.content_length, INT64_MAX);
    assert_int_equal(ADD(&f, "Content-Length: 0"), CURLE_OK);
    assert_int_equal(f.content_length, 0);
}

static void a_content_length_that_is_no_number_is_refused(void **state)
{
    static const char *const lines[] = {
        "Content-Length:",      "Content-Length: -6",  "Content-Length: +6",  "Content-Length: 6x",
        "Content-Length: 6,",   "Content-Length: ,6",  "Content-Length: 6 6", "Content-Length: 0x6",
        "Content-Length: crap", "Content-Length: 6.0",
    };
    struct head_facts f;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(lines); i++) {
        if (ADD(&f, lines[i]) != CURLE_WEIRD_SERVER_REPLY)
            fail_msg("%s", lines[i]);
    }
}

static void different_content_lengths_are_refused(void **state)
{
    struct head_facts f;

    (void)state;
    assert_int_equal(ADD(&f, "Content-Length: 6, 7"), CURLE_WEIRD_SERVER_REPLY);
    assert_int_equal(ADD(&f, "Content-Length: 44", "Content-Length: 6"), CURLE_WEIRD_SERVER_REPLY);
    assert_int_equal(ADD(&f, "Content-Length: 6", "Content-Length: 36893488147419103232"),
                     CURLE_WEIRD_SERVER_REPLY);
    assert_int_equal(ADD(&f, "Content-Length: 36893488147419103232, 6"), CURLE_WEIRD_SERVER_REPLY);
}

static void a_content_length_beyond_63_bits_means_until_the_end(void **state)
{
    struct head_facts f;

    (void)state;
    assert_int_equal(ADD(&f, "Content-Length: 9223372036854775808"), CURLE_OK);
    assert_int_equal(f.content_length, -1);
    assert_true(f.length_overflow && f.close);
}

static void chunked_at_the_end_is_chunked(void **state)
{
    struct head_facts f;

    (void)state;
    assert_int_equal(ADD(&f, "Transfer-Encoding: identity, CHUNKED"), CURLE_OK);
    assert_true(f.chunked && f.has_transfer_encoding && !f.other_coding);
    assert_int_equal(ADD(&f, "Transfer-Encoding: chunked, chunked", "Transfer-Encoding: ,chunked"),
                     CURLE_OK);
    assert_true(f.chunked);
    assert_int_equal(ADD(&f, "Transfer-Encoding: identity, identity"), CURLE_OK);
    assert_false(f.chunked);
    assert_int_equal(ADD(&f, "Transfer-Encoding:"), CURLE_OK);
    assert_false(f.chunked);
}

static void codings_that_were_not_asked_for_are_refused(void **state)
{
    struct head_facts f;

    (void)state;
    assert_int_equal(ADD(&f, "Transfer-Encoding: gzip, chunked"), CURLE_BAD_CONTENT_ENCODING);
    assert_int_equal(ADD(&f, "Transfer-Encoding: identityx"), CURLE_BAD_CONTENT_ENCODING);
    assert_int_equal(ADD(&f, "Transfer-Encoding: chunked;q=1"), CURLE_BAD_CONTENT_ENCODING);
}

static void a_coding_behind_chunked_is_refused(void **state)
{
    struct head_facts f;

    (void)state;
    assert_int_equal(ADD(&f, "Transfer-Encoding: chunked, identity"), CURLE_BAD_CONTENT_ENCODING);
    assert_int_equal(ADD(&f, "Transfer-Encoding: chunked", "Transfer-Encoding: gzip"),
                     CURLE_BAD_CONTENT_ENCODING);
    head_facts_init(&f);
    f.codings_wanted = true;
    assert_int_equal(add(&f, "Transfer-Encoding: chunked, gzip"), CURLE_BAD_CONTENT_ENCODING);
}

static void codings_that_were_asked_for_are_listed_up_to_five(void **state)
{
    struct head_facts f;

    (void)state;
    head_facts_init(&f);
    f.codings_wanted = true;
    assert_int_equal(add(&f, "Transfer-Encoding: x-gzip, br,deflate, chunked"), CURLE_OK);
    assert_true(f.chunked && f.other_coding);
    assert_int_equal(f.coding_count, 3);
    assert_int_equal(f.codings[0], HEAD_GZIP);
    assert_int_equal(f.codings[1], HEAD_OTHER_CODING);
    assert_int_equal(f.codings[2], HEAD_DEFLATE);
    head_facts_init(&f);
    f.codings_wanted = true;
    assert_int_equal(add(&f, "Transfer-Encoding: gzip,gzip,gzip,gzip,gzip"), CURLE_OK);
    assert_int_equal(add(&f, "Transfer-Encoding: gzip"), CURLE_BAD_CONTENT_ENCODING);
}

static void raw_transfers_have_no_coding_but_chunked(void **state)
{
    struct head_facts f;

    (void)state;
    head_facts_init(&f);
    f.raw_transfer = true;
    assert_int_equal(add(&f, "Transfer-Encoding: chunked, gzip"), CURLE_OK);
    assert_true(f.has_transfer_encoding && f.chunked && !f.other_coding);
}

static void connection_tokens_are_found_in_lists(void **state)
{
    struct head_facts f;

    (void)state;
    assert_int_equal(ADD(&f, "Connection: TE, Close"), CURLE_OK);
    assert_true(f.close && !f.keep_alive);
    assert_int_equal(ADD(&f, "connection: keep-alive"), CURLE_OK);
    assert_true(!f.close && f.keep_alive);
    assert_int_equal(ADD(&f, "Connection: closed, close-x, x close"), CURLE_OK);
    assert_false(f.close);
    assert_int_equal(ADD(&f, "Proxy-Connection: close"), CURLE_OK);
    assert_false(f.close);
}

static void the_forms_of_content_range_are_read(void **state)
{
    struct head_facts f;

    (void)state;
    assert_int_equal(ADD(&f, "Content-Range: bytes 100-199/1000"), CURLE_OK);
    assert_int_equal(f.range_start, 100);
    assert_int_equal(f.range_total, 1000);
    assert_int_equal(ADD(&f, "Content-Range: bytes */1000"), CURLE_OK);
    assert_int_equal(f.range_start, -1);
    assert_int_equal(f.range_total, 1000);
    assert_int_equal(ADD(&f, "Content-Range: */100"), CURLE_OK);
    assert_int_equal(f.range_start, -1);
    assert_int_equal(ADD(&f, "Content-Range: bytes 3/7"), CURLE_OK);
    assert_int_equal(f.range_start, 3);
    assert_int_equal(ADD(&f, "Content-Range: bytes 5-6/*"), CURLE_OK);
    assert_int_equal(f.range_start, 5);
    assert_int_equal(f.range_total, -1);
    assert_int_equal(ADD(&f, "Content-Range: rubbish"), CURLE_OK);
    assert_true(f.has_content_range);
    assert_int_equal(f.range_start, -1);
}

static void retry_after_is_seconds_or_a_date_and_never_negative(void **state)
{
    struct head_facts f;

    (void)state;
    assert_int_equal(ADD(&f, "Retry-After: 22"), CURLE_OK);
    assert_int_equal(f.retry_after_s, 22);
    assert_int_equal(ADD(&f, "Retry-After: Mon, 12 Jan 1970 13:46:50 GMT"), CURLE_OK);
    assert_int_equal(f.retry_after_s, 10);
    assert_int_equal(ADD(&f, "Retry-After: Sun, 06 Nov 1960 08:49:37 GMT"), CURLE_OK);
    assert_int_equal(f.retry_after_s, 0);
    assert_int_equal(ADD(&f, "Retry-After: -5"), CURLE_OK);
    assert_int_equal(f.retry_after_s, -1);
    assert_int_equal(ADD(&f, "Retry-After: 20991106"), CURLE_OK);
    assert_int_equal(f.retry_after_s, 6 * 60 * 60);
    assert_int_equal(ADD(&f, "Retry-After: 99999999999999999999"), CURLE_OK);
    assert_int_equal(f.retry_after_s, -1);
}

static void a_second_location_must_be_the_same(void **state)
{
    struct head_facts f;

    (void)state;
    assert_int_equal(ADD(&f, "Location: this", "location: this", "Location:"), CURLE_OK);
    assert_true(f.has_location);
    assert_int_equal(ADD(&f, "Location: this", "Location: that"), CURLE_WEIRD_SERVER_REPLY);
    assert_int_equal(ADD(&f, "Location:"), CURLE_OK);
    assert_false(f.has_location);
}

static void other_facts_are_noted(void **state)
{
    struct head_facts f;

    (void)state;
    assert_int_equal(ADD(&f, "Accept-Ranges: none", "Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT"),
                     CURLE_OK);
    assert_true(f.accept_ranges_none);
    assert_int_equal(f.last_modified, 784111777);
    assert_int_equal(ADD(&f, "Accept-Ranges: bytes", "Last-Modified: never"), CURLE_OK);
    assert_false(f.accept_ranges_none);
    assert_int_equal(f.last_modified, -1);
    assert_int_equal(ADD(&f, "Content-Length : 5", "Content-Lengthy: 6"), CURLE_OK);
    assert_int_equal(f.content_length, -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_status_line_gives_version_code_and_reason),
        cmocka_unit_test(a_version_or_code_that_we_do_not_speak_is_unsupported),
        cmocka_unit_test(what_is_no_status_line_is_weird),
        cmocka_unit_test(bytes_may_become_a_status_line_while_they_begin_like_one),
        cmocka_unit_test(a_field_is_split_and_its_value_trimmed),
        cmocka_unit_test(a_field_that_is_none_is_weird),
        cmocka_unit_test(equal_content_lengths_are_one),
        cmocka_unit_test(a_content_length_that_is_no_number_is_refused),
        cmocka_unit_test(different_content_lengths_are_refused),
        cmocka_unit_test(a_content_length_beyond_63_bits_means_until_the_end),
        cmocka_unit_test(chunked_at_the_end_is_chunked),
        cmocka_unit_test(codings_that_were_not_asked_for_are_refused),
        cmocka_unit_test(a_coding_behind_chunked_is_refused),
        cmocka_unit_test(codings_that_were_asked_for_are_listed_up_to_five),
        cmocka_unit_test(raw_transfers_have_no_coding_but_chunked),
        cmocka_unit_test(connection_tokens_are_found_in_lists),
        cmocka_unit_test(the_forms_of_content_range_are_read),
        cmocka_unit_test(retry_after_is_seconds_or_a_date_and_never_negative),
        cmocka_unit_test(a_second_location_must_be_the_same),
        cmocka_unit_test(other_facts_are_noted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
