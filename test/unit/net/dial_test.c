/* SPDX-License-Identifier: MIT */
/* From a destination to a connection, without TLS: what is reused, what is told, and that no place
 * is lost whatever fails. Names are numeric here: nothing is looked up. */
#include "connections.h"

#include "net/dial.h"
#include "net/dial_key.h"

static struct pool *pool;
static struct dns_cache *dns;

static int begin(void **state)
{
    pool = pool_new();
    dns = dns_cache_new();
    return pool && dns ? with_worker(state) : -1;
}

static int end(void **state)
{
    struct pool_counts counts = pool_counts(pool);
    int wrong = counts.waiting || counts.open != counts.idle;

    pool_unref(pool);
    without_worker(state);
    dns_cache_unref(dns);
    return wrong;
}

struct call {
    struct dial_target target;
    struct heard heard;
    int64_t timeout_us, connect_timeout_us;
    bool keep;
    int refuse; /* the resolver-start hook's answer */

    CURLcode result;
    struct dial_report report;
    struct connection *connection; /* while kept */
    curl_off_t id;
    unsigned uses;
    char remote_ip[ADDRESS_TEXT_SIZE];
    int remote_port, local_port;
};

static struct call call_to(const char *host, int port)
{
    return (struct call){
        .target = {.scheme = "http",
                   .host = str_of(host),
                   .connect_host = str_of(host),
                   .port = port,
                   .connect_port = port,
                   .socket = {.local_port_range = 1, .eyeballs_ms = 200},
                   .dns = {.cache_timeout_s = 60}}
    };
}

static CURLcode resolver_answer(void *owner, void *state, int64_t deadline, int *ret_answer)
{
    (void)owner;
    (void)deadline;
    assert_non_null(state);
    *ret_answer = 1;
    return CURLE_OK;
}

static void dial_step(void *argument)
{
    struct call *c = argument;
    struct dial_stores stores = {.pool = pool, .dns = dns};
    struct net_hooks hooks = hooks_of(&c->heard);

    if (c->refuse)
        hooks.resolver_start = resolver_answer;
    c->result =
        dial(&c->target, &stores, &hooks, NULL, c->timeout_us ? clock_now() + c->timeout_us : far(),
             c->connect_timeout_us, &c->report, &c->connection);
    if (c->result)
        return;
    c->id = c->connection->id;
    c->uses = c->connection->uses;
    memcpy(c->remote_ip, c->connection->remote_ip, sizeof(c->remote_ip));
    c->remote_port = c->connection->remote_port;
    c->local_port = c->connection->local_port;
    if (!c->keep)
        dial_return(c->connection, true, &hooks);
}

static void run(void **state, struct call *c)
{
    run_here(*state, dial_step, c);
}

static void new_connection_is_opened_and_used_again(void **state)
{
    int port, listener = listen_at("127.0.0.1", 0, 5, &port);
    struct call c = call_to("127.0.0.1", port);
    char expected[80];

    run(state, &c);
    assert_int_equal(c.result, CURLE_OK);
    assert_int_equal(c.id, 0);
    assert_int_equal(c.uses, 1);
    assert_string_equal(c.remote_ip, "127.0.0.1");
    assert_int_equal(c.remote_port, port);
    assert_in_range(c.local_port, 1, 65535);
    assert_int_equal(c.report.new_connects, 1);
    assert_false(c.report.reused);
    assert_true(c.report.queued_until && c.report.name_resolved >= c.report.queued_until &&
                c.report.connected >= c.report.name_resolved && !c.report.secured);
    assert_non_null(strstr(c.heard.log, "Established connection to 127.0.0.1 (127.0.0.1 port "));
    snprintf(expected, sizeof(expected), "Connection #0 to host 127.0.0.1:%d left intact", port);
    assert_non_null(strstr(c.heard.log, expected));

    c = call_to("127.0.0.1", port);
    run(state, &c);
    assert_int_equal(c.result, CURLE_OK);
    assert_int_equal(c.id, 0);
    assert_int_equal(c.uses, 2);
    assert_true(c.report.reused);
    assert_int_equal(c.report.new_connects, 0);
    assert_int_equal(c.report.connected, 0);
    assert_non_null(strstr(c.heard.log, "Reusing existing http: connection with host 127.0.0.1"));
    close(listener);
}

static void set_scheme(struct dial_target *t)
{
    t->scheme = "ws";
}

static void set_identity(struct dial_target *t)
{
    t->identity = STR("me");
}

static void set_interface(struct dial_target *t)
{
    t->socket.interface = "127.0.0.1";
}

static void set_private(struct dial_target *t)
{
    t->shaped_by[0] = 1;
}

