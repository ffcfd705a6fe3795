/* SPDX-License-Identifier: MIT */
/* What needs no question, what the store knows, and many who want the same name. */
#include "names.h"

#include "base/rand.h"

#include <ares.h>

#include <sys/wait.h>

/* How many fibers wait for answers. */
UNCHECKED static int waiting(struct dns_cache *c)
{
    int count = 0;

    lock_take(&c->lock);
    list_for_each (link, &c->questions) {
        const struct dns_entry *e = CONTAINER_OF(link, struct dns_entry, place);
        list_for_each (waiter, &e->waiters)
            count++;
    }
    lock_drop(&c->lock);
    return count;
}

static void wait_until_waiting(struct dns_cache *c, int count)
{
    int64_t end = far();

    while (waiting(c) != count && clock_now() < end)
        usleep(200);
    assert_int_equal(waiting(c), count);
}

/* Turns the worker until so many wait, and the server was asked so much. */
static void turn_until_asked(struct scene *s, int count, int asked)
{
    int64_t end = far();

    while ((waiting(s->cache) != count || dns_server_asked(s->server) != asked) &&
           clock_now() < end)
        worker_turn(s->worker, clock_now() + CLOCK_MS);
    assert_int_equal(waiting(s->cache), count);
    assert_int_equal(dns_server_asked(s->server), asked);
}

static void turn_until_done(struct worker *w, struct job *job)
{
    int64_t end = far();

    while (!atomic_load(&job->done) && clock_now() < end)
        worker_turn(w, end);
    assert_true(atomic_load(&job->done));
}

static void cancel_here(struct worker_post *post, struct worker *worker)
{
    struct job *job = CONTAINER_OF(post, struct job, post);

    (void)worker;
    fiber_cancel(job->fiber);
}

/* The job's post is free again: it arrived. */
static void job_cancel(struct worker *worker, struct job *job)
{
    job->post = (struct worker_post){.deliver = cancel_here};
    worker_post(worker, &job->post);
}

/* ---- Without a question ---- */

static void assert_refuses(struct scene *s, const char *name)
{
    struct look l;

    look_up(s, &l, name);
    assert_int_equal(l.result, CURLE_COULDNT_RESOLVE_HOST);
    assert_string_equal(buf_text(&l.error), "Not resolving .onion address (RFC 7686)");
    look_release(&l);
}

static void what_needs_no_question_asks_none(void **state)
{
    struct scene *s = *state;

    assert_finds(s, "192.0.2.7", "192.0.2.7");
    assert_finds(s, "2001:db8::7", "2001:db8::7");
    assert_finds(s, "fe80::1%3", "fe80::1%3");
    assert_finds(s, "localhost", "::1 127.0.0.1");
    assert_finds(s, "LocalHost.", "::1 127.0.0.1");
    assert_finds(s, "a.b.localhost", "::1 127.0.0.1");
    assert_refuses(s, "a.onion");
    assert_refuses(s, "a.ONION.");
    assert_fails(s, "fe80::1%nono", "not a valid address");
    assert_fails(s, "", "not a valid name");
    s->options.ip_resolve = CURL_IPRESOLVE_V4;
    assert_finds(s, "localhost", "127.0.0.1");
    s->options.ip_resolve = CURL_IPRESOLVE_V6;
    assert_finds(s, "localhost", "::1");
    assert_int_equal(dns_server_asked(s->server), 0);
}

static void name_with_a_zero_byte_is_refused(void **state)
{
    struct scene *s = *state;
    struct look l;

    look_init(&l, s, "");
    l.name = STR("both.test\0.evil");
    run_here(s->worker, look_run, &l);
    assert_int_equal(l.result, CURLE_COULDNT_RESOLVE_HOST);
    assert_int_equal(dns_server_asked(s->server), 0);
    look_release(&l);
}

static void impossible_names_fail_without_a_question(void **state)
{
    struct scene *s = *state;
    char label[80];

    assert_fails(s, "a..test", "not a valid name");
    memset(label, 'a', 70);
    memcpy(label + 70, ".test", 6);
    assert_fails(s, label, "not a valid name");
    assert_int_equal(dns_server_asked(s->server), 0);
}

/* ---- The store ---- */

