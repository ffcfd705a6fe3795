/* SPDX-License-Identifier: MIT */
/* The race to a connected socket, what is set on it before, and what is told when there is none. */
#include "connections.h"

#include "net/bind.h"
#include "net/connect_gate.h"

#include <netinet/tcp.h>

/* ---- A connect ---- */

struct attempt_case {
    const char *list[10];
    struct socket_settings settings;
    struct net_hooks hooks;
    struct heard heard;
    int port;
    int64_t timeout_us; /* 0: far */
    bool cancel;

    CURLcode result;
    int error;
    char remote[ADDRESS_TEXT_SIZE], local[ADDRESS_TEXT_SIZE];
    int local_port;
    bool was_connected, cloexec;
    int nodelay, keepalive, keepidle;
};

static int option_of(int fd, int level, int name)
{
    int value = -1;
    socklen_t len = sizeof(value);

    getsockopt(fd, level, name, &value, &len);
    return value;
}

static void note_winner(struct attempt_case *c, struct connected *s)
{
    struct address local = socket_local_address(s->fd);

    address_text(&s->remote, c->remote);
    address_text(&local, c->local);
    c->local_port = address_port(&local);
    c->was_connected = s->was_connected;
    c->cloexec = fcntl(s->fd, F_GETFD) & FD_CLOEXEC;
    c->nodelay = option_of(s->fd, IPPROTO_TCP, TCP_NODELAY);
    c->keepalive = option_of(s->fd, SOL_SOCKET, SO_KEEPALIVE);
    c->keepidle = option_of(s->fd, IPPROTO_TCP, TCP_KEEPIDLE);
    socket_watch_drop(s->watch);
    close(s->fd);
}

struct canceller {
    struct timer timer;
    struct fiber *fiber;
};

static void cancel_soon(struct timer *t)
{
    fiber_cancel(CONTAINER_OF(t, struct canceller, timer)->fiber);
}

static void connect_case(void *argument)
{
    struct attempt_case *c = argument;
    struct canceller canceller = {.timer.fire = cancel_soon, .fiber = fiber_current()};
    struct timers *timers = worker_timers(worker_current());
    struct addresses *addresses;
    struct connected s;
    size_t count = 0;

    while (count < 10 && c->list[count])
        count++;
    addresses = addresses_new(count);
    for (size_t i = 0; i < count; i++) {
        if (strchr(c->list[i], '/'))
            address_set_path(&addresses->list[i], strchr(c->list[i], '/'), c->list[i][0] == '@');
        else
            address_parse(c->list[i], &addresses->list[i]);
    }
    if (c->cancel)
        timer_arm(timers, &canceller.timer, clock_now() + 20 * CLOCK_MS);
    c->result = connect_any(addresses, c->port, "host", &c->settings, &c->hooks,
                            c->timeout_us ? clock_now() + c->timeout_us : far(), &s, &c->error);
    timer_disarm(timers, &canceller.timer);
    addresses_unref(addresses);
    if (!c->result)
        note_winner(c, &s);
}

static struct attempt_case case_at(int port)
{
    return (struct attempt_case){
        .port = port, .settings = {.local_port_range = 1, .eyeballs_ms = 20}
    };
}

static void run_case(void **state, struct attempt_case *c)
{
    struct net_hooks set = c->hooks;
    int before = count_descriptors();

    c->hooks = hooks_of(&c->heard);
    c->hooks.open_socket = set.open_socket;
    c->hooks.socket_options = set.socket_options;
    run_here(*state, connect_case, c);
    assert_int_equal(count_descriptors(), before);
}

/* ---- Addresses ---- */

static void listener_is_connected_to(void **state)
{
    int port, listener = listen_at("127.0.0.1", 0, 5, &port);
    struct attempt_case c = case_at(port);

    c.list[0] = "127.0.0.1";
    run_case(state, &c);
    assert_int_equal(c.result, CURLE_OK);
    assert_string_equal(c.remote, "127.0.0.1");
    assert_true(c.cloexec);
    close(listener);
}

