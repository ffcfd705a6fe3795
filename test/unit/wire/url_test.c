/* SPDX-License-Identifier: MIT */
#include "url_test_support.h"

#include <stdlib.h>

enum { ANY = CURLU_NON_SUPPORT_SCHEME, GUESS = CURLU_GUESS_SCHEME };

static void check(const char *text, unsigned flags, const char *expected)
{
    check_url_case(&(struct url_case){NULL, text, flags, expected, CURLUE_OK});
}

static void refuse(const char *text, unsigned flags, CURLUcode result)
{
    check_url_case(&(struct url_case){NULL, text, flags, NULL, result});
}

static void a_url_has_its_parts(void **state)
{
    scoped(url) u = {0};

    (void)state;
    assert_int_equal(url_set_whole(&u, "HTTPS://us%41:pw@Host.Example:0444/a/b?q=1#f", 0),
                     CURLUE_OK);
    assert_string_equal(u.scheme, "https");
    assert_string_equal(u.user, "us%41");
    assert_string_equal(u.password, "pw");
    assert_null(u.options);
    assert_string_equal(u.host, "Host.Example");
    assert_string_equal(u.port, "444");
    assert_int_equal(u.port_number, 444);
    assert_string_equal(u.path, "/a/b");
    assert_string_equal(u.query, "q=1");
    assert_string_equal(u.fragment, "f");
    expect_part(&u, CURLUPART_URL, 0, "https://us%41:pw@Host.Example:444/a/b?q=1#f", CURLUE_OK);
}

static void absent_parts_have_their_errors(void **state)
{
    scoped(url) u = {0};

    (void)state;
    expect_part(&u, CURLUPART_URL, 0, NULL, CURLUE_NO_HOST);
    expect_part(&u, CURLUPART_SCHEME, 0, NULL, CURLUE_NO_SCHEME);
    expect_part(&u, CURLUPART_USER, 0, NULL, CURLUE_NO_USER);
    expect_part(&u, CURLUPART_PASSWORD, 0, NULL, CURLUE_NO_PASSWORD);
    expect_part(&u, CURLUPART_OPTIONS, 0, NULL, CURLUE_NO_OPTIONS);
    expect_part(&u, CURLUPART_HOST, 0, NULL, CURLUE_NO_HOST);
    expect_part(&u, CURLUPART_PORT, 0, NULL, CURLUE_NO_PORT);
    expect_part(&u, CURLUPART_PATH, 0, "/", CURLUE_OK);
    expect_part(&u, CURLUPART_QUERY, 0, NULL, CURLUE_NO_QUERY);
    expect_part(&u, CURLUPART_FRAGMENT, 0, NULL, CURLUE_NO_FRAGMENT);
    expect_part(&u, CURLUPART_ZONEID, 0, NULL, CURLUE_NO_ZONEID);
    expect_part(&u, (CURLUPart)99, 0, NULL, CURLUE_UNKNOWN_PART);
}

static void schemes_are_checked(void **state)
{
    (void)state;
    refuse("foo://host/", 0, CURLUE_UNSUPPORTED_SCHEME);
    check("foo://host/", ANY, "foo://host/");
    check("a+b-c.1://host/", ANY, "a+b-c.1://host/");
    refuse("1http://host/", 0, CURLUE_BAD_SCHEME);
    refuse("host.com", 0, CURLUE_BAD_SCHEME);
    refuse("ht tp://host", CURLU_ALLOW_SPACE, CURLUE_BAD_SCHEME);
    refuse("", 0, CURLUE_MALFORMED_INPUT);
    refuse("aaaaaaaaaabbbbbbbbbbccccccccccddddddddddx://h/", ANY, CURLUE_BAD_SCHEME);
}

static void one_to_three_slashes_do(void **state)
{
    (void)state;
    check("https:/host/path", 0, "https://host/path");
    check("https:///host/path", 0, "https://host/path");
    refuse("https:host/path", 0, CURLUE_BAD_SLASHES);
    refuse("https:////host/path", 0, CURLUE_BAD_SLASHES);
}

