/* SPDX-License-Identifier: MIT */
#include "wire/pop3.h"

#include "wire/sasl.h"
#include "wire_test.h"

static void is_status(const char *line, enum pop3_status status, const char *rest)
{
    struct str text;

    assert_int_equal(pop3_read_status(str_of(line), &text), status);
    assert_str(text, rest);
}

static void status_lines_are_told_from_others(void **state)
{
    (void)state;
    is_status("+OK", POP3_OK, "");
    is_status("+OK 3 messages", POP3_OK, "3 messages");
    is_status("-ERR no", POP3_ERROR, "no");
    is_status("+ Zm9v", POP3_CONTINUE, "Zm9v");
    is_status("+", POP3_CONTINUE, "");
    is_status("+O", POP3_CONTINUE, "O");
    is_status("-ER", POP3_NONE, "-ER");
    is_status("", POP3_NONE, "");
    is_status("OK", POP3_NONE, "OK");
}

static void stamps_are_found(void **state)
{
    (void)state;
    assert_str(pop3_find_stamp(STR("ready <1.2@host>")), "<1.2@host>");
    assert_str(pop3_find_stamp(STR("<@>")), "<@>");
    assert_str(pop3_find_stamp(STR("ready <1.2 host>")), "");
    assert_str(pop3_find_stamp(STR("ready <1.2@host")), "");
    assert_str(pop3_find_stamp(STR("1.2@host>")), "");
    assert_str(pop3_find_stamp(STR("")), "");
}

static void abilities_are_read(void **state)
{
    struct pop3_abilities a = {0};

    (void)state;
    pop3_read_ability(STR("STLSX"), &a);
    pop3_read_ability(STR("UIDL"), &a);
    assert_false(a.stls || a.user || a.sasl);
    pop3_read_ability(STR("stls"), &a);
    pop3_read_ability(STR("USER"), &a);
    pop3_read_ability(STR("SASL PLAIN CRAM-MD5"), &a);
    pop3_read_ability(STR("SASL"), &a);
    assert_true(a.stls && a.user);
    assert_int_equal(a.sasl, SASL_PLAIN | SASL_CRAM_MD5);
}

static void answers_of_several_lines_are_known(void **state)
{
    static const char *const several[] = {"LIST",    "list ",  "UIDL", "RETR 1",
                                          "TOP 1 0", "XOTHER", "CAPA", "STATS"};
    static const char *const one[] = {"LIST 1", "UIDL 2", "STAT", "dele 1", "NOOP", "RSET", "QUIT"};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(several); i++)
        assert_true(pop3_is_multiline(str_of(several[i])));
    for (size_t i = 0; i < COUNT_OF(one); i++)
        assert_false(pop3_is_multiline(str_of(one[i])));
}

/* `rest` bytes stay behind the end. */
static void is_body(const char *bytes, const char *body, bool done, size_t rest)
{
    WITH_ALL_SPLITS(step)
    {
        struct pop3_body b = {0};
        scoped(buf) out = {0};
        size_t len = strlen(bytes), at = 0;

        while (at < len && !b.done) {
            size_t used;

            assert_true(pop3_body_feed(&b, bytes + at, split_len(len - at, step), &used, &out));
            at += used;
        }
        assert_int_equal(b.done, done);
        assert_int_equal(len - at, rest);
        assert_string_equal(buf_text(&out), body);
    }
}

static void bodies_end_with_a_dot(void **state)
{
    (void)state;
    is_body(".\r\n", "", true, 0);
    is_body("a\r\n.\r\n", "a\r\n", true, 0);
    is_body("\r\n\r\n.\r\n+OK", "\r\n\r\n", true, 3);
    is_body("a\r\n", "a\r\n", false, 0);
    is_body("a\r\n.", "a\r\n", false, 0);
    is_body("a\r\n.\r", "a\r\n", false, 0);
}

static void dots_in_front_are_left_out(void **state)
{
    (void)state;
    is_body("..\r\n.\r\n", ".\r\n", true, 0);
    is_body("a\r\n...b.\r\n.c\r\n.\r\n", "a\r\n..b.\r\nc\r\n", true, 0);
    is_body(".\r\r\n.\r\n", "\r\r\n", true, 0);
    is_body(".\ra\r\n.\r\n", "\ra\r\n", true, 0);
}

static void only_whole_line_ends_count(void **state)
{
    (void)state;
    is_body("a\n.\n.\r\n", "a\n.\n.\r\n", false, 0);
    is_body("a\r.\r\n.\r\n", "a\r.\r\n", true, 0);
    is_body("a\n.\r\n.\r\n", "a\n.\r\n", true, 0);
    is_body("a\r\n.\n.\r\n", "a\r\n\n.\r\n", false, 0);
    is_body("a\r\r\n.\r\n", "a\r\r\n", true, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(status_lines_are_told_from_others),
        cmocka_unit_test(stamps_are_found),
        cmocka_unit_test(abilities_are_read),
        cmocka_unit_test(answers_of_several_lines_are_known),
        cmocka_unit_test(bodies_end_with_a_dot),
        cmocka_unit_test(dots_in_front_are_left_out),
        cmocka_unit_test(only_whole_line_ends_count),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
