/* SPDX-License-Identifier: MIT */
/* What becomes of one query: families, failures, servers, configuration. */
#include "names.h"

#include "net/ares_channels.h"

/* ---- Answers ---- */

static void both_families_come_with_ipv6_first(void **state)
{
    struct scene *s = *state;

    assert_finds(s, "both.test", "2001:db8::1 192.0.2.1");
    assert_int_equal(s->server->asked_a, 1);
    assert_int_equal(s->server->asked_aaaa, 1);
}

static void one_family_is_enough(void **state)
{
    assert_finds(*state, "four.test", "192.0.2.1");
    assert_finds(*state, "six.test", "2001:db8::1");
}

static void only_the_wanted_family_is_asked_for(void **state)
{
    struct scene *s = *state;

    s->options.ip_resolve = CURL_IPRESOLVE_V4;
    assert_finds(s, "both.test", "192.0.2.1");
    assert_int_equal(s->server->asked_aaaa, 0);
    s->options.ip_resolve = CURL_IPRESOLVE_V6;
    assert_finds(s, "both.test", "2001:db8::1");
    assert_int_equal(s->server->asked_a, 1);
    assert_fails(s, "four.test", "the name has no address");
}

static void alias_is_followed(void **state)
{
    assert_finds(*state, "alias.test", "192.0.2.1");
}

static void large_answer_comes_over_tcp(void **state)
{
    struct scene *s = *state;
    struct look l;

    int64_t start = clock_now();

    look_up(s, &l, "big.test");
    assert_int_equal(l.result, CURLE_OK);
    assert_int_equal(l.found->count, DNS_BIG_COUNT);
    assert_int_equal(s->server->asked_tcp, 1);
    assert_true(clock_now() - start < 1500 * CLOCK_MS);
    look_release(&l);
}

/* The first name of the system's hosts file that is none for this host's loopback. */
static bool find_hosts_name(char *name, size_t size)
{
    FILE *f = fopen("/etc/hosts", "r");
    char line[512], address[64], first[256];
    bool found = false;

    while (f && !found && fgets(line, sizeof(line), f)) {
        found = sscanf(line, "%63s %255s", address, first) == 2 && line[0] != '#' &&
                !strstr(first, "local") && strncmp(first, "ip6-", 4) != 0;
    }
    if (f)
        fclose(f);
    if (found)
        snprintf(name, size, "%s", first);
    return found;
}

static void hosts_file_comes_before_servers(void **state)
{
    struct scene *s = *state;
    char name[256];
    struct look l;

    if (!find_hosts_name(name, sizeof(name)))
        skip();
    look_up(s, &l, name);
    assert_int_equal(l.result, CURLE_OK);
    assert_int_equal(dns_server_asked(s->server), 0);
    look_release(&l);
}

static void failures_say_why(void **state)
{
    struct scene *s = *state;

    assert_fails(s, "nx.test", "no such name");
    assert_fails(s, "none.test", "the name has no address");
    assert_fails(s, "fail.test", "all DNS servers failed or refused");
}

static void silent_family_does_not_hold_up_the_other(void **state)
{
    int64_t start = clock_now();

    assert_finds(*state, "mute6.test", "192.0.2.1");
    assert_finds(*state, "mute4.test", "2001:db8::1");
    assert_fails(*state, "nxfour.test", "no such name");
    assert_true(clock_now() - start >= 3 * 50 * CLOCK_MS);
    assert_true(clock_now() - start < 1500 * CLOCK_MS);
}

static void refusing_server_is_passed_over(void **state)
{
    struct scene *s = *state;
    struct dns_server *gone = dns_server_start();
    char csv[128];

    snprintf(csv, sizeof(csv), "127.0.0.1:%d,%s", gone->port, s->server->csv);
    dns_server_stop(gone);
    s->options.servers = csv;
    assert_finds(s, "both.test", "2001:db8::1 192.0.2.1");
    s->options.servers = s->server->csv;
}