static void backslashes_where_slashes_belong_are_named(void **state)
{
    (void)state;
    refuse("http:\\\\host", 0, CURLUE_BACKSLASH);
    refuse("http:\\\\host", GUESS, CURLUE_BACKSLASH);
    refuse("http:/\\host", 0, CURLUE_BACKSLASH);
    refuse("http://host:1111\\test", 0, CURLUE_BACKSLASH);
    refuse("http://[::1]\\test", 0, CURLUE_BACKSLASH);
    refuse("http://host\\test", 0, CURLUE_BAD_HOSTNAME);
}

static void a_missing_scheme_is_guessed_or_the_default_where_asked(void **state)
{
    scoped(url) u = {0};

    (void)state;
    check("host.com/path", GUESS, "http://host.com/path");
    check("FTP.host.com", GUESS, "ftp://FTP.host.com/");
    check("u:p@smtp.host", GUESS, "smtp://u:p@smtp.host/");
    check("ftp.host.com", CURLU_DEFAULT_SCHEME | GUESS, "https://ftp.host.com/");
    check("localhost:80/x", CURLU_DEFAULT_SCHEME, "https://localhost:80/x");
    check("http:80/x", GUESS, "http://http:80/x");
    refuse("host:", GUESS, CURLUE_BAD_PORT_NUMBER);
    refuse("/path", GUESS, CURLUE_NO_HOST);
    assert_int_equal(url_set_whole(&u, "ftp.host/x", GUESS), CURLUE_OK);
    expect_part(&u, CURLUPART_SCHEME, CURLU_NO_GUESS_SCHEME, NULL, CURLUE_NO_SCHEME);
    expect_part(&u, CURLUPART_URL, CURLU_NO_GUESS_SCHEME, "ftp.host/x", CURLUE_OK);
    expect_part(&u, CURLUPART_SCHEME, 0, "ftp", CURLUE_OK);
}

static void junk_is_refused_and_spaces_are_allowed_where_asked(void **state)
{
    (void)state;
    refuse("https://host/\x01", 0, CURLUE_MALFORMED_INPUT);
    refuse("https://host/\x7f", CURLU_ALLOW_SPACE, CURLUE_MALFORMED_INPUT);
    refuse("https://host/a b", 0, CURLUE_MALFORMED_INPUT);
    refuse("https://ho st/", CURLU_ALLOW_SPACE, CURLUE_BAD_HOSTNAME);
    check("https://u s:p w@h/a b?c d#e f", CURLU_ALLOW_SPACE, "https://u s:p w@h/a b?c d#e f");
    check("https://h/a b?c d#e f", CURLU_ALLOW_SPACE | CURLU_URLENCODE,
          "https://h/a%20b?c+d#e%20f");
    check("https://h/\xe5%aa%zz?\xe5#\xe5", CURLU_URLENCODE, "https://h/%E5%AA%zz?%E5#%E5");
    check("https://h/\xe5%aa", 0, "https://h/\xe5%aa");
}

static void the_login_is_split_as_the_scheme_says(void **state)
{
    scoped(url) u = {0};

    (void)state;
    check("https://@host/", 0, "https://@host/");
    check("https://:@host/", 0, "https://:@host/");
    check("https://:p@host/", 0, "https://:p@host/");
    refuse("https://u@v@host/", 0, CURLUE_BAD_HOSTNAME);
    assert_int_equal(url_set_whole(&u, "https://u:p;o@host/", 0), CURLUE_OK);
    assert_string_equal(u.password, "p;o");
    assert_int_equal(url_set_whole(&u, "imap://u:p;o@host/", ANY), CURLUE_OK);
    assert_string_equal(u.password, "p");
    assert_string_equal(u.options, "o");
    check("imap://u;o:p@host/", ANY, "imap://u:p;o@host/");
    check("imap://u:p;@host/", ANY, "imap://u:p@host/");
    refuse("https://u@host/", CURLU_DISALLOW_USER, CURLUE_USER_NOT_ALLOWED);
    refuse("https://@host/", CURLU_DISALLOW_USER, CURLUE_USER_NOT_ALLOWED);
    check("https://host/a@b", CURLU_DISALLOW_USER, "https://host/a@b");
}

