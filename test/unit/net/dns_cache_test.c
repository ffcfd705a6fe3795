/* SPDX-License-Identifier: MIT */
#include "connections.h"

#include "net/dns_cache.h"

#include <limits.h>
#include <sys/wait.h>

/* ---- A clock that can be put forward ---- */

static int64_t clock_ahead;

int64_t __real_clock_now(void);
int64_t __wrap_clock_now(void);

int64_t __wrap_clock_now(void)
{
    return __real_clock_now() + clock_ahead;
}

/* ---- Helpers ---- */

static int with_cache(void **state)
{
    *state = dns_cache_new();
    return *state ? 0 : -1;
}

static int without_cache(void **state)
{
    clock_ahead = 0;
    dns_cache_unref(*state);
    return 0;
}

static struct addresses *one_address(const char *text)
{
    struct addresses *list = addresses_new(1);

    assert_non_null(list);
    assert_true(address_parse(text, &list->list[0]));
    return list;
}

UNCHECKED static void ask(struct dns_cache *c, const char *key)
{
    lock_take(&c->lock);
    assert_non_null(dns_entry_add(c, str_of(key)));
    lock_drop(&c->lock);
}

static void learn(struct dns_cache *c, const char *key, const char *address)
{
    struct dns_answer answer = {.result = CURLE_COULDNT_RESOLVE_HOST, .reason = "no such name"};

    if (address) {
        answer = (struct dns_answer){.result = CURLE_OK, .addresses = one_address(address)};
    }
    ask(c, key);
    dns_cache_answer(c, str_of(key), &answer, true);
    addresses_unref(answer.addresses);
}

UNCHECKED static struct dns_entry *find(struct dns_cache *c, const char *key)
{
    struct dns_entry *e;

    lock_take(&c->lock);
    e = dns_entry_find(c, str_of(key));
    lock_drop(&c->lock);
    return e;
}

static const char *first_address(struct dns_cache *c, const char *key)
{
    static char text[ADDRESS_TEXT_SIZE];
    const struct dns_entry *e = find(c, key);

    if (!e || !e->answer.addresses)
        return "none";
    address_text(&e->answer.addresses->list[0], text);
    return text;
}

static CURLcode preset(struct dns_cache *c, const char *entry)
{
    char text[256];
    struct curl_slist list = {text, NULL};
    scoped(buf) error = {0};

    snprintf(text, sizeof(text), "%s", entry);
    return dns_cache_preset(c, &list, &error);
}

/* ---- The store ---- */

static void answer_is_kept_for_its_time(void **state)
{
    struct dns_cache *c = *state;

    learn(c, "a", "192.0.2.1");
    assert_true(dns_entry_is_fresh(find(c, "a"), 60));
    assert_false(dns_entry_is_fresh(find(c, "a"), 0));
    clock_ahead = 59 * CLOCK_SECOND;
    assert_true(dns_entry_is_fresh(find(c, "a"), 60));
    clock_ahead = 60 * CLOCK_SECOND;
    assert_false(dns_entry_is_fresh(find(c, "a"), 60));
    assert_true(dns_entry_is_fresh(find(c, "a"), 61));
    clock_ahead = 1000000 * CLOCK_SECOND;
    assert_true(dns_entry_is_fresh(find(c, "a"), -1));
    assert_true(dns_entry_is_fresh(find(c, "a"), LONG_MAX));
}

static void absence_is_kept_for_half_the_time(void **state)
{
    struct dns_cache *c = *state;

    learn(c, "a", NULL);
    clock_ahead = 29 * CLOCK_SECOND;
    assert_true(dns_entry_is_fresh(find(c, "a"), 60));
    assert_true(dns_entry_is_fresh(find(c, "a"), -1));
    clock_ahead = 30 * CLOCK_SECOND;
    assert_false(dns_entry_is_fresh(find(c, "a"), 60));
    assert_false(dns_entry_is_fresh(find(c, "a"), -1));
}

