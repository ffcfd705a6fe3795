/* SPDX-License-Identifier: MIT */
/* Look-ups that go to a name server of the test (CURLOPT_DNS_SERVERS): one question for one name,
 * answers of one family, dead look-ups that stop nobody. A library that cannot be told its servers
 * skips all of it. */
#include <ares.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "support/fetch.h"
#include "support/library.h"
#include "support/names.h"

enum {
    MANY = 40,
    PROMPT_MS = 1500,
};

/* A fetch whose name our server is asked for; NULL if this library has no such option. */
static struct fetch *fetch_by_name(const struct names *names, const struct server *server,
                                   const char *name)
{
    struct fetch *fetch;
    char url[128];

    snprintf(url, sizeof url, "http://%s:%u/", name, server ? server_port(server) : 80U);
    fetch = fetch_new_url(url);
    if (curl_easy_setopt(fetch->easy, CURLOPT_DNS_SERVERS, names->servers) != CURLE_OK) {
        fetch_free(fetch);
        return NULL;
    }
    return fetch;
}

static void skip_without_dns_servers(void)
{
    struct names names = {.servers = "127.0.0.1"};
    struct fetch *fetch = fetch_by_name(&names, NULL, "x.test");

    if (!fetch) {
        skip();
    }
    fetch_free(fetch);
}

static void many_transfers_to_one_name_ask_once(void **state)
{
    struct server *server;
    struct names names;
    struct fetch *fetches[MANY];
    CURLM *multi;

    (void)state;
    skip_without_dns_servers();
    server = server_start_bytes(10);
    names_open(&names);
    names.answers_four = names.answers_six = true;
    multi = multi_new();
    for (int i = 0; i < MANY; i++) {
        fetches[i] = fetch_by_name(&names, server, "many.test");
        multi_add(multi, fetches[i]);
    }
    names_drive_to_end(&names, multi);
    assert_int_equal(names.questions_four, 1);
    assert_in_range(names.questions_six, 0, 1);
    for (int i = 0; i < MANY; i++) {
        assert_fetched(fetches[i], 200, 10);
        multi_remove(multi, fetches[i]);
        fetch_free(fetches[i]);
    }
    curl_multi_cleanup(multi);
    names_close(&names);
    server_stop(server);
}

static int count_start(void *state, void *reserved, void *count)
{
    (void)state;
    (void)reserved;
    ++*(int *)count;
    return 0;
}

static void answer_is_kept_for_the_next_transfer(void **state)
{
    struct server *server;
    struct names names;
    CURLM *multi;
    int starts = 0;

    (void)state;
    skip_without_dns_servers();
    server = server_start_bytes(10);
    names_open(&names);
    names.answers_four = names.answers_six = true;
    multi = multi_new();
    for (int i = 0; i < 3; i++) {
        struct fetch *fetch = fetch_by_name(&names, server, "kept.test");

        curl_easy_setopt(fetch->easy, CURLOPT_RESOLVER_START_FUNCTION, count_start);
        curl_easy_setopt(fetch->easy, CURLOPT_RESOLVER_START_DATA, &starts);
        curl_easy_setopt(fetch->easy, CURLOPT_FRESH_CONNECT, 1L);
        multi_add(multi, fetch);
        names_drive_to_end(&names, multi);
        assert_fetched(fetch, 200, 10);
        multi_remove(multi, fetch);
        fetch_free(fetch);
    }
    assert_int_equal(names.questions_four, 1);
    assert_int_equal(starts, 1);
    curl_multi_cleanup(multi);
    names_close(&names);
    server_stop(server);
}

/* Its own way of asking: the channel's servers are set by the program. */
static int ask_there(void *state, void *reserved, void *names)
{
    const struct names *there = names;

    if (!state || reserved)
        return 1;
    return ares_set_servers_ports_csv(state, there->servers) != ARES_SUCCESS;
}

