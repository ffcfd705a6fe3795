/* SPDX-License-Identifier: MIT */
#include "wire/imap.h"

#include "wire/sasl.h"
#include "wire_test.h"

static void is_line(const char *line, enum imap_kind kind, enum imap_status status,
                    const char *text)
{
    struct imap_line got;

    imap_read_line(str_of(line), STR("A001"), &got);
    assert_int_equal(got.kind, kind);
    assert_int_equal(got.status, status);
    assert_str(got.text, text);
}

static void lines_are_told_apart(void **state)
{
    (void)state;
    is_line("A001 OK done", IMAP_TAGGED, IMAP_OK, "OK done");
    is_line("A001 no", IMAP_TAGGED, IMAP_NO, "no");
    is_line("A001", IMAP_TAGGED, IMAP_NONE, "");
    is_line("A0010 OK", IMAP_OTHER, IMAP_NONE, "A0010 OK");
    is_line("A002 OK", IMAP_OTHER, IMAP_NONE, "A002 OK");
    is_line("* PREAUTH hi", IMAP_UNTAGGED, IMAP_PREAUTH, "PREAUTH hi");
    is_line("* 3 EXISTS", IMAP_UNTAGGED, IMAP_NONE, "3 EXISTS");
    is_line("*", IMAP_OTHER, IMAP_NONE, "*");
    is_line("**** banner", IMAP_OTHER, IMAP_NONE, "**** banner");
    is_line("+ Zm9v", IMAP_CONTINUE, IMAP_NONE, "Zm9v");
    is_line("+", IMAP_CONTINUE, IMAP_NONE, "");
    is_line("", IMAP_OTHER, IMAP_NONE, "");
}

static void literals_are_at_the_end_of_lines(void **state)
{
    static const char *const none[] = {
        "",       "}",     "{}",   "x {12} ",    "x {1a}", "x 12}",
        "x {-1}", "x {12", "{1+}", "BODY[] {}}", "{{",     "x {99999999999999999999}"};
    int64_t len = -1;

    (void)state;
    assert_true(imap_has_literal(STR("* 1 FETCH (BODY[] {12}"), &len));
    assert_int_equal(len, 12);
    assert_true(imap_has_literal(STR("(\"{5}\" {0}"), &len));
    assert_int_equal(len, 0);
    for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
        assert_false(imap_has_literal(str_of(none[i]), &len));
}

static void responses_belong_to_commands(void **state)
{
    (void)state;
    assert_true(imap_answers(STR("LIST () \"/\" a"), STR("LIST")));
    assert_true(imap_answers(STR("12 FETCH (x"), STR("fetch")));
    assert_true(imap_answers(STR("12 FETCH (x"), STR("STORE")));
    assert_true(imap_answers(STR("22 EXPUNGE"), STR("NOOP")));
    assert_false(imap_answers(STR("22 EXISTS"), STR("FETCH")));
    assert_false(imap_answers(STR("22"), STR("FETCH")));
    assert_false(imap_answers(STR(""), STR("LIST")));
    assert_false(imap_answers(STR("OK hi"), STR("LIST")));
}

static void abilities_are_read(void **state)
{
    struct imap_abilities a = {0};

    (void)state;
    imap_read_abilities(STR("OK STARTTLS"), &a);
    assert_false(a.starttls);
    imap_read_abilities(STR("CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED"), &a);
    imap_read_abilities(STR("capability sasl-ir auth=plain AUTH=CRAM-MD5 AUTH="), &a);
    assert_true(a.starttls && a.login_disabled && a.first_message);
    assert_int_equal(a.sasl, SASL_PLAIN | SASL_CRAM_MD5);
    assert_str(imap_find_uidvalidity(STR("OK [UIDVALIDITY 12] fine")), "12");
    assert_str(imap_find_uidvalidity(STR("OK [UIDVALIDITY 12")), "");
    assert_str(imap_find_uidvalidity(STR("OK [UIDNEXT 12]")), "");
}

static void is_astring(const char *text, const char *wanted)
{
    scoped(buf) out = {0};

    assert_true(imap_append_astring(&out, str_of(text)));
    assert_string_equal(out.bytes, wanted);
}

static void texts_are_quoted_where_they_must(void **state)
{
    (void)state;
    is_astring("INBOX", "INBOX");
    is_astring("a.b/c", "a.b/c");
    is_astring("", "\"\"");
    is_astring("a b", "\"a b\"");
    is_astring("\"a\\", "\"\\\"a\\\\\"");
    is_astring("a{1}", "\"a{1}\"");
    is_astring("a*", "\"a*\"");
}

static void is_place(const char *path, const char *query, const char *wanted)
{
    struct imap_place p = {0};
    scoped(buf) got = {0};

    assert_int_equal(imap_read_place(path, query, &p), CURLE_OK);
    buf_printf(&got, "%s|%s|%s|%s|%s|%s|%s", buf_text(&p.mailbox), buf_text(&p.uidvalidity),
               buf_text(&p.uid), buf_text(&p.index), buf_text(&p.section), buf_text(&p.partial),
               buf_text(&p.query));
    assert_string_equal(got.bytes, wanted);
    imap_place_release(&p);
}

static void urls_name_what_they_ask_for(void **state)
{
    static const char *const bad[] = {"/a%0d%0ab", "/a%00",     "/a;",      "/a;UID",
                                      "/a;UID=",   "/a;X=1",    "/a;UID=/", "/a;UID=1;UID=2",
                                      "/a;;UID=1", "/a;UID=%0a"};

    (void)state;
    is_place(NULL, NULL, "||||||");
    is_place("/", NULL, "||||||");
    is_place("/box", NULL, "box||||||");
    is_place("/a/b%20c/", NULL, "a/b c||||||");
    is_place("/box;UIDVALIDITY=12/;UID=3", NULL, "box|12|3||||");
    is_place("/box/;mailindex=3/;section=1.2;PARTIAL=0.100", NULL, "box|||3|1.2|0.100|");
    is_place("/box", "NEW%20SEEN", "box||||||NEW SEEN");
    is_place("/box/;UID=1", "NEW", "box||1||||");
    is_place("/", "NEW", "||||||");
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct imap_place p = {0};

        assert_int_equal(imap_read_place(bad[i], NULL, &p), CURLE_URL_MALFORMAT);
        imap_place_release(&p);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_are_told_apart),
        cmocka_unit_test(literals_are_at_the_end_of_lines),
        cmocka_unit_test(responses_belong_to_commands),
        cmocka_unit_test(abilities_are_read),
        cmocka_unit_test(texts_are_quoted_where_they_must),
        cmocka_unit_test(urls_name_what_they_ask_for),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
