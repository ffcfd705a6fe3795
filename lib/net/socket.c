/* SPDX-License-Identifier: MIT */
#include "net/socket.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

int socket_open(int family)
{
    int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    return fd < 0 ? -errno : fd;
}

int socket_open_datagram(int family)
{
    int fd = socket(family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    return fd < 0 ? -errno : fd;
}

int socket_adopt(curl_socket_t fd)
{
    int flags = fcntl(fd, F_GETFL);

    if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0)
        return -errno;
    return fcntl(fd, F_SETFD, FD_CLOEXEC) < 0 ? -errno : 0;
}

/* An interrupted connect goes on by itself. */
int socket_connect(curl_socket_t fd, const struct address *to)
{
    if (connect(fd, &to->at.any, to->len) == 0)
        return 0;
    return errno == EINTR ? -EINPROGRESS : -errno;
}

int socket_pending_error(curl_socket_t fd)
{
    int error = 0;
    socklen_t len = sizeof(error);

    if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) < 0)
        return -errno;
    return -error;
}

int socket_bind(curl_socket_t fd, const struct address *to)
{
    return bind(fd, &to->at.any, to->len) < 0 ? -errno : 0;
}

int socket_bind_device(curl_socket_t fd, const char *interface)
{
    socklen_t len = (socklen_t)strlen(interface) + 1;

    if (len > IFNAMSIZ)
        return -ENODEV;
    return setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, interface, len) < 0 ? -errno : 0;
}

int socket_set_number(curl_socket_t fd, int level, int name, int value)
{
    return setsockopt(fd, level, name, &value, sizeof(value)) < 0 ? -errno : 0;
}

int socket_listen(curl_socket_t fd)
{
    return listen(fd, 1) < 0 ? -errno : 0;
}

int socket_accept(curl_socket_t fd)
{
    int got;

    do
        got = accept4(fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    while (got < 0 && (errno == EINTR || errno == ECONNABORTED));
    return got < 0 ? -errno : got;
}

void socket_finish(curl_socket_t fd)
{
    (void)shutdown(fd, SHUT_WR);
}

ssize_t socket_recv(curl_socket_t fd, void *bytes, size_t len)
{
    ssize_t got;

    do
        got = recv(fd, bytes, len, 0);
    while (got < 0 && errno == EINTR);
    return got < 0 ? -errno : got;
}

ssize_t socket_send(curl_socket_t fd, const void *bytes, size_t len)
{
    ssize_t sent;

    do
        sent = send(fd, bytes, len, MSG_NOSIGNAL);
    while (sent < 0 && errno == EINTR);
    return sent < 0 ? -errno : sent;
}

ssize_t socket_recv_from(curl_socket_t fd, void *bytes, size_t len, struct address *from)
{
    ssize_t got;

    do
        got = recvfrom(fd, bytes, len, 0, &from->at.any, &from->len);
    while (got < 0 && errno == EINTR);
    return got < 0 ? -errno : got;
}

ssize_t socket_send_to(curl_socket_t fd, const void *bytes, size_t len, const struct address *to)
{
    ssize_t sent;

    do
        sent = sendto(fd, bytes, len, MSG_NOSIGNAL, &to->at.any, to->len);
    while (sent < 0 && errno == EINTR);
    return sent < 0 ? -errno : sent;
}

bool socket_is_quiet(curl_socket_t fd)
{
    char byte;

    return recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 &&
           (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR);
}

struct address socket_local_address(curl_socket_t fd)
{
    struct address a = {.len = sizeof(a.at)};

    if (getsockname(fd, &a.at.any, &a.len) < 0)
        return (struct address){0};
    return a;
}

struct address socket_remote_address(curl_socket_t fd)
{
    struct address a = {.len = sizeof(a.at)};

    if (getpeername(fd, &a.at.any, &a.len) < 0)
        return (struct address){0};
    return a;
}

void socket_close(curl_socket_t fd)
{
    if (fd >= 0)
        close(fd);
}

bool address_set_path(struct address *a, const char *path, bool abstract)
{
    size_t len = strlen(path), from = abstract ? 1 : 0;

    *a = (struct address){0};
    a->at.local.sun_family = AF_UNIX;
    if (len + 1 > sizeof(a->at.local.sun_path))
        return false;
    memcpy(a->at.local.sun_path + from, path, len);
    a->len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len + 1);
    return true;
}