static void answers_are_kept(void **state)
{
    struct scene *s = *state;

    assert_finds(s, "both.test", "2001:db8::1 192.0.2.1");
    assert_finds(s, "BOTH.test", "2001:db8::1 192.0.2.1");
    assert_int_equal(dns_server_asked(s->server), 2);
    atomic_store(&clock_ahead, 61 * CLOCK_SECOND);
    assert_finds(s, "both.test", "2001:db8::1 192.0.2.1");
    assert_int_equal(dns_server_asked(s->server), 4);
    dns_cache_clear(s->cache);
    assert_finds(s, "both.test", "2001:db8::1 192.0.2.1");
    assert_int_equal(dns_server_asked(s->server), 6);
    s->options.cache_timeout_s = 0;
    assert_finds(s, "both.test", "2001:db8::1 192.0.2.1");
    assert_int_equal(dns_server_asked(s->server), 8);
    s->options.cache_timeout_s = -1;
    atomic_store(&clock_ahead, 100000 * CLOCK_SECOND);
    assert_finds(s, "both.test", "2001:db8::1 192.0.2.1");
    assert_int_equal(dns_server_asked(s->server), 8);
}

static void only_what_is_certain_is_kept_of_failures(void **state)
{
    struct scene *s = *state;
    int asked;

    assert_fails(s, "nx.test", "no such name");
    assert_fails(s, "nx.test", "no such name");
    assert_int_equal(dns_server_asked(s->server), 2);
    atomic_store(&clock_ahead, 31 * CLOCK_SECOND);
    assert_fails(s, "nx.test", "no such name");
    assert_int_equal(dns_server_asked(s->server), 4);
    assert_fails(s, "fail.test", "all DNS servers failed or refused");
    asked = dns_server_asked(s->server);
    assert_fails(s, "fail.test", "all DNS servers failed or refused");
    assert_true(dns_server_asked(s->server) > asked);
}

static void other_servers_answers_are_not_shared(void **state)
{
    struct scene *s = *state;
    struct dns_server *other = dns_server_start();

    assert_finds(s, "both.test", "2001:db8::1 192.0.2.1");
    s->options.servers = other->csv;
    assert_finds(s, "both.test", "2001:db8::1 192.0.2.1");
    assert_int_equal(dns_server_asked(other), 2);
    s->options.servers = s->server->csv;
    dns_server_stop(other);
}

static void order_can_be_shuffled(void **state)
{
    struct scene *s = *state;
    char first[3][ADDRESS_TEXT_SIZE] = {""};
    bool differs = false;

    s->options.shuffle = true;
    for (int i = 0; i < 20; i++) {
        struct look l;
        look_up(s, &l, "big.test");
        assert_int_equal(l.result, CURLE_OK);
        assert_int_equal(l.found->count, DNS_BIG_COUNT);
        address_text(&l.found->list[0], first[i ? 1 : 0]);
        differs = differs || (i && strcmp(first[0], first[1]) != 0);
        look_release(&l);
    }
    assert_true(differs);
    assert_int_equal(s->server->asked_tcp, 1);
}

static void preset(struct scene *s, const char *entry)
{
    char text[256];
    struct curl_slist list = {text, NULL};
    scoped(buf) error = {0};

    snprintf(text, sizeof(text), "%s", entry);
    assert_int_equal(dns_cache_preset(s->cache, &list, &error), CURLE_OK);
}

static void presets_come_before_everything(void **state)
{
    struct scene *s = *state;

    preset(s, "both.test:80:192.0.2.80,2001:db8::80");
    preset(s, "both.test:81:192.0.2.81");
    preset(s, "localhost:80:192.0.2.82");
    preset(s, "192.0.2.5:80:192.0.2.83");
    assert_finds(s, "Both.Test", "192.0.2.80 2001:db8::80");
    assert_finds(s, "localhost", "192.0.2.82");
    assert_finds(s, "192.0.2.5", "192.0.2.83");
    s->options.ip_resolve = CURL_IPRESOLVE_V6;
    assert_finds(s, "both.test", "2001:db8::80");
    assert_finds(s, "localhost", "::1");
    s->options.ip_resolve = CURL_IPRESOLVE_WHATEVER;
    assert_int_equal(dns_server_asked(s->server), 0);
    preset(s, "-both.test:80");
    assert_finds(s, "both.test", "2001:db8::1 192.0.2.1");
    assert_int_equal(dns_server_asked(s->server), 2);
    preset(s, "-BOTH.test:80");
    assert_finds(s, "both.test", "2001:db8::1 192.0.2.1");
    assert_int_equal(dns_server_asked(s->server), 4);
}

