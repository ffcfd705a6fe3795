/* SPDX-License-Identifier: MIT */
#include "wire/socks.h"

#include "wire_test.h"

static const struct socks_target name = {
    SOCKS_NAME, {"host.test", 9},
     0x1234
};
static const struct socks_target ip4 = {
    SOCKS_IP4, {"\xc0\0\2\1", 4},
     80
};
static const struct socks_target ip6 = {
    SOCKS_IP6, {"0123456789abcdef", 16},
     443
};
static char long_text[SOCKS_TEXT_MAX + 2];

/* A text that is `len` long. */
static struct str of_length(size_t len)
{
    memset(long_text, 'a', sizeof(long_text) - 1);
    return (struct str){long_text, len};
}

#define ASSERT_BYTES(buffer, literal)                                                              \
    do {                                                                                           \
        assert_int_equal((buffer).len, sizeof(literal) - 1);                                       \
        assert_memory_equal((buffer).bytes, literal, sizeof(literal) - 1);                         \
    } while (0)

static void version_4_says_the_address_and_the_user(void **state)
{
    scoped(buf) plain = {0}, with_user = {0};

    (void)state;
    assert_int_equal(socks4_request(&ip4, STR(""), &plain), CURLPX_OK);
    ASSERT_BYTES(plain, "\4\1\0\x50\xc0\0\2\1\0");
    assert_int_equal(socks4_request(&ip4, STR("me"), &with_user), CURLPX_OK);
    ASSERT_BYTES(with_user, "\4\1\0\x50\xc0\0\2\1me\0");
}

static void version_4a_says_the_name_behind_an_impossible_address(void **state)
{
    scoped(buf) request = {0};

    (void)state;
    assert_int_equal(socks4_request(&name, STR("me"), &request), CURLPX_OK);
    ASSERT_BYTES(request, "\4\1\x12\x34\0\0\0\1me\0host.test\0");
}

static void version_4_refuses_what_it_cannot_carry(void **state)
{
    struct socks_target far = name;
    scoped(buf) request = {0};

    (void)state;
    assert_int_equal(socks4_request(&ip6, STR(""), &request), CURLPX_BAD_ADDRESS_TYPE);
    assert_int_equal(socks4_request(&ip4, of_length(256), &request), CURLPX_LONG_USER);
    assert_int_equal(socks4_request(&ip4, STR("a\0b"), &request), CURLPX_REQUEST_FAILED);
    far.address = of_length(256);
    assert_int_equal(socks4_request(&far, STR(""), &request), CURLPX_LONG_HOSTNAME);
    far.address = STR("a\0b");
    assert_int_equal(socks4_request(&far, STR(""), &request), CURLPX_REQUEST_FAILED);
    assert_int_equal(request.len, 0);
    far.address = of_length(255);
    assert_int_equal(socks4_request(&far, STR(""), &request), CURLPX_OK);
}

static void version_4_replies_have_their_codes(void **state)
{
    static const struct {
        unsigned char version, code;
        CURLproxycode meaning;
    } replies[] = {
        {0, 90, CURLPX_OK            },
        {0, 91, CURLPX_REQUEST_FAILED},
        {0, 92, CURLPX_IDENTD        },
        {0, 93, CURLPX_IDENTD_DIFFER },
        {0, 94, CURLPX_UNKNOWN_FAIL  },
        {0, 0,  CURLPX_UNKNOWN_FAIL  },
        {4, 90, CURLPX_BAD_VERSION   },
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(replies); i++) {
        unsigned char reply[SOCKS4_REPLY] = {replies[i].version, replies[i].code};

        assert_int_equal(socks4_read_reply(reply), replies[i].meaning);
    }
}

static void the_greeting_offers_a_login_where_there_is_one(void **state)
{
    scoped(buf) without = {0}, with = {0}, all = {0};

    (void)state;
    assert_int_equal(socks5_greeting(SOCKS5_NONE, &without), CURLPX_OK);
    ASSERT_BYTES(without, "\5\1\0");
    assert_int_equal(socks5_greeting(SOCKS5_NONE | SOCKS5_PASSWORD, &with), CURLPX_OK);
    ASSERT_BYTES(with, "\5\2\0\2");
    assert_int_equal(socks5_greeting(SOCKS5_NONE | SOCKS5_GSS | SOCKS5_PASSWORD, &all), CURLPX_OK);
    ASSERT_BYTES(all, "\5\3\0\1\2");
}

