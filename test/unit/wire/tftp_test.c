/* SPDX-License-Identifier: MIT */
#include "wire/tftp.h"

#include "wire_test.h"

static void expect_request(const struct tftp_request *r, const char *bytes, size_t len)
{
    scoped(buf) out = {0};

    assert_true(tftp_append_request(&out, r));
    assert_int_equal(out.len, len);
    assert_memory_equal(out.bytes, bytes, len);
}

static void requests_have_their_options(void **state)
{
    struct tftp_request r = {TFTP_RRQ, STR("a file"), false, true, 0, 512, 6};
    static const char all[] = "\0\1a file\0octet\0tsize\0000\0blksize\000512\0timeout\0006";
    static const char none[] = "\0\2a file\0netascii";

    (void)state;
    expect_request(&r, all, sizeof(all));
    r.opcode = TFTP_WRQ;
    r.netascii = true;
    r.options = false;
    expect_request(&r, none, sizeof(none));
}

static void long_names_lose_the_options_and_then_are_refused(void **state)
{
    char name[600];
    struct tftp_request r = {
        TFTP_RRQ, {name, 503},
         false, true, 0, 512, 6
    };
    scoped(buf) out = {0};

    (void)state;
    memset(name, 'a', sizeof(name));
    assert_true(tftp_append_request(&out, &r));
    assert_int_equal(out.len, 512);
    buf_clear(&out);
    r.name.len = 504;
    assert_false(tftp_append_request(&out, &r));
    assert_false(buf_failed(&out));
    buf_clear(&out);
    r.name.len = 480;
    assert_true(tftp_append_request(&out, &r));
    assert_int_equal(out.len, 489);
}

static void modes_are_cut_off(void **state)
{
    bool netascii = false;

    (void)state;
    assert_int_equal(tftp_cut_mode(STR("a;mode=netascii"), &netascii).len, 1);
    assert_true(netascii);
    assert_int_equal(tftp_cut_mode(STR("a;mode=OCTET"), &netascii).len, 1);
    assert_false(netascii);
    assert_int_equal(tftp_cut_mode(STR("a;mode=i"), &netascii).len, 8);
    assert_int_equal(tftp_cut_mode(STR(";mode=octet"), &netascii).len, 0);
    assert_int_equal(tftp_cut_mode(STR(""), &netascii).len, 0);
}

#define READ(bytes, p) tftp_read((struct str){bytes, sizeof(bytes) - 1}, p)

static void packets_are_read(void **state)
{
    struct tftp_packet p;

    (void)state;
    assert_true(READ("\0\3\1\2abc", &p));
    assert_int_equal(p.opcode, TFTP_DATA);
    assert_int_equal(p.number, 258);
    assert_int_equal(p.data.len, 3);
    assert_true(READ("\0\4\377\377", &p));
    assert_int_equal(p.opcode, TFTP_ACK);
    assert_int_equal(p.number, 65535);
    assert_true(READ("\0\5\0\1no\0junk", &p));
    assert_int_equal(p.opcode, TFTP_ERROR);
    assert_int_equal(p.data.len, 2);
    assert_true(READ("\0\5\0\1no end", &p));
    assert_int_equal(p.data.len, 6);
    assert_true(READ("\0\6", &p));
    assert_int_equal(p.opcode, TFTP_OACK);
    assert_int_equal(p.data.len, 0);
}

static void what_is_no_packet_is_refused(void **state)
{
    struct tftp_packet p;

    (void)state;
    assert_false(READ("", &p));
    assert_false(READ("\0", &p));
    assert_false(READ("\0\3\0", &p));
    assert_false(READ("\0\4", &p));
    assert_false(READ("\0\1a\0octet\0", &p));
    assert_false(READ("\0\7\0\1", &p));
    assert_false(READ("\1\3\0\1", &p));
}

#define OPTIONS(bytes, most, a) tftp_read_options((struct str){bytes, sizeof(bytes) - 1}, most, a)

static void options_are_read(void **state)
{
    struct tftp_answer a;

    (void)state;
    assert_null(OPTIONS("tsize\00012345678901\0BLKSIZE\0008\0what\0\0", 512, &a));
    assert_int_equal(a.size, 12345678901);
    assert_int_equal(a.block, 8);
    assert_null(OPTIONS("", 512, &a));
    assert_int_equal(a.size, -1);
    assert_int_equal(a.block, 0);
    assert_null(OPTIONS("tsize\0000\0", 512, &a));
    assert_int_equal(a.size, 0);
}

static void bad_options_are_refused(void **state)
{
    struct tftp_answer a;

    (void)state;
    assert_non_null(OPTIONS("blksize\000513\0", 512, &a));
    assert_non_null(OPTIONS("blksize\0007\0", 512, &a));
    assert_non_null(OPTIONS("blksize\0000\0", 512, &a));
    assert_non_null(OPTIONS("blksize\000-8\0", 512, &a));
    assert_non_null(OPTIONS("blksize\00065465\0", 65464, &a));
    assert_non_null(OPTIONS("blksize\000512x\0", 512, &a));
    assert_non_null(OPTIONS("blksize\000512", 512, &a));
    assert_non_null(OPTIONS("blksize\0", 512, &a));
    assert_non_null(OPTIONS("blksize", 512, &a));
    assert_non_null(OPTIONS("tsize\0\0", 512, &a));
    assert_non_null(OPTIONS("tsize\0009223372036854775808\0", 512, &a));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(requests_have_their_options),
        cmocka_unit_test(long_names_lose_the_options_and_then_are_refused),
        cmocka_unit_test(modes_are_cut_off),
        cmocka_unit_test(packets_are_read),
        cmocka_unit_test(what_is_no_packet_is_refused),
        cmocka_unit_test(options_are_read),
        cmocka_unit_test(bad_options_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
