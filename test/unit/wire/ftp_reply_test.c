/* SPDX-License-Identifier: MIT */
#include "wire/ftp_reply.h"

#include "base/mem.h"
#include "wire_test.h"

#include <string.h>

void ftp_reply_leave(struct ftp_reply *r);
void ftp_reply_leave(struct ftp_reply *r)
{
    ftp_reply_release(r);
}
#define REPLY __attribute__((cleanup(ftp_reply_leave))) struct ftp_reply

/* Feeds in steps; gives the state of the last one and how many bytes were used. */
static enum ftp_reply_state feed(struct ftp_reply *r, const char *bytes, size_t len, size_t step,
                                 size_t *ret_used)
{
    enum ftp_reply_state state = FTP_REPLY_MORE;

    *ret_used = 0;
    while (*ret_used < len && state == FTP_REPLY_MORE) {
        size_t used = 0;
        state = ftp_reply_feed(r, bytes + *ret_used, split_len(len - *ret_used, step), &used);
        *ret_used += used;
    }
    return state;
}

/* The text is one reply with this code and last line; `rest` bytes of it stay. */
static void is_reply(const char *bytes, int code, const char *text, size_t rest)
{
    WITH_ALL_SPLITS(step)
    {
        REPLY r = {0};
        size_t used;

        assert_int_equal(feed(&r, bytes, strlen(bytes), step, &used), FTP_REPLY_DONE);
        assert_int_equal(strlen(bytes) - used, rest);
        assert_int_equal(r.code, code);
        assert_str(ftp_reply_text(&r), text);
        assert_int_equal(r.lines.len, used);
    }
}

static void is_no_reply(const char *bytes, size_t len, enum ftp_reply_state expected)
{
    WITH_ALL_SPLITS(step)
    {
        REPLY r = {0};
        size_t used;

        assert_int_equal(feed(&r, bytes, len, step, &used), expected);
        assert_int_equal(r.code, 0);
        assert_str(ftp_reply_text(&r), "");
    }
}

static void one_line_is_a_reply(void **state)
{
    (void)state;
    is_reply("220 hello\r\n", 220, "hello", 0);
    is_reply("220 \r\n", 220, "", 0);
    is_reply("230\r\n", 230, "", 0);
    is_reply("331 bare line feed\n", 331, "bare line feed", 0);
    is_reply("257 \"/\" is current\r\n", 257, "\"/\" is current", 0);
    is_reply("633 strange\r\n", 633, "strange", 0);
}

static void what_comes_behind_a_reply_is_not_taken(void **state)
{
    (void)state;
    is_reply("150 opening\r\n226 done\r\n", 150, "opening", 10);
    is_reply("500 no\r\nrest", 500, "no", 4);
}

static void several_lines_end_with_their_own_code_and_a_space(void **state)
{
    (void)state;
    is_reply("220-one\r\n220-two\r\n220 three\r\n", 220, "three", 0);
    is_reply("220-one\r\nfree text\r\n\r\n220 end\r\n", 220, "end", 0);
    is_reply("211-features\r\n200 is not the end\r\n 211 neither\r\n211 end\r\n", 211, "end", 0);
    is_reply("230-a\r\n230\r\n", 230, "", 0);
}

static void lines_in_front_of_a_code_mean_nothing(void **state)
{
    (void)state;
    is_reply("HTTP/1.1 200 OK\r\n\r\n500 weird\r\n", 500, "weird", 0);
    is_reply("2200 four digits\r\n220 three\r\n", 220, "three", 0);
}

static void reply_without_its_end_is_not_complete(void **state)
{
    (void)state;
    is_no_reply("220 hello", 9, FTP_REPLY_MORE);
    is_no_reply("220-hello\r\n", 11, FTP_REPLY_MORE);
    is_no_reply("220-hello\r\n221 bye\r\n", 20, FTP_REPLY_MORE);
    is_no_reply("abc\r\n", 5, FTP_REPLY_MORE);
}

static void nul_is_refused(void **state)
{
    (void)state;
    is_no_reply("230 logged\0 in\r\n", 16, FTP_REPLY_BAD);
    is_no_reply("\0", 1, FTP_REPLY_BAD);
}

static void endless_line_is_refused(void **state)
{
    size_t len = FTP_LINE_MAX + 1;
    char *line = mem_alloc(len);

    (void)state;
    memset(line, 'a', len);
    is_no_reply(line, len, FTP_REPLY_LONG);
    mem_free(line);
}

static void endless_reply_is_refused(void **state)
{
    const char line[] = "220-one of too many\r\n";
    REPLY r = {0};
    enum ftp_reply_state result = FTP_REPLY_MORE;
    size_t used, lines = 0;

    (void)state;
    while (result == FTP_REPLY_MORE && lines++ < FTP_REPLY_MAX)
        result = ftp_reply_feed(&r, line, sizeof(line) - 1, &used);
    assert_int_equal(result, FTP_REPLY_LONG);
    assert_true(r.lines.len <= FTP_REPLY_MAX);
}

static void cleared_reply_takes_the_next_one(void **state)
{
    REPLY r = {0};
    size_t used;

    (void)state;
    assert_int_equal(feed(&r, "220-a\r\n220 b\r\n", 14, SIZE_MAX, &used), FTP_REPLY_DONE);
    ftp_reply_clear(&r);
    assert_int_equal(r.code, 0);
    assert_int_equal(feed(&r, "331 c\r\n", 7, SIZE_MAX, &used), FTP_REPLY_DONE);
    assert_int_equal(r.code, 331);
    assert_int_equal(r.lines.len, 7);
}

/* ---- Texts ---- */