static void preset_for_all_hosts_yields_to_a_name(void **state)
{
    struct scene *s = *state;

    preset(s, "*:80:192.0.2.84");
    preset(s, "four.test:80:192.0.2.85");
    assert_finds(s, "both.test", "192.0.2.84");
    assert_finds(s, "four.test", "192.0.2.85");
    assert_int_equal(dns_server_asked(s->server), 0);
}

static void passing_preset_expires(void **state)
{
    struct scene *s = *state;

    preset(s, "+both.test:80:192.0.2.80");
    assert_finds(s, "both.test", "192.0.2.80");
    atomic_store(&clock_ahead, 61 * CLOCK_SECOND);
    assert_finds(s, "both.test", "2001:db8::1 192.0.2.1");
}

static void ten_thousand_known_names_are_fast(void **state)
{
    struct scene *s = *state;
    struct look l;
    int64_t start;

    assert_finds(s, "both.test", "2001:db8::1 192.0.2.1");
    start = clock_now();
    look_init(&l, s, "both.test");
    for (int i = 0; i < 10000; i++) {
        run_here(s->worker, look_run, &l);
        look_release(&l);
        l.text[0] = '\0';
    }
    assert_true(clock_now() - start < 5 * CLOCK_SECOND);
    assert_int_equal(dns_server_asked(s->server), 2);
}

static void many_names_at_once_all_get_their_answer(void **state)
{
    enum { COUNT = 600 };
    struct scene *s = *state;
    struct look *looks = calloc(COUNT, sizeof(*looks));
    char(*names)[32] = calloc(COUNT, sizeof(*names));

    for (int i = 0; i < COUNT; i++) {
        snprintf(names[i], sizeof(names[i]), "both-%d.test", i);
        look_init(&looks[i], s, names[i]);
        job_post(s->worker, &looks[i].job, look_run, &looks[i]);
    }
    for (int i = 0; i < COUNT; i++) {
        turn_until_done(s->worker, &looks[i].job);
        /* On a busy machine one family's answer may come too late to be waited for. */
        assert_true(strstr(looks[i].text, "2001:db8::1") || strstr(looks[i].text, "192.0.2.1"));
        look_release(&looks[i]);
    }
    free(names);
    free(looks);
}

static void names_without_answer_do_not_hold_up_others(void **state)
{
    enum { COUNT = 200 };
    struct scene *s = *state;
    struct look *looks = calloc(COUNT, sizeof(*looks));
    char(*names)[32] = calloc(COUNT, sizeof(*names));
    int64_t start = clock_now();

    for (int i = 0; i < COUNT; i++) {
        snprintf(names[i], sizeof(names[i]), "mute-%d.test", i);
        look_init(&looks[i], s, names[i]);
        job_post(s->worker, &looks[i].job, look_run, &looks[i]);
    }
    assert_finds(s, "both.test", "2001:db8::1 192.0.2.1");
    assert_true(clock_now() - start < 1800 * CLOCK_MS);
    for (int i = 0; i < COUNT; i++) {
        job_cancel(s->worker, &looks[i].job);
        turn_until_done(s->worker, &looks[i].job);
        assert_int_equal(looks[i].result, CURLE_ABORTED_BY_CALLBACK);
        look_release(&looks[i]);
    }
    free(names);
    free(looks);
}

/* ---- Several who want the same ---- */

enum { CROWD = 100 };

struct crowd {
    pthread_t thread;
    struct look looks[CROWD];
};

/* A worker of its own, on a thread of its own. */
static void *crowd_main(void *argument)
{
    struct crowd *crowd = argument;
    struct worker *w = worker_new_inline();

    for (int i = 0; i < CROWD; i++)
        job_post(w, &crowd->looks[i].job, look_run, &crowd->looks[i]);
    for (int i = 0; i < CROWD; i++)
        turn_until_done(w, &crowd->looks[i].job);
    worker_free_inline(w);
    return NULL;
}

static void crowds_on_two_workers_make_one_query(void **state)
{
    struct scene *s = *state;
    struct crowd *crowds = calloc(2, sizeof(*crowds));

    for (int i = 0; i < 2; i++) {
        for (int k = 0; k < CROWD; k++)
            look_init(&crowds[i].looks[k], s, "held.test");
        pthread_create(&crowds[i].thread, NULL, crowd_main, &crowds[i]);
    }
    wait_until_waiting(s->cache, 2 * CROWD);
    dns_server_let_go(s->server);
    for (int i = 0; i < 2; i++) {
        pthread_join(crowds[i].thread, NULL);
        for (int k = 0; k < CROWD; k++) {
            assert_string_equal(crowds[i].looks[k].text, "2001:db8::1 192.0.2.1");
            look_release(&crowds[i].looks[k]);
        }
    }
    assert_int_equal(dns_server_asked(s->server), 2);
    free(crowds);
}

