/* SPDX-License-Identifier: MIT */
#include "wire/telnet.h"

#include "wire_test.h"

#define IAC  "\377"
#define DONT IAC "\376"
#define DO   IAC "\375"
#define WONT IAC "\374"
#define WILL IAC "\373"
#define SB   IAC "\372"
#define SE   IAC "\360"

static void log_nothing(void *owner, bool sent, const char *verb, int option)
{
    (void)owner;
    (void)sent;
    assert_non_null(verb);
    assert_in_range(option, 0, 255);
}

static struct buf decode(struct telnet *t, const char *bytes, size_t len, size_t step,
                         struct buf *answers)
{
    struct buf data = {0}, work = {0};

    for (size_t at = 0; at < len;) {
        size_t part = split_len(len - at, step), kept;

        buf_clear(&work);
        buf_append(&work, bytes + at, part);
        kept = telnet_decode(t, work.bytes, part, answers, log_nothing, NULL);
        assert_true(kept <= part);
        buf_append(&data, work.bytes, kept);
        at += part;
    }
    buf_release(&work);
    return data;
}

static void check(const struct buf *b, const char *bytes, size_t len)
{
    assert_int_equal(b->len, len);
    assert_memory_equal(buf_text(b), bytes, len);
}

/* What comes, what of it is data, and what is answered, with these options; where the wishes of our
 * own were told before. */
static void expect_len(const char *const *options, const char *in, size_t in_len, const char *data,
                       size_t data_len, const char *answers, size_t answers_len)
{
    WITH_ALL_SPLITS(step)
    {
        struct telnet t = {.begun = true};
        scoped(buf) got = {0}, said = {0};

        for (const char *const *o = options; o && *o; o++)
            assert_int_equal(telnet_set(&t, *o), CURLE_OK);
        got = decode(&t, in, in_len, step, &said);
        check(&got, data, data_len);
        check(&said, answers, answers_len);
        telnet_release(&t);
    }
}
#define expect(options, in, data, answers)                                                         \
    expect_len(options, in, sizeof(in) - 1, data, sizeof(data) - 1, answers, sizeof(answers) - 1)

static void data_comes_as_it_is(void **state)
{
    (void)state;
    expect(NULL, "text\r\nmore\n", "text\r\nmore\n", "");
    expect(NULL, "a" IAC IAC "b", "a" IAC "b", "");
    expect(NULL, "\0\0", "\0\0", "");
}

static void bare_return_loses_its_nul(void **state)
{
    (void)state;
    expect(NULL, "a\r\0b\r\r\0\0", "a\rb\r\r\0", "");
}

static void nul_of_binary_stays(void **state)
{
    (void)state;
    expect(NULL, WILL "\0\r\0", "\r\0", DO "\0");
}

static void commands_without_option_are_passed_over(void **state)
{
    (void)state;
    expect(NULL,
           "a" IAC "\366" IAC "\361" IAC "\360"
           "b",
           "ab", "");
}

static void unknown_options_are_refused(void **state)
{
    (void)state;
    expect(NULL, DO "\1" WILL "\30" DO "\310" WILL "\377", "",
           WONT "\1" DONT "\30" WONT "\310" DONT "\377");
}

static void echo_is_accepted(void **state)
{
    (void)state;
    expect(NULL, WILL "\1" WILL "\1" WONT "\1" WONT "\1", "", DO "\1" DONT "\1");
}

static void the_end_of_an_option_is_agreed_to(void **state)
{
    (void)state;
    expect(NULL, DO "\3" DO "\3" DONT "\3" DONT "\3" DO "\3", "", WILL "\3" WONT "\3" WILL "\3");
}

static void terminal_is_told_when_asked(void **state)
{
    static const char *const options[] = {"TTYPE=vt\377", NULL};

    (void)state;
    expect(options, DO "\30" SB "\30\1" SE "x", "x", WILL "\30" SB "\30\0vt\377\377" SE);
}

static void display_and_variables_are_told_when_asked(void **state)
{
    static const char *const options[] = {"xdisploc=h:0", "NEW_ENV=A,b", "NEW_ENV=C", NULL};

    (void)state;
    expect(options, DO "\43" DO "\47" SB "\43\1" SE SB "\47\1\0A" SE, "",
           WILL "\43" WILL "\47" SB "\43\0h:0" SE SB "\47\0\0A\1b\0C" SE);
}

static void what_was_not_agreed_is_not_told(void **state)
{
    static const char *const options[] = {"TTYPE=vt100", NULL};

    (void)state;
    expect(options, SB "\30\1" SE DO "\43" SB "\43\1" SE SB SE SB "\30" SE, "", WONT "\43");
}