/* The one test that waits for c-ares to give a server up. */
static void silent_server_is_passed_over(void **state)
{
    struct scene *s = *state;
    struct dns_server *silent = dns_server_start();
    char csv[128];

    dns_server_let_go(s->server);
    snprintf(csv, sizeof(csv), "%s,%s", silent->csv, s->server->csv);
    s->options.servers = csv;
    assert_finds(s, "held.test", "2001:db8::1 192.0.2.1");
    s->options.servers = s->server->csv;
    assert_int_equal(dns_server_asked(silent), 2);
    dns_server_stop(silent);
}

/* ---- Configuration, misuse, memory ---- */

static void bad_options_are_told(void **state)
{
    struct scene *s = *state;
    struct dns_options bad[] = {s->options, s->options, s->options};
    struct look l;

    bad[0].servers = "192.0.2.1:x";
    bad[1].local_ip4 = "::1";
    bad[2].local_ip6 = "127.0.0.1";
    for (int i = 0; i < 3; i++) {
        look_init(&l, s, "both.test");
        l.options = bad[i];
        run_here(s->worker, look_run, &l);
        assert_int_equal(l.result, CURLE_BAD_FUNCTION_ARGUMENT);
        assert_non_null(strstr(buf_text(&l.error), "CURLOPT_DNS_"));
        look_release(&l);
    }
    assert_int_equal(s->cache->entries.count, 0);
    s->options.local_ip4 = "127.0.0.1";
    s->options.local_ip6 = "";
    assert_finds(s, "both.test", "2001:db8::1 192.0.2.1");
}

/* The servers that c-ares has read, as text. */
static void read_servers(void *argument)
{
    const struct dns_options system = {.cache_timeout_s = 60};
    struct ares_addr_port_node *servers = NULL;
    struct channel *channel;
    scoped(buf) error = {0};

    assert_int_equal(channels_find(&system, &channel, &error), CURLE_OK);
    assert_int_equal(ares_get_servers_ports(channel->ares, &servers), ARES_SUCCESS);
    inet_ntop(AF_INET, &servers->addr.addr4, argument, INET_ADDRSTRLEN);
    ares_free_data(servers);
}

static void write_file(const char *path, const char *text)
{
    FILE *f = fopen(path, "w");

    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

static void changed_configuration_is_read_again(void **state)
{
    struct scene *s = *state;
    const char *system = channels_resolver_file;
    char path[] = "/tmp/resolv.XXXXXX", server[INET_ADDRSTRLEN];
    int fd = mkstemp(path);

    assert_true(fd >= 0);
    close(fd);
    channels_resolver_file = path;
    write_file(path, "nameserver 192.0.2.1\n");
    run_here(s->worker, read_servers, server);
    assert_string_equal(server, "192.0.2.1");
    write_file(path, "nameserver 192.0.2.22\n");
    run_here(s->worker, read_servers, server);
    assert_string_equal(server, "192.0.2.1"); /* not looked at again so soon */
    atomic_store(&clock_ahead, 2 * CLOCK_SECOND);
    run_here(s->worker, read_servers, server);
    assert_string_equal(server, "192.0.2.22");
    unlink(path);
    channels_resolver_file = system;
}

int main(void)
{
#define SCENE(name) cmocka_unit_test_setup_teardown(name, with_scene, without_scene)
    const struct CMUnitTest tests[] = {
        SCENE(both_families_come_with_ipv6_first),
        SCENE(one_family_is_enough),
        SCENE(only_the_wanted_family_is_asked_for),
        SCENE(alias_is_followed),
        SCENE(large_answer_comes_over_tcp),
        SCENE(hosts_file_comes_before_servers),
        SCENE(failures_say_why),
        SCENE(silent_family_does_not_hold_up_the_other),
        SCENE(refusing_server_is_passed_over),
        SCENE(bad_options_are_told),
        SCENE(changed_configuration_is_read_again),
        SCENE(silent_server_is_passed_over),
    };
#undef SCENE

    return cmocka_run_group_tests(tests, NULL, NULL);
}