/* Whoever reads such a text must see the same host as everybody else, or none. */
static void the_authority_ends_where_it_ends_for_all(void **state)
{
    scoped(url) u = {0};

    (void)state;
    check("https://one#@two/", 0, "https://one/#@two/");
    check("https://one?@two/", 0, "https://one/?@two/");
    check("https://one/@two/", 0, "https://one/@two/");
    check("https://one:80#@two:81/", 0, "https://one:80/#@two:81/");
    assert_int_equal(url_set_whole(&u, "https://one:80@two/", 0), CURLUE_OK);
    assert_string_equal(u.host, "two");
    assert_int_equal(url_set_whole(&u, "https://one%23@two/", 0), CURLUE_OK);
    assert_string_equal(u.host, "two");
    assert_int_equal(url_set_whole(&u, "https://one\\@two/", 0), CURLUE_OK);
    assert_string_equal(u.host, "two"); /* RFC 3986: it ends nothing */
    refuse("https://one%2f@two%2f/", 0, CURLUE_BAD_HOSTNAME);
    refuse("https://one%40two/", 0, CURLUE_BAD_HOSTNAME);
    refuse("https://one%23two/", 0, CURLUE_BAD_HOSTNAME);
    refuse("https://one%3ftwo/", 0, CURLUE_BAD_HOSTNAME);
    refuse("https://one%5ctwo/", 0, CURLUE_BAD_HOSTNAME);
    refuse("https://one:80:81/", 0, CURLUE_BAD_PORT_NUMBER);
    refuse("https://[::1]two/", 0, CURLUE_BAD_PORT_NUMBER);
    refuse("https://one[::1]/", 0, CURLUE_BAD_PORT_NUMBER);
}

static void ports_are_decimal_numbers_up_to_65535(void **state)
{
    scoped(url) u = {0};

    (void)state;
    check("https://host:65535/", 0, "https://host:65535/");
    check("https://host:000000080/", 0, "https://host:80/");
    check("https://host:0/", 0, "https://host:0/");
    check("https://host:/", 0, "https://host/");
    refuse("https://host:65536/", 0, CURLUE_BAD_PORT_NUMBER);
    refuse("https://host:80x/", 0, CURLUE_BAD_PORT_NUMBER);
    refuse("https://host:-1/", 0, CURLUE_BAD_PORT_NUMBER);
    refuse("https://host:+1/", 0, CURLUE_BAD_PORT_NUMBER);
    refuse("https://host:80:80/", 0, CURLUE_BAD_PORT_NUMBER);
    refuse("https://[::1]80/", 0, CURLUE_BAD_PORT_NUMBER);
    assert_int_equal(url_set_whole(&u, "https://h/", 0), CURLUE_OK);
    expect_part(&u, CURLUPART_PORT, CURLU_DEFAULT_PORT, "443", CURLUE_OK);
    expect_part(&u, CURLUPART_URL, CURLU_DEFAULT_PORT, "https://h:443/", CURLUE_OK);
    assert_int_equal(url_set_whole(&u, "https://h:443/", 0), CURLUE_OK);
    expect_part(&u, CURLUPART_PORT, CURLU_NO_DEFAULT_PORT, NULL, CURLUE_NO_PORT);
    expect_part(&u, CURLUPART_URL, CURLU_NO_DEFAULT_PORT, "https://h/", CURLUE_OK);
}

static void a_host_must_be_there_unless_allowed(void **state)
{
    scoped(url) u = {0};

    (void)state;
    refuse("https://", 0, CURLUE_NO_HOST);
    refuse("https:///", 0, CURLUE_NO_HOST);
    refuse("https://?q", 0, CURLUE_NO_HOST);
    refuse("https://u@/", 0, CURLUE_NO_HOST);
    refuse("https://:80/x", 0, CURLUE_NO_HOST);
    refuse("https://::1/", 0, CURLUE_NO_HOST);
    check("https://", CURLU_NO_AUTHORITY, "https:///");
    assert_int_equal(url_set_whole(&u, "at:///did:plc:x/y", ANY | CURLU_NO_AUTHORITY), CURLUE_OK);
    expect_part(&u, CURLUPART_HOST, 0, "", CURLUE_OK);
    expect_part(&u, CURLUPART_PATH, 0, "/did:plc:x/y", CURLUE_OK);
}

