/* SPDX-License-Identifier: MIT */
/* The examples of MS-NLMP 4.2, and messages as they were seen on the wire. */
#include "wire/ntlm.h"

#include "wire/base64.h"
#include "wire/ntlm_sum.h"
#include "wire/sum.h"

#include "wire_test.h"

static const unsigned char nonce[8] = {0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef};
static const unsigned char entropy[8] = {0xaa, 0xaa, 0xaa, 0xaa, 0xaa, 0xaa, 0xaa, 0xaa};

static void assert_hex(const struct buf *got, const char *expected)
{
    scoped(buf) hex = {0};

    assert_true(sum_append_hex(&hex, (const unsigned char *)buf_text(got), got->len));
    assert_string_equal(buf_text(&hex), expected);
}

static void first_version_gives_the_responses_of_the_examples(void **state)
{
    scoped(buf) lm = {0}, nt = {0};

    (void)state;
    assert_true(ntlm_respond(STR("Password"), nonce, &lm, &nt));
    assert_hex(&lm, "98def7b87f88aa5dafe2df779688a172def11c7d5ccdef13");
    assert_hex(&nt, "67c43011f30298a2ad35ece64f16331c44bdbed927841f94");
}

static void second_version_gives_the_responses_of_the_examples(void **state)
{
    /* NetBIOS names of domain and server. */
    static const char info[] = "\2\0\x0c\0D\0o\0m\0a\0i\0n\0\1\0\x0c\0S\0e\0r\0v\0e\0r\0\0\0\0";
    const struct ntlm_v2 v = {
        .user = STR("User"),
        .domain = STR("Domain"),
        .password = STR("Password"),
        .target_info = {info, sizeof(info)}, /* ends in a null entry of four bytes */
        .nonce = nonce,
        .entropy = entropy,
    };
    scoped(buf) lm = {0}, nt = {0};

    (void)state;
    assert_int_equal(sizeof(info), 36);
    assert_true(ntlm_respond_v2(&v, &lm, &nt));
    assert_hex(&lm, "86c35097ac9cec102554764a57cccc19aaaaaaaaaaaaaaaa");
    nt.len = 16;
    assert_hex(&nt, "68cd0ab851e51c96aabc927bebef6a1c");
}

static void greeting_has_no_names(void **state)
{
    scoped(buf) message = {0}, text = {0};

    (void)state;
    assert_true(ntlm_write_greeting(&message));
    assert_true(base64_append(&text, message.bytes, message.len));
    assert_string_equal(text.bytes, "TlRMTVNTUAABAAAABoIIAAAAAAAAAAAAAAAAAAAAAAA=");
}

#define CHALLENGE                                                                                  \
    "TlRMTVNTUAACAAAAAgACADAAAACGggEAc51AYVDgyNcAAAAAAAAAAG4AbgAyAAAAQ0MCAAQAQwBDAAEAEgBFAEwASQBT" \
    "AEEAQgBFAFQASAAEABgAYwBjAC4AaQBjAGUAZABlAHYALgBuAHUAAwAsAGUAbABpAHMAYQBiAGUAdABoAC4AYwBjAC4A" \
    "aQBjAGUAZABlAHYALgBuAHUAAAAAAA=="

static void challenge_without_target_information_gets_the_first_version(void **state)
{
    const struct ntlm_answer a = {
        .user = STR("testuser"),
        .password = STR("testpass"),
        .workstation = STR("WORKSTATION"),
    };
    scoped(ntlm_challenge) c = {0};
    scoped(buf) message = {0}, answer = {0}, text = {0};

    (void)state;
    assert_true(base64_decode_append(&message, STR(CHALLENGE)));
    assert_true(ntlm_read_challenge((struct str){message.bytes, message.len}, &c));
    assert_int_equal(ntlm_write_answer(&c, &a, &answer), NTLM_OK);
    assert_true(base64_append(&text, answer.bytes, answer.len));
    assert_string_equal(text.bytes,
                        "TlRMTVNTUAADAAAAGAAYAEAAAAAYABgAWAAAAAAAAABwAAAACAAIAHAAAAALAAsAeA"
                        "AAAAAAAAAAAAAAhoIBAFpkQwKRCZFMhjj0tw47wEjKHRHlvzfxQamFcheMuv8v+xe"
                        "qphEO5V41xRd7R9deOXRlc3R1c2VyV09SS1NUQVRJT04=");
}