static void query_goes_on_when_the_one_who_asked_is_cancelled(void **state)
{
    struct scene *s = *state;
    struct look first, second;

    look_init(&first, s, "held.test");
    look_init(&second, s, "held.test");
    job_post(s->worker, &first.job, look_run, &first);
    job_post(s->worker, &second.job, look_run, &second);
    turn_until_asked(s, 2, 2);
    job_cancel(s->worker, &first.job);
    turn_until_done(s->worker, &first.job);
    assert_int_equal(first.result, CURLE_ABORTED_BY_CALLBACK);
    assert_int_equal(waiting(s->cache), 1);
    dns_server_let_go(s->server);
    turn_until_done(s->worker, &second.job);
    assert_string_equal(second.text, "2001:db8::1 192.0.2.1");
    assert_int_equal(dns_server_asked(s->server), 2);
    look_release(&first);
    look_release(&second);
}

/* ---- Over HTTPS: whoever is above asks ---- */

struct above {
    int asked;
    bool holds; /* answers only when the one who asks is cancelled */
    int64_t lifetime_us;
};

static CURLcode ask_above(void *owner, const char *name, long ip_resolve, int64_t deadline,
                          struct dns_answer *ret, bool *ret_keep)
{
    struct above *above = owner;

    (void)ip_resolve;
    above->asked++;
    if (above->holds)
        return wait_wake(deadline);
    *ret = (struct dns_answer){.result = CURLE_COULDNT_RESOLVE_HOST, .reason = "said above"};
    *ret_keep = true;
    if (strcmp(name, "good.test") != 0)
        return CURLE_OK;
    *ret = (struct dns_answer){.addresses = addresses_new(1), .lifetime_us = above->lifetime_us};
    *ret_keep = above->lifetime_us > 0;
    assert_true(ret->addresses && address_parse("192.0.2.9", &ret->addresses->list[0]));
    return CURLE_OK;
}

static bool knows(struct scene *s, const char *name)
{
    return resolve_knows(s->cache, str_of(name), 80, &s->options);
}

static void names_over_https_are_asked_above_and_kept_apart(void **state)
{
    struct scene *s = *state;
    struct above above = {.lifetime_us = 5 * CLOCK_SECOND};
    struct dns_https https = {.identity = STR("a server"), .owner = &above, .ask = ask_above};

    s->options.https = &https;
    assert_false(knows(s, "good.test"));
    assert_finds(s, "good.test", "192.0.2.9");
    assert_finds(s, "GOOD.test", "192.0.2.9");
    assert_true(knows(s, "good.test"));
    assert_int_equal(above.asked, 1);
    assert_fails(s, "bad.test", "said above");
    assert_fails(s, "bad.test", "said above");
    assert_finds(s, "127.0.0.1", "127.0.0.1");
    assert_finds(s, "localhost", "::1 127.0.0.1");
    assert_int_equal(above.asked, 2);
    https.identity = STR("another");
    assert_false(knows(s, "good.test"));
    assert_finds(s, "good.test", "192.0.2.9");
    assert_int_equal(above.asked, 3);
    s->options.https = NULL;
    assert_finds(s, "both.test", "2001:db8::1 192.0.2.1");
    assert_true(knows(s, "both.test"));
    assert_int_equal(above.asked, 3);
}

static void answers_over_https_live_as_long_as_they_say(void **state)
{
    struct scene *s = *state;
    struct above above = {.lifetime_us = 5 * CLOCK_SECOND};
    struct dns_https https = {.identity = STR("a server"), .owner = &above, .ask = ask_above};

    s->options.https = &https;
    assert_finds(s, "good.test", "192.0.2.9");
    atomic_fetch_add(&clock_ahead, 4 * CLOCK_SECOND);
    assert_finds(s, "good.test", "192.0.2.9");
    assert_int_equal(above.asked, 1);
    atomic_fetch_add(&clock_ahead, 2 * CLOCK_SECOND);
    above.lifetime_us = 0;
    assert_finds(s, "good.test", "192.0.2.9");
    assert_finds(s, "good.test", "192.0.2.9");
    assert_int_equal(above.asked, 3);
}

