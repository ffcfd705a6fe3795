/* SPDX-License-Identifier: MIT */
#include "wire/sum.h"

#include "wire_test.h"

static void gives(enum sum_kind kind, const char *text, const char *expected)
{
    unsigned char sum[SUM_SIZE_MAX];
    scoped(buf) hex = {0};

    assert_true(sum_of(kind, text, strlen(text), sum));
    assert_true(sum_append_hex(&hex, sum, sum_size(kind)));
    assert_string_equal(buf_text(&hex), expected);
}

static void md4_gives_the_sums_of_its_rfc(void **state)
{
    (void)state;
    gives(SUM_MD4, "", "31d6cfe0d16ae931b73c59d7e0c089c0");
    gives(SUM_MD4, "a", "bde52cb31de33e46245e05fbdbd6fb24");
    gives(SUM_MD4, "message digest", "d9130a8164549fe818874806e1c7014b");
    gives(SUM_MD4, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789",
          "043f8582f241db351ce627e153e7f0e4");
    gives(SUM_MD4,
          "12345678901234567890123456789012345678901234567890123456789012345678901234567890",
          "e33b4ddc9c38f2199c3e7b164fcc0536");
}

static void others_give_their_known_sums(void **state)
{
    (void)state;
    gives(SUM_MD5, "abc", "900150983cd24fb0d6963f7d28e17f72");
    gives(SUM_SHA256, "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    gives(SUM_SHA512_256, "abc",
          "53048e2681941ef99b2e29b76b4c7dabe4c2d0c634fc6d46e0e2f13107e7af23");
}

static void keyed_sums_give_those_of_rfc_2104_and_4231(void **state)
{
    unsigned char sum[SUM_SIZE_MAX];
    scoped(buf) hex = {0};

    (void)state;
    assert_true(sum_keyed(SUM_MD5, "Jefe", 4, "what do ya want for nothing?", 28, sum));
    assert_true(sum_append_hex(&hex, sum, 16));
    assert_string_equal(buf_text(&hex), "750c783e6ab0b503eaa86e310a5db738");
    buf_clear(&hex);
    assert_true(sum_keyed(SUM_SHA256, "Jefe", 4, "what do ya want for nothing?", 28, sum));
    assert_true(sum_append_hex(&hex, sum, 32));
    assert_string_equal(buf_text(&hex),
                        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(md4_gives_the_sums_of_its_rfc),
        cmocka_unit_test(others_give_their_known_sums),
        cmocka_unit_test(keyed_sums_give_those_of_rfc_2104_and_4231),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