static void hosts_are_decoded_and_checked(void **state)
{
    static const char bad[] = "!*'();=&$,+{}^`\"<>|%";

    (void)state;
    check("https://%68o_s~t/", 0, "https://ho_s~t/");
    check("https://h\xc3\xa5st/", 0, "https://h\xc3\xa5st/");
    check("https://host./", 0, "https://host./");
    refuse("https://host../", 0, CURLUE_BAD_HOSTNAME);
    refuse("https://ho%00st/", 0, CURLUE_BAD_HOSTNAME);
    refuse("https://ho%0ast/", 0, CURLUE_BAD_HOSTNAME);
    refuse("https://ho%20st/", 0, CURLUE_BAD_HOSTNAME);
    refuse("https://ho%2fst/", 0, CURLUE_BAD_HOSTNAME);
    refuse("https://ho%25st/", 0, CURLUE_BAD_HOSTNAME);
    refuse("https://ho%7cst/", 0, CURLUE_BAD_HOSTNAME);
    for (size_t i = 0; bad[i]; i++) {
        char text[] = "https://a?b/";

        text[9] = bad[i];
        refuse(text, 0, CURLUE_BAD_HOSTNAME);
    }
}

static void ipv4_numbers_become_four_decimals(void **state)
{
    static const char *const same[] = {
        "127.1",      "0x7f.1",  "0X7F.1",      "0177.1",       "2130706433",   "0x7f000001",
        "127.0.0.1.", "127.0.1", "%31%32%37.1", "017700000001", "0x7f.0.0.0x1",
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(same); i++) {
        scoped(url) u = {0};
        scoped(buf) text = {0};

        assert_true(buf_printf(&text, "http://%s/", same[i]));
        assert_int_equal(url_set_whole(&u, text.bytes, 0), CURLUE_OK);
        assert_string_equal(u.host, "127.0.0.1");
    }
    check("http://0/", 0, "http://0.0.0.0/");
    check("http://1.2.3/", 0, "http://1.2.0.3/");
    check("http://4294967295/", 0, "http://255.255.255.255/");
}

static void what_is_no_ipv4_number_stays_a_name(void **state)
{
    static const char *const names[] = {
        "http://4294967296/", "http://256.1/",   "http://1.2.3.256/",  "http://1.2.3.4.5/",
        "http://1.2.65536/",  "http://08/",      "http://1.16777216/", "http://0x/",
        "http://1..2/",       "http://1.0x.3/",  "http://1.2.3.0x/",   "http://0x7g.1/",
        "http://.1/",         "http://1.2.3.a/",
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(names); i++)
        check(names[i], 0, names[i]);
}

static void ipv6_is_normalised_and_its_zone_kept_apart(void **state)
{
    scoped(url) u = {0};

    (void)state;
    check("http://[0:0:0:0:0:0:0:1]:80/", 0, "http://[::1]:80/");
    check("http://[FE80::1%25eth0]/", 0, "http://[fe80::1%25eth0]/");
    check("http://[fe80::1%eth0]/", 0, "http://[fe80::1%25eth0]/");
    assert_int_equal(url_set_whole(&u, "http://[fe80::1%25abcdefghijklmno]/", 0), CURLUE_OK);
    expect_part(&u, CURLUPART_HOST, 0, "[fe80::1]", CURLUE_OK);
    expect_part(&u, CURLUPART_ZONEID, 0, "abcdefghijklmno", CURLUE_OK);
    refuse("http://[fe80::1%25abcdefghijklmnop]/", 0, CURLUE_BAD_IPV6);
    check("http://[fe80%3A%3a1%25eth0]/", 0, "http://[fe80::1%25eth0]/");
    refuse("http://[fe80::1%25]/", 0, CURLUE_BAD_IPV6);
    refuse("http://[fe80::1%]/", 0, CURLUE_BAD_IPV6);
    refuse("http://[1:2:3]/", 0, CURLUE_BAD_IPV6);
    refuse("http://[]/", 0, CURLUE_BAD_IPV6);
    refuse("http://[::1/", 0, CURLUE_BAD_IPV6);
    refuse("http://[v1.a]/", 0, CURLUE_BAD_IPV6);
}