/* A port of loopback where nobody listens, nor can: it stays bound until the program ends. */
static int closed_port(void)
{
    struct address a = parsed("127.0.0.1", 0);
    int fd = socket_open(AF_INET);

    assert_true(fd >= 0);
    assert_int_equal(socket_bind(fd, &a), 0);
    a = socket_local_address(fd);
    return address_port(&a);
}

static void refusal_is_told_with_its_errno(void **state)
{
    struct attempt_case c = case_at(closed_port());
    char expected[128];

    c.list[0] = "127.0.0.1";
    run_case(state, &c);
    assert_int_equal(c.result, CURLE_COULDNT_CONNECT);
    assert_int_equal(c.error, ECONNREFUSED);
    snprintf(expected, sizeof(expected), "Failed to connect to host port %d after ", c.port);
    assert_memory_equal(c.heard.text, expected, strlen(expected));
    assert_non_null(strstr(c.heard.text, " ms: Could not connect to server"));
    assert_non_null(strstr(c.heard.log, "  Trying 127.0.0.1:"));
    assert_non_null(strstr(c.heard.log, "failed: Connection refused"));
}

/* A socket that has the port at 127.0.0.1 and does not listen; -1 where somebody else has it. */
static int keep_silent(int port)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)port),
                                  .sin_addr = {htonl(INADDR_LOOPBACK)}};
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) == 0)
        return fd;
    close(fd);
    return -1;
}

static int listen_at_second(int *ret_port, int *ret_silent)
{
    for (;;) {
        int listener = listen_at("127.0.0.2", 0, 5, ret_port);

        *ret_silent = keep_silent(*ret_port);
        if (*ret_silent >= 0)
            return listener;
        close(listener);
    }
}

static void next_address_follows_a_refusal_at_once(void **state)
{
    int port, silent, listener = listen_at_second(&port, &silent);
    struct attempt_case c = case_at(port);

    c.list[0] = "127.0.0.1";
    c.list[1] = "127.0.0.2";
    c.settings.eyeballs_ms = 60000;
    run_case(state, &c);
    assert_int_equal(c.result, CURLE_OK);
    assert_string_equal(c.remote, "127.0.0.2");
    assert_int_equal(c.error, 0);
    close(silent);
    close(listener);
}

/* The first attempt sets the pace for those behind it. */
static CURLcode slow_down(void *owner, curl_socket_t fd, int64_t deadline, int *ret_answer)
{
    struct attempt_case *c = CONTAINER_OF(owner, struct attempt_case, heard);

    (void)fd;
    (void)deadline;
    c->settings.eyeballs_ms = 60000;
    *ret_answer = CURL_SOCKOPT_OK;
    return CURLE_OK;
}

/* On one port 127.0.0.3 is silent, 127.0.0.1 refuses and 127.0.0.4 listens. */
static struct silent silent_before_a_listener(int *ret_port, int *ret_refusing, int *ret_listener)
{
    for (;;) {
        struct silent silent = silent_at("127.0.0.3", 0, ret_port);
        int port;

        *ret_refusing = keep_silent(*ret_port);
        *ret_listener = listen_at("127.0.0.4", *ret_port, 5, &port);
        if (*ret_refusing >= 0 && *ret_listener >= 0)
            return silent;
        silent_end(&silent); /* somebody else has the port */
        close(*ret_refusing);
        close(*ret_listener);
    }
}

static void next_address_follows_a_refusal_while_another_is_silent(void **state)
{
    int port, refusing, listener;
    struct silent silent = silent_before_a_listener(&port, &refusing, &listener);
    struct attempt_case c = case_at(port);

    c.list[0] = "127.0.0.3";
    c.list[1] = "127.0.0.1"; /* refused */
    c.list[2] = "127.0.0.4";
    c.hooks.socket_options = slow_down;
    run_case(state, &c);
    assert_int_equal(c.result, CURLE_OK);
    assert_string_equal(c.remote, "127.0.0.4");
    close(listener);
    close(refusing);
    silent_end(&silent);
}

