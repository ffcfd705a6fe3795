/* SPDX-License-Identifier: MIT */
#include "wire/dns_message.h"

#include "base/buf.h"
#include "wire_test.h"

#include <string.h>

#define NAME     "\3foo\7example\3com"
#define QUESTION NAME "\0\0\1\0\1"
#define POINTER  "\xc0\x0c"

static CURLcode write(struct buf *b, const char *name, enum dns_type type)
{
    buf_clear(b);
    return dns_query_write(b, str_of(name), type);
}

static void query_has_the_labels_and_no_id(void **state)
{
    static const char expected[] = "\0\0\1\0\0\1\0\0\0\0\0\0" NAME "\0\0\x1c\0\1";
    scoped(buf) b = {0};

    (void)state;
    assert_int_equal(write(&b, "foo.example.com", DNS_TYPE_AAAA), CURLE_OK);
    assert_int_equal(b.len, sizeof expected - 1);
    assert_memory_equal(b.bytes, expected, b.len);
    assert_int_equal(write(&b, "foo.example.com.", DNS_TYPE_AAAA), CURLE_OK);
    assert_memory_equal(b.bytes, expected, b.len);
}

static void what_is_no_name_is_refused(void **state)
{
    char label[65], name[300];
    scoped(buf) b = {0};

    (void)state;
    assert_int_equal(write(&b, "", DNS_TYPE_A), CURLE_URL_MALFORMAT);
    assert_int_equal(write(&b, ".", DNS_TYPE_A), CURLE_URL_MALFORMAT);
    assert_int_equal(write(&b, ".a", DNS_TYPE_A), CURLE_URL_MALFORMAT);
    assert_int_equal(write(&b, "a..b", DNS_TYPE_A), CURLE_URL_MALFORMAT);
    assert_int_equal(write(&b, "a..", DNS_TYPE_A), CURLE_URL_MALFORMAT);
    memset(label, 'x', 64);
    label[64] = '\0';
    assert_int_equal(write(&b, label, DNS_TYPE_A), CURLE_URL_MALFORMAT);
    label[63] = '\0';
    assert_int_equal(write(&b, label, DNS_TYPE_A), CURLE_OK);
    memset(name, 'y', sizeof name);
    for (size_t i = 50; i < sizeof name; i += 51)
        name[i] = '.';
    name[254] = '\0';
    assert_int_equal(write(&b, name, DNS_TYPE_A), CURLE_URL_MALFORMAT);
    name[253] = '\0';
    assert_int_equal(write(&b, name, DNS_TYPE_A), CURLE_OK);
}

#define READ(bytes, type, reply) dns_reply_read(STR(bytes), type, reply)

static void addresses_are_taken_with_the_least_time_to_live(void **state)
{
    struct dns_reply reply;

    (void)state;
    assert_int_equal(READ("\0\0\x81\x80\0\1\0\3\0\0\0\0" QUESTION POINTER
                          "\0\5\0\1\0\0\0\x20\0\2" POINTER POINTER
                          "\0\1\0\1\0\0\0\x37\0\4\x7f\0\0\1" POINTER
                          "\0\1\0\1\0\0\1\0\0\4\xc0\0\2\1",
                          DNS_TYPE_A, &reply),
                     DNS_ADDRESSES);
    assert_int_equal(reply.count, 2);
    assert_memory_equal(reply.addresses[0], "\x7f\0\0\1", 4);
    assert_memory_equal(reply.addresses[1], "\xc0\0\2\1", 4);
    assert_int_equal(reply.ttl_s, 0x20);
}

static void other_types_and_classes_are_passed_over(void **state)
{
    struct dns_reply reply;

    (void)state;
    assert_int_equal(READ("\0\0\x81\x80\0\1\0\2\0\0\0\0" QUESTION POINTER
                          "\0\1\0\1\0\0\0\x37\0\4\x7f\0\0\1" POINTER "\0\x1c\0\3\0\0\0\x37\0\1x",
                          DNS_TYPE_AAAA, &reply),
                     DNS_NO_ADDRESS);
    assert_int_equal(reply.count, 0);
    assert_int_equal(READ("\0\0\x81\x80\0\0\0\1\0\0\0\0\1x\0\0\x1c\0\1\0\2\0\0\0\x10"
                          "0123456789abcdef",
                          DNS_TYPE_AAAA, &reply),
                     DNS_ADDRESSES);
    assert_memory_equal(reply.addresses[0], "0123456789abcdef", 16);
    assert_int_equal(reply.ttl_s, 24 * 3600);
}

static void codes_of_the_server_are_told(void **state)
{
    struct dns_reply reply;

    (void)state;
    assert_int_equal(READ("\0\0\x81\x83\0\0\0\0\0\0\0\0", DNS_TYPE_A, &reply), DNS_NO_NAME);
    assert_int_equal(READ("\0\0\x81\x82\0\0\0\0\0\0\0\0", DNS_TYPE_A, &reply), DNS_REFUSED);
    assert_int_equal(READ("\0\0\x81\x80\0\0\0\0\0\0\0\0", DNS_TYPE_A, &reply), DNS_NO_ADDRESS);
}

static void what_is_no_answer_is_malformed(void **state)
{
    static const char good[] =
        "\0\0\x81\x80\0\1\0\1\0\0\0\0" QUESTION POINTER "\0\1\0\1\0\0\0\x37\0\4\x7f\0\0\1";
    struct dns_reply reply;

    (void)state;
    assert_int_equal(READ("\0\1\x81\x80\0\0\0\0\0\0\0\0", DNS_TYPE_A, &reply), DNS_MALFORMED);
    assert_int_equal(
        READ("\0\0\x81\x80\0\0\0\1\0\0\0\0\0\0\1\0\1\0\0\0\0\0\3abc", DNS_TYPE_A, &reply),
        DNS_MALFORMED);
    assert_int_equal(READ("\0\0\x81\x80\0\0\0\1\0\0\0\0\x40xxx", DNS_TYPE_A, &reply),
                     DNS_MALFORMED);
    for (size_t len = 0; len < sizeof good - 1; len++)
        assert_int_equal(dns_reply_read((struct str){good, len}, DNS_TYPE_A, &reply),
                         DNS_MALFORMED);
    assert_int_equal(READ(good, DNS_TYPE_A, &reply), DNS_ADDRESSES);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(query_has_the_labels_and_no_id),
        cmocka_unit_test(what_is_no_name_is_refused),
        cmocka_unit_test(addresses_are_taken_with_the_least_time_to_live),
        cmocka_unit_test(other_types_and_classes_are_passed_over),
        cmocka_unit_test(codes_of_the_server_are_told),
        cmocka_unit_test(what_is_no_answer_is_malformed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
