/* SPDX-License-Identifier: MIT */
#include <curl/curl.h>

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void assert_taken(char *text, const char *should)
{
    assert_non_null(text);
    assert_string_equal(text, should);
    curl_free(text);
}

/* ---- Percent encoding ---- */

static void all_but_unreserved_characters_are_escaped(void **state)
{
    (void)state;
    assert_taken(curl_easy_escape(NULL, "aZ09-._~", 0), "aZ09-._~");
    assert_taken(curl_easy_escape(NULL, "a b/\xff", 0), "a%20b%2F%FF");
    assert_taken(curl_easy_escape(NULL, "a\0b", 3), "a%00b");
    assert_taken(curl_easy_escape(NULL, "", 0), "");
    assert_taken(curl_escape("abc", 2), "ab");
    assert_null(curl_easy_escape(NULL, "ab", -1));
    assert_null(curl_easy_escape(NULL, NULL, 0));
}

static void unescape_says_how_long_the_result_is(void **state)
{
    int len = -1;
    char *plain = curl_easy_unescape(NULL, "a%00b%zz%4", 0, &len);

    (void)state;
    assert_non_null(plain);
    assert_int_equal(len, 8);
    assert_memory_equal(plain, "a\0b%zz%4", 9);
    curl_free(plain);
    assert_taken(curl_unescape("%41%4241", 6), "AB");
    assert_null(curl_easy_unescape(NULL, "ab", -1, NULL));
}

/* ---- Comparison, environment ---- */

static void strings_are_compared_without_regard_to_case(void **state)
{
    (void)state;
    assert_true(curl_strequal("Content-TYPE", "content-type"));
    assert_false(curl_strequal("a", "ab"));
    assert_false(curl_strequal("\xc4", "\xe4"));
    assert_false(curl_strequal("a", NULL));
    assert_true(curl_strequal(NULL, NULL));
    assert_true(curl_strnequal("abX", "ABy", 2));
    assert_false(curl_strnequal("abX", "ABy", 3));
    assert_true(curl_strnequal("a", "b", 0));
    assert_true(curl_strnequal("ab", "ab", 9));
    assert_false(curl_strnequal("ab", "abc", 9));
}

static void an_empty_variable_is_none(void **state)
{
    (void)state;
    assert_int_equal(setenv("CURLPOOL_TEST", "value", 1), 0);
    assert_taken(curl_getenv("CURLPOOL_TEST"), "value");
    assert_int_equal(setenv("CURLPOOL_TEST", "", 1), 0);
    assert_null(curl_getenv("CURLPOOL_TEST"));
    assert_int_equal(unsetenv("CURLPOOL_TEST"), 0);
    assert_null(curl_getenv("CURLPOOL_TEST"));
}

/* ---- printf ---- */

static void the_count_is_of_what_was_written(void **state)
{
    char room[8] = "zzzzzzz";

    (void)state;
    assert_int_equal(curl_msnprintf(room, 3, "%s", "abcdef"), 2);
    assert_string_equal(room, "ab");
    assert_int_equal(curl_msnprintf(room, sizeof(room), "%d", 123), 3);
    assert_string_equal(room, "123");
    assert_int_equal(curl_msnprintf(room, 0, "%s", "abcdef"), 0);
    assert_string_equal(room, "123");
    assert_int_equal(curl_msprintf(room, "%02x-%.2s", 10, "abc"), 5);
    assert_string_equal(room, "0a-ab");
    assert_taken(curl_maprintf("%s|%5d|%" CURL_FORMAT_CURL_OFF_T, "a", 3, (curl_off_t)1 << 40),
                 "a|    3|1099511627776");
    assert_taken(curl_maprintf("%s", ""), "");
}

/* ---- Lists ---- */

static void a_list_keeps_its_order(void **state)
{
    struct curl_slist *list = curl_slist_append(NULL, "one"), *same;
    char two[] = "two";

    (void)state;
    assert_non_null(list);
    same = curl_slist_append(list, two);
    assert_ptr_equal(same, list);
    two[0] = 'X';
    assert_string_equal(list->data, "one");
    assert_string_equal(list->next->data, "two");
    assert_null(list->next->next);
    assert_null(curl_slist_append(list, NULL));
    curl_slist_free_all(list);
    curl_slist_free_all(NULL);
}

/* ---- Errors ---- */

static void every_code_has_a_text(void **state)
{
    (void)state;
    for (int code = -3; code < 300; code++) {
        assert_true(*curl_easy_strerror((CURLcode)code));
        assert_true(*curl_multi_strerror((CURLMcode)code));
        assert_true(*curl_share_strerror((CURLSHcode)code));
        assert_true(*curl_url_strerror((CURLUcode)code));
    }
    for (int code = 0; code < CURLM_LAST; code++)
        assert_string_not_equal(curl_multi_strerror((CURLMcode)code), "Unknown error");
    for (int code = 0; code < CURLUE_LAST; code++)
        assert_string_not_equal(curl_url_strerror((CURLUcode)code), "Unknown error");
    for (int code = 0; code < CURLSHE_LAST; code++)
        assert_string_not_equal(curl_share_strerror((CURLSHcode)code), "Unknown error");
    assert_string_equal(curl_easy_strerror(CURLE_OK), "No error");
    assert_string_equal(curl_easy_strerror(CURLE_OBSOLETE51), "Unknown error");
    assert_string_equal(curl_easy_strerror(CURL_LAST), "Unknown error");
}

/* ---- Version ---- */

static bool has(const char *const *names, const char *name)
{
    for (; *names; names++)
        if (!strcmp(*names, name))
            return true;
    return false;
}

static void the_version_says_what_is_built(void **state)
{
    const curl_version_info_data *info = curl_version_info(CURLVERSION_NOW);

    (void)state;
    assert_int_equal(strncmp(curl_version(), "libcurl/" LIBCURL_VERSION " curlpool/", 26), 0);
    assert_non_null(strstr(curl_version(), " OpenSSL/"));
    assert_non_null(strstr(curl_version(), " c-ares/"));
    assert_int_equal(info->age, CURLVERSION_NOW);
    assert_int_equal(info->version_num, LIBCURL_VERSION_NUM);
    assert_true(has(info->protocols, "http"));
    assert_true(has(info->protocols, "https"));
    assert_true(has(info->feature_names, "threadsafe"));
    assert_true(info->features & CURL_VERSION_THREADSAFE);
    assert_true(info->features & CURL_VERSION_SSL);
    assert_non_null(info->ares);
    for (const char *const *name = info->feature_names; name[0] && name[1]; name++)
        assert_true(strcasecmp(name[0], name[1]) < 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_but_unreserved_characters_are_escaped),
        cmocka_unit_test(unescape_says_how_long_the_result_is),
        cmocka_unit_test(strings_are_compared_without_regard_to_case),
        cmocka_unit_test(an_empty_variable_is_none),
        cmocka_unit_test(the_count_is_of_what_was_written),
        cmocka_unit_test(a_list_keeps_its_order),
        cmocka_unit_test(every_code_has_a_text),
        cmocka_unit_test(the_version_says_what_is_built),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
