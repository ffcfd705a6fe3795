/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "net/address.h"
#include "net/dns_servers.h"

#include <net/if.h>
#include <stdio.h>
#include <string.h>

static void assert_reads_as(const char *text, const char *written)
{
    struct address a;
    char back[ADDRESS_TEXT_SIZE];

    assert_true(address_parse(text, &a));
    address_text(&a, back);
    assert_string_equal(back, written);
    assert_int_equal(a.len, a.at.any.sa_family == AF_INET ? sizeof(a.at.in4) : sizeof(a.at.in6));
}

static void numeric_addresses_are_read_and_written(void **state)
{
    (void)state;
    assert_reads_as("192.0.2.1", "192.0.2.1");
    assert_reads_as("::1", "::1");
    assert_reads_as("2001:DB8:0:0::1", "2001:db8::1");
    assert_reads_as("::ffff:192.0.2.1", "::ffff:192.0.2.1");
    assert_reads_as("fe80::1%7", "fe80::1%7");
}

static void zone_may_be_an_interface(void **state)
{
    char text[ADDRESS_TEXT_SIZE];

    (void)state;
    snprintf(text, sizeof(text), "fe80::1%%%u", if_nametoindex("lo"));
    assert_reads_as("fe80::1%lo", text);
}

static void what_is_no_address_is_refused(void **state)
{
    static const char *const texts[] = {
        "",
        "a.example",
        "192.0.2",
        "192.0.2.256",
        "192.0.2.1 ",
        "192.0.2.1%lo",
        "fe80::1%",
        "fe80::1%0",
        "fe80::1%nono",
        "[::1]",
        "1::2::3",
        ":",
        "%lo",
        "192.0.2.1:1",
        "0x7f.1",
        "::1 ",
        "fe80::1%-1",
        "12345::",
        "ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.2555555555555555555555555555",
    };
    struct address a;

    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        if (address_parse(texts[i], &a))
            fail_msg("'%s' was taken for an address", texts[i]);
    }
}

static void port_is_kept_in_either_family(void **state)
{
    struct address a, local = {.at.local.sun_family = AF_UNIX};

    (void)state;
    assert_true(address_parse("192.0.2.1", &a));
    assert_int_equal(address_port(&a), 0);
    address_set_port(&a, 65535);
    assert_int_equal(address_port(&a), 65535);
    assert_true(address_parse("::1", &a));
    address_set_port(&a, 80);
    assert_int_equal(address_port(&a), 80);
    address_set_port(&local, 80);
    assert_int_equal(address_port(&local), 0);
}

static void unix_socket_has_no_text(void **state)
{
    struct address local = {.at.local.sun_family = AF_UNIX};
    char text[ADDRESS_TEXT_SIZE] = "x";

    (void)state;
    address_text(&local, text);
    assert_string_equal(text, "");
}

static void list_too_long_for_memory_is_none(void **state)
{
    (void)state;
    assert_null(addresses_new(SIZE_MAX));
}

/* ---- CURLOPT_DNS_SERVERS ---- */

static void server_list_keeps_order_and_ports(void **state)
{
    struct ares_addr_port_node nodes[DNS_SERVERS_MOST];
    uint8_t first[4] = {192, 0, 2, 1};

    (void)state;
    assert_int_equal(dns_servers_parse("192.0.2.1, 198.51.100.2:5353,[2001:db8::1]:53,"
                                       "2001:db8::2,[::1]",
                                       nodes),
                     5);
    assert_int_equal(nodes[0].family, AF_INET);
    assert_memory_equal(&nodes[0].addr.addr4, first, 4);
    assert_int_equal(nodes[0].udp_port, 0);
    assert_int_equal(nodes[1].udp_port, 5353);
    assert_int_equal(nodes[1].tcp_port, 5353);
    assert_int_equal(nodes[2].family, AF_INET6);
    assert_int_equal(nodes[2].udp_port, 53);
    assert_int_equal(nodes[3].family, AF_INET6);
    assert_int_equal(nodes[3].udp_port, 0);
    assert_ptr_equal(nodes[3].next, &nodes[4]);
    assert_null(nodes[4].next);
}

static void bad_server_list_is_refused(void **state)
{
    static const char *const texts[] = {
        "",
        "a.example",
        "192.0.2.1:",
        "192.0.2.1:0",
        "192.0.2.1:65536",
        ",",
        "192.0.2.1,,::",
        "[::1",
        "[::1]53",
        "192.0.2.1:53x",
        "[]:53",
        "::1]:53",
        "192.0.2.1;::1",
        "192.0.2.1 ::1",
        "[192.0.2.1:53",
        "fe80::1%1",
        "192.0.2.1:-1",
        "192.0.2.1, ,::1",
        "192.0.2.1:+53",
        "[::1]:",
    };
    struct ares_addr_port_node nodes[DNS_SERVERS_MOST];

    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        if (dns_servers_parse(texts[i], nodes))
            fail_msg("'%s' was taken for a list of servers", texts[i]);
    }
}

static void too_many_servers_are_refused(void **state)
{
    struct ares_addr_port_node nodes[DNS_SERVERS_MOST];
    char text[(DNS_SERVERS_MOST + 1) * 4] = "";
    size_t len = 0;

    (void)state;
    for (int i = 0; i < DNS_SERVERS_MOST; i++)
        len += (size_t)snprintf(text + len, sizeof(text) - len, "%s::1", i ? "," : "");
    assert_int_equal(dns_servers_parse(text, nodes), DNS_SERVERS_MOST);
    snprintf(text + len, sizeof(text) - len, ",::");
    assert_int_equal(dns_servers_parse(text, nodes), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numeric_addresses_are_read_and_written),
        cmocka_unit_test(zone_may_be_an_interface),
        cmocka_unit_test(what_is_no_address_is_refused),
        cmocka_unit_test(port_is_kept_in_either_family),
        cmocka_unit_test(unix_socket_has_no_text),
        cmocka_unit_test(list_too_long_for_memory_is_none),
        cmocka_unit_test(server_list_keeps_order_and_ports),
        cmocka_unit_test(bad_server_list_is_refused),
        cmocka_unit_test(too_many_servers_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
