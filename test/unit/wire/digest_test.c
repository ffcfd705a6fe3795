/* SPDX-License-Identifier: MIT */
/* The examples of RFC 7616 3.9 and RFC 2617 3.5, and what libcurl was seen to send. */
#include "wire/digest.h"

#include "wire_test.h"

#include <stdio.h>

#define RFC_CHALLENGE                                                                              \
    "realm=\"http-auth@example.org\", qop=\"auth, auth-int\", "                                    \
    "nonce=\"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v\", "                                     \
    "opaque=\"FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS\""

static const struct digest_request rfc_request = {
    .user = {"Mufasa",                                       6 },
    .password = {"Circle of Life",                               14},
    .method = {"GET",                                          3 },
    .uri = {"/dir/index.html",                              15},
    .cnonce = {"f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ", 44},
};

static void answers(const char *challenge, const struct digest_request *r, const char *expected)
{
    scoped(digest) d = {0};
    scoped(buf) line = {0};

    assert_int_equal(digest_read(str_of(challenge), &d), DIGEST_OK);
    assert_true(digest_write(&d, r, &line));
    assert_string_equal(buf_text(&line), expected);
}

static void examples_of_the_rfc_are_answered(void **state)
{
    const struct digest_request unicode = {
        .user = str_of("J\xc3\xa4s\xc3\xb8n Doe"),
        .password = str_of("Secret, or not?"),
        .method = str_of("GET"),
        .uri = str_of("/doe.json"),
        .cnonce = str_of("NTg6RKcb9boFIAS3KrFK9BGeh+niz/sm"),
    };

    (void)state;
    answers(RFC_CHALLENGE ", algorithm=MD5", &rfc_request,
            "Digest username=\"Mufasa\", realm=\"http-auth@example.org\", "
            "nonce=\"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v\", uri=\"/dir/index.html\", "
            "cnonce=\"f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ\", nc=00000001, qop=auth, "
            "response=\"8ca523f5e9506fed4657c9700eebdbec\", "
            "opaque=\"FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS\", algorithm=MD5");
    answers(RFC_CHALLENGE ", algorithm=SHA-256", &rfc_request,
            "Digest username=\"Mufasa\", realm=\"http-auth@example.org\", "
            "nonce=\"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v\", uri=\"/dir/index.html\", "
            "cnonce=\"f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ\", nc=00000001, qop=auth, "
            "response=\"753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1\", "
            "opaque=\"FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS\", algorithm=SHA-256");
    /* The name has the sum of erratum 4897; the example itself has that of another hash. */
    answers("realm=\"api@example.org\", qop=\"auth\", algorithm=SHA-512-256, "
            "nonce=\"5TsQWLVdgBdmrQ0XsxbDODV+57QdFR34I9HAbC/RVvkK\", "
            "opaque=\"HRPCssKJSGjCrkzDg8OhwpzCiGPChXYjwrI2QmXDnsOS\", charset=UTF-8, userhash=true",
            &unicode,
            "Digest "
            "username=\"793263caabb707a56211940d90411ea4a575adeccb7e360aeb624ed06ece9b0b\", "
            "realm=\"api@example.org\", "
            "nonce=\"5TsQWLVdgBdmrQ0XsxbDODV+57QdFR34I9HAbC/RVvkK\", uri=\"/doe.json\", "
            "cnonce=\"NTg6RKcb9boFIAS3KrFK9BGeh+niz/sm\", nc=00000001, qop=auth, "
            "response=\"7a4e1192babbba02e91182d2895bfdbf7adafc6e48d4e517ca301974843d840c\", "
            "opaque=\"HRPCssKJSGjCrkzDg8OhwpzCiGPChXYjwrI2QmXDnsOS\", algorithm=SHA-512-256, "
            "userhash=true");
}

static void server_without_qop_gets_the_answer_of_rfc_2069(void **state)
{
    const struct digest_request r = {
        .user = str_of("testuser"),
        .password = str_of("testpass"),
        .method = str_of("GET"),
        .uri = str_of("/64\""),
        .cnonce = str_of("unused"),
    };

    (void)state;
    answers("realm=\"testrealm\", nonce=\"1053604145\"", &r,
            "Digest username=\"testuser\", realm=\"testrealm\", nonce=\"1053604145\", "
            "uri=\"/64\\\"\", response=\"1ee14b238b3259f17602e9ce41491ef9\"");
}

