/* SPDX-License-Identifier: MIT */
/* The test's side of the scripted server: see server.h. */
#include "server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "fetch.h"
#include "server_child.h"

struct server {
    struct server_shared *shared;
    pid_t pid;
    int kick;
    int news;
    uint16_t port;
    bool ipv6;
    char *request; /* the last one asked for */
};

static int listen_on_loopback(bool ipv6, int backlog, int receive_buffer, uint16_t *ret_port)
{
    struct sockaddr_in6 six = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    struct sockaddr_in four = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct sockaddr *address = ipv6 ? (struct sockaddr *)&six : (struct sockaddr *)&four;
    socklen_t len = ipv6 ? sizeof six : sizeof four;
    int fd = socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);

    assert_true(fd >= 0);
    if (receive_buffer) {
        setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
    }
    assert_int_equal(bind(fd, address, len), 0);
    if (backlog >= 0) {
        assert_int_equal(listen(fd, backlog), 0);
    }
    assert_int_equal(getsockname(fd, address, &len), 0);
    *ret_port = ntohs(ipv6 ? six.sin6_port : four.sin_port);
    return fd;
}

struct server *server_start(const struct server_plan *plan)
{
    struct server *server = calloc(1, sizeof *server);
    struct server_child child = {.plan = plan};
    int flags;

    assert_non_null(server);
    server->ipv6 = plan->ipv6;
    server->shared = mmap(NULL, sizeof *server->shared, PROT_READ | PROT_WRITE,
                          MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    assert_true(server->shared != MAP_FAILED);
    child.shared = server->shared;
    child.kick = server->kick = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    child.news = server->news = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    child.listener = listen_on_loopback(plan->ipv6, 1024, plan->receive_buffer, &server->port);
    flags = fcntl(child.listener, F_GETFL);
    fcntl(child.listener, F_SETFL, flags | O_NONBLOCK);
    fflush(NULL);
    server->pid = fork();
    assert_true(server->pid >= 0);
    if (server->pid == 0) {
        server_child_run(&child);
    }
    close(child.listener);
    return server;
}

struct server *server_start_script(const struct step *steps)
{
    const struct step *scripts[] = {steps, NULL};

    return server_start(&(struct server_plan){.scripts = scripts});
}

struct server *server_start_routes(const struct route *routes)
{
    return server_start(&(struct server_plan){.routes = routes});
}

struct server *server_start_bytes(size_t len)
{
    char head[128];
    struct step steps[] = {
        AT_REQUEST, {.kind = STEP_SEND, .bytes = head},
         AT_FILL(len), AT_LOOP, AT_END
    };

    steps[1].len = (size_t)snprintf(head, sizeof head,
                                    "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"
                                    "Content-Length: %zu\r\n\r\n",
                                    len);
    return server_start_script(steps);
}

struct server *server_start_silent(void)
{
    static const struct step steps[] = {AT_REQUEST, AT_HOLD, AT_END};

