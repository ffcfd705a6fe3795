/* SPDX-License-Identifier: MIT */
/* Callbacks in protocols that are not HTTP. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "support/fetch.h"
#include "support/library.h"

/* ---- TFTP ---- */

struct callbacks {
    pthread_t thread;
    int opened, closed, prepared, strays;
    int socktype, protocol;
};

static void note(struct callbacks *c, int *count)
{
    (*count)++;
    c->strays += !pthread_equal(pthread_self(), c->thread);
}

static curl_socket_t open_socket(void *user, curlsocktype purpose, struct curl_sockaddr *address)
{
    struct callbacks *c = user;

    note(c, &c->opened);
    assert_int_equal(purpose, CURLSOCKTYPE_IPCXN);
    c->socktype = address->socktype;
    c->protocol = address->protocol;
    return socket(address->family, address->socktype, address->protocol);
}

static curl_socket_t open_nothing(void *user, curlsocktype purpose, struct curl_sockaddr *address)
{
    struct callbacks *c = user;

    (void)purpose;
    (void)address;
    note(c, &c->opened);
    return CURL_SOCKET_BAD;
}

static int prepare_socket(void *user, curl_socket_t fd, curlsocktype purpose)
{
    struct callbacks *c = user;

    (void)fd;
    (void)purpose;
    note(c, &c->prepared);
    return CURL_SOCKOPT_OK;
}

static int close_socket(void *user, curl_socket_t fd)
{
    struct callbacks *c = user;

    note(c, &c->closed);
    return close(fd);
}

static void *serve_one_block(void *argument)
{
    const int *fd = argument;
    struct sockaddr_in from;
    socklen_t len = sizeof(from);
    char bytes[1024];

    if (recvfrom(*fd, bytes, sizeof(bytes), 0, (struct sockaddr *)&from, &len) > 0)
        sendto(*fd, "\0\3\0\1body", 8, 0, (struct sockaddr *)&from, len);
    return NULL;
}

static struct fetch *new_tftp_fetch(int port, struct callbacks *c)
{
    struct fetch *fetch;
    char url[64];

    snprintf(url, sizeof(url), "tftp://127.0.0.1:%d/file", port);
    fetch = fetch_new_url(url);
    c->thread = pthread_self();
    curl_easy_setopt(fetch->easy, CURLOPT_OPENSOCKETFUNCTION, open_socket);
    curl_easy_setopt(fetch->easy, CURLOPT_OPENSOCKETDATA, c);
    curl_easy_setopt(fetch->easy, CURLOPT_SOCKOPTFUNCTION, prepare_socket);
    curl_easy_setopt(fetch->easy, CURLOPT_SOCKOPTDATA, c);
    curl_easy_setopt(fetch->easy, CURLOPT_CLOSESOCKETFUNCTION, close_socket);
    curl_easy_setopt(fetch->easy, CURLOPT_CLOSESOCKETDATA, c);
    return fetch;
}

static void tftp_asks_for_a_socket_for_datagrams(void **state)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t len = sizeof(address);
    struct callbacks c = {0};
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    pthread_t server;
    struct fetch *fetch;

    (void)state;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, len), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &len), 0);
    assert_int_equal(pthread_create(&server, NULL, serve_one_block, &fd), 0);
    fetch = new_tftp_fetch(ntohs(address.sin_port), &c);
    assert_int_equal(curl_easy_perform(fetch->easy), CURLE_OK);
    assert_int_equal(pthread_join(server, NULL), 0);
    assert_int_equal(fetch->body.len, 4);
    assert_memory_equal(fetch->body.bytes, "body", 4);
    assert_int_equal(c.socktype, SOCK_DGRAM);
    assert_int_equal(c.protocol, IPPROTO_UDP);
    assert_int_equal(fetch_long(fetch, CURLINFO_PRIMARY_PORT), ntohs(address.sin_port));
    fetch_free(fetch);
    assert_int_equal(c.opened, 1);
    assert_int_equal(c.prepared, 1);
    assert_int_equal(c.closed, 1);
    assert_int_equal(c.strays, 0);
    close(fd);
}

static void refused_socket_for_datagrams_is_an_error(void **state)
{
    struct callbacks c = {0};
    struct fetch *fetch = new_tftp_fetch(9, &c);

    (void)state;
    curl_easy_setopt(fetch->easy, CURLOPT_OPENSOCKETFUNCTION, open_nothing);
    assert_int_equal(curl_easy_perform(fetch->easy), CURLE_COULDNT_CONNECT);
    fetch_free(fetch);
    assert_int_equal(c.opened, 1);
    assert_int_equal(c.closed, 0);
}

/* ---- TELNET ---- */

struct reader {
    CURL *easy;
    int calls;
    bool paused;
};

/* Pauses first; then a word, and the end. */
static size_t read_after_a_pause(char *to, size_t size, size_t count, void *user)
{
    struct reader *r = user;

    (void)size;
    (void)count;
    if (r->calls++ == 0) {
        r->paused = true;
        return CURL_READFUNC_PAUSE;
    }
    if (r->calls > 2)
        return 0;
    memcpy(to, "hello", 5);
    return 5;
}

static int resume(void *user, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d)
{
    struct reader *r = user;

    (void)a;
    (void)b;
    (void)c;
    (void)d;
    if (r->paused) {
        r->paused = false;
        curl_easy_pause(r->easy, CURLPAUSE_CONT);
    }
    return 0;
}

static void telnet_reader_may_pause(void **state)
{
    static const struct step steps[] = {AT_READ(5), AT_SEND("world"), AT_END};
    struct server *server = server_start_script(steps);
    struct reader r = {0};
    struct fetch *fetch;
    char url[64];

    (void)state;
    only_curlpool_promises_this(); /* libcurl waits for the reader's next turn */
    snprintf(url, sizeof(url), "telnet://127.0.0.1:%d/", server_port(server));
    fetch = fetch_new_url(url);
    r.easy = fetch->easy;
    curl_easy_setopt(fetch->easy, CURLOPT_READFUNCTION, read_after_a_pause);
    curl_easy_setopt(fetch->easy, CURLOPT_READDATA, &r);
    curl_easy_setopt(fetch->easy, CURLOPT_XFERINFOFUNCTION, resume);
    curl_easy_setopt(fetch->easy, CURLOPT_XFERINFODATA, &r);
    curl_easy_setopt(fetch->easy, CURLOPT_NOPROGRESS, 0L);
    assert_int_equal(curl_easy_perform(fetch->easy), CURLE_OK);
    assert_int_equal(fetch->body.len, 5);
    assert_memory_equal(fetch->body.bytes, "world", 5);
    assert_in_range(r.calls, 2, 3);
    fetch_free(fetch);
    server_stop(server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tftp_asks_for_a_socket_for_datagrams),
        cmocka_unit_test(refused_socket_for_datagrams_is_an_error),
        cmocka_unit_test(telnet_reader_may_pause),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