static void dot_segments_are_removed_unless_kept(void **state)
{
    static const char *const paths[][2] = {
        {"/a/../b/./c/..", "/b/"          },
        {"/..",            "/"            },
        {"/.",             "/"            },
        {"/../../a",       "/a"           },
        {"/a/..b/.c/...",  "/a/..b/.c/..."},
        {"/a/%2e%2E/b",    "/b"           },
        {"/a/.%2e/b",      "/b"           },
        {"/a/%2e",         "/a/"          },
        {"//a//../b",      "//a/b"        },
        {"/a//",           "/a//"         },
        {"/a/../",         "/"            },
        {"/a/b?x/../y",    "/a/b?x/../y"  },
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(paths); i++) {
        scoped(buf) text = {0}, expected = {0};

        assert_true(buf_printf(&text, "https://h%s", paths[i][0]));
        assert_true(buf_printf(&expected, "https://h%s", paths[i][1]));
        check(text.bytes, 0, expected.bytes);
        check(text.bytes, CURLU_PATH_AS_IS, text.bytes);
    }
}

static void empty_queries_and_fragments_are_shown_where_asked(void **state)
{
    scoped(url) u = {0};

    (void)state;
    assert_int_equal(url_set_whole(&u, "https://h?#", 0), CURLUE_OK);
    expect_part(&u, CURLUPART_URL, 0, "https://h/", CURLUE_OK);
    expect_part(&u, CURLUPART_URL, CURLU_GET_EMPTY, "https://h/?#", CURLUE_OK);
    expect_part(&u, CURLUPART_QUERY, 0, NULL, CURLUE_NO_QUERY);
    expect_part(&u, CURLUPART_QUERY, CURLU_GET_EMPTY, "", CURLUE_OK);
    expect_part(&u, CURLUPART_FRAGMENT, 0, NULL, CURLUE_NO_FRAGMENT);
    expect_part(&u, CURLUPART_FRAGMENT, CURLU_GET_EMPTY, "", CURLUE_OK);
    check("https://h?a?b#c#d?e", 0, "https://h/?a?b#c#d?e");
}

static void file_urls_name_this_machine_or_none(void **state)
{
    (void)state;
    check("file:///etc/passwd", ANY, "file:///etc/passwd");
    check("file://LOCALHOST/etc", ANY, "file:///etc");
    check("file://127.0.0.1/etc", ANY, "file:///etc");
    check("file:/etc", ANY, "file:///etc");
    check("file:///", ANY, "file:///");
    check("file:////x", ANY, "file:////x");
    check("file:///a/../b?q#f", ANY, "file:///b?q#f");
    refuse("file://host/etc", ANY, CURLUE_BAD_FILE_URL);
    refuse("file://localhost", ANY, CURLUE_BAD_FILE_URL);
    refuse("file://localhost:80/x", ANY, CURLUE_BAD_FILE_URL);
    refuse("file:etc", ANY, CURLUE_BAD_FILE_URL);
    refuse("file:?q", ANY, CURLUE_BAD_FILE_URL);
    refuse("file:", ANY, CURLUE_BAD_FILE_URL);
    refuse("file:/", ANY, CURLUE_BAD_FILE_URL);
    refuse("file://", ANY, CURLUE_BAD_FILE_URL);
    refuse("file:///c:/x", ANY, CURLUE_BAD_FILE_URL);
    refuse("file:///c|", ANY, CURLUE_BAD_FILE_URL);
    check("file:///etc", 0, "file:///etc");
}