static void the_proxy_chooses_what_was_offered(void **state)
{
    enum { ALL = SOCKS5_NONE | SOCKS5_GSS | SOCKS5_PASSWORD };
    static const struct {
        const char *reply;
        unsigned offered;
        CURLproxycode meaning;
        unsigned method;
    } replies[] = {
        {"\5\0",   SOCKS5_NONE,                   CURLPX_OK,            SOCKS5_NONE    },
        {"\5\1",   ALL,                           CURLPX_OK,            SOCKS5_GSS     },
        {"\5\2",   ALL,                           CURLPX_OK,            SOCKS5_PASSWORD},
        {"\5\1",   SOCKS5_NONE | SOCKS5_PASSWORD, CURLPX_GSSAPI_PERMSG, SOCKS5_GSS     },
        {"\5\2",   SOCKS5_NONE | SOCKS5_GSS,      CURLPX_NO_AUTH,       SOCKS5_PASSWORD},
        {"\5\0",   SOCKS5_GSS,                    CURLPX_UNKNOWN_MODE,  SOCKS5_NONE    },
        {"\5\3",   ALL,                           CURLPX_UNKNOWN_MODE,  0              },
        {"\5\xfe", ALL,                           CURLPX_UNKNOWN_MODE,  0              },
        {"\5\xff", ALL,                           CURLPX_NO_AUTH,       0              },
        {"\4\0",   ALL,                           CURLPX_BAD_VERSION,   0              },
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(replies); i++) {
        unsigned method = 0;

        assert_int_equal(socks5_read_greeting((const unsigned char *)replies[i].reply,
                                              replies[i].offered, &method),
                         replies[i].meaning);
        assert_int_equal(method, replies[i].method);
    }
}

static void gss_messages_say_their_kind_and_length(void **state)
{
    static char token[SOCKS_GSS_MAX + 1];
    scoped(buf) empty = {0}, short_one = {0}, longest = {0}, too_long = {0};

    (void)state;
    assert_int_equal(socks_gss_message(SOCKS_GSS_LEVEL, STR(""), &empty), CURLPX_OK);
    ASSERT_BYTES(empty, "\1\2\0\0");
    assert_int_equal(socks_gss_message(SOCKS_GSS_CONTEXT, STR("abc"), &short_one), CURLPX_OK);
    ASSERT_BYTES(short_one, "\1\1\0\3"
                            "abc");
    assert_int_equal(
        socks_gss_message(SOCKS_GSS_DATA, (struct str){token, SOCKS_GSS_MAX}, &longest), CURLPX_OK);
    assert_int_equal(longest.len, SOCKS_GSS_HEAD + SOCKS_GSS_MAX);
    assert_memory_equal(longest.bytes, "\1\3\xff\xff", SOCKS_GSS_HEAD);
    assert_int_equal(
        socks_gss_message(SOCKS_GSS_DATA, (struct str){token, SOCKS_GSS_MAX + 1}, &too_long),
        CURLPX_GSSAPI);
    assert_false(buf_failed(&too_long));
}

static CURLproxycode read_head(const char *head, enum socks_gss kind, size_t *ret_len)
{
    *ret_len = 0;
    return socks_gss_read_head((const unsigned char *)head, kind, ret_len);
}

static void gss_heads_of_the_wrong_kind_are_refused(void **state)
{
    size_t len;

    (void)state;
    assert_int_equal(read_head("\1\1\2\3", SOCKS_GSS_CONTEXT, &len), CURLPX_OK);
    assert_int_equal(len, 0x203);
    assert_int_equal(read_head("\1\3\xff\xff", SOCKS_GSS_DATA, &len), CURLPX_OK);
    assert_int_equal(len, SOCKS_GSS_MAX);
    assert_int_equal(read_head("\1\2\0\1", SOCKS_GSS_CONTEXT, &len), CURLPX_GSSAPI);
    assert_int_equal(read_head("\1\xff\0\1", SOCKS_GSS_DATA, &len), CURLPX_GSSAPI);
    assert_int_equal(read_head("\2\1\0\1", SOCKS_GSS_CONTEXT, &len), CURLPX_BAD_VERSION);
    assert_true(socks_gss_is_abort((const unsigned char *)"\1\xff"));
    assert_false(socks_gss_is_abort((const unsigned char *)"\1\1"));
}

