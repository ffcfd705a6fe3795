/* SPDX-License-Identifier: MIT */
#include "wire/ssh_path.h"

#include "wire/sftp_line.h"
#include "wire_test.h"

#include <string.h>

static void becomes(const char *path, const char *home, const char *expected)
{
    scoped(buf) text = {0};

    assert_int_equal(ssh_path_parse(&text, str_of(path), str_of(home)), SSH_PATH_FINE);
    assert_string_equal(buf_text(&text), expected);
}

static void path_begins_at_the_root(void **state)
{
    (void)state;
    becomes("/a/b", "/home/me", "/a/b");
    becomes("/", "/home/me", "/");
    becomes("/a%20b/%2e", "/home/me", "/a b/.");
    becomes("/a/~/b", "/home/me", "/a/~/b");
    becomes("/~a", "/home/me", "/~a");
}

static void path_of_a_tilde_begins_at_home(void **state)
{
    (void)state;
    becomes("/~/a", "/home/me", "/home/me/a");
    becomes("/~/", "/home/me", "/home/me/");
    becomes("/~/a", "/", "/a");
    becomes("/~", "/home/me", "/home/me");
    becomes("/~/a", "", "a");
    becomes("/~/", "", ".");
    becomes("/~", "", ".");
}

static void path_with_a_nul_is_refused(void **state)
{
    scoped(buf) text = {0};

    (void)state;
    assert_int_equal(ssh_path_parse(&text, str_of("/a%00b"), str_of("/")), SSH_PATH_BAD);
}

/* ---- Names in commands ---- */

static void takes(const char *line, const char *name, const char *rest)
{
    struct str left = str_of(line);
    scoped(buf) text = {0};

    assert_int_equal(sftp_take_name(&left, str_of("/home"), &text), SFTP_NAME_FINE);
    assert_string_equal(buf_text(&text), name);
    assert_str(left, rest);
}

static void refuses(const char *line, enum sftp_name_error error)
{
    struct str left = str_of(line);
    scoped(buf) text = {0};

    assert_int_equal(sftp_take_name(&left, str_of("/home"), &text), error);
}

static void name_ends_at_a_blank(void **state)
{
    (void)state;
    takes("  /a /b", "/a", "/b");
    takes("/a", "/a", "");
    takes("/a  \t", "/a", "");
    takes("a\"b c", "a\"b", "c");
}

static void name_in_quotes_has_blanks(void **state)
{
    (void)state;
    takes("\"a b\" c", "a b", "c");
    takes("'a \"b' c", "a \"b", "c");
    takes("\"a\\\"\\\\\\'b\"", "a\"\\'b", "");
    takes("\"a\"b", "a", "b");
}

static void name_with_a_tilde_begins_at_home(void **state)
{
    (void)state;
    takes("/~/a b", "/home/a", "b");
    takes("/~a", "/~a", "");
    takes("\"/~/a\"", "/~/a", "");
}

static void name_that_is_none_is_refused(void **state)
{
    (void)state;
    refuses("", SFTP_NAME_MISSING);
    refuses("  \t", SFTP_NAME_MISSING);
    refuses("\"a", SFTP_NAME_BAD);
    refuses("\"a'", SFTP_NAME_BAD);
    refuses("\"\"", SFTP_NAME_BAD);
    refuses("\"a\\", SFTP_NAME_BAD);
    refuses("\"a\\n\"", SFTP_NAME_BAD);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(path_begins_at_the_root),
        cmocka_unit_test(path_of_a_tilde_begins_at_home),
        cmocka_unit_test(path_with_a_nul_is_refused),
        cmocka_unit_test(name_ends_at_a_blank),
        cmocka_unit_test(name_in_quotes_has_blanks),
        cmocka_unit_test(name_with_a_tilde_begins_at_home),
        cmocka_unit_test(name_that_is_none_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
