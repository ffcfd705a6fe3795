/* SPDX-License-Identifier: MIT */
/* A DNS server for tests, on its own thread and loopback port, UDP and TCP. What it answers is in
 * the first label of the name that is asked for:
 *   both    192.0.2.1 and 2001:db8::1      four    192.0.2.1; AAAA has no data
 *   six     2001:db8::1; A has no data     alias   a CNAME and 192.0.2.1; AAAA has no data
 *   none    no data for either             nx      no such name
 *   nxfour  A: no such name; AAAA: silent  fail    SERVFAIL
 *   mute    silent for both                mute6   192.0.2.1; AAAA: silent
 *   big     cut off in UDP, 40 addresses   mute4   2001:db8::1; A: silent
 *           in TCP; AAAA has no data       held    as `both`, once dns_server_let_go was called
 * A label may go on after a hyphen: "both-17.test". */
#ifndef TEST_UNIT_NET_DNS_SERVER_H
#define TEST_UNIT_NET_DNS_SERVER_H

#include <arpa/inet.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <unistd.h>

enum { DNS_A = 1, DNS_CNAME = 5, DNS_AAAA = 28, DNS_HELD_MOST = 64, DNS_BIG_COUNT = 40 };

struct dns_held {
    struct sockaddr_in from;
    uint8_t query[512];
    size_t len;
};

struct dns_server {
    int udp, tcp, wake;
    int port;
    char csv[64]; /* for CURLOPT_DNS_SERVERS */
    pthread_t thread;
    atomic_int asked_a, asked_aaaa, asked_tcp;
    atomic_bool stops, lets_go;

    /* The thread's. */
    struct dns_held held[DNS_HELD_MOST];
    int held_count;
};

static inline int dns_server_asked(struct dns_server *s)
{
    return atomic_load(&s->asked_a) + atomic_load(&s->asked_aaaa);
}

/* ---- Messages ---- */

struct dns_message {
    uint8_t bytes[4096];
    size_t len;
};

static inline void dns_put16(struct dns_message *m, unsigned value)
{
    m->bytes[m->len++] = (uint8_t)(value >> 8);
    m->bytes[m->len++] = (uint8_t)value;
}

static inline void dns_put(struct dns_message *m, const void *bytes, size_t len)
{
    memcpy(m->bytes + m->len, bytes, len);
    m->len += len;
}

/* A record of the name at `owner` in the message. */
static inline void dns_put_record(struct dns_message *m, unsigned owner, unsigned type,
                                  const void *bytes, size_t len)
{
    dns_put16(m, 0xc000u | owner);
    dns_put16(m, type);
    dns_put16(m, 1);
    dns_put16(m, 0);
    dns_put16(m, 300);
    dns_put16(m, (unsigned)len);
    dns_put(m, bytes, len);
    m->bytes[7]++;
}

static inline void dns_put_a(struct dns_message *m, unsigned owner, unsigned last)
{
    const uint8_t a[4] = {192, 0, 2, (uint8_t)last};

    dns_put_record(m, owner, DNS_A, a, sizeof(a));
}

static inline void dns_put_aaaa(struct dns_message *m)
{
    const uint8_t a[16] = {0x20, 0x01, 0x0d, 0xb8, [15] = 1};

    dns_put_record(m, 12, DNS_AAAA, a, sizeof(a));
}

/* The header and the question again; where the record's type stands in *ret_type. */
static inline bool dns_begin(struct dns_message *m, const uint8_t *query, size_t len,
                             unsigned *ret_type)
{
    size_t at = 12;

    if (len < 17)
        return false;
    while (at < len && query[at])
        at += query[at] + 1u;
    if (at + 5 > len)
        return false;
    *ret_type = (unsigned)(query[at + 1] << 8 | query[at + 2]);
    m->len = 0;
    dns_put(m, query, at + 5);
    memset(m->bytes + 6, 0, 6);
    m->bytes[2] = 0x85; /* an answer, authoritative, recursion desired */
    m->bytes[3] = 0x80;
    return true;
}

static inline void dns_put_alias(struct dns_message *m)
{
    static const uint8_t target[] = "\4real\4test";
    unsigned at = (unsigned)m->len + 12;

    dns_put_record(m, 12, DNS_CNAME, target, sizeof(target));
    dns_put_a(m, at, 1);
}

enum dns_reaction { DNS_SILENT, DNS_REPLY, DNS_HOLD };

static inline enum dns_reaction dns_react(struct dns_server *s, const uint8_t *query, size_t len,
                                          bool is_tcp, struct dns_message *m)
{
    char label[64] = {0};
    unsigned type = 0;
    bool is_a;

    if (!dns_begin(m, query, len, &type))
        return DNS_SILENT;
    is_a = type == DNS_A;
    for (size_t i = 0; i < query[12] && i < 63 && query[13 + i] != '-'; i++)
        label[i] = (char)(query[13 + i] | 0x20);
    if (!strcmp(label, "held") && !atomic_load(&s->lets_go))
        return DNS_HOLD;
    if (!strcmp(label, "mute") || (!strcmp(label, "mute6") && !is_a) ||
        (!strcmp(label, "mute4") && is_a) || (!strcmp(label, "nxfour") && !is_a))
        return DNS_SILENT;
    if (!strcmp(label, "nx") || !strcmp(label, "nxfour"))
        m->bytes[3] |= 3;
    else if (!strcmp(label, "fail"))
        m->bytes[3] |= 2;
    else if (!strcmp(label, "big") && is_a && !is_tcp)
        m->bytes[2] |= 2;
    else if (!strcmp(label, "big") && is_a)
        for (unsigned i = 0; i < DNS_BIG_COUNT; i++)
            dns_put_a(m, 12, i + 1);
    else if (!strcmp(label, "alias") && is_a)
        dns_put_alias(m);
    else if (is_a && (!strcmp(label, "both") || !strcmp(label, "held") || !strcmp(label, "four") ||
                      !strcmp(label, "mute6")))
        dns_put_a(m, 12, 1);
    else if (!is_a && (!strcmp(label, "both") || !strcmp(label, "held") || !strcmp(label, "six") ||
                       !strcmp(label, "mute4")))
        dns_put_aaaa(m);
    return DNS_REPLY;
}