static void domain_is_split_from_the_user_and_both_are_wide_if_asked(void **state)
{
    const struct ntlm_answer a = {
        .user = STR("Dom\\us\xc3\xa9r"),
        .password = STR("p"),
        .workstation = STR("W"),
        .time = 1,
        .entropy = {1, 2, 3, 4, 5, 6, 7, 8},
    };
    struct ntlm_challenge c = {.flags = 0x00880001, .nonce = {1}};
    scoped(buf) answer = {0};

    (void)state;
    assert_true(buf_append(&c.target_info, "\0\0\0\0", 4));
    assert_int_equal(ntlm_write_answer(&c, &a, &answer), NTLM_OK);
    /* Domain: 6 bytes behind both responses of 24 and 16 + 28 + 4 + 4. */
    assert_memory_equal(answer.bytes + 28, "\6\0\6\0\x8c\0\0\0", 8);
    assert_memory_equal(answer.bytes + 0x8c, "D\0o\0m\0u\0s\0\xe9\0r\0W\0", 16);
    assert_memory_equal(answer.bytes + 60, "\1\0\x88\0", 4); /* the flags of the challenge */
    ntlm_challenge_release(&c);
}

static void names_and_fields_have_their_limits(void **state)
{
    static char name[NTLM_NAMES_MAX], info[65536];
    struct ntlm_answer a = {
        .user = {name, sizeof(name) - 1},
          .workstation = STR("W")
    };
    scoped(ntlm_challenge) c = {0};
    scoped(buf) first = {0}, second = {0}, third = {0};

    (void)state;
    memset(name, 'a', sizeof(name));
    assert_int_equal(ntlm_write_answer(&c, &a, &first), NTLM_OK);
    a.user.len++;
    assert_int_equal(ntlm_write_answer(&c, &a, &second), NTLM_TOO_LARGE);
    a.user.len = 1;
    assert_true(buf_append(&c.target_info, info, 65535));
    assert_int_equal(ntlm_write_answer(&c, &a, &third), NTLM_TOO_LARGE);
}

static void text_that_is_no_utf8_is_taken_for_latin1(void **state)
{
    scoped(buf) wide = {0};

    (void)state;
    assert_true(ntlm_append_utf16(&wide, STR("a\xe9\xf0\x9f\x98\x80\xc3")));
    assert_hex(&wide, "6100e9003dd800dec300");
}

static void message_that_is_no_challenge_is_refused(void **state)
{
    char message[64] = "NTLMSSP\0\2";
    scoped(ntlm_challenge) c = {0};

    (void)state;
    assert_true(ntlm_read_challenge((struct str){message, 32}, &c));
    assert_false(ntlm_read_challenge((struct str){message, 31}, &c));
    message[22] = (char)0x80; /* target information, of 8 bytes at 48 */
    message[40] = 8;
    message[44] = 48;
    assert_true(ntlm_read_challenge((struct str){message, 56}, &c));
    assert_int_equal(c.target_info.len, 8);
    assert_false(ntlm_read_challenge((struct str){message, 55}, &c));
    message[44] = 47;
    assert_false(ntlm_read_challenge((struct str){message, 64}, &c));
    message[44] = message[45] = message[46] = message[47] = (char)0xff;
    assert_false(ntlm_read_challenge((struct str){message, 64}, &c));
    message[8] = 3;
    assert_false(ntlm_read_challenge((struct str){message, 64}, &c));
    message[0] = 'n';
    assert_false(ntlm_read_challenge((struct str){message, 64}, &c));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(first_version_gives_the_responses_of_the_examples),
        cmocka_unit_test(second_version_gives_the_responses_of_the_examples),
        cmocka_unit_test(greeting_has_no_names),
        cmocka_unit_test(challenge_without_target_information_gets_the_first_version),
        cmocka_unit_test(domain_is_split_from_the_user_and_both_are_wide_if_asked),
        cmocka_unit_test(names_and_fields_have_their_limits),
        cmocka_unit_test(text_that_is_no_utf8_is_taken_for_latin1),
        cmocka_unit_test(message_that_is_no_challenge_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