static void set_other_host(struct dial_target *t)
{
    t->host = STR("other.test");
}

static void set_family(struct dial_target *t)
{
    t->dns.ip_resolve = CURL_IPRESOLVE_V4;
}

static void set_fresh(struct dial_target *t)
{
    t->fresh = true;
}

static void set_private_with_argument(struct dial_target *t)
{
    t->shaped_by[0] = t->shaped_by[1] = 1;
}

static void connection_is_not_used_for_anything_else(void **state)
{
    static void (*const changes[])(struct dial_target *) = {
        set_scheme,     set_identity, set_interface, set_private, set_private_with_argument,
        set_other_host, set_family,   set_fresh,
    };
    int port, listener = listen_at("127.0.0.1", 0, 50, &port);
    struct call c = call_to("127.0.0.1", port);

    run(state, &c);
    for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
        c = call_to("127.0.0.1", port);
        changes[i](&c.target);
        run(state, &c);
        assert_int_equal(c.result, CURLE_OK);
        assert_false(c.report.reused);
    }
    c = call_to("127.0.0.1", port);
    c.target.host = STR("OTHER.test");
    run(state, &c);
    assert_true(c.report.reused);
    close(listener);
}

static void key_parts_cannot_be_moved_into_each_other(void **state)
{
    struct call a = call_to("a", 1), b = call_to("a", 1);
    scoped(buf) first = {0};
    scoped(buf) second = {0};

    (void)state;
    a.target.identity = STR("xy");
    a.target.connect_host = STR("z");
    b.target.identity = STR("x");
    b.target.connect_host = STR("yz");
    assert_true(dial_key(&a.target, &first) && dial_key(&b.target, &second));
    assert_false(
        str_equal((struct str){first.bytes, first.len}, (struct str){second.bytes, second.len}));
}

/* The ways to one origin that must not share a connection. */
static void each_part_of_a_proxy_is_in_the_key(void **state)
{
    static const struct tls_settings checked = {.verify_peer = true}, unchecked = {0};
    /* clang-format off */
    static const struct proxy proxies[] = {
        {.type = CURLPROXY_HTTP, .host = {"p", 1}, .port = 1},
        {.type = CURLPROXY_HTTP, .host = {"q", 1}, .port = 1},
        {.type = CURLPROXY_HTTP, .host = {"p", 1}, .port = 2},
        {.type = CURLPROXY_HTTP_1_0, .host = {"p", 1}, .port = 1},
        {.type = CURLPROXY_HTTP, .host = {"p", 1}, .port = 1, .has_user = true},
        {.type = CURLPROXY_HTTP, .host = {"p", 1}, .port = 1, .has_user = true, .user = {"u", 1}},
        {.type = CURLPROXY_HTTP, .host = {"p", 1}, .port = 1, .has_user = true, .password = {"u", 1}},
        {.type = CURLPROXY_HTTPS, .host = {"p", 1}, .port = 1, .tls = &checked},
        {.type = CURLPROXY_HTTPS, .host = {"p", 1}, .port = 1, .tls = &unchecked},
        {.type = CURLPROXY_SOCKS5, .host = {"p", 1}, .port = 1},
        {.type = CURLPROXY_SOCKS5, .host = {"p", 1}, .port = 1, .unix_path = "/p"},
    };
    /* clang-format on */
    enum { PROXIES = sizeof proxies / sizeof *proxies, WAYS = 3 * PROXIES + 1 };
    struct buf keys[WAYS] = {{0}};

    (void)state;
    for (int i = 0; i < WAYS; i++) {
        struct call c = call_to("a", 1);
        const struct proxy *proxy = i < WAYS - 1 ? &proxies[i % PROXIES] : NULL;

        c.target.proxies.socks = i / PROXIES == 0 ? proxy : NULL;
        c.target.proxies.http = i / PROXIES != 0 ? proxy : NULL;
        c.target.proxies.tunnel = i / PROXIES == 2;
        assert_true(dial_key(&c.target, &keys[i]));
        for (int j = 0; j < i; j++)
            assert_false(str_equal((struct str){keys[i].bytes, keys[i].len},
                                   (struct str){keys[j].bytes, keys[j].len}));
    }
    for (int i = 0; i < WAYS; i++)
        buf_release(&keys[i]);
}