/* ---- The thread ---- */

static inline void dns_count(struct dns_server *s, const uint8_t *query, size_t len)
{
    struct dns_message m;
    unsigned type = 0;

    if (dns_begin(&m, query, len, &type))
        atomic_fetch_add(type == DNS_A ? &s->asked_a : &s->asked_aaaa, 1);
}

static inline void dns_serve_udp(struct dns_server *s)
{
    struct dns_held q = {0};
    socklen_t size = sizeof(q.from);
    ssize_t len = recvfrom(s->udp, q.query, sizeof(q.query), 0, (struct sockaddr *)&q.from, &size);
    struct dns_message m;

    if (len <= 0)
        return;
    q.len = (size_t)len;
    dns_count(s, q.query, q.len);
    switch (dns_react(s, q.query, q.len, false, &m)) {
    case DNS_REPLY:
        (void)sendto(s->udp, m.bytes, m.len, 0, (struct sockaddr *)&q.from, size);
        break;
    case DNS_HOLD:
        if (s->held_count < DNS_HELD_MOST)
            s->held[s->held_count++] = q;
        break;
    case DNS_SILENT:
        break;
    }
}

static inline void dns_serve_tcp(struct dns_server *s)
{
    struct timeval patience = {.tv_sec = 5};
    int fd = accept(s->tcp, NULL, NULL);
    uint8_t query[514], past;
    struct dns_message m;
    ssize_t len;

    if (fd < 0)
        return;
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    len = recv(fd, query, 2, MSG_WAITALL);
    if (len == 2)
        len = recv(fd, query + 2, (size_t)(query[0] << 8 | query[1]) % 512, MSG_WAITALL);
    atomic_fetch_add(&s->asked_tcp, 1);
    if (len > 0 && dns_react(s, query + 2, (size_t)len, true, &m) == DNS_REPLY) {
        uint8_t size[2] = {(uint8_t)(m.len >> 8), (uint8_t)m.len};
        struct iovec rest[] = {
            {size + 1, 1    },
            {m.bytes,  m.len}
        };
        /* A reader has to put it together, and must not wait for more than there is. */
        (void)send(fd, size, 1, MSG_NOSIGNAL);
        (void)sendmsg(fd, &(struct msghdr){.msg_iov = rest, .msg_iovlen = 2}, MSG_NOSIGNAL);
    }
    (void)recv(fd, &past, 1, 0); /* until the other side closes */
    close(fd);
}

static inline void dns_serve_held(struct dns_server *s)
{
    struct dns_message m;

    for (int i = 0; i < s->held_count; i++) {
        struct dns_held *q = &s->held[i];
        if (dns_react(s, q->query, q->len, false, &m) == DNS_REPLY)
            (void)sendto(s->udp, m.bytes, m.len, 0, (struct sockaddr *)&q->from, sizeof(q->from));
    }
    s->held_count = 0;
}

static inline void *dns_server_main(void *argument)
{
    struct dns_server *s = argument;

    for (;;) {
        struct pollfd p[] = {
            {s->udp,  POLLIN, 0},
            {s->tcp,  POLLIN, 0},
            {s->wake, POLLIN, 0}
        };
        eventfd_t value;
        poll(p, 3, -1);
        if (p[2].revents)
            eventfd_read(s->wake, &value);
        if (atomic_load(&s->stops))
            return NULL;
        if (atomic_load(&s->lets_go))
            dns_serve_held(s);
        if (p[0].revents)
            dns_serve_udp(s);
        if (p[1].revents)
            dns_serve_tcp(s);
    }
}

/* A UDP and a TCP socket on one free port. */
static inline bool dns_server_bind(struct dns_server *s)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof(at);

    s->udp = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    s->tcp = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (!bind(s->udp, (struct sockaddr *)&at, size) &&
        !getsockname(s->udp, (struct sockaddr *)&at, &size) &&
        !bind(s->tcp, (struct sockaddr *)&at, size) && !listen(s->tcp, 16)) {
        s->port = ntohs(at.sin_port);
        return true;
    }
    close(s->udp);
    close(s->tcp);
    return false;
}

static inline struct dns_server *dns_server_start(void)
{
    struct dns_server *s = calloc(1, sizeof(*s));
    int tries = 0;

    if (!s)
        abort();
    while (!dns_server_bind(s)) {
        if (++tries > 50)
            abort();
    }
    s->wake = eventfd(0, EFD_CLOEXEC);
    snprintf(s->csv, sizeof(s->csv), "127.0.0.1:%d", s->port);
    if (pthread_create(&s->thread, NULL, dns_server_main, s))
        abort();
    return s;
}

static inline void dns_server_let_go(struct dns_server *s)
{
    atomic_store(&s->lets_go, true);
    eventfd_write(s->wake, 1);
}

static inline void dns_server_stop(struct dns_server *s)
{
    atomic_store(&s->stops, true);
    eventfd_write(s->wake, 1);
    pthread_join(s->thread, NULL);
    close(s->udp);
    close(s->tcp);
    close(s->wake);
    free(s);
}

#endif