static void another_asks_over_https_when_the_one_who_asked_is_cancelled(void **state)
{
    struct scene *s = *state;
    struct above above = {.holds = true, .lifetime_us = CLOCK_SECOND};
    struct dns_https https = {.identity = STR("a server"), .owner = &above, .ask = ask_above};
    struct look first, second;

    s->options.https = &https;
    look_init(&first, s, "good.test");
    look_init(&second, s, "good.test");
    job_post(s->worker, &first.job, look_run, &first);
    job_post(s->worker, &second.job, look_run, &second);
    turn_until_asked(s, 2, 0);
    assert_int_equal(above.asked, 1);
    above.holds = false;
    job_cancel(s->worker, &first.job);
    turn_until_done(s->worker, &first.job);
    turn_until_done(s->worker, &second.job);
    assert_int_equal(first.result, CURLE_ABORTED_BY_CALLBACK);
    assert_int_equal(second.result, CURLE_OK);
    assert_int_equal(above.asked, 2);
    look_release(&first);
    look_release(&second);
}

static void deadline_ends_one_look_up_only(void **state)
{
    struct scene *s = *state;
    struct look patient, hasty;

    look_init(&patient, s, "held.test");
    look_init(&hasty, s, "held.test");
    hasty.deadline = clock_now() + 20 * CLOCK_MS;
    job_post(s->worker, &hasty.job, look_run, &hasty);
    job_post(s->worker, &patient.job, look_run, &patient);
    turn_until_done(s->worker, &hasty.job);
    assert_int_equal(hasty.result, CURLE_OPERATION_TIMEDOUT);
    assert_null(hasty.found);
    dns_server_let_go(s->server);
    turn_until_done(s->worker, &patient.job);
    assert_int_equal(patient.result, CURLE_OK);
    assert_int_equal(dns_server_asked(s->server), 2);
    look_release(&hasty);
    look_release(&patient);
}

/* The second waits on another worker for what the first asked; then the first goes away. */
static void assert_asks_again(struct scene *s, bool frees_worker)
{
    struct worker *other = worker_new_inline();
    struct look first, second;

    look_init(&first, s, "held.test");
    look_init(&second, s, "held.test");
    job_post(s->worker, &first.job, look_run, &first);
    turn_until_asked(s, 1, 2);
    job_post(other, &second.job, look_run, &second);
    while (waiting(s->cache) != 2)
        worker_turn(other, clock_now());
    if (frees_worker) {
        worker_free_inline(s->worker);
        s->worker = worker_new_inline();
    } else {
        job_cancel(s->worker, &first.job);
        turn_until_done(s->worker, &first.job);
    }
    assert_int_equal(first.result, CURLE_ABORTED_BY_CALLBACK);
    dns_server_let_go(s->server);
    turn_until_done(other, &second.job);
    assert_string_equal(second.text, "2001:db8::1 192.0.2.1");
    assert_int_equal(dns_server_asked(s->server), 4);
    worker_free_inline(other);
    look_release(&first);
    look_release(&second);
}

static void others_ask_again_when_the_asking_worker_ends(void **state)
{
    assert_asks_again(*state, true);
}

static void others_ask_again_when_the_asking_worker_rests(void **state)
{
    assert_asks_again(*state, false);
}

static void store_may_go_while_a_query_runs(void **state)
{
    struct scene *s = *state;
    struct look l;

    look_init(&l, s, "held.test");
    job_post(s->worker, &l.job, look_run, &l);
    turn_until_asked(s, 1, 2);
    dns_cache_unref(s->cache);
    worker_free_inline(s->worker);
    assert_int_equal(l.result, CURLE_ABORTED_BY_CALLBACK);
    s->cache = dns_cache_new();
    s->worker = worker_new_inline();
    look_release(&l);
}

/* Fibers on the pool's own threads come and go, at random, until all are through. */
static void storm_of_cancelled_look_ups_leaves_nothing(void **state)
{
    enum { COUNT = 300 };
    static const char *const names[] = {"both.test", "mute.test", "mute6.test", "nx.test",
                                        "big.test",  "held.test", "fail.test"};
    struct scene *s = *state;
    struct look *looks = calloc(COUNT, sizeof(*looks));
    struct worker *workers[COUNT];

    s->options.cache_timeout_s = 0;
    workers_set_max(2);
    for (int i = 0; i < COUNT; i++) {
        workers[i] = workers_take(false);
        assert_non_null(workers[i]);
        look_init(&looks[i], s, names[rand_below(7)]);
        looks[i].deadline = clock_now() + rand_below(200) * CLOCK_MS;
        job_post(workers[i], &looks[i].job, look_run, &looks[i]);
    }
    for (int i = 0; i < COUNT; i++) {
        job_join(&looks[i].job);
        if (looks[i].result == CURLE_OK)
            assert_true(looks[i].found->count > 0);
        look_release(&looks[i]);
        workers_done(workers[i], false);
    }
    workers_stop();
    workers_set_max(0);
    assert_int_equal(waiting(s->cache), 0);
    free(looks);
}