static void what_a_socks_proxy_was_to_prove_is_in_the_key(void **state)
{
    static const struct socks_login logins[] = {
        {.gss = true        },
        { .gss = true,  .service = "rcmd"},
        { .gss = true, .service = "socks"},
        { .gss = true,        .nec = true},
    };
    const struct proxy proxy = {
        .type = CURLPROXY_SOCKS5, .host = {"p", 1},
             .port = 1
    };
    struct buf keys[4] = {{0}};

    (void)state;
    for (int i = 0; i < 4; i++) {
        struct call c = call_to("a", 1);

        c.target.proxies.socks = &proxy;
        c.target.proxies.socks_login = logins[i];
        assert_true(dial_key(&c.target, &keys[i]));
        for (int j = 0; j < i; j++)
            assert_false(str_equal((struct str){keys[i].bytes, keys[i].len},
                                   (struct str){keys[j].bytes, keys[j].len}));
    }
    for (int i = 0; i < 4; i++)
        buf_release(&keys[i]);
}

static void client_that_was_named_to_haproxy_is_in_the_key(void **state)
{
    static const char *const clients[] = {NULL, "192.0.2.1", "192.0.2.2"};
    struct buf keys[4] = {{0}};

    (void)state;
    for (int i = 0; i < 4; i++) {
        struct call c = call_to("a", 1);

        c.target.proxies.haproxy = i < 3;
        c.target.proxies.haproxy_client_ip = clients[i % 3];
        assert_true(dial_key(&c.target, &keys[i]));
        for (int j = 0; j < i; j++)
            assert_false(str_equal((struct str){keys[i].bytes, keys[i].len},
                                   (struct str){keys[j].bytes, keys[j].len}));
    }
    for (int i = 0; i < 4; i++)
        buf_release(&keys[i]);
}

static void a_proxy_that_passes_requests_on_serves_all_origins(void **state)
{
    static const struct proxy proxy = {
        .type = CURLPROXY_HTTP, .host = {"p", 1},
             .port = 1
    };

    (void)state;
    for (int i = 0; i < 4; i++) {
        struct call a = call_to("a", 1), b = call_to("b", 2);
        bool tunnel = i & 1, bound = i & 2;
        scoped(buf) first = {0};
        scoped(buf) second = {0};

        a.target.proxies = (struct proxy_way){.http = &proxy, .tunnel = tunnel};
        b.target.proxies = a.target.proxies;
        a.target.identity = b.target.identity = bound ? STR("me") : STR("");
        assert_true(dial_key(&a.target, &first) && dial_key(&b.target, &second));
        assert_int_equal(
            str_equal((struct str){first.bytes, first.len}, (struct str){second.bytes, second.len}),
            !tunnel && !bound);
    }
}

static void dead_connection_is_replaced(void **state)
{
    int port, listener = listen_at("127.0.0.1", 0, 5, &port);
    struct call c = call_to("127.0.0.1", port);

    run(state, &c);
    close(accept_from(listener));
    c = call_to("127.0.0.1", port);
    run(state, &c);
    assert_int_equal(c.result, CURLE_OK);
    assert_int_equal(c.id, 1);
    close(listener);
}

static void refusal_leaves_no_place_behind(void **state)
{
    int port, listener = listen_at("127.0.0.1", 0, 5, &port);
    struct call c = call_to("127.0.0.1", port);

    close(listener);
    pool_set_limits(pool, 0, 1, 1);
    for (int i = 0; i < 3; i++) {
        run(state, &c);
        assert_int_equal(c.result, CURLE_COULDNT_CONNECT);
        assert_int_equal(c.report.os_errno, ECONNREFUSED);
        assert_int_equal(c.report.new_connects, 0);
        assert_true(c.report.name_resolved && !c.report.connected);
        assert_int_equal(pool_counts(pool).open, 0);
    }
}

static void connect_timeout_is_told(void **state)
{
    int port;
    struct silent silent = silent_at("127.0.0.3", 0, &port);
    struct call c = call_to("127.0.0.3", port);

    c.connect_timeout_us = 20 * CLOCK_MS;
    run(state, &c);
    assert_int_equal(c.result, CURLE_OPERATION_TIMEDOUT);
    assert_memory_equal(c.heard.text, "Connection timed out after ", 27);
    assert_int_equal(pool_counts(pool).open, 0);
    c = call_to("127.0.0.3", port); /* the limit of all is the caller's to tell */
    c.connect_timeout_us = 60 * CLOCK_SECOND;
    c.timeout_us = 20 * CLOCK_MS;
    run(state, &c);
    assert_int_equal(c.result, CURLE_OPERATION_TIMEDOUT);
    assert_string_equal(c.heard.text, "");
    assert_int_equal(pool_counts(pool).open, 0);
    silent_end(&silent);
}

static void connect_to_decides_where(void **state)
{
    int port, listener = listen_at("127.0.0.2", 0, 5, &port);
    struct call c = call_to("name.test", 80);

    c.target.connect_host = STR("127.0.0.2");
    c.target.connect_port = port;
    run(state, &c);
    assert_int_equal(c.result, CURLE_OK);
    assert_string_equal(c.remote_ip, "127.0.0.2");
    assert_non_null(strstr(c.heard.log, "Connection #0 to host name.test:80 left intact"));
    close(listener);
}

