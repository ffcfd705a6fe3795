/* SPDX-License-Identifier: MIT */
/* The race of RFC 8305, on one fiber: it starts attempts, sleeps until an event of any of them (or
 * the time for the next one), and looks which have ended. */
#include "net/connect.h"

#include "base/buf.h"
#include "base/clock.h"
#include "net/bind.h"
#include "net/connect_gate.h"
#include "net/socket.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <string.h>

enum {
    MOST_SOCKETS = 6,
    UNIX_RETRY_MS = 2, /* a unix socket's full queue tells nobody when it has room */
};

struct attempt {
    curl_socket_t fd;
    struct socket_watch *watch; /* NULL while it has to be tried again */
    struct address to;
    int64_t retry_at; /* CLOCK_NEVER: it is under way */
};

struct race {
    const struct addresses *addresses;
    const struct socket_settings *settings;
    const struct net_hooks *hooks;
    const char *host;
    int port;
    int64_t deadline;

    struct connect_gate *gate;
    int64_t began, next_start;
    size_t next6, next4; /* where to look for the next address of IPv6, and of all others */
    bool last_was_6;
    struct attempt attempts[MOST_SOCKETS]; /* oldest first */
    size_t count;
    CURLcode failure; /* of the last attempt that failed */
    int error;        /* its errno */
};

#define LOG(race, ...)                                                                             \
    do {                                                                                           \
        if ((race)->hooks->log)                                                                    \
            (race)->hooks->log((race)->hooks->owner, __VA_ARGS__);                                 \
    } while (0)

/* ---- The order of addresses ---- */

static bool is_6(const struct address *a)
{
    return a->at.any.sa_family == AF_INET6;
}

static size_t find_family(const struct addresses *list, size_t from, bool six)
{
    while (from < list->count && is_6(&list->list[from]) != six)
        from++;
    return from;
}

/* The address to try next, with port and scope; false when all were tried. */
static bool next_address(struct race *r, struct address *ret)
{
    bool six = !r->last_was_6;

    if ((six ? r->next6 : r->next4) >= r->addresses->count)
        six = !six;
    if ((six ? r->next6 : r->next4) >= r->addresses->count)
        return false;
    *ret = r->addresses->list[six ? r->next6 : r->next4];
    if (six)
        r->next6 = find_family(r->addresses, r->next6 + 1, true);
    else
        r->next4 = find_family(r->addresses, r->next4 + 1, false);
    r->last_was_6 = six;
    address_set_port(ret, r->port);
    if (six && !ret->at.in6.sin6_scope_id)
        ret->at.in6.sin6_scope_id = r->settings->address_scope;
    return true;
}

static bool has_next_address(const struct race *r)
{
    return r->next6 < r->addresses->count || r->next4 < r->addresses->count;
}

/* ---- Ends of attempts ---- */

static void give_up_socket(const struct race *r, curl_socket_t fd)
{
    if (r->settings->closer)
        r->settings->closer->close(r->settings->closer, fd);
    else
        socket_close(fd);
}

static void attempt_end(struct race *r, size_t i)
{
    struct attempt *a = &r->attempts[i];

    socket_watch_drop(a->watch);
    give_up_socket(r, a->fd);
    r->count--;
    memmove(a, a + 1, (r->count - i) * sizeof(*a));
}

/* Notes and logs why an address failed, and has the next one tried at once. */
static void note_failure(struct race *r, const struct address *to, curl_socket_t fd, int error)
{
    char here[ADDRESS_TEXT_SIZE] = "", there[ADDRESS_TEXT_SIZE];

    r->failure = CURLE_COULDNT_CONNECT;
    r->error = error;
    r->next_start = 0;
    if (!r->hooks->log)
        return;
    if (to->at.any.sa_family == AF_UNIX) {
        LOG(r, "Immediate connect fail for %s: %s", to->at.local.sun_path, strerrordesc_np(error));
    } else {
        struct address local = socket_local_address(fd);
        address_text(to, there);
        if (local.len)
            address_text(&local, here);
        LOG(r, "connect to %s port %d from %s port %d failed: %s", there, r->port, here,
            local.len ? address_port(&local) : 0, strerrordesc_np(error));
    }
}

static CURLcode win(struct race *r, size_t i, bool was_connected, struct connected *ret)
{
    struct attempt *a = &r->attempts[i];

    a->watch->watch.on_event = NULL;
    a->watch->watch.argument = NULL;
    *ret = (struct connected){a->fd, a->watch, a->to, was_connected};
    r->count--;
    memmove(a, a + 1, (r->count - i) * sizeof(*a));
    return CURLE_OK;
}

/* ---- Beginnings of attempts ---- */

static void log_trying(const struct race *r, const struct address *to)
{
    char text[ADDRESS_TEXT_SIZE];

    if (!r->hooks->log)
        return;
    if (to->at.any.sa_family == AF_UNIX) {
        LOG(r, "  Trying %s:0...", to->at.local.sun_path);
        return;
    }
    address_text(to, text);
    LOG(r, is_6(to) ? "  Trying [%s]:%d..." : "  Trying %s:%d...", text, r->port);
}

