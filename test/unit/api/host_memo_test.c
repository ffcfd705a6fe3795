/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "api/host_memo.h"

#include <string.h>

static struct host_memo memo;

static int forget(void **state)
{
    (void)state;
    host_memo_release(&memo);
    memo = (struct host_memo){0};
    return 0;
}

/* Whether two URLs are of one host, the second one looked up behind the first, and in reverse. */
static void are(bool same, const char *a, long a_port, const char *b, long b_port)
{
    char first[256];
    struct str key;

    for (int turn = 0; turn < 2; turn++) {
        assert_true(host_memo_key(&memo, turn ? b : a, turn ? b_port : a_port, &key));
        assert_true(key.len < sizeof(first));
        memcpy(first, key.at, key.len);
        struct str one = {first, key.len};
        assert_true(host_memo_key(&memo, turn ? a : b, turn ? a_port : b_port, &key));
        assert_int_equal(str_equal(one, key), same);
        forget(NULL);
    }
}

static void paths_of_one_origin_have_one_key(void **state)
{
    (void)state;
    are(true, "https://host.test/a", 0, "https://host.test/b?c", 0);
    are(true, "https://host.test/a", 0, "https://host.test", 0);
    are(true, "https://host.test?a", 0, "https://host.test#b", 0);
    are(true, "https://host.test/", 0, "https://HOST.test:443/", 0);
    are(true, "http://127.0.0.1/", 0, "http://127.1/", 0);
    are(true, "host.test/a", 0, "http://host.test/a", 0);
}

static void other_origins_have_others(void **state)
{
    (void)state;
    are(false, "https://host.test/", 0, "http://host.test/", 0);
    are(false, "https://host.test/", 0, "https://host.test:444/", 0);
    are(false, "https://host.test/", 0, "https://host.tes/", 0);
    are(false, "https://host.test/", 0, "https://host.test/", 444);
    are(false, "https://host.test/", 445, "https://host.test/", 444);
    are(false, "http:///one.test/", 0, "http:///two.test/", 0);
    are(false, "one.test/", 0, "two.test/", 0);
    are(false, "http://a@one.test/", 0, "http://a@two.test/", 0);
}

static void malformed_url_has_none_and_is_not_remembered(void **state)
{
    struct str key;

    (void)state;
    assert_true(host_memo_key(&memo, "http://host.test/", 0, &key));
    assert_false(host_memo_key(&memo, "http://ho st/", 0, &key));
    assert_false(host_memo_key(&memo, "http://ho st/", 0, &key));
    assert_true(host_memo_key(&memo, "http://host.test/", 0, &key));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(paths_of_one_origin_have_one_key, forget),
        cmocka_unit_test_teardown(other_origins_have_others, forget),
        cmocka_unit_test_teardown(malformed_url_has_none_and_is_not_remembered, forget),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
