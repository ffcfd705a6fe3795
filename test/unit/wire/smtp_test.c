/* SPDX-License-Identifier: MIT */
#include "wire/smtp.h"

#include "wire/sasl.h"
#include "wire_test.h"

static void is_line(const char *line, int code, bool last, const char *text)
{
    struct smtp_line got;

    assert_true(smtp_read_line(str_of(line), &got));
    assert_int_equal(got.code, code);
    assert_int_equal(got.last, last);
    assert_str(got.text, text);
}

static void lines_of_replies_are_read(void **state)
{
    static const char *const bad[] = {"", "25", "hello", "2500 x", "25x y", "250+x", " 250 x"};
    struct smtp_line got;

    (void)state;
    is_line("250 fine", 250, true, "fine");
    is_line("250-more", 250, false, "more");
    is_line("354", 354, true, "");
    is_line("220 ", 220, true, "");
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_false(smtp_read_line(str_of(bad[i]), &got));
}

static void abilities_are_read(void **state)
{
    struct smtp_abilities a = {0};

    (void)state;
    smtp_read_ability(STR("STARTTLSX"), &a);
    smtp_read_ability(STR("AUTH=LOGIN"), &a);
    smtp_read_ability(STR("PIPELINING"), &a);
    assert_false(a.starttls || a.auth || a.size || a.utf8);
    smtp_read_ability(STR("starttls"), &a);
    smtp_read_ability(STR("SIZE 100"), &a);
    smtp_read_ability(STR("SMTPUTF8"), &a);
    smtp_read_ability(STR("AUTH PLAIN CRAM-MD5"), &a);
    assert_true(a.starttls && a.auth && a.size && a.utf8);
    assert_int_equal(a.sasl, SASL_PLAIN | SASL_CRAM_MD5);
}

static void is_address(const char *text, const char *mailbox, const char *parameters)
{
    struct smtp_address a;
    scoped(buf) out = {0};

    smtp_read_address(str_of(text), &a);
    assert_true(smtp_append_mailbox(&out, &a));
    assert_string_equal(buf_text(&out), mailbox);
    assert_str(a.parameters, parameters);
}

static void addresses_are_read(void **state)
{
    struct smtp_address a;

    (void)state;
    is_address("a@b", "a@b", "");
    is_address("<a@b>", "a@b", "");
    is_address("<a@b> NOTIFY=NEVER", "a@b", " NOTIFY=NEVER");
    is_address("\"x@y\"@b", "\"x@y\"@b", "");
    is_address("alone", "alone", "");
    is_address("<open", "open", "");
    is_address("", "", "");
    is_address("<>", "", "");
#ifdef HAVE_IDN2
    is_address("a@\xc3\xa4.test", "a@xn--4ca.test", "");
#endif
    smtp_read_address(STR("\xc3\xa4@b"), &a);
    assert_true(smtp_address_is_utf8(&a));
    smtp_read_address(STR("a@b"), &a);
    assert_false(smtp_address_is_utf8(&a));
}

/* However its bytes are cut. */
static void is_stuffed(const char *text, const char *wanted)
{
    for (size_t step = 1; step <= strlen(text) + 1; step++) {
        struct smtp_stuffing s = {0};
        scoped(buf) out = {0};

        for (size_t at = 0; at < strlen(text); at += step) {
            size_t left = strlen(text) - at;
            assert_true(smtp_stuff(&s, text + at, left < step ? left : step, &out));
        }
        assert_true(smtp_stuff_end(&s, &out));
        assert_string_equal(out.bytes, wanted);
    }
}

static void dots_at_the_beginning_of_lines_are_doubled(void **state)
{
    (void)state;
    is_stuffed("", ".\r\n");
    is_stuffed(".", "..\r\n.\r\n");
    is_stuffed("a\r\n", "a\r\n.\r\n");
    is_stuffed("a\r\n.\r\nb", "a\r\n..\r\nb\r\n.\r\n");
    is_stuffed("\r\r\n..", "\r\r\n...\r\n.\r\n");
    is_stuffed("\n.\r.", "\n.\r.\r\n.\r\n");
    is_stuffed("a\r", "a\r\r\n.\r\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_of_replies_are_read),
        cmocka_unit_test(abilities_are_read),
        cmocka_unit_test(addresses_are_read),
        cmocka_unit_test(dots_at_the_beginning_of_lines_are_doubled),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