static void names_are_escaped_when_sent_and_not_when_summed(void **state)
{
    const struct digest_request r = {
        .user = str_of("us\"er\\x"),
        .password = str_of("b"),
        .method = str_of("POST"),
        .uri = str_of("/x?y=1"),
        .cnonce = str_of("MTQxZTYwNGQ4Njk1OWI0ODRjNGRhMjI5ZDhkODU2ZGE="),
    };

    (void)state;
    answers("realm=\"a\\\"b\", nonce=\"abc\", qop=\"auth,auth-int\", algorithm=SHA-256, "
            "opaque=\"o\", userhash=true",
            &r,
            "Digest "
            "username=\"e1368deab36adfc2832ea5f3d9a361858517ad7322dad85997834554a87c2f14\", "
            "realm=\"a\\\"b\", nonce=\"abc\", uri=\"/x?y=1\", "
            "cnonce=\"MTQxZTYwNGQ4Njk1OWI0ODRjNGRhMjI5ZDhkODU2ZGE=\", nc=00000001, qop=auth, "
            "response=\"2581ee6ee74ffe3e26d139db6a07f15c344db80e9dd284a1740706fe38741b69\", "
            "opaque=\"o\", algorithm=SHA-256, userhash=true");
    answers("realm=\"\", nonce=\"n\"", &r,
            "Digest username=\"us\\\"er\\\\x\", realm=\"\", nonce=\"n\", uri=\"/x?y=1\", "
            "response=\"efc06c12c5097116148de7a87ba045da\"");
}

static void each_use_of_a_nonce_is_counted(void **state)
{
    scoped(digest) d = {0};
    scoped(buf) first = {0}, second = {0}, fresh = {0};

    (void)state;
    assert_int_equal(digest_read(str_of(RFC_CHALLENGE), &d), DIGEST_OK);
    assert_true(digest_write(&d, &rfc_request, &first));
    assert_true(digest_write(&d, &rfc_request, &second));
    assert_non_null(strstr(first.bytes, "nc=00000001"));
    assert_non_null(strstr(second.bytes, "nc=00000002"));
    assert_int_equal(digest_read(STR("nonce=x, qop=auth, stale=TRUE"), &d), DIGEST_OK);
    assert_true(d.stale);
    assert_true(digest_write(&d, &rfc_request, &fresh));
    assert_non_null(strstr(fresh.bytes, "nc=00000001"));
}

static void sessions_and_bodies_change_the_sum(void **state)
{
    static const char *const challenges[] = {
        "nonce=x, qop=auth",     "nonce=x, qop=auth, algorithm=md5-SESS",
        "nonce=x, qop=auth-int", "nonce=x",
        "nonce=x, qop=other",
    };
    char responses[COUNT_OF(challenges)][33];

    (void)state;
    for (size_t i = 0; i < COUNT_OF(challenges); i++) {
        scoped(digest) d = {0};
        scoped(buf) line = {0};
        assert_int_equal(digest_read(str_of(challenges[i]), &d), DIGEST_OK);
        assert_true(digest_write(&d, &rfc_request, &line));
        snprintf(responses[i], sizeof(responses[i]), "%.32s",
                 strstr(line.bytes, "response=\"") + 10);
        for (size_t j = 0; j < i; j++)
            assert_true(!strcmp(responses[i], responses[j]) == (i == 4 && j == 3));
    }
}

static void challenge_that_cannot_be_answered_leaves_the_last_one(void **state)
{
    static const char *const bad[] = {
        "realm=x", "realm=x, nonce=\"\"", "nonce=x, algorithm=SHA-3", "nonce=x, algorithm=MD5-sess",
        "",
    };
    scoped(digest) d = {0};

    (void)state;
    assert_int_equal(digest_read(STR("nonce=kept, algorithm=SHA-256"), &d), DIGEST_OK);
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        assert_int_equal(digest_read(str_of(bad[i]), &d), DIGEST_UNUSABLE);
        assert_string_equal(buf_text(&d.nonce), "kept");
        assert_int_equal(d.sum, SUM_SHA256);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(examples_of_the_rfc_are_answered),
        cmocka_unit_test(server_without_qop_gets_the_answer_of_rfc_2069),
        cmocka_unit_test(names_are_escaped_when_sent_and_not_when_summed),
        cmocka_unit_test(each_use_of_a_nonce_is_counted),
        cmocka_unit_test(sessions_and_bodies_change_the_sum),
        cmocka_unit_test(challenge_that_cannot_be_answered_leaves_the_last_one),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