    return server_start_script(steps);
}

void server_stop(struct server *server)
{
    if (!server) {
        return;
    }
    kill(server->pid, SIGKILL);
    while (waitpid(server->pid, NULL, 0) < 0 && errno == EINTR) {
    }
    close(server->kick);
    close(server->news);
    munmap(server->shared, sizeof *server->shared);
    free(server->request);
    free(server);
}

uint16_t server_port(const struct server *server)
{
    return server->port;
}

const char *server_url(const struct server *server, const char *path)
{
    static _Thread_local char urls[4][512];
    static _Thread_local unsigned turn;
    char *url = urls[turn++ % 4];

    snprintf(url, sizeof urls[0], "http://%s:%u%s", server->ipv6 ? "[::1]" : "127.0.0.1",
             server->port, path);
    return url;
}

void server_release(struct server *server, unsigned gate)
{
    uint64_t one = 1;

    __atomic_fetch_or(&server->shared->gates, 1U << gate, __ATOMIC_RELEASE);
    assert_int_equal(write(server->kick, &one, sizeof one), sizeof one);
}

unsigned server_accepted(const struct server *server)
{
    return __atomic_load_n(&server->shared->accepted, __ATOMIC_ACQUIRE);
}

unsigned server_requests(const struct server *server)
{
    return __atomic_load_n(&server->shared->requests, __ATOMIC_ACQUIRE);
}

const struct server_connection *server_connection(const struct server *server, unsigned index)
{
    assert_true(index < SERVER_CONNECTIONS_MAX);
    return &server->shared->connections[index];
}

const char *server_request(struct server *server, unsigned index, size_t *ret_len,
                           unsigned *ret_connection)
{
    struct server_record record;

    if (index >= server_requests(server)) {
        fail_msg("request %u has not come, there are %u", index, server_requests(server));
    }
    record = server->shared->records[index];
    free(server->request);
    server->request = malloc(record.len + (size_t)1);
    assert_non_null(server->request);
    memcpy(server->request, server->shared->bytes[record.connection] + record.offset, record.len);
    server->request[record.len] = 0;
    if (ret_len) {
        *ret_len = record.len;
    }
    if (ret_connection) {
        *ret_connection = record.connection;
    }
    return server->request;
}

const char *server_bytes(const struct server *server, unsigned connection, size_t *ret_len)
{
    uint64_t received =
        __atomic_load_n(&server_connection(server, connection)->received, __ATOMIC_ACQUIRE);

    *ret_len = received < SERVER_RECORD_MAX - 1 ? (size_t)received : SERVER_RECORD_MAX - 1;
    return server->shared->bytes[connection];
}

int server_news(const struct server *server)
{
    return server->news;
}

void server_news_taken(struct server *server)
{
    uint64_t count;
    ssize_t got = read(server->news, &count, sizeof count);

    (void)got;
}

void server_wait(struct server *server, server_condition *holds, uint64_t value)
{
    int64_t deadline = monotonic_ms() + 20000;

    for (;;) {
        struct pollfd news = {.fd = server->news, .events = POLLIN};

        server_news_taken(server);
        if (holds(server, value)) {
            return;
        }
        if (monotonic_ms() > deadline) {
            fail_msg("the server never saw what the test waits for");
        }
        poll(&news, 1, 1000);
    }
}

bool server_has_accepted(struct server *server, uint64_t connections)
{
    return server_accepted(server) >= connections;
}

bool server_has_requests(struct server *server, uint64_t requests)
{
    return server_requests(server) >= requests;
}

bool server_has_sent(struct server *server, uint64_t bytes)
{
    return __atomic_load_n(&server->shared->connections[0].sent, __ATOMIC_ACQUIRE) >= bytes;
}

bool server_has_received(struct server *server, uint64_t bytes)
{
    return __atomic_load_n(&server->shared->connections[0].received, __ATOMIC_ACQUIRE) >= bytes;
}

static unsigned count_connections(const struct server *server, size_t offset)
{
    unsigned count = 0;

    for (unsigned i = 0; i < server_accepted(server); i++) {
        const char *facts = (const char *)&server->shared->connections[i];

        count += __atomic_load_n((const bool *)(facts + offset), __ATOMIC_ACQUIRE) ? 1U : 0U;
    }
    return count;
}

bool server_saw_closes(struct server *server, uint64_t connections)
{
    return count_connections(server, offsetof(struct server_connection, client_closed)) >=
           connections;
}

bool server_is_stalled(struct server *server, uint64_t connections)
{
    return count_connections(server, offsetof(struct server_connection, stalled)) >= connections;
}

/* Connects without waiting until an attempt is left hanging: then the listener's queue is full. */
void blackhole_open(struct blackhole *hole)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};

    memset(hole, 0, sizeof *hole);
    hole->fds[hole->count++] = listen_on_loopback(false, 0, 0, &hole->port);
    address.sin_port = htons(hole->port);
    while (hole->count < sizeof hole->fds / sizeof hole->fds[0]) {
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        struct pollfd done = {.fd = fd, .events = POLLOUT};

        assert_true(fd >= 0);
        hole->fds[hole->count++] = fd;
        if (connect(fd, (struct sockaddr *)&address, sizeof address) != 0 &&
            poll(&done, 1, 50) == 0) {
            return;
        }
    }
    fail_msg("the listener's queue does not fill");
}

void blackhole_close(struct blackhole *hole)
{
    for (unsigned i = 0; i < hole->count; i++) {
        close(hole->fds[i]);
    }
    hole->count = 0;
}

int refused_port_open(uint16_t *ret_port)
{
    return listen_on_loopback(false, -1, 0, ret_port);
}
