/* SPDX-License-Identifier: MIT */
#include "wire/challenge.h"

#include "wire_test.h"

/* The challenges as "scheme|text;" and so on. */
static void splits_into(const char *field, const char *expected)
{
    struct str rest = str_of(field);
    struct challenge c;
    scoped(buf) got = {0};

    while (challenge_next(&rest, &c)) {
        buf_append(&got, c.scheme.at, c.scheme.len);
        buf_append_char(&got, '|');
        buf_append(&got, c.text.at, c.text.len);
        buf_append_char(&got, ';');
    }
    assert_string_equal(buf_text(&got), expected);
}

static void has_params(const char *text, const char *expected)
{
    struct str rest = str_of(text), name;
    scoped(buf) got = {0}, value = {0};

    while (challenge_param(&rest, &name, &value)) {
        buf_append(&got, name.at, name.len);
        buf_append_char(&got, '=');
        buf_append(&got, value.bytes, value.len);
        buf_append_char(&got, ';');
    }
    assert_string_equal(buf_text(&got), expected);
}

static void one_challenge_has_a_scheme_and_maybe_a_text(void **state)
{
    (void)state;
    splits_into("Basic", "Basic|;");
    splits_into("  NTLM  ", "NTLM|;");
    splits_into("NTLM TlRM+/A==", "NTLM|TlRM+/A==;");
    splits_into("Digest realm=\"a, b\", nonce = \"c\\\", d\"",
                "Digest|realm=\"a, b\", nonce = \"c\\\", d\";");
    splits_into("", "");
    splits_into(" , ,", "");
}

static void several_challenges_in_a_field_are_told_apart(void **state)
{
    (void)state;
    splits_into("Negotiate, NTLM,Basic realm=\"x\"", "Negotiate|;NTLM|;Basic|realm=\"x\";");
    splits_into("Digest realm=x, nonce=y, qop=\"auth,auth-int\", Basic realm=\"Basic, NTLM\"",
                "Digest|realm=x, nonce=y, qop=\"auth,auth-int\";Basic|realm=\"Basic, NTLM\";");
    splits_into("NTLM abc=, Basic realm=x", "NTLM|abc=;Basic|realm=x;");
}

static void junk_is_passed_over(void **state)
{
    (void)state;
    splits_into("=x, \"y\", a=b, Basic realm=x", "Basic|realm=x;");
    splits_into("Basic realm=\"never ends, NTLM", "Basic|realm=\"never ends, NTLM;");
    splits_into("Basic realm=\"x\\", "Basic|realm=\"x\\;");
}

static void parameters_are_unquoted(void **state)
{
    (void)state;
    has_params("realm=\"a \\\"b\\\\\", nonce=c,qop = \"auth, x\" ,stale=true",
               "realm=a \"b\\;nonce=c;qop=auth, x;stale=true;");
    has_params("realm=\"\", x=", "realm=;x=;");
    has_params("junk, =y, \"z\"=1, a=1 rest, b=\"2\"rest, c=\"never ends", "a=1;b=2;c=never ends;");
    has_params("", "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_challenge_has_a_scheme_and_maybe_a_text),
        cmocka_unit_test(several_challenges_in_a_field_are_told_apart),
        cmocka_unit_test(junk_is_passed_over),
        cmocka_unit_test(parameters_are_unquoted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