static void unix_path_needs_no_name(void **state)
{
    char folder[] = "/tmp/dial-test-XXXXXX", path[64], longest[200];
    struct call c = call_to("name.test", 80);
    struct address a;
    int listener;

    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof(path), "%s/socket", folder);
    assert_true(address_set_path(&a, path, false));
    listener = socket_open(AF_UNIX);
    assert_int_equal(socket_bind(listener, &a), 0);
    assert_int_equal(listen(listener, 5), 0);
    c.target.unix_path = path;
    run(state, &c);
    assert_int_equal(c.result, CURLE_OK);
    assert_int_equal(c.remote_port, 0);
    c = call_to("name.test", 80);
    c.target.unix_path = path;
    c.target.unix_abstract = true;
    run(state, &c);
    assert_int_equal(c.result, CURLE_COULDNT_CONNECT);
    memset(longest, 'x', sizeof(longest));
    longest[199] = '\0';
    c = call_to("name.test", 80);
    c.target.unix_path = longest;
    run(state, &c);
    assert_int_equal(c.result, CURLE_COULDNT_RESOLVE_HOST);
    assert_memory_equal(c.heard.text, "Unix socket path too long: 'xxx", 31);
    close(listener);
    unlink(path);
    rmdir(folder);
}

static void refused_look_up_is_told(void **state)
{
    struct call c = call_to("127.0.0.1", 1);

    c.refuse = 1;
    run(state, &c);
    assert_int_equal(c.result, CURLE_ABORTED_BY_CALLBACK);
    assert_true(c.heard.text[0] != '\0');
    assert_int_equal(pool_counts(pool).open, 0);
}

static void connection_that_is_not_reusable_is_said_to_be_shut(void **state)
{
    int port, listener = listen_at("127.0.0.1", 0, 5, &port);
    struct call c = call_to("127.0.0.1", port);
    struct call *kept = &c;

    c.keep = true;
    run(state, &c);
    assert_int_equal(c.result, CURLE_OK);
    assert_int_equal(pool_counts(pool).open, 1);
    kept->target.fresh = true;
    {
        struct net_hooks hooks = hooks_of(&c.heard);
        struct connection *connection = c.connection;
        /* Outside a turn no worker is current: as from the application's side. */
        dial_return(connection, false, &hooks);
    }
    assert_non_null(strstr(c.heard.log, "shutting down connection #0"));
    assert_int_equal(pool_counts(pool).open, 0);
    close(listener);
}

static void every_missing_allocation_is_told(void **state)
{
    int port, listener = listen_at("127.0.0.1", 0, 200, &port), n = 0;
    static struct call c;

    do {
        struct job job;
        int before = count_descriptors();
        struct worker *worker = *state;
        c = call_to("127.0.0.1", port);
        c.target.fresh = true;
        c.keep = true;
        job_post(worker, &job, dial_step, &c);
        memory_left = 1 + n++; /* the fiber's own */
        while (!atomic_load(&job.done))
            worker_turn(worker, far());
        assert_true(c.result == CURLE_OK || c.result == CURLE_OUT_OF_MEMORY);
        if (!c.result) {
            struct net_hooks hooks = hooks_of(&c.heard);
            dial_return(c.connection, false, &hooks);
        }
        assert_int_equal(pool_counts(pool).open, 0);
        if (n > 3) /* the worker's own things are there */
            assert_int_equal(count_descriptors(), before);
    } while (memory_left < 0 && n < 100);
    memory_left = -1;
    assert_in_range(n, 5, 99);
    close(listener);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(new_connection_is_opened_and_used_again),
        TEST(connection_is_not_used_for_anything_else),
        TEST(key_parts_cannot_be_moved_into_each_other),
        TEST(each_part_of_a_proxy_is_in_the_key),
        TEST(what_a_socks_proxy_was_to_prove_is_in_the_key),
        TEST(client_that_was_named_to_haproxy_is_in_the_key),
        TEST(a_proxy_that_passes_requests_on_serves_all_origins),
        TEST(dead_connection_is_replaced),
        TEST(refusal_leaves_no_place_behind),
        TEST(connect_timeout_is_told),
        TEST(connect_to_decides_where),
        TEST(unix_path_needs_no_name),
        TEST(refused_look_up_is_told),
        TEST(connection_that_is_not_reusable_is_said_to_be_shut),
        TEST(every_missing_allocation_is_told),
    };

    use_short_memory();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