static void silent_address_is_overtaken_and_closed(void **state)
{
    int port, refusing, listener;
    struct silent silent = silent_before_a_listener(&port, &refusing, &listener);
    struct attempt_case c = case_at(port);

    c.list[0] = "127.0.0.3";
    c.list[1] = "127.0.0.4";
    run_case(state, &c);
    assert_int_equal(c.result, CURLE_OK);
    assert_string_equal(c.remote, "127.0.0.4");
    close(listener);
    close(refusing);
    silent_end(&silent);
}

static void families_alternate_with_ipv6_first(void **state)
{
    struct attempt_case c = case_at(closed_port());
    const char *at[5];

    c.list[0] = "127.0.0.1";
    c.list[1] = "127.0.0.2";
    c.list[2] = "::1";
    c.list[3] = "::ffff:127.0.0.9";
    run_case(state, &c);
    assert_int_equal(c.result, CURLE_COULDNT_CONNECT);
    at[0] = strstr(c.heard.log, "Trying [::1]");
    at[1] = strstr(c.heard.log, "Trying 127.0.0.1");
    at[2] = strstr(c.heard.log, "Trying [::ffff:127.0.0.9]");
    at[3] = strstr(c.heard.log, "Trying 127.0.0.2");
    for (int i = 0; i < 4; i++) {
        assert_non_null(at[i]);
        assert_true(i == 0 || at[i - 1] < at[i]);
    }
}

static void deadline_ends_all_attempts(void **state)
{
    int port;
    struct silent silent = silent_at("127.0.0.3", 0, &port);
    struct attempt_case c = case_at(port);

    c.list[0] = c.list[1] = "127.0.0.3";
    c.timeout_us = 50 * CLOCK_MS;
    run_case(state, &c);
    assert_int_equal(c.result, CURLE_OPERATION_TIMEDOUT);
    assert_string_equal(c.heard.text, "");
    silent_end(&silent);
}

static void cancellation_ends_all_attempts(void **state)
{
    int port;
    struct silent silent = silent_at("127.0.0.3", 0, &port);
    struct attempt_case c = case_at(port);

    c.list[0] = c.list[1] = "127.0.0.3";
    c.settings.eyeballs_ms = 5;
    c.cancel = true;
    run_case(state, &c);
    assert_int_equal(c.result, CURLE_ABORTED_BY_CALLBACK);
    assert_string_equal(c.heard.text, "");
    silent_end(&silent);
}

static int most_sockets, sockets_before;

static CURLcode count_sockets(void *owner, curl_socket_t fd, int64_t deadline, int *ret_answer)
{
    int now = count_descriptors() - sockets_before;

    (void)owner;
    (void)fd;
    (void)deadline;
    if (now > most_sockets)
        most_sockets = now;
    *ret_answer = CURL_SOCKOPT_OK;
    return CURLE_OK;
}

static void seventh_socket_discards_the_oldest(void **state)
{
    int port;
    struct silent silent = silent_at("127.0.0.3", 0, &port);
    struct attempt_case c = case_at(port);

    for (int i = 0; i < 9; i++)
        c.list[i] = "127.0.0.3";
    c.settings.eyeballs_ms = 2;
    c.timeout_us = 100 * CLOCK_MS;
    c.hooks.socket_options = count_sockets;
    sockets_before = count_descriptors();
    most_sockets = 0;
    run_case(state, &c);
    assert_int_equal(c.result, CURLE_OPERATION_TIMEDOUT);
    /* The seventh exists when the hook is asked; then the first goes. */
    assert_int_equal(most_sockets, 7);
    silent_end(&silent);
}

/* ---- This end ---- */

