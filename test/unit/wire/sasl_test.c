/* SPDX-License-Identifier: MIT */
#include "wire/sasl.h"

#include "wire_test.h"

/* The examples of RFC 2195 2 and RFC 2831 4 (with libcurl's order of the fields). */
static const struct sasl_who tim = {.user = STR("tim"), .password = STR("tanstaaftanstaaf")};
static const struct sasl_who chris = {.user = STR("chris"), .password = STR("secret")};

static void names_are_found_in_any_case(void **state)
{
    (void)state;
    assert_int_equal(sasl_find(STR("plain")), SASL_PLAIN);
    assert_int_equal(sasl_find(STR("DIGEST-MD5")), SASL_DIGEST_MD5);
    assert_int_equal(sasl_find(STR("PLAINS")), 0);
    assert_int_equal(sasl_find(STR("")), 0);
    assert_string_equal(sasl_name(SASL_CRAM_MD5), "CRAM-MD5");
    assert_string_equal(sasl_name(0), "");
}

static void lists_are_read(void **state)
{
    (void)state;
    assert_int_equal(sasl_read_list(STR(" PLAIN  LOGIN X-OWN\tNTLM ")),
                     SASL_PLAIN | SASL_LOGIN | SASL_NTLM);
    assert_int_equal(sasl_read_list(STR("")), 0);
}

static void best_mechanism_is_chosen(void **state)
{
    const struct sasl_means all = {true, true, true}, nobody = {false, false, false},
                            password = {true, true, false};

    (void)state;
    assert_int_equal(sasl_choose(SASL_DEFAULT, &all), SASL_DIGEST_MD5);
    assert_int_equal(sasl_choose(SASL_XOAUTH2 | SASL_OAUTHBEARER | SASL_PLAIN, &all),
                     SASL_OAUTHBEARER);
    assert_int_equal(sasl_choose(SASL_XOAUTH2 | SASL_PLAIN | SASL_LOGIN, &password), SASL_PLAIN);
    assert_int_equal(sasl_choose(SASL_LOGIN, &password), SASL_LOGIN);
    assert_int_equal(sasl_choose(SASL_XOAUTH2, &password), 0);
    assert_int_equal(sasl_choose(SASL_EXTERNAL | SASL_PLAIN, &password), SASL_PLAIN);
    assert_int_equal(sasl_choose(SASL_EXTERNAL | SASL_PLAIN, &nobody), SASL_EXTERNAL);
    assert_int_equal(sasl_choose(SASL_DEFAULT, &nobody), 0);
}

static void messages_are_written(void **state)
{
    const struct sasl_who w = {
        .user = STR("u"),
        .password = STR("p"),
        .bearer = STR("t"),
        .authzid = STR("a"),
        .host = STR("h"),
        .port = 110,
    };
    struct sasl_who without_port = w;
    scoped(buf) plain = {0}, xoauth2 = {0}, bearer = {0}, short_bearer = {0};

    (void)state;
    without_port.port = 0;
    assert_true(sasl_append_plain(&plain, &w));
    assert_int_equal(plain.len, 5);
    assert_memory_equal(plain.bytes, "a\0u\0p", 5);
    assert_true(sasl_append_xoauth2(&xoauth2, &w));
    assert_string_equal(xoauth2.bytes, "user=u\1auth=Bearer t\1\1");
    assert_true(sasl_append_oauthbearer(&bearer, &w));
    assert_string_equal(bearer.bytes, "n,a=u,\1host=h\1port=110\1auth=Bearer t\1\1");
    assert_true(sasl_append_oauthbearer(&short_bearer, &without_port));
    assert_string_equal(short_bearer.bytes, "n,a=u,\1host=h\1auth=Bearer t\1\1");
}

static void cram_md5_is_that_of_the_rfc(void **state)
{
    scoped(buf) out = {0};

    (void)state;
    assert_true(sasl_append_cram(&out, &tim, STR("<1896.697170952@postoffice.reston.mci.net>")));
    assert_string_equal(out.bytes, "tim b913a602c7eda7a495b4e6e7334d3890");
}

static enum sasl_outcome digest(const char *challenge, struct buf *out)
{
    return sasl_append_digest(out, &chris, str_of(challenge), STR("OA6MHXh6VqTrRk"),
                              STR("imap/elwood.innosoft.com"));
}

static void digest_md5_is_that_of_the_rfc(void **state)
{
    scoped(buf) out = {0};

    (void)state;
    assert_int_equal(digest("realm=\"elwood.innosoft.com\",nonce=\"OA6MG9tEQGm2hh\","
                            "qop=\"auth-int, auth\",algorithm=md5-sess,charset=utf-8",
                            &out),
                     SASL_OK);
    assert_string_equal(
        out.bytes,
        "username=\"chris\",realm=\"elwood.innosoft.com\",nonce=\"OA6MG9tEQGm2hh\","
        "cnonce=\"OA6MHXh6VqTrRk\",nc=\"00000001\",digest-uri=\"imap/elwood.innosoft.com\","
        "response=d388dad90d4bbd760a152321f2143af7,qop=auth");
}

static void unusable_challenges_are_refused(void **state)
{
    static const char *const challenges[] = {
        "",
        "Rubbish",
        "nonce=\"\",qop=\"auth\",algorithm=md5-sess",
        "nonce=\"a\",qop=\"auth-conf\",algorithm=md5-sess",
        "nonce=\"a\",algorithm=md5-sess",
        "nonce=\"a\",qop=\"auth\",algorithm=md5",
        "nonce=\"a\",qop=\"auth\"",
    };
    scoped(buf) out = {0};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(challenges); i++)
        assert_int_equal(digest(challenges[i], &out), SASL_UNUSABLE);
    assert_int_equal(sasl_append_digest(&out, &chris, (struct str){"\0", 1}, STR("c"), STR("u")),
                     SASL_UNUSABLE);
    assert_int_equal(out.len, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_found_in_any_case),
        cmocka_unit_test(lists_are_read),
        cmocka_unit_test(best_mechanism_is_chosen),
        cmocka_unit_test(messages_are_written),
        cmocka_unit_test(cram_md5_is_that_of_the_rfc),
        cmocka_unit_test(digest_md5_is_that_of_the_rfc),
        cmocka_unit_test(unusable_challenges_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
