/* SPDX-License-Identifier: MIT */
#include "wire/netrc.h"

#include "wire_test.h"

static void finds(const char *file, const char *host, const char *user, const char *expected_user,
                  const char *expected_password)
{
    scoped(netrc_login) l = {0};

    assert_int_equal(netrc_find(str_of(file), str_of(host), str_of(user), &l), NETRC_FOUND);
    assert_string_equal(buf_text(&l.user), expected_user);
    assert_string_equal(buf_text(&l.password), expected_password);
}

static void gives(const char *file, const char *host, const char *user, enum netrc_outcome expected)
{
    scoped(netrc_login) l = {0};

    assert_int_equal(netrc_find(str_of(file), str_of(host), str_of(user), &l), expected);
    assert_int_equal(l.user.len + l.password.len, 0);
}

static void entry_of_the_host_is_found_whatever_its_layout(void **state)
{
    (void)state;
    finds("machine a login u password p", "a", NULL, "u", "p");
    finds("\tmachine\ta\n login u\r\n  password p\r\n", "A", NULL, "u", "p");
    finds("machine b login x password y\nmachine a password p login u\n", "a", NULL, "u", "p");
    finds("MACHINE a LOGIN u PASSWORD p", "a", NULL, "u", "p");
    gives("machine b login x password y", "a", NULL, NETRC_NO_MATCH);
    gives("", "a", NULL, NETRC_NO_MATCH);
    gives("machine", "a", NULL, NETRC_NO_MATCH);
}

static void default_serves_any_host_but_needs_something_to_give(void **state)
{
    (void)state;
    finds("machine b login x password y default login u password p", "a", NULL, "u", "p");
    finds("default login u", "a", NULL, "u", "");
    gives("machine b login x password y\ndefault\n", "a", NULL, NETRC_NO_MATCH);
}

static void wanted_login_is_picked_among_several_entries(void **state)
{
    const char *file = "machine a login u1 password p1\nmachine a login u2 password p2\n"
                       "machine a password generic\nmachine a login u3 password p3\n";

    (void)state;
    finds(file, "a", NULL, "u1", "p1");
    finds(file, "a", "u2", "u2", "p2");
    finds(file, "a", "u3", "", "generic"); /* it stands before */
    finds("machine a login u1 password p1 login u2 password p2", "a", "u2", "u2", "p2");
    gives("machine a login u1 password p1", "a", "U1", NETRC_NO_MATCH);
}

static void entry_without_password_is_the_last_resort(void **state)
{
    (void)state;
    finds("machine a\nmachine a login u\nmachine a login u password p", "a", "u", "u", "p");
    finds("machine a login u\nmachine b login u password p", "a", "u", "u", "");
    finds("machine a password p", "a", NULL, "", "p");
    finds("machine a password first password second login u", "a", NULL, "u", "second");
}

static void macros_and_comments_are_skipped(void **state)
{
    (void)state;
    finds("macdef m\n machine a login no password no\n \"broken\n\nmachine a login u password p",
          "a", NULL, "u", "p");
    finds("# machine a login no password no\nmachine a login u # password no\n password p", "a",
          NULL, "u", "p");
    gives("macdef m\nmachine a login u password p", "a", NULL, NETRC_NO_MATCH);
}

static void quoted_words_may_have_blanks_and_escapes(void **state)
{
    (void)state;
    finds("machine a login \"u ser\" password \"p \\\"\\n\\r\\t\\a#\"", "a", NULL, "u ser",
          "p \"\n\r\ta#");
    finds("machine a login \"\" password p", "a", NULL, "", "p");
    gives("machine a login u password \"p", "a", NULL, NETRC_SYNTAX);
    gives("machine a login u password \"p\n\"", "a", NULL, NETRC_SYNTAX);
    gives("machine a login u password \"p\\", "a", NULL, NETRC_SYNTAX);
}

static void a_nul_ends_its_line(void **state)
{
    scoped(netrc_login) l = {0};

    (void)state;
    assert_int_equal(
        netrc_find(STR("machine a login u password\0 no"), STR("a"), (struct str){NULL, 0}, &l),
        NETRC_FOUND);
    assert_string_equal(buf_text(&l.user), "u");
    assert_int_equal(l.password.len, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(entry_of_the_host_is_found_whatever_its_layout),
        cmocka_unit_test(default_serves_any_host_but_needs_something_to_give),
        cmocka_unit_test(wanted_login_is_picked_among_several_entries),
        cmocka_unit_test(entry_without_password_is_the_last_resort),
        cmocka_unit_test(macros_and_comments_are_skipped),
        cmocka_unit_test(quoted_words_may_have_blanks_and_escapes),
        cmocka_unit_test(a_nul_ends_its_line),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
