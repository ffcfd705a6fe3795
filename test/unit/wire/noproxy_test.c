/* SPDX-License-Identifier: MIT */
#include "wire/noproxy.h"

#include "wire_test.h"

static bool covers(const char *list, const char *host)
{
    return noproxy_covers(list, str_of(host));
}

static void a_star_alone_covers_all(void **state)
{
    (void)state;
    assert_true(covers("*", "example.com"));
    assert_true(covers("*", "192.0.2.1"));
    assert_false(covers("*,x", "example.com"));
    assert_false(covers("*.com", "example.com"));
}

static void a_name_covers_itself_and_what_is_below(void **state)
{
    (void)state;
    assert_true(covers("example.com", "example.com"));
    assert_true(covers("example.com", "www.Example.COM"));
    assert_true(covers("a.b.c, example.com", "www.example.com"));
    assert_false(covers("ample.com", "www.example.com"));
    assert_false(covers("example.com", "example.com.org"));
    assert_false(covers("www.example.com", "example.com"));
    assert_false(covers("", "example.com"));
    assert_false(covers("example.com", ""));
}

static void dots_at_the_ends_mean_nothing(void **state)
{
    (void)state;
    assert_true(covers(".example.com", "example.com"));
    assert_true(covers(".example.com", "www.example.com"));
    assert_true(covers("example.com.", "example.com"));
    assert_true(covers("example.com", "example.com."));
    assert_false(covers(".", "example.com"));
    assert_false(covers("..example.com", "example.com"));
    assert_false(covers(".,..", "."));
}

static void entries_are_separated_by_commas_only(void **state)
{
    (void)state;
    assert_true(covers("one , two\t,three", "two"));
    assert_true(covers(",,two,", "two"));
    assert_false(covers("one two", "two"));
    assert_false(covers("one;two", "two"));
}

static void an_address_covers_itself_in_any_writing(void **state)
{
    (void)state;
    assert_true(covers("192.0.2.1", "192.0.2.1"));
    assert_false(covers("192.0.2.1", "192.0.2.10"));
    assert_false(covers("0.2.1", "192.0.2.1"));
    assert_true(covers("::1", "::1"));
    assert_true(covers("[::1]", "0:0::1"));
    assert_true(covers("fe80::1", "fe80::1%eth0"));
    assert_false(covers("::1", "::2"));
    assert_false(covers("192.0.2.1:80", "192.0.2.1"));
    assert_false(covers("192.0.2.1", "192.0.2.1.example"));
}

static void a_network_covers_its_addresses(void **state)
{
    (void)state;
    assert_true(covers("192.168.0.0/16", "192.168.255.1"));
    assert_false(covers("192.168.0.0/16", "192.169.0.1"));
    assert_true(covers("192.168.128.0/17", "192.168.128.9"));
    assert_false(covers("192.168.128.0/17", "192.168.127.9"));
    assert_true(covers("192.0.2.1/32", "192.0.2.1"));
    assert_false(covers("192.0.2.1/32", "192.0.2.2"));
    assert_true(covers("10.0.0.0/0", "192.0.2.1"));
    assert_true(covers("2001:db8::/33", "2001:db8:7fff::1"));
    assert_false(covers("2001:db8::/33", "2001:db8:8000::1"));
    assert_false(covers("0.0.0.0/0", "::1"));
}

static void a_network_that_is_none_covers_nothing(void **state)
{
    (void)state;
    assert_false(covers("192.0.2.1/33", "192.0.2.1"));
    assert_false(covers("::1/129", "::1"));
    assert_false(covers("192.0.2.1/", "192.0.2.1"));
    assert_false(covers("192.0.2.1/2x", "192.0.2.1"));
    assert_false(covers("192.0.2.1/-1", "192.0.2.1"));
    assert_false(covers("192.0.2.1/99999999999999999999", "192.0.2.1"));
    assert_false(covers("/8", "192.0.2.1"));
    assert_false(covers("example.com/8", "example.com"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_star_alone_covers_all),
        cmocka_unit_test(a_name_covers_itself_and_what_is_below),
        cmocka_unit_test(dots_at_the_ends_mean_nothing),
        cmocka_unit_test(entries_are_separated_by_commas_only),
        cmocka_unit_test(an_address_covers_itself_in_any_writing),
        cmocka_unit_test(a_network_covers_its_addresses),
        cmocka_unit_test(a_network_that_is_none_covers_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