static void answer_that_is_not_to_be_kept_is_gone(void **state)
{
    struct dns_cache *c = *state;
    struct dns_answer failed = {.result = CURLE_COULDNT_RESOLVE_HOST, .reason = "refused"};

    ask(c, "a");
    dns_cache_answer(c, STR("a"), &failed, false);
    assert_null(find(c, "a"));
    dns_cache_answer(c, STR("a"), &failed, true); /* nobody asked */
    assert_null(find(c, "a"));
    learn(c, "b", "192.0.2.1");
    dns_cache_answer(c, STR("b"), &failed, true); /* answered already */
    assert_string_equal(first_address(c, "b"), "192.0.2.1");
}

static void full_store_forgets_the_oldest_answers_only(void **state)
{
    struct dns_cache *c = *state;
    char key[32];

    assert_int_equal(preset(c, "pinned:80:192.0.2.9"), CURLE_OK);
    ask(c, "question");
    for (int i = 0; i < DNS_CACHE_MOST; i++) {
        snprintf(key, sizeof(key), "%d", i);
        learn(c, key, NULL);
    }
    assert_int_equal(c->entries.count, DNS_CACHE_MOST);
    assert_null(find(c, "0"));
    assert_null(find(c, "1"));
    assert_non_null(find(c, "2"));
    assert_non_null(find(c, key));
    assert_non_null(find(c, "pinned:80"));
    assert_non_null(find(c, "question"));
}

static void clearing_keeps_presets_and_questions(void **state)
{
    struct dns_cache *c = *state;

    assert_int_equal(preset(c, "pinned:80:192.0.2.9"), CURLE_OK);
    assert_int_equal(preset(c, "+passing:80:192.0.2.9"), CURLE_OK);
    learn(c, "a", "192.0.2.1");
    ask(c, "question");
    dns_cache_clear(c);
    assert_null(find(c, "a"));
    assert_null(find(c, "passing:80"));
    assert_non_null(find(c, "pinned:80"));
    assert_non_null(find(c, "question"));
    assert_int_equal(c->preset_count, 1);
}

static void child_of_fork_has_no_open_questions(void **state)
{
    struct dns_cache *c = *state;
    int status = -1;
    pid_t child;

    learn(c, "a", "192.0.2.1");
    ask(c, "question");
    child = fork();
    assert_true(child >= 0);
    if (!child)
        _exit(find(c, "question") || !find(c, "a") ? 1 : 0);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_non_null(find(c, "question"));
}

/* ---- CURLOPT_RESOLVE ---- */

static void presets_are_read(void **state)
{
    static const struct {
        const char *entry, *key, *address;
        size_t count;
        bool pinned;
    } cases[] = {
        {"a.example:80:192.0.2.1",                   "a.example:80",   "192.0.2.1",   1, true },
        {"A.Example:443:192.0.2.1,192.0.2.2",        "a.example:443",  "192.0.2.1",   2, true },
        {"+b.example:80:192.0.2.3",                  "b.example:80",   "192.0.2.3",   1, false},
        {"*:80:192.0.2.4",                           "*:80",           "192.0.2.4",   1, true },
        {"c:0:[2001:db8::1]",                        "c:0",            "2001:db8::1", 1, true },
        {"d:65535:2001:db8::1,192.0.2.1,[::1], ::2", "d:65535",        "2001:db8::1", 4, true },
        {"[2001:db8::5]:80:192.0.2.5",               "2001:db8::5:80", "192.0.2.5",   1, true },
        {"e:80:fe80::1%3",                           "e:80",           "fe80::1%3",   1, true },
    };
    struct dns_cache *c = *state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct dns_entry *e;
        if (preset(c, cases[i].entry))
            fail_msg("'%s' was refused", cases[i].entry);
        e = find(c, cases[i].key);
        assert_non_null(e);
        assert_string_equal(first_address(c, cases[i].key), cases[i].address);
        assert_int_equal(e->answer.addresses->count, cases[i].count);
        assert_int_equal(e->pinned, cases[i].pinned);
    }
    assert_int_equal(c->preset_count, sizeof(cases) / sizeof(cases[0]));
}

