/* SPDX-License-Identifier: MIT */
/* See peer.h. */
#include "peer.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static const char usual[] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok";

struct peer peer;

/* All of a request: the head, and the body as the head says. */
static bool is_complete(void)
{
    const char *end = memmem(peer.bytes, peer.len, "\r\n\r\n", 4), *field;
    size_t head = end ? (size_t)(end - peer.bytes) + 4 : 0;

    if (!end) {
        return false;
    }
    peer.bytes[peer.len] = '\0';
    field = strcasestr(peer.bytes, "\r\nTransfer-Encoding: chunked");
    if (field && field < end) {
        return peer.len >= head + 5 && !memcmp(peer.bytes + peer.len - 5, "0\r\n\r\n", 5);
    }
    field = strcasestr(peer.bytes, "\r\nContent-Length: ");
    return !field || field > end || peer.len - head >= strtoul(field + 18, NULL, 10);
}

static void take_request(int fd)
{
    bool continued = false;

    for (;;) {
        ssize_t got = recv(fd, peer.bytes + peer.len, sizeof peer.bytes - 1 - peer.len, 0);

        if (got <= 0) {
            return;
        }
        peer.len += (size_t)got;
        peer.bytes[peer.len] = '\0';
        if (is_complete()) {
            send(fd, peer.response, peer.response_len, MSG_NOSIGNAL);
            return;
        }
        if (!continued && memmem(peer.bytes, peer.len, "\r\n\r\n", 4) &&
            strcasestr(peer.bytes, "\r\nExpect: 100-continue")) {
            continued = true;
            send(fd, "HTTP/1.1 100 Continue\r\n\r\n", 25, MSG_NOSIGNAL);
        }
    }
}

static void *serve(void *nothing)
{
    (void)nothing;
    for (;;) {
        int fd = accept(peer.listener, NULL, NULL);

        if (fd < 0) {
            return NULL;
        }
        pthread_mutex_lock(&peer.mutex);
        take_request(fd);
        close(fd);
        peer.ended++;
        pthread_cond_signal(&peer.closed);
        pthread_mutex_unlock(&peer.mutex);
    }
}

void peer_open(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof address;
    pthread_t thread;

    peer.response = usual;
    peer.response_len = sizeof usual - 1;
    peer.listener = socket(AF_INET, SOCK_STREAM, 0);
    pthread_mutex_init(&peer.mutex, NULL);
    pthread_cond_init(&peer.closed, NULL);
    if (bind(peer.listener, (struct sockaddr *)&address, len) || listen(peer.listener, 50) ||
        getsockname(peer.listener, (struct sockaddr *)&address, &len) ||
        pthread_create(&thread, NULL, serve, NULL)) {
        abort();
    }
    peer.port = ntohs(address.sin_port);
}

void peer_responds(const char *bytes, size_t len)
{
    pthread_mutex_lock(&peer.mutex);
    peer.response = bytes;
    peer.response_len = len;
    pthread_mutex_unlock(&peer.mutex);
}

void peer_wait(void)
{
    pthread_mutex_lock(&peer.mutex);
    while (peer.ended == 0) {
        pthread_cond_wait(&peer.closed, &peer.mutex);
    }
    peer.ended = 0;
    pthread_mutex_unlock(&peer.mutex);
}