static void window_is_told_with_its_size(void **state)
{
    static const char *const options[] = {"WS=255x24", NULL};

    (void)state;
    expect(options, DO "\37" DO "\37", "", WILL "\37" SB "\37\0\377\377\0\30" SE);
    expect(NULL, DO "\37", "", WILL "\37" SB "\37\0\0\0\0" SE);
}

static void long_subnegotiation_is_passed_over(void **state)
{
    (void)state;
    expect(NULL, SB "\30\2 a long one " IAC IAC " and " IAC "\375 on" SE "x", "x", "");
}

static void first_command_brings_our_wishes(void **state)
{
    static const char wishes[] = WONT "\1" WILL "\0" DO "\0" WILL "\3" DO "\3" WILL "\30";
    static const char agreed[] = DO "\0" WILL "\0" DO "\3" WILL "\3" DO "\30";
    struct telnet t = {0};
    scoped(buf) data = {0}, said = {0};

    (void)state;
    assert_int_equal(telnet_set(&t, "TTYPE=a"), CURLE_OK);
    data = decode(&t, "x" DO "\1", 4, 4, &said);
    check(&data, "x", 1);
    check(&said, wishes, sizeof(wishes) - 1);
    buf_clear(&said);
    buf_release(&data);
    data = decode(&t, agreed, sizeof(agreed) - 1, 1, &said);
    assert_int_equal(data.len + said.len, 0);
    telnet_release(&t);
}

static void binary_is_the_programs_to_refuse(void **state)
{
    static const char *const options[] = {"BINARY=0", NULL};

    (void)state;
    expect(options, DO "\0" WILL "\0", "", WONT "\0" DONT "\0");
}

static void bad_options_are_refused(void **state)
{
    static const char *const bad[] = {
        "TTYPE",
        "TTYPE=",
        "=x",
        "",
        "WS=80",
        "WS=80x",
        "WS=x24",
        "WS=80 x24",
        "WS=80x24y",
        "WS=1x65536",
        "WS=99999x2",
        "BINARY=2",
        "BINARY=x",
        "BINARY=1x",
        "NEW_ENV=,",
        "NEW_ENV=,b",
        "TTYPE=a\nb",
        "TTYPE=a\r",
        "NEW_ENV=A,b\n",
        "NEW_ENV=\1a",
        "XDISPLOC=\177",
    };
    struct telnet t = {0};
    scoped(buf) line = {0};

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_int_equal(telnet_set(&t, bad[i]), CURLE_SETOPT_OPTION_SYNTAX);
    assert_int_equal(telnet_set(&t, "FOO=1"), CURLE_UNKNOWN_OPTION);
    buf_append_text(&line, "TTYPE=");
    for (int i = 0; i < 256; i++)
        buf_append_char(&line, 'a');
    assert_int_equal(telnet_set(&t, line.bytes), CURLE_SETOPT_OPTION_SYNTAX);
    line.bytes[line.len - 1] = '\0';
    assert_int_equal(telnet_set(&t, line.bytes), CURLE_OK);
    assert_int_equal(t.terminal.len, 255);
    telnet_release(&t);
}

static void variables_have_a_bound(void **state)
{
    struct telnet t = {0};
    int count = 0;

    (void)state;
    while (!telnet_set(&t, "NEW_ENV=NAME,a value"))
        count++;
    assert_in_range(count, 100, 200);
    telnet_release(&t);
}

static void sent_data_is_escaped(void **state)
{
    scoped(buf) out = {0};

    (void)state;
    assert_true(telnet_encode(&out, STR("a\377\377b\r\nc\377")));
    check(&out, "a\377\377\377\377b\r\nc\377\377", 11);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(data_comes_as_it_is),
        cmocka_unit_test(bare_return_loses_its_nul),
        cmocka_unit_test(nul_of_binary_stays),
        cmocka_unit_test(commands_without_option_are_passed_over),
        cmocka_unit_test(unknown_options_are_refused),
        cmocka_unit_test(echo_is_accepted),
        cmocka_unit_test(the_end_of_an_option_is_agreed_to),
        cmocka_unit_test(terminal_is_told_when_asked),
        cmocka_unit_test(display_and_variables_are_told_when_asked),
        cmocka_unit_test(what_was_not_agreed_is_not_told),
        cmocka_unit_test(window_is_told_with_its_size),
        cmocka_unit_test(long_subnegotiation_is_passed_over),
        cmocka_unit_test(first_command_brings_our_wishes),
        cmocka_unit_test(binary_is_the_programs_to_refuse),
        cmocka_unit_test(bad_options_are_refused),
        cmocka_unit_test(variables_have_a_bound),
        cmocka_unit_test(sent_data_is_escaped),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