static void parts_are_decoded_where_asked(void **state)
{
    scoped(url) u = {0};

    (void)state;
    assert_int_equal(url_set_whole(&u, "https://%75:p%40@h/%41%zz?a+b%20#c+%41", 0), CURLUE_OK);
    expect_part(&u, CURLUPART_USER, CURLU_URLDECODE, "u", CURLUE_OK);
    expect_part(&u, CURLUPART_PASSWORD, CURLU_URLDECODE, "p@", CURLUE_OK);
    expect_part(&u, CURLUPART_PATH, CURLU_URLDECODE, "/A%zz", CURLUE_OK);
    expect_part(&u, CURLUPART_QUERY, CURLU_URLDECODE, "a b ", CURLUE_OK);
    expect_part(&u, CURLUPART_FRAGMENT, CURLU_URLDECODE, "c+A", CURLUE_OK);
    assert_int_equal(url_set_whole(&u, "https://h/%00?%1f", 0), CURLUE_OK);
    expect_part(&u, CURLUPART_PATH, CURLU_URLDECODE, NULL, CURLUE_URLDECODE);
    expect_part(&u, CURLUPART_QUERY, CURLU_URLDECODE, NULL, CURLUE_URLDECODE);
    assert_int_equal(url_set_whole(&u, "https://u@h/\xe5%aa", 0), CURLUE_OK);
    expect_part(&u, CURLUPART_PATH, CURLU_URLENCODE, "/%E5%AA", CURLUE_OK);
}

static void international_names_become_punycode_or_say_why_not(void **state)
{
    scoped(url) u = {0};

    (void)state;
    assert_int_equal(url_set_whole(&u, "https://h\xc3\xa5st/", 0), CURLUE_OK);
    expect_part(&u, CURLUPART_URL, CURLU_URLENCODE, "https://h%C3%A5st/", CURLUE_OK);
#ifdef HAVE_IDN2
    expect_part(&u, CURLUPART_HOST, CURLU_PUNYCODE, "xn--hst-ula", CURLUE_OK);
    expect_part(&u, CURLUPART_URL, CURLU_PUNYCODE, "https://xn--hst-ula/", CURLUE_OK);
    assert_int_equal(url_set_whole(&u, "https://xn--hst-ula/", 0), CURLUE_OK);
    expect_part(&u, CURLUPART_HOST, CURLU_PUNY2IDN, "h\xc3\xa5st", CURLUE_OK);
    assert_int_equal(url_set_whole(&u, "https://\xe5/", 0), CURLUE_OK);
    expect_part(&u, CURLUPART_HOST, CURLU_PUNYCODE, NULL, CURLUE_BAD_HOSTNAME);
    assert_int_equal(url_set_whole(&u, "https://\xe2\x80\x8b/", 0), CURLUE_OK);
    expect_part(&u, CURLUPART_HOST, CURLU_PUNYCODE, NULL, CURLUE_BAD_HOSTNAME);
#else
    expect_part(&u, CURLUPART_HOST, CURLU_PUNYCODE, NULL, CURLUE_LACKS_IDN);
    assert_int_equal(url_set_whole(&u, "https://xn--hst-ula/", 0), CURLUE_OK);
    expect_part(&u, CURLUPART_HOST, CURLU_PUNY2IDN, NULL, CURLUE_LACKS_IDN);
#endif
}

static void the_host_name_for_a_look_up_has_no_brackets(void **state)
{
    scoped(url) u = {0};
    char *name = NULL;

    (void)state;
    assert_int_equal(url_get_hostname(&u, &name), CURLUE_NO_HOST);
    assert_int_equal(url_set_whole(&u, "https://[::1%25lo]:80/", 0), CURLUE_OK);
    assert_int_equal(url_get_hostname(&u, &name), CURLUE_OK);
    assert_string_equal(name, "::1");
    mem_free(name);
}

static void texts_over_eight_million_bytes_are_refused(void **state)
{
    scoped(url) u = {0};
    scoped(buf) text = {0};

    (void)state;
    assert_true(buf_append_text(&text, "https://h/"));
    assert_true(buf_reserve(&text, 8000000));
    memset(text.bytes + text.len, 'a', 8000000);
    text.bytes[text.len + 8000000] = '\0';
    assert_int_equal(url_set_whole(&u, text.bytes, 0), CURLUE_MALFORMED_INPUT);
    text.bytes[8000000] = '\0';
    assert_int_equal(url_set_whole(&u, text.bytes, 0), CURLUE_OK);
}