static void the_login_counts_its_texts(void **state)
{
    scoped(buf) login = {0}, longest = {0};

    (void)state;
    assert_int_equal(socks5_login(STR("me"), STR(""), &login), CURLPX_OK);
    ASSERT_BYTES(login, "\1\2me\0");
    assert_int_equal(socks5_login(of_length(255), of_length(255), &longest), CURLPX_OK);
    assert_int_equal(longest.len, 3 + 255 + 255);
    assert_int_equal((unsigned char)longest.bytes[1], 255);
    assert_int_equal(socks5_login(of_length(256), STR(""), &login), CURLPX_LONG_USER);
    assert_int_equal(socks5_login(STR("me"), of_length(256), &login), CURLPX_LONG_PASSWD);
    assert_int_equal(socks5_read_login((const unsigned char *)"\1\0"), CURLPX_OK);
    assert_int_equal(socks5_read_login((const unsigned char *)"\1\1"), CURLPX_USER_REJECTED);
}

static void version_5_says_each_kind_of_address(void **state)
{
    struct socks_target far = name;
    scoped(buf) to_name = {0}, to_ip4 = {0}, to_ip6 = {0};

    (void)state;
    assert_int_equal(socks5_request(&name, &to_name), CURLPX_OK);
    ASSERT_BYTES(to_name, "\5\1\0\3\x09host.test\x12\x34");
    assert_int_equal(socks5_request(&ip4, &to_ip4), CURLPX_OK);
    ASSERT_BYTES(to_ip4, "\5\1\0\1\xc0\0\2\1\0\x50");
    assert_int_equal(socks5_request(&ip6, &to_ip6), CURLPX_OK);
    ASSERT_BYTES(to_ip6, "\5\1\0\4"
                         "0123456789abcdef\1\xbb");
    far.address = of_length(256);
    assert_int_equal(socks5_request(&far, &to_name), CURLPX_LONG_HOSTNAME);
}

static void version_5_replies_say_how_long_they_are(void **state)
{
    static const struct {
        unsigned char start[SOCKS5_REPLY_START];
        CURLproxycode meaning;
        size_t len;
    } replies[] = {
        {{5, 0, 0, 1, 9},   CURLPX_OK,                               10              },
        {{5, 0, 0, 4, 9},   CURLPX_OK,                               22              },
        {{5, 0, 0, 3, 0},   CURLPX_OK,                               7               },
        {{5, 0, 0, 3, 255}, CURLPX_OK,                               SOCKS5_REPLY_MAX},
        {{5, 0, 0, 2, 9},   CURLPX_BAD_ADDRESS_TYPE,                 0               },
        {{4, 0, 0, 1, 9},   CURLPX_BAD_VERSION,                      0               },
        {{5, 1, 0, 1, 9},   CURLPX_REPLY_GENERAL_SERVER_FAILURE,     0               },
        {{5, 2, 0, 1, 9},   CURLPX_REPLY_NOT_ALLOWED,                0               },
        {{5, 3, 0, 1, 9},   CURLPX_REPLY_NETWORK_UNREACHABLE,        0               },
        {{5, 4, 0, 1, 9},   CURLPX_REPLY_HOST_UNREACHABLE,           0               },
        {{5, 5, 0, 1, 9},   CURLPX_REPLY_CONNECTION_REFUSED,         0               },
        {{5, 6, 0, 1, 9},   CURLPX_REPLY_TTL_EXPIRED,                0               },
        {{5, 7, 0, 1, 9},   CURLPX_REPLY_COMMAND_NOT_SUPPORTED,      0               },
        {{5, 8, 0, 1, 9},   CURLPX_REPLY_ADDRESS_TYPE_NOT_SUPPORTED, 0               },
        {{5, 9, 0, 1, 9},   CURLPX_REPLY_UNASSIGNED,                 0               },
        {{5, 255, 0, 1, 9}, CURLPX_REPLY_UNASSIGNED,                 0               },
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(replies); i++) {
        size_t len;

        assert_int_equal(socks5_read_reply(replies[i].start, &len), replies[i].meaning);
        if (!replies[i].meaning)
            assert_int_equal(len, replies[i].len);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(version_4_says_the_address_and_the_user),
        cmocka_unit_test(version_4a_says_the_name_behind_an_impossible_address),
        cmocka_unit_test(version_4_refuses_what_it_cannot_carry),
        cmocka_unit_test(version_4_replies_have_their_codes),
        cmocka_unit_test(the_greeting_offers_a_login_where_there_is_one),
        cmocka_unit_test(the_proxy_chooses_what_was_offered),
        cmocka_unit_test(gss_messages_say_their_kind_and_length),
        cmocka_unit_test(gss_heads_of_the_wrong_kind_are_refused),
        cmocka_unit_test(the_login_counts_its_texts),
        cmocka_unit_test(version_5_says_each_kind_of_address),
        cmocka_unit_test(version_5_replies_say_how_long_they_are),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