static void bad_presets_are_refused(void **state)
{
    static const char *const entries[] = {
        "",
        "a",
        "a:80",
        "a:80:",
        ":80:192.0.2.1",
        "a:x:192.0.2.1",
        "a:65536:192.0.2.1",
        "a:80:b",
        "a:80:192.0.2.1,",
        "a:80:,192.0.2.1",
        "[::1:80:192.0.2.1",
        "[::1]80:::1",
        "+",
        "+a:80",
        "a:-1:192.0.2.1",
        "a:80:[192.0.2.1",
        "a:80:[]",
        "a::192.0.2.1",
        "[]:80:192.0.2.1",
    };
    struct dns_cache *c = *state;

    for (size_t i = 0; i < sizeof(entries) / sizeof(entries[0]); i++) {
        if (preset(c, entries[i]) != CURLE_SETOPT_OPTION_SYNTAX)
            fail_msg("'%s' was not refused", entries[i]);
    }
    assert_int_equal(c->entries.count, 0);
}

static void refusal_names_the_entry(void **state)
{
    char text[] = "a:80:nowhere";
    struct curl_slist list = {text, NULL};
    scoped(buf) error = {0};

    assert_int_equal(dns_cache_preset(*state, &list, &error), CURLE_SETOPT_OPTION_SYNTAX);
    assert_non_null(strstr(buf_text(&error), "'a:80:nowhere'"));
}

static void later_preset_replaces_and_removal_removes(void **state)
{
    struct dns_cache *c = *state;

    assert_int_equal(preset(c, "a:80:192.0.2.1"), CURLE_OK);
    assert_int_equal(preset(c, "+A:80:192.0.2.2"), CURLE_OK);
    assert_string_equal(first_address(c, "a:80"), "192.0.2.2");
    assert_false(find(c, "a:80")->pinned);
    assert_int_equal(preset(c, "-a:443"), CURLE_OK);
    assert_non_null(find(c, "a:80"));
    assert_int_equal(preset(c, "-A:80"), CURLE_OK);
    assert_null(find(c, "a:80"));
    assert_int_equal(preset(c, "-a"), CURLE_OK);
    assert_int_equal(preset(c, "-"), CURLE_OK);
    assert_int_equal(c->preset_count, 0);
}

static void preset_without_memory_changes_nothing(void **state)
{
    struct dns_cache *c = *state;
    CURLcode result = CURLE_OUT_OF_MEMORY;

    use_short_memory();
    for (int nth = 0; result == CURLE_OUT_OF_MEMORY; nth++) {
        memory_left = nth;
        result = preset(c, "a:80:192.0.2.1,::1");
        assert_int_equal(c->entries.count, result ? 0 : 1);
    }
    memory_left = -1;
    assert_int_equal(result, CURLE_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(answer_is_kept_for_its_time, with_cache, without_cache),
        cmocka_unit_test_setup_teardown(absence_is_kept_for_half_the_time, with_cache,
                                        without_cache),
        cmocka_unit_test_setup_teardown(answer_that_is_not_to_be_kept_is_gone, with_cache,
                                        without_cache),
        cmocka_unit_test_setup_teardown(full_store_forgets_the_oldest_answers_only, with_cache,
                                        without_cache),
        cmocka_unit_test_setup_teardown(clearing_keeps_presets_and_questions, with_cache,
                                        without_cache),
        cmocka_unit_test_setup_teardown(child_of_fork_has_no_open_questions, with_cache,
                                        without_cache),
        cmocka_unit_test_setup_teardown(presets_are_read, with_cache, without_cache),
        cmocka_unit_test_setup_teardown(bad_presets_are_refused, with_cache, without_cache),
        cmocka_unit_test_setup_teardown(refusal_names_the_entry, with_cache, without_cache),
        cmocka_unit_test_setup_teardown(later_preset_replaces_and_removal_removes, with_cache,
                                        without_cache),
        cmocka_unit_test_setup_teardown(preset_without_memory_changes_nothing, with_cache,
                                        without_cache),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