static void resolver_start_shapes_the_channel_that_is_asked(void **state)
{
    struct server *server;
    struct names names;
    struct fetch *fetch;
    CURLM *multi;

    (void)state;
    skip_without_dns_servers();
    server = server_start_bytes(10);
    names_open(&names);
    names.answers_four = names.answers_six = true;
    multi = multi_new();
    fetch = fetch_by_name(&names, server, "shaped.test");
    curl_easy_setopt(fetch->easy, CURLOPT_DNS_SERVERS, NULL);
    curl_easy_setopt(fetch->easy, CURLOPT_RESOLVER_START_FUNCTION, ask_there);
    curl_easy_setopt(fetch->easy, CURLOPT_RESOLVER_START_DATA, &names);
    multi_add(multi, fetch);
    names_drive_to_end(&names, multi);
    assert_fetched(fetch, 200, 10);
    assert_int_equal(names.questions_four, 1);
    multi_remove(multi, fetch);
    fetch_free(fetch);
    curl_multi_cleanup(multi);
    names_close(&names);
    server_stop(server);
}

static void resolver_start_is_not_called_for_a_name_that_is_given(void **state)
{
    struct server *server = server_start_bytes(10);
    struct curl_slist *given;
    struct fetch *fetch;
    char text[64], url[64];
    int starts = 0;

    (void)state;
    snprintf(text, sizeof text, "given.test:%u:127.0.0.1", server_port(server));
    snprintf(url, sizeof url, "http://given.test:%u/", server_port(server));
    given = curl_slist_append(NULL, text);
    fetch = fetch_new_url(url);
    curl_easy_setopt(fetch->easy, CURLOPT_RESOLVE, given);
    curl_easy_setopt(fetch->easy, CURLOPT_RESOLVER_START_FUNCTION, count_start);
    curl_easy_setopt(fetch->easy, CURLOPT_RESOLVER_START_DATA, &starts);
    fetch->result = curl_easy_perform(fetch->easy);
    assert_fetched(fetch, 200, 10);
    assert_int_equal(starts, 0);
    fetch_free(fetch);
    curl_slist_free_all(given);
    server_stop(server);
}

static void answer_of_one_family_is_used_when_the_other_never_comes(void **state)
{
    struct server *server;
    struct names names;
    struct fetch *fetch;
    CURLM *multi;
    int64_t start;

    (void)state;
    only_curlpool_promises_this();
    skip_without_dns_servers();
    server = server_start_bytes(10);
    names_open(&names);
    names.answers_four = true;
    multi = multi_new();
    fetch = fetch_by_name(&names, server, "four.test");
    multi_add(multi, fetch);
    start = monotonic_ms();
    names_drive_to_end(&names, multi);
    assert_true(monotonic_ms() - start < 3000);
    assert_fetched(fetch, 200, 10);
    multi_remove(multi, fetch);
    curl_multi_cleanup(multi);
    fetch_free(fetch);
    names_close(&names);
    server_stop(server);
}

static void name_that_does_not_exist_is_could_not_resolve(void **state)
{
    struct names names;
    struct fetch *fetch;
    CURLM *multi;

    (void)state;
    skip_without_dns_servers();
    names_open(&names);
    names.answers_no_name = true;
    multi = multi_new();
    fetch = fetch_by_name(&names, NULL, "none.test");
    multi_add(multi, fetch);
    names_drive_to_end(&names, multi);
    assert_int_equal(fetch->result, CURLE_COULDNT_RESOLVE_HOST);
    assert_non_null(strstr(fetch->error, "none.test"));
    multi_remove(multi, fetch);
    curl_multi_cleanup(multi);
    fetch_free(fetch);
    names_close(&names);
}