static void interface_option_is_taken_apart(void **state)
{
    struct local_end end = local_end_parse("if!eth7");

    (void)state;
    assert_true(str_equal(end.device, STR("eth7")) && !end.host.len && !end.unknown.len);
    end = local_end_parse("host!a.test");
    assert_true(str_equal(end.host, STR("a.test")) && !end.device.len);
    end = local_end_parse("ifhost!lo!127.0.0.1");
    assert_true(str_equal(end.host, STR("127.0.0.1")) && str_equal(end.device, STR("lo")));
    end = local_end_parse("lo");
    assert_true(str_equal(end.unknown, STR("lo")) && !end.host.len && !end.device.len);
    assert_int_equal(local_end_name("lo").len, 0);
    assert_int_equal(local_end_name("host!127.0.0.1").len, 0);
    assert_int_equal(local_end_name("if!nosuch0").len, 0);
    assert_int_equal(local_end_name(NULL).len, 0);
    assert_true(str_equal(local_end_name("ifhost!lo!a.test"), STR("a.test")));
    assert_true(str_equal(local_end_name("nosuch0"), STR("nosuch0")));
}

static void local_address_is_the_one_asked_for(void **state)
{
    static const char *const forms[] = {"127.0.0.5", "host!127.0.0.5", "ifhost!lo!127.0.0.5"};
    int port, listener = listen_at("127.0.0.1", 0, 5, &port);

    for (int i = 0; i < 3; i++) {
        struct attempt_case c = case_at(port);
        c.list[0] = "127.0.0.1";
        c.settings.interface = forms[i];
        run_case(state, &c);
        assert_int_equal(c.result, CURLE_OK);
        assert_string_equal(c.local, "127.0.0.5");
    }
    close(listener);
}

static void interface_that_exists_is_used(void **state)
{
    int port, listener = listen_at("127.0.0.1", 0, 5, &port);
    struct attempt_case c = case_at(port);

    c.list[0] = "127.0.0.1";
    c.settings.interface = "if!lo";
    run_case(state, &c);
    assert_int_equal(c.result, CURLE_OK);
    c = case_at(port);
    c.list[0] = "127.0.0.1";
    c.settings.interface = "lo";
    run_case(state, &c);
    assert_int_equal(c.result, CURLE_OK);
    close(listener);
}

static void wrong_local_end_is_an_interface_failure(void **state)
{
    static const struct {
        const char *interface, *text;
    } cases[] = {
        {"if!nosuch0",      "Could not bind to interface 'nosuch0'"                     },
        {"nosuch0",         "Could not bind to 'nosuch0'"                               },
        {"host!a.test",     "Could not bind to 'a.test'"                                },
        {"host!192.0.2.77", "bind failed with errno 99: Cannot assign requested address"},
    };
    int port, listener = listen_at("127.0.0.1", 0, 5, &port);

    for (size_t i = 0; i < 4; i++) {
        struct attempt_case c = case_at(port);
        c.list[0] = "127.0.0.1";
        c.settings.interface = cases[i].interface;
        run_case(state, &c);
        assert_int_equal(c.result, CURLE_INTERFACE_FAILED);
        assert_string_equal(c.heard.text, cases[i].text);
        assert_true(c.error != 0);
    }
    close(listener);
}

static void local_address_of_another_family_cannot_connect(void **state)
{
    int port, listener = listen_at("127.0.0.1", 0, 5, &port);
    struct attempt_case c = case_at(port);

    c.list[0] = "127.0.0.1";
    c.settings.interface = "::1";
    run_case(state, &c);
    assert_int_equal(c.result, CURLE_COULDNT_CONNECT);
    close(listener);
}

static void busy_local_ports_are_skipped(void **state)
{
    int port, busy_port, listener = listen_at("127.0.0.1", 0, 5, &port);
    int busy = listen_at("0.0.0.0", 0, 5, &busy_port);
    struct attempt_case c = case_at(port);

    c.list[0] = "127.0.0.1";
    c.settings.local_port = busy_port;
    c.settings.local_port_range = 20;
    run_case(state, &c);
    assert_int_equal(c.result, CURLE_OK);
    assert_in_range(c.local_port, busy_port + 1, busy_port + 19);
    c = case_at(port);
    c.list[0] = "127.0.0.1";
    c.settings.local_port = busy_port;
    run_case(state, &c);
    assert_int_equal(c.result, CURLE_INTERFACE_FAILED);
    assert_string_equal(c.heard.text, "bind failed with errno 98: Address already in use");
    close(busy);
    close(listener);
}