/* ---- Memory ---- */

static int allocations_left;

static void *failing_malloc(size_t size)
{
    return allocations_left-- > 0 ? malloc(size) : NULL;
}

static void *failing_realloc(void *pointer, size_t size)
{
    return allocations_left-- > 0 ? realloc(pointer, size) : NULL;
}

static void *failing_calloc(size_t count, size_t size)
{
    return allocations_left-- > 0 ? calloc(count, size) : NULL;
}

static char *failing_strdup(const char *text)
{
    return allocations_left-- > 0 ? strdup(text) : NULL;
}

static CURLUcode set_copy_and_get(void)
{
    scoped(url) u = {0}, copy = {0};
    char *text = NULL;
    CURLUcode result;

    result =
        url_set_whole(&u, "imap://u:p;o@[fe80::1%25e]:81/a/../b?q#f", CURLU_NON_SUPPORT_SCHEME);
    if (!result)
        result = url_set_whole(&u, "../c d", CURLU_URLENCODE | CURLU_NON_SUPPORT_SCHEME);
    if (!result)
        result = url_set_part(&u, CURLUPART_QUERY, "x=y z", CURLU_APPENDQUERY | CURLU_URLENCODE);
    if (!result)
        result = url_copy(&u, &copy);
    if (!result)
        result = url_get_part(&copy, CURLUPART_URL, &text, CURLU_DEFAULT_PORT);
    if (!result)
        assert_string_equal(text, "imap://u:p;o@[fe80::1%25e]:81/c%20d?x=y+z");
    mem_free(text);
    return result;
}

static void every_allocation_can_fail(void **state)
{
    static const struct mem_functions failing = {failing_malloc, free, failing_realloc,
                                                 failing_strdup, failing_calloc};
    static const struct mem_functions normal = {malloc, free, realloc, strdup, calloc};
    CURLUcode result = CURLUE_OUT_OF_MEMORY;
    int n;

    (void)state;
    mem_use(&failing);
    for (n = 0; n < 1000 && result; n++) {
        allocations_left = n;
        result = set_copy_and_get();
        if (result && result != CURLUE_OUT_OF_MEMORY)
            break;
    }
    mem_use(&normal);
    assert_int_equal(result, CURLUE_OK);
    assert_true(n > 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_url_has_its_parts),
        cmocka_unit_test(absent_parts_have_their_errors),
        cmocka_unit_test(schemes_are_checked),
        cmocka_unit_test(one_to_three_slashes_do),
        cmocka_unit_test(backslashes_where_slashes_belong_are_named),
        cmocka_unit_test(a_missing_scheme_is_guessed_or_the_default_where_asked),
        cmocka_unit_test(junk_is_refused_and_spaces_are_allowed_where_asked),
        cmocka_unit_test(the_login_is_split_as_the_scheme_says),
        cmocka_unit_test(the_authority_ends_where_it_ends_for_all),
        cmocka_unit_test(ports_are_decimal_numbers_up_to_65535),
        cmocka_unit_test(a_host_must_be_there_unless_allowed),
        cmocka_unit_test(hosts_are_decoded_and_checked),
        cmocka_unit_test(ipv4_numbers_become_four_decimals),
        cmocka_unit_test(what_is_no_ipv4_number_stays_a_name),
        cmocka_unit_test(ipv6_is_normalised_and_its_zone_kept_apart),
        cmocka_unit_test(dot_segments_are_removed_unless_kept),
        cmocka_unit_test(empty_queries_and_fragments_are_shown_where_asked),
        cmocka_unit_test(file_urls_name_this_machine_or_none),
        cmocka_unit_test(parts_are_decoded_where_asked),
        cmocka_unit_test(international_names_become_punycode_or_say_why_not),
        cmocka_unit_test(the_host_name_for_a_look_up_has_no_brackets),
        cmocka_unit_test(texts_over_eight_million_bytes_are_refused),
        cmocka_unit_test(every_allocation_can_fail),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