static void set_tcp_options(curl_socket_t fd, const struct socket_settings *s)
{
    if (s->tcp_nodelay)
        (void)socket_set_number(fd, IPPROTO_TCP, TCP_NODELAY, 1);
    if (s->keepalive) {
        (void)socket_set_number(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
        (void)socket_set_number(fd, IPPROTO_TCP, TCP_KEEPIDLE, (int)s->keep_idle_s);
        (void)socket_set_number(fd, IPPROTO_TCP, TCP_KEEPINTVL, (int)s->keep_interval_s);
        (void)socket_set_number(fd, IPPROTO_TCP, TCP_KEEPCNT, (int)s->keep_count);
    }
    if (s->fastopen)
        (void)socket_set_number(fd, IPPROTO_TCP, TCP_FASTOPEN_CONNECT, 1);
}

/* A descriptor, or a negative errno. An error of the hook itself ends the race. */
static WAITS CURLcode open_socket(struct race *r, struct address *to, int *ret_fd)
{
    curl_socket_t fd = CURL_SOCKET_BAD;
    CURLcode result;
    int error;

    if (!r->hooks->open_socket) {
        *ret_fd = socket_open(to->at.any.sa_family);
        return CURLE_OK;
    }
    result = r->hooks->open_socket(r->hooks->owner, to, r->deadline, &fd);
    if (result)
        return result;
    error = fd == CURL_SOCKET_BAD ? -ECONNREFUSED : socket_adopt(fd);
    if (error && fd != CURL_SOCKET_BAD)
        give_up_socket(r, fd);
    *ret_fd = error ? error : fd;
    return CURLE_OK;
}

/* The sockopt callback and the binding: before connect(). *ret_failed: this address will not do. */
static WAITS CURLcode prepare_socket(struct race *r, curl_socket_t fd, const struct address *to,
                                     bool *ret_connected, bool *ret_failed)
{
    int answer = CURL_SOCKOPT_OK;
    scoped(buf) text = {0};
    CURLcode result = CURLE_OK;

    if (to->at.any.sa_family != AF_UNIX)
        set_tcp_options(fd, r->settings);
    if (r->hooks->socket_options)
        result = r->hooks->socket_options(r->hooks->owner, fd, r->deadline, &answer);
    if (result)
        return result;
    *ret_connected = answer == CURL_SOCKOPT_ALREADY_CONNECTED;
    if (answer != CURL_SOCKOPT_OK && !*ret_connected) {
        r->failure = CURLE_ABORTED_BY_CALLBACK;
        *ret_failed = true;
    }
    if (*ret_failed || *ret_connected)
        return CURLE_OK;
    result = local_end_bind(fd, to->at.any.sa_family, r->settings, &text, &r->error);
    if (result) {
        r->failure = result;
        *ret_failed = true;
        if (text.len)
            r->hooks->fail(r->hooks->owner, result, "%s", text.bytes);
    }
    return CURLE_OK;
}

/* Something happened to an attempt: the fiber looks at all of them. */
static void wake_race(struct watch *w, void *fiber)
{
    (void)w;
    fiber_wake(fiber);
}

/* connect(), which may be under way then. *ret_won: it is not. */
static CURLcode attempt_connect(struct race *r, size_t i, bool *ret_won)
{
    struct attempt *a = &r->attempts[i];
    int error = socket_connect(a->fd, &a->to);
    CURLcode result;

    if (error == -EAGAIN && a->to.at.any.sa_family == AF_UNIX) {
        a->retry_at = clock_now() + UNIX_RETRY_MS * CLOCK_MS;
        return CURLE_OK;
    }
    if (error && error != -EINPROGRESS) {
        note_failure(r, &a->to, a->fd, -error);
        attempt_end(r, i);
        return CURLE_OK;
    }
    a->retry_at = CLOCK_NEVER;
    result = socket_watch_open(a->fd, &a->watch);
    if (result)
        return result;
    *ret_won = !error;
    if (error) {
        watch_blocked(&a->watch->watch, WAIT_READ | WAIT_WRITE);
        a->watch->watch.on_event = wake_race;
        a->watch->watch.argument = fiber_current();
    }
    return CURLE_OK;
}

/* Tries one address. The hooks may wait, so other attempts move on meanwhile. */
static WAITS CURLcode start_attempt(struct race *r, struct connected *ret)
{
    struct attempt a = {.retry_at = CLOCK_NEVER};
    bool already = false, won = false, failed = false;
    CURLcode result;

    if (!next_address(r, &a.to))
        return CURLE_OK;
    r->next_start = clock_after(clock_now(), r->settings->eyeballs_ms * CLOCK_MS);
    log_trying(r, &a.to);
    result = open_socket(r, &a.to, &a.fd);
    if (result)
        return result;
    if (a.fd < 0) {
        note_failure(r, &a.to, -1, -a.fd);
        return CURLE_OK;
    }
    result = prepare_socket(r, a.fd, &a.to, &already, &failed);
    if (result || failed) {
        give_up_socket(r, a.fd);
        r->next_start = 0;
        return result;
    }
    if (r->count == MOST_SOCKETS)
        attempt_end(r, 0);
    r->attempts[r->count++] = a;
    if (already)
        result = socket_watch_open(a.fd, &r->attempts[r->count - 1].watch);
    else
        result = attempt_connect(r, r->count - 1, &won);
    return !result && (already || won) ? win(r, r->count - 1, already, ret) : result;
}

/* ---- The race ---- */

/* Looks at the attempts under way; ret->watch is set when one has won. */
static CURLcode look_at_attempts(struct race *r, struct connected *ret)
{
    for (size_t i = 0; i < r->count;) {
        struct attempt *a = &r->attempts[i];
        size_t before = r->count;
        bool won = false;
        int error = 0;
        CURLcode result = CURLE_OK;

        if (a->watch && a->watch->watch.ready) {
            error = socket_pending_error(a->fd);
            won = !error && (a->watch->watch.ready & WAIT_WRITE);
        } else if (a->retry_at <= clock_now()) {
            result = attempt_connect(r, i, &won);
        }
        if (result)
            return result;
        if (won)
            return win(r, i, false, ret);
        if (error) {
            note_failure(r, &a->to, a->fd, -error);
            attempt_end(r, i);
        }
        if (r->count == before)
            i++;
    }
    return CURLE_OK;
}

/* When there is something to do without an event. */
static int64_t next_due(const struct race *r)
{
    int64_t due = has_next_address(r) ? r->next_start : CLOCK_NEVER;

    if (r->gate)
        due = clock_earlier(due, r->began + CONNECT_GATE_MS * CLOCK_MS);
    for (size_t i = 0; i < r->count; i++)
        due = clock_earlier(due, r->attempts[i].retry_at);
    return clock_earlier(due, r->deadline);
}

static WAITS CURLcode wait_for_news(struct race *r)
{
    CURLcode result = wait_wake(next_due(r));
    int64_t now;

    if (result && result != CURLE_OPERATION_TIMEDOUT)
        return result;
    now = clock_now();
    if (now >= r->began + CONNECT_GATE_MS * CLOCK_MS)
        connect_gate_leave(&r->gate);
    return now >= r->deadline ? CURLE_OPERATION_TIMEDOUT : CURLE_OK;
}

static WAITS CURLcode run_race(struct race *r, struct connected *ret)
{
    CURLcode result = CURLE_OK;

    while (!result) {
        if (has_next_address(r) && (!r->count || clock_now() >= r->next_start))
            result = start_attempt(r, ret);
        if (!result && !ret->watch)
            result = look_at_attempts(r, ret);
        if (result || ret->watch)
            return result;
        if (!r->count && !has_next_address(r))
            return r->failure;
        if (r->count && !(has_next_address(r) && clock_now() >= r->next_start))
            result = wait_for_news(r);
    }
    return result;
}

static const char *reason(CURLcode code)
{
    switch (code) {
    case CURLE_INTERFACE_FAILED:
        return "Failed binding local connection end";
    case CURLE_ABORTED_BY_CALLBACK:
        return "Operation was aborted by an application callback";
    default:
        return "Could not connect to server";
    }
}

/* Tells what became of the race if it ended by itself. */
static CURLcode tell_failure(struct race *r, CURLcode result)
{
    long long ms = (clock_now() - r->began) / CLOCK_MS;

    if (r->hooks->log && result == CURLE_INTERFACE_FAILED)
        LOG(r, "Failed to connect to %s port %d after %lld ms: %s", r->host, r->port, ms,
            reason(result));
    return r->hooks->fail(r->hooks->owner, result,
                          "Failed to connect to %s port %d after %lld ms: %s", r->host, r->port, ms,
                          reason(result));
}

CURLcode connect_any(const struct addresses *addresses, int port, const char *host,
                     const struct socket_settings *settings, const struct net_hooks *hooks,
                     int64_t deadline, struct connected *ret_connected, int *ret_errno)
{
    struct race r = {.addresses = addresses,
                     .settings = settings,
                     .hooks = hooks,
                     .host = host,
                     .port = port,
                     .deadline = deadline,
                     .failure = CURLE_COULDNT_CONNECT};
    struct connected winner = {.fd = CURL_SOCKET_BAD};
    CURLcode result = connect_gate_enter(deadline, &r.gate);

    if (result)
        return result;
    r.began = clock_now();
    r.next6 = find_family(addresses, 0, true);
    r.next4 = find_family(addresses, 0, false);
    result = run_race(&r, &winner);
    while (r.count)
        attempt_end(&r, 0);
    connect_gate_leave(&r.gate);
    if (!result) {
        *ret_connected = winner;
        return CURLE_OK;
    }
    *ret_errno = r.error;
    if (result == r.failure && !fiber_cancelled())
        (void)tell_failure(&r, result);
    return result;
}