static void tcp_options_are_set(void **state)
{
    int port, listener = listen_at("127.0.0.1", 0, 5, &port);
    struct attempt_case c = case_at(port);

    c.list[0] = "127.0.0.1";
    run_case(state, &c);
    assert_int_equal(c.nodelay, 0);
    assert_int_equal(c.keepalive, 0);
    c = case_at(port);
    c.list[0] = "127.0.0.1";
    c.settings.tcp_nodelay = c.settings.keepalive = c.settings.fastopen = true;
    c.settings.keep_idle_s = 77;
    c.settings.keep_interval_s = 7;
    c.settings.keep_count = 3;
    run_case(state, &c);
    assert_int_equal(c.result, CURLE_OK);
    assert_int_equal(c.nodelay, 1);
    assert_int_equal(c.keepalive, 1);
    assert_int_equal(c.keepidle, 77);
    close(listener);
}

/* ---- Unix sockets ---- */

static void unix_sockets_are_connected_to(void **state)
{
    char folder[] = "/tmp/connect-test-XXXXXX", names[2][64];
    int listeners[2];

    assert_non_null(mkdtemp(folder));
    snprintf(names[0], sizeof(names[0]), "%s/socket", folder);
    snprintf(names[1], sizeof(names[1]), "@%s/abstract", folder);
    for (int i = 0; i < 2; i++) {
        struct attempt_case c = case_at(80);
        struct address a;
        assert_true(address_set_path(&a, strchr(names[i], '/'), i == 1));
        listeners[i] = socket_open(AF_UNIX);
        assert_int_equal(socket_bind(listeners[i], &a), 0);
        assert_int_equal(listen(listeners[i], 1), 0);
        c.list[0] = names[i];
        run_case(state, &c);
        assert_int_equal(c.result, CURLE_OK);
        close(listeners[i]);
    }
    unlink(names[0]);
    rmdir(folder);
}

struct opener {
    int listener;
    struct timer timer;
};

static void accept_one(struct timer *t)
{
    close(accept(CONTAINER_OF(t, struct opener, timer)->listener, NULL, NULL));
}

static void full_unix_queue_is_waited_for(void **state)
{
    char folder[] = "/tmp/connect-test-XXXXXX", name[64];
    struct opener opener = {.timer.fire = accept_one};
    struct attempt_case c = case_at(80);
    struct address a;
    int fillers[2];

    assert_non_null(mkdtemp(folder));
    snprintf(name, sizeof(name), "@%s/abstract", folder);
    assert_true(address_set_path(&a, name + 1, true));
    opener.listener = socket_open(AF_UNIX);
    assert_int_equal(socket_bind(opener.listener, &a), 0);
    assert_int_equal(listen(opener.listener, 0), 0);
    for (int i = 0; i < 2; i++) {
        fillers[i] = socket_open(AF_UNIX);
        if (socket_connect(fillers[i], &a) == -EAGAIN)
            c.timeout_us = 20 * CLOCK_SECOND;
    }
    assert_true(c.timeout_us); /* it is full */
    assert_true(timer_arm(worker_timers(*state), &opener.timer, clock_now() + 10 * CLOCK_MS));
    c.list[0] = name;
    run_case(state, &c);
    assert_int_equal(c.result, CURLE_OK);
    close(fillers[0]);
    close(fillers[1]);
    close(opener.listener);
    rmdir(folder);
}

static void missing_unix_socket_is_refused(void **state)
{
    struct attempt_case c = case_at(80);

    c.list[0] = "/nosuchfolder/socket";
    run_case(state, &c);
    assert_int_equal(c.result, CURLE_COULDNT_CONNECT);
    assert_int_equal(c.error, ENOENT);
}

static void too_long_unix_path_does_not_fit(void **state)
{
    struct address a;
    char path[120];

    (void)state;
    memset(path, 'x', sizeof(path));
    path[108] = '\0';
    assert_false(address_set_path(&a, path, false));
    assert_false(address_set_path(&a, path, true));
    path[107] = '\0';
    assert_true(address_set_path(&a, path, false));
    assert_true(address_set_path(&a, path, true));
    assert_int_equal(a.len, sizeof(a.at.local));
}

