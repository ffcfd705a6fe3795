/* SPDX-License-Identifier: MIT */
#include "wire/h2_head.h"

#include "wire_test.h"

static void parse(const char *text, struct h2_head *head)
{
    assert_true(h2_head_parse(str_of(text), STR("https"), head));
}

static void assert_field(const struct h2_head *head, size_t at, const char *name, const char *value)
{
    assert_true(at < head->count);
    assert_true(str_equal(head->fields[at].name, str_of(name)));
    assert_true(str_equal(head->fields[at].value, str_of(value)));
}

static void request_becomes_fields_with_pseudo_fields_first(void **state)
{
    struct h2_head head;

    (void)state;
    parse("GET /a?b=c HTTP/2\r\nHost: example.com:8443\r\nUser-Agent: x\r\nX-Blank:\r\n\r\n",
          &head);
    assert_int_equal(head.count, 6);
    assert_field(&head, 0, ":method", "GET");
    assert_field(&head, 1, ":scheme", "https");
    assert_field(&head, 2, ":authority", "example.com:8443");
    assert_field(&head, 3, ":path", "/a?b=c");
    assert_field(&head, 4, "user-agent", "x");
    assert_field(&head, 5, "x-blank", "");
    h2_head_release(&head);
}

static void fields_of_a_connection_are_left_out(void **state)
{
    struct h2_head head;

    (void)state;
    parse("POST / HTTP/1.1\r\nHost: h\r\nConnection: close, X-Hop\r\nX-Hop: 1\r\nKeep-Alive: 5\r\n"
          "Proxy-Connection: x\r\nTransfer-Encoding: chunked\r\nUpgrade: h2c\r\n"
          "HTTP2-Settings: AA\r\nTE: gzip\r\nte: trailers\r\nX-Stays: 1\r\n\r\n",
          &head);
    assert_int_equal(head.count, 6);
    assert_field(&head, 4, "te", "trailers");
    assert_field(&head, 5, "x-stays", "1");
    h2_head_release(&head);
}

static void target_may_have_blanks_and_host_may_lack(void **state)
{
    struct h2_head head;

    (void)state;
    parse("GET /a b HTTP/2\r\nAccept: */*\r\n\r\n", &head);
    assert_int_equal(head.count, 4);
    assert_field(&head, 2, ":path", "/a b");
    h2_head_release(&head);
}

static void absolute_target_is_taken_apart(void **state)
{
    struct h2_head head;

    (void)state;
    parse("GET http://example.com:81/a?u=x://y HTTP/1.1\r\nHost: other\r\n\r\n", &head);
    assert_int_equal(head.count, 4);
    assert_field(&head, 1, ":scheme", "http");
    assert_field(&head, 2, ":authority", "other");
    assert_field(&head, 3, ":path", "/a?u=x://y");
    h2_head_release(&head);
    parse("GET ftp://example.com HTTP/1.1\r\n\r\n", &head);
    assert_field(&head, 1, ":scheme", "ftp");
    assert_field(&head, 2, ":authority", "example.com");
    assert_field(&head, 3, ":path", "/");
    h2_head_release(&head);
    parse("GET /a?u=http://x HTTP/1.1\r\nHost: h\r\n\r\n", &head);
    assert_field(&head, 3, ":path", "/a?u=http://x");
    h2_head_release(&head);
}

static void connect_has_its_authority_alone(void **state)
{
    struct h2_head head;

    (void)state;
    parse("CONNECT example.com:443 HTTP/2\r\nHost: x\r\nProxy-Connection: Keep-Alive\r\nX-A: "
          "1\r\n\r\n",
          &head);
    assert_int_equal(head.count, 3);
    assert_field(&head, 0, ":method", "CONNECT");
    assert_field(&head, 1, ":authority", "example.com:443");
    assert_field(&head, 2, "x-a", "1");
    h2_head_release(&head);
}

static void response_becomes_lines(void **state)
{
    scoped(buf) lines = {0};

    (void)state;
    assert_true(h2_head_append_line(&lines, STR(":status"), STR("204")));
    assert_true(h2_head_append_line(&lines, STR("x-a"), STR("b c")));
    assert_true(h2_head_append_line(&lines, STR("x-empty"), STR("")));
    assert_string_equal(buf_text(&lines), "HTTP/2 204 \r\nx-a: b c\r\nx-empty: \r\n");
}

static void field_that_would_break_a_line_is_refused(void **state)
{
    scoped(buf) lines = {0};

    (void)state;
    assert_false(h2_head_append_line(&lines, STR("x-a"), STR("b\r\nx-c: d")));
    assert_false(h2_head_append_line(&lines, STR("x-a"), STR("b\nd")));
    assert_false(h2_head_append_line(&lines, STR("x\n"), STR("b")));
    assert_false(h2_head_append_line(&lines, STR("x-a"), STR("a\0b")));
    assert_false(h2_head_append_line(&lines, STR(":path"), STR("/")));
    assert_int_equal(lines.len, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(request_becomes_fields_with_pseudo_fields_first),
        cmocka_unit_test(fields_of_a_connection_are_left_out),
        cmocka_unit_test(target_may_have_blanks_and_host_may_lack),
        cmocka_unit_test(absolute_target_is_taken_apart),
        cmocka_unit_test(connect_has_its_authority_alone),
        cmocka_unit_test(response_becomes_lines),
        cmocka_unit_test(field_that_would_break_a_line_is_refused),
    };

    return cmocka_run_group_tests_name("h2_head", tests, NULL, NULL);
}
