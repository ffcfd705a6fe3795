/* SPDX-License-Identifier: MIT */
#include "wire/base64.h"

#include "wire_test.h"

static void vectors_of_the_rfc_go_both_ways(void **state)
{
    static const char *const pairs[][2] = {
        {"f",            "Zg=="    },
        {"fo",           "Zm8="    },
        {"foo",          "Zm9v"    },
        {"foob",         "Zm9vYg=="},
        {"\xff\xfe\xfb", "//77"    },
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(pairs); i++) {
        scoped(buf) encoded = {0}, decoded = {0};
        assert_true(base64_append(&encoded, pairs[i][0], strlen(pairs[i][0])));
        assert_string_equal(buf_text(&encoded), pairs[i][1]);
        assert_true(base64_decode_append(&decoded, str_of(pairs[i][1])));
        assert_string_equal(buf_text(&decoded), pairs[i][0]);
    }
}

static void text_that_is_not_base64_is_refused(void **state)
{
    static const char *const bad[] = {"", "Zg", "Zg=", "Z===", "====", "Zg==Zg==", "Zm9*", "Zm 9"};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        scoped(buf) decoded = {0};
        assert_false(base64_decode_append(&decoded, str_of(bad[i])));
    }
    scoped(buf) decoded = {0};
    assert_false(base64_decode_append(&decoded, STR("Zm9\0")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(vectors_of_the_rfc_go_both_ways),
        cmocka_unit_test(text_that_is_not_base64_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