static void removed_in_a_dead_look_up_returns_at_once(void **state)
{
    struct names names;
    struct fetch *fetch;
    CURLM *multi;
    int64_t start;

    (void)state;
    skip_without_dns_servers();
    names_open(&names);
    multi = multi_new();
    fetch = fetch_by_name(&names, NULL, "dead.test");
    multi_add(multi, fetch);
    names_drive_until_asked(&names, multi, 1);
    start = monotonic_ms();
    multi_remove(multi, fetch);
    fetch->callbacks_banned = true;
    fetch_free(fetch);
    curl_multi_cleanup(multi);
    assert_true(monotonic_ms() - start < PROMPT_MS);
    names_close(&names);
}

static void cleanup_in_a_dead_look_up_returns_at_once(void **state)
{
    struct names names;
    struct fetch *fetches[5];
    CURLM *multi;
    int64_t start;

    (void)state;
    skip_without_dns_servers();
    names_open(&names);
    multi = multi_new();
    for (int i = 0; i < 5; i++) {
        char name[32];

        snprintf(name, sizeof name, "dead%d.test", i);
        fetches[i] = fetch_by_name(&names, NULL, name);
        multi_add(multi, fetches[i]);
    }
    names_drive_until_asked(&names, multi, 5);
    start = monotonic_ms();
    curl_multi_cleanup(multi);
    for (int i = 0; i < 5; i++) {
        fetch_free(fetches[i]);
    }
    assert_true(monotonic_ms() - start < PROMPT_MS);
    names_close(&names);
}

static void dead_look_up_does_not_delay_others(void **state)
{
    struct server *server;
    struct names names;
    struct fetch *dead, *fetch;
    CURLM *multi;

    (void)state;
    skip_without_dns_servers();
    server = server_start_bytes(10);
    names_open(&names);
    multi = multi_new();
    dead = fetch_by_name(&names, NULL, "dead.test");
    fetch = fetch_new(server, "/");
    multi_add(multi, dead);
    names_drive_until_asked(&names, multi, 1);
    multi_add(multi, fetch);
    while (perform(multi) > 1) {
        curl_multi_poll(multi, NULL, 0, 1000, NULL);
    }
    fetch_messages(multi);
    assert_fetched(fetch, 200, 10);
    multi_remove(multi, dead);
    multi_remove(multi, fetch);
    curl_multi_cleanup(multi);
    fetch_free(dead);
    fetch_free(fetch);
    names_close(&names);
    server_stop(server);
}

static void time_out_ends_a_dead_look_up(void **state)
{
    struct names names;
    struct fetch *fetch;
    CURLM *multi;
    int64_t start = monotonic_ms();

    (void)state;
    skip_without_dns_servers();
    names_open(&names);
    multi = multi_new();
    fetch = fetch_by_name(&names, NULL, "dead.test");
    curl_easy_setopt(fetch->easy, CURLOPT_CONNECTTIMEOUT_MS, 150L);
    multi_add(multi, fetch);
    names_drive_to_end(&names, multi);
    assert_int_equal(fetch->result, CURLE_OPERATION_TIMEDOUT);
    assert_in_range(monotonic_ms() - start, 140, 5000);
    multi_remove(multi, fetch);
    curl_multi_cleanup(multi);
    fetch_free(fetch);
    names_close(&names);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(many_transfers_to_one_name_ask_once),
        cmocka_unit_test(answer_is_kept_for_the_next_transfer),
        cmocka_unit_test(resolver_start_shapes_the_channel_that_is_asked),
        cmocka_unit_test(resolver_start_is_not_called_for_a_name_that_is_given),
        cmocka_unit_test(answer_of_one_family_is_used_when_the_other_never_comes),
        cmocka_unit_test(name_that_does_not_exist_is_could_not_resolve),
        cmocka_unit_test(removed_in_a_dead_look_up_returns_at_once),
        cmocka_unit_test(cleanup_in_a_dead_look_up_returns_at_once),
        cmocka_unit_test(dead_look_up_does_not_delay_others),
        cmocka_unit_test(time_out_ends_a_dead_look_up),
    };

    curl_global_init(CURL_GLOBAL_DEFAULT);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