static void child_of_fork_asks_for_itself(void **state)
{
    struct scene *s = *state;
    struct look l, childs;
    int status = -1;
    pid_t child;

    look_init(&l, s, "held.test");
    job_post(s->worker, &l.job, look_run, &l);
    turn_until_asked(s, 1, 2);
    child = fork();
    assert_true(child >= 0);
    if (!child) {
        struct worker *w = worker_new_inline();
        look_init(&childs, s, "both.test");
        run_here(w, look_run, &childs);
        _exit(childs.result == CURLE_OK && waiting(s->cache) == 0 ? 0 : 1);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    dns_server_let_go(s->server);
    turn_until_done(s->worker, &l.job);
    assert_string_equal(l.text, "2001:db8::1 192.0.2.1");
    look_release(&l);
}

/* ---- Memory ---- */

static void shortage_of_memory_is_told_and_leaves_nothing(void **state)
{
    struct scene *s = *state;
    struct look l;
    bool came = true;
    int descriptors = count_descriptors();

    use_short_memory();
    assert_int_equal(ares_library_init_mem(ARES_LIB_INIT_ALL, short_malloc, free, short_realloc),
                     ARES_SUCCESS);
    preset(s, "other.test:80:192.0.2.1");
    for (int nth = 0; came; nth++) {
        struct worker *w = worker_new_inline();
        look_init(&l, s, "both.test");
        job_post(w, &l.job, look_run, &l);
        /* The first is for the fiber itself. */
        memory_left = nth + 1;
        while (!atomic_load(&l.job.done))
            worker_turn(w, far());
        came = memory_left < 0;
        memory_left = -1;
        /* One family's answer is better than none. */
        assert_true(l.result == CURLE_OUT_OF_MEMORY || (l.result == CURLE_OK && l.found->count));
        assert_true(came || l.found->count == 2);
        look_release(&l);
        worker_free_inline(w);
        dns_cache_clear(s->cache);
    }
    assert_int_equal(count_descriptors(), descriptors);
    assert_int_equal(ares_library_init_mem(ARES_LIB_INIT_ALL, malloc, free, realloc), ARES_SUCCESS);
    ares_library_cleanup();
    ares_library_cleanup();
}

int main(void)
{
#define SCENE(name) cmocka_unit_test_setup_teardown(name, with_scene, without_scene)
    const struct CMUnitTest tests[] = {
        SCENE(what_needs_no_question_asks_none),
        SCENE(name_with_a_zero_byte_is_refused),
        SCENE(impossible_names_fail_without_a_question),
        SCENE(order_can_be_shuffled),
        SCENE(answers_are_kept),
        SCENE(only_what_is_certain_is_kept_of_failures),
        SCENE(other_servers_answers_are_not_shared),
        SCENE(presets_come_before_everything),
        SCENE(preset_for_all_hosts_yields_to_a_name),
        SCENE(passing_preset_expires),
        SCENE(ten_thousand_known_names_are_fast),
        SCENE(many_names_at_once_all_get_their_answer),
        SCENE(names_without_answer_do_not_hold_up_others),
        SCENE(crowds_on_two_workers_make_one_query),
        SCENE(query_goes_on_when_the_one_who_asked_is_cancelled),
        SCENE(names_over_https_are_asked_above_and_kept_apart),
        SCENE(answers_over_https_live_as_long_as_they_say),
        SCENE(another_asks_over_https_when_the_one_who_asked_is_cancelled),
        SCENE(deadline_ends_one_look_up_only),
        SCENE(others_ask_again_when_the_asking_worker_ends),
        SCENE(others_ask_again_when_the_asking_worker_rests),
        SCENE(store_may_go_while_a_query_runs),
        SCENE(storm_of_cancelled_look_ups_leaves_nothing),
        SCENE(child_of_fork_asks_for_itself),
        SCENE(shortage_of_memory_is_told_and_leaves_nothing),
    };
#undef SCENE

    return cmocka_run_group_tests(tests, NULL, NULL);
}