static void port_of_229_is_found(void **state)
{
    static const char *const bad[] = {
        "",        "()",       "(|||)",    "(|||0|)", "(|||65536|)", "(|||1000000|)", "(|||12",
        "(||12|)", "(|||12,)", "(|!|12|)", "|||12|",  "(1111211)",   "(|||-1|)",      "(|||x|)",
    };
    int port = 0;

    (void)state;
    assert_true(ftp_parse_epsv(STR("Entering Passive Mode (|||5282|)"), &port));
    assert_int_equal(port, 5282);
    assert_true(ftp_parse_epsv(STR("(!!!65535!) ok"), &port));
    assert_int_equal(port, 65535);
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        assert_false(ftp_parse_epsv(str_of(bad[i]), &port));
}

static void six_numbers_of_227_are_found(void **state)
{
    static const char *const bad[] = {
        "",
        "Entering Passive Mode (1216,256,2,127,127,127)",
        "127,0,0,1,1",
        "127,0,0,1,256,1",
        "127.0.0.1,4,5",
        "127,0,0,1,0,0",
        "1,2,3,4,5,",
    };
    struct ftp_pasv p;

    (void)state;
    assert_true(ftp_parse_pasv(STR("Entering Passive Mode (192,0,2,7,4,1)"), &p));
    assert_memory_equal(p.ip, "\xc0\x00\x02\x07", 4);
    assert_int_equal(p.port, 1025);
    assert_true(ftp_parse_pasv(STR("in 12 words 10,1,2,3,255,255"), &p));
    assert_int_equal(p.port, 65535);
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        assert_false(ftp_parse_pasv(str_of(bad[i]), &p));
}

static void gives_path(const char *text, enum ftp_path_state expected, const char *path)
{
    scoped(buf) got = {0};

    assert_int_equal(ftp_parse_path(str_of(text), &got), expected);
    if (path)
        assert_string_equal(buf_text(&got), path);
}

static void path_of_257_is_in_quotes(void **state)
{
    (void)state;
    gives_path("\"/\" is current directory", FTP_PATH_OK, "/");
    gives_path("rubbish \"/this/is/it\"", FTP_PATH_OK, "/this/is/it");
    gives_path("\"/\"\"hello\"\"\"", FTP_PATH_OK, "/\"hello\"");
    gives_path("\"\"", FTP_PATH_OK, "");
    gives_path("none", FTP_PATH_NONE, NULL);
    gives_path("\"Only one", FTP_PATH_BAD, NULL);
    gives_path("\"a\"\"", FTP_PATH_BAD, NULL);
    gives_path("\"/\x03\"", FTP_PATH_BAD, NULL);
    gives_path("\"/\r\"", FTP_PATH_BAD, NULL);
    gives_path("\"/\x7f\"", FTP_PATH_BAD, NULL);
}

static void size_is_the_last_number(void **state)
{
    int64_t size = 0;

    (void)state;
    assert_true(ftp_parse_size(STR("51"), &size));
    assert_int_equal(size, 51);
    assert_true(ftp_parse_size(STR("file: 213, Size =52 "), &size));
    assert_int_equal(size, 52);
    assert_true(ftp_parse_size(STR("9223372036854775807"), &size));
    assert_true(size == INT64_MAX);
    assert_false(ftp_parse_size(STR("9223372036854775808"), &size));
    assert_false(ftp_parse_size(STR("none"), &size));
    assert_false(ftp_parse_size(STR(""), &size));
}

static void time_of_213_is_utc(void **state)
{
    static const char *const bad[] = {
        "",
        "2003040910265",
        "200304091026590",
        "20031309102659",
        "20030009102659",
        "20030432102659",
        "20030400102659",
        "20030409242659",
        "20030409106059",
        "20030409102661",
        "x20030409102659",
        "There is a file",
    };
    int64_t time = 0;

    (void)state;
    assert_true(ftp_parse_time(STR("20030409102659"), &time));
    assert_int_equal(time, 1049884019);
    assert_true(ftp_parse_time(STR("20030409102659.123"), &time));
    assert_int_equal(time, 1049884019);
    assert_true(ftp_parse_time(STR("19700101000000"), &time));
    assert_int_equal(time, 0);
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        assert_false(ftp_parse_time(str_of(bad[i]), &time));
}

static void size_of_150_is_in_brackets(void **state)
{
    int64_t size = 0;

    (void)state;
    assert_true(ftp_parse_bytes(STR("Opening (binary) x (1234 bytes)."), &size));
    assert_int_equal(size, 1234);
    assert_true(ftp_parse_bytes(STR("(1 byte)"), &size));
    assert_int_equal(size, 1);
    assert_false(ftp_parse_bytes(STR("Opening BINARY mode"), &size));
    assert_false(ftp_parse_bytes(STR("(12 bit)"), &size));
    assert_false(ftp_parse_bytes(STR("(99999999999999999999 bytes)"), &size));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_line_is_a_reply),
        cmocka_unit_test(what_comes_behind_a_reply_is_not_taken),
        cmocka_unit_test(several_lines_end_with_their_own_code_and_a_space),
        cmocka_unit_test(lines_in_front_of_a_code_mean_nothing),
        cmocka_unit_test(reply_without_its_end_is_not_complete),
        cmocka_unit_test(nul_is_refused),
        cmocka_unit_test(endless_line_is_refused),
        cmocka_unit_test(endless_reply_is_refused),
        cmocka_unit_test(cleared_reply_takes_the_next_one),
        cmocka_unit_test(port_of_229_is_found),
        cmocka_unit_test(six_numbers_of_227_are_found),
        cmocka_unit_test(path_of_257_is_in_quotes),
        cmocka_unit_test(size_is_the_last_number),
        cmocka_unit_test(time_of_213_is_utc),
        cmocka_unit_test(size_of_150_is_in_brackets),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