/* ---- The program's callbacks ---- */

static int given_fd;

static CURLcode give_socket(void *owner, struct address *address, int64_t deadline,
                            curl_socket_t *ret_fd)
{
    (void)owner;
    (void)address;
    (void)deadline;
    *ret_fd = given_fd;
    return CURLE_OK;
}

static CURLcode refuse_option(void *owner, curl_socket_t fd, int64_t deadline, int *ret_answer)
{
    (void)owner;
    (void)fd;
    (void)deadline;
    *ret_answer = CURL_SOCKOPT_ERROR;
    return CURLE_OK;
}

static CURLcode say_connected(void *owner, curl_socket_t fd, int64_t deadline, int *ret_answer)
{
    (void)owner;
    (void)fd;
    (void)deadline;
    *ret_answer = CURL_SOCKOPT_ALREADY_CONNECTED;
    return CURLE_OK;
}

static void refused_socket_fails_the_connect(void **state)
{
    struct attempt_case c = case_at(1);

    c.list[0] = "127.0.0.1";
    c.list[1] = "127.0.0.2";
    c.hooks.open_socket = give_socket;
    given_fd = CURL_SOCKET_BAD;
    run_case(state, &c);
    assert_int_equal(c.result, CURLE_COULDNT_CONNECT);
}

static void sockopt_error_aborts(void **state)
{
    struct attempt_case c = case_at(1);

    c.list[0] = "127.0.0.1";
    c.hooks.socket_options = refuse_option;
    run_case(state, &c);
    assert_int_equal(c.result, CURLE_ABORTED_BY_CALLBACK);
    assert_non_null(strstr(c.heard.text, "aborted by an application callback"));
}

static void connected_socket_is_used_as_it_is(void **state)
{
    int ends[2], before;
    struct attempt_case c = case_at(1);

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    before = count_descriptors();
    c.list[0] = "127.0.0.1";
    c.hooks = hooks_of(&c.heard);
    c.hooks.open_socket = give_socket;
    c.hooks.socket_options = say_connected;
    given_fd = ends[0];
    run_here(*state, connect_case, &c);
    assert_int_equal(c.result, CURLE_OK);
    assert_true(c.was_connected);
    assert_true(c.cloexec);
    assert_int_equal(count_descriptors(), before - 1);
    close(ends[1]);
}

/* ---- The gate ---- */

enum { CROWD = CONNECT_GATE_PLACES + 20 };

struct crowd {
    int inside, most, next, order[CROWD];
    struct condition leave;
};

struct guest {
    struct crowd *crowd;
    int number;
    int64_t timeout_us;
    CURLcode result;
};

static void visit(void *argument)
{
    struct guest *guest = argument;
    struct crowd *crowd = guest->crowd;
    struct connect_gate *gate;

    guest->result = connect_gate_enter(
        guest->timeout_us ? clock_now() + guest->timeout_us : CLOCK_NEVER, &gate);
    if (guest->result)
        return;
    crowd->order[crowd->next++] = guest->number;
    if (++crowd->inside > crowd->most)
        crowd->most = crowd->inside;
    if (guest->number < CONNECT_GATE_PLACES)
        guest->result = wait_on(&crowd->leave, far());
    crowd->inside--;
    connect_gate_leave(&gate);
    connect_gate_leave(&gate);
}

static void open_doors(void *crowd)
{
    condition_broadcast(&((struct crowd *)crowd)->leave);
}

static void gate_holds_a_crowd_back_in_order(void **state)
{
    static struct guest guests[CROWD];
    static struct job jobs[CROWD];
    struct crowd crowd = {0};
    struct worker *worker = *state;

    condition_init(&crowd.leave);
    for (int i = 0; i < CROWD; i++) {
        guests[i] = (struct guest){.crowd = &crowd, .number = i};
        if (i == CROWD - 1)
            guests[i].timeout_us = 20 * CLOCK_MS;
        job_post(worker, &jobs[i], visit, &guests[i]);
    }
    while (!atomic_load(&jobs[CROWD - 1].done))
        worker_turn(worker, far());
    assert_int_equal(guests[CROWD - 1].result, CURLE_OPERATION_TIMEDOUT);
    assert_int_equal(crowd.next, CONNECT_GATE_PLACES);
    run_here(worker, open_doors, &crowd);
    for (int i = 0; i < CROWD - 1; i++) {
        while (!atomic_load(&jobs[i].done))
            worker_turn(worker, far());
        assert_int_equal(guests[i].result, CURLE_OK);
    }
    assert_int_equal(crowd.most, CONNECT_GATE_PLACES);
    for (int i = 0; i < CROWD - 1; i++)
        assert_int_equal(crowd.order[i], i);
}

enum { BURST = 400 };

static void burst_of_connects_all_arrive(void **state)
{
    static struct attempt_case cases[BURST];
    static struct job jobs[BURST];
    int port, listener = listen_at("127.0.0.1", 0, 1000, &port);
    struct worker *worker = *state;

    for (int i = 0; i < BURST; i++) {
        cases[i] = case_at(port);
        cases[i].list[0] = "127.0.0.1";
        cases[i].hooks = hooks_of(&cases[i].heard);
        job_post(worker, &jobs[i], connect_case, &cases[i]);
    }
    for (int i = 0; i < BURST; i++) {
        while (!atomic_load(&jobs[i].done))
            worker_turn(worker, far());
        assert_int_equal(cases[i].result, CURLE_OK);
    }
    close(listener);
}

/* ---- Memory ---- */

static void every_missing_allocation_is_told(void **state)
{
    int port, listener = listen_at("127.0.0.1", 0, 100, &port), n = 0;
    struct attempt_case c;

    /* Skips those of the test itself: the list of addresses. */
    do {
        struct job job;
        int before = count_descriptors();
        struct worker *worker = *state;
        c = case_at(port);
        c.list[0] = "127.0.0.1";
        c.hooks = hooks_of(&c.heard);
        job_post(worker, &job, connect_case, &c);
        memory_left = 2 + n++; /* the fiber, the list */
        while (!atomic_load(&job.done))
            worker_turn(worker, far());
        assert_int_equal(count_descriptors(), before);
        assert_true(c.result == CURLE_OK || c.result == CURLE_OUT_OF_MEMORY);
    } while (memory_left < 0 && n < 50);
    memory_left = -1;
    assert_true(n > 1);
    close(listener);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, with_worker, without_worker)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(listener_is_connected_to),
        TEST(refusal_is_told_with_its_errno),
        TEST(next_address_follows_a_refusal_at_once),
        TEST(next_address_follows_a_refusal_while_another_is_silent),
        TEST(silent_address_is_overtaken_and_closed),
        TEST(families_alternate_with_ipv6_first),
        TEST(deadline_ends_all_attempts),
        TEST(cancellation_ends_all_attempts),
        TEST(seventh_socket_discards_the_oldest),
        TEST(interface_option_is_taken_apart),
        TEST(local_address_is_the_one_asked_for),
        TEST(interface_that_exists_is_used),
        TEST(wrong_local_end_is_an_interface_failure),
        TEST(local_address_of_another_family_cannot_connect),
        TEST(busy_local_ports_are_skipped),
        TEST(tcp_options_are_set),
        TEST(unix_sockets_are_connected_to),
        TEST(full_unix_queue_is_waited_for),
        TEST(missing_unix_socket_is_refused),
        TEST(too_long_unix_path_does_not_fit),
        TEST(refused_socket_fails_the_connect),
        TEST(sockopt_error_aborts),
        TEST(connected_socket_is_used_as_it_is),
        TEST(gate_holds_a_crowd_back_in_order),
        TEST(burst_of_connects_all_arrive),
        TEST(every_missing_allocation_is_told),
    };

    use_short_memory();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
