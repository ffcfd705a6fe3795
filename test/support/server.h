/* SPDX-License-Identifier: MIT */
/* A scripted HTTP server on loopback for tests.
 *
 * The server is a forked child: it shares neither descriptors nor time with the program under test,
 * only a region of memory in which it writes down what it sees. The child makes nothing but system
 * calls, so it may be forked from a program that has threads. It dies with its parent.
 *
 * What a connection does is a list of steps. Connections are served by `scripts` in the order in
 * which they are accepted (the last script again for all that follow), or, if `routes` is given,
 * each request picks its steps by its target. Nothing here waits for a time: a STALL lasts until
 * server_release(). */
#ifndef TEST_SUPPORT_SERVER_H
#define TEST_SUPPORT_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum server_limits {
    SERVER_CONNECTIONS_MAX = 1024,
    SERVER_REQUESTS_MAX = 8192,
    SERVER_RECORD_MAX =
        128 * 1024, /* bytes recorded of one connection; what follows is counted only */
    SERVER_GATES = 16,
};

enum step_kind {
    STEP_END,     /* the last of each list: shut down our side, then close when the client has */
    STEP_REQUEST, /* take a request: head, and the body that the head announces */
    STEP_HEAD,    /* take a request's head only */
    STEP_BODY,    /* take the body of the head just taken */
    STEP_READ,    /* take `len` bytes */
    STEP_SEND,    /* send `bytes` */
    STEP_TRICKLE, /* send `bytes`, one byte a system call */
    STEP_FILL,    /* send `len` bytes of the pattern: the byte at offset n is server_pattern(n) */
    STEP_STALL,   /* neither read nor write until server_release(gate) */
    STEP_HOLD,    /* read and count, never answer */
    STEP_RESET,   /* close at once with a TCP reset */
    STEP_CUT,     /* shut down our side, without waiting for the client to read */
    STEP_LOOP,    /* begin again: another request on this connection */
};

struct step {
    enum step_kind kind;
    const char *bytes;
    size_t len;
    unsigned gate;
};

#define AT_REQUEST                                                                                 \
    {                                                                                              \
        .kind = STEP_REQUEST                                                                       \
    }
#define AT_HEAD                                                                                    \
    {                                                                                              \
        .kind = STEP_HEAD                                                                          \
    }
#define AT_BODY                                                                                    \
    {                                                                                              \
        .kind = STEP_BODY                                                                          \
    }
#define AT_READ(n)                                                                                 \
    {                                                                                              \
        .kind = STEP_READ, .len = (n)                                                              \
    }
#define AT_SEND(s)                                                                                 \
    {                                                                                              \
        .kind = STEP_SEND, .bytes = (s), .len = sizeof(s) - 1                                      \
    }
#define AT_TRICKLE(s)                                                                              \
    {                                                                                              \
        .kind = STEP_TRICKLE, .bytes = (s), .len = sizeof(s) - 1                                   \
    }
#define AT_FILL(n)                                                                                 \
    {                                                                                              \
        .kind = STEP_FILL, .len = (n)                                                              \
    }
#define AT_STALL(n)                                                                                \
    {                                                                                              \
        .kind = STEP_STALL, .gate = (n)                                                            \
    }
#define AT_HOLD                                                                                    \
    {                                                                                              \
        .kind = STEP_HOLD                                                                          \
    }
#define AT_RESET                                                                                   \
    {                                                                                              \
        .kind = STEP_RESET                                                                         \
    }
#define AT_CUT                                                                                     \
    {                                                                                              \
        .kind = STEP_CUT                                                                           \
    }
#define AT_LOOP                                                                                    \
    {                                                                                              \
        .kind = STEP_LOOP                                                                          \
    }
#define AT_END                                                                                     \
    {                                                                                              \
        .kind = STEP_END                                                                           \
    }

struct route {
    const char *target; /* the request target begins with it; "" takes all */
    const struct step *steps;
};

struct server_plan {
    const struct step *const *scripts; /* NULL ends the list */
    const struct route *routes;        /* a NULL target ends the list */
    bool ipv6;                         /* listen on [::1] instead of 127.0.0.1 */
    int receive_buffer;                /* SO_RCVBUF of the accepted sockets, 0: the system's */
    int send_buffer;
};

/* What the server knows of one connection. Written by the server, read by the test. */
struct server_connection {
    uint64_t received; /* bytes */
    uint64_t sent;
    bool client_closed; /* the client's end of stream, or its reset, was seen */
    bool reset;
    bool stalled; /* inside a STALL */
    bool closed;  /* by the server */
    uint16_t client_port;
};

struct server;

/* Starts a server. The plan is copied with the process: it has only to live until the return. Fails
 * the test if it cannot. */
struct server *server_start(const struct server_plan *plan);

/* The usual ones: each request gets 200 with `len` bytes of the pattern; each request is taken,
 * never answered; every connection follows the one script. */
struct server *server_start_bytes(size_t len);
struct server *server_start_silent(void);
struct server *server_start_script(const struct step *steps);
struct server *server_start_routes(const struct route *routes);

/* Ends the child and gives back everything. Takes NULL. */
void server_stop(struct server *server);

uint16_t server_port(const struct server *server);

/* The URL of a path, e.g. "/a": valid until the fourth next call. */
const char *server_url(const struct server *server, const char *path);

/* Ends the stalls at the gate, those to come too. */
void server_release(struct server *server, unsigned gate);

unsigned server_accepted(const struct server *server);
unsigned server_requests(const struct server *server); /* complete ones, of all connections */
const struct server_connection *server_connection(const struct server *server, unsigned index);

/* Request number `index` in the order of completion, as a string that ends in a zero byte: valid
 * until the next call. *ret_connection (may be NULL) is the number of its connection. */
const char *server_request(struct server *server, unsigned index, size_t *ret_len,
                           unsigned *ret_connection);

/* All that a connection has sent so far, as far as it is recorded: a string that ends in a zero
 * byte, valid until server_stop(). */
const char *server_bytes(const struct server *server, unsigned connection, size_t *ret_len);

/* A descriptor that becomes readable when something changed in what the server tells;
 * server_news_taken() makes it quiet again. For a poll beside the library's. */
int server_news(const struct server *server);
void server_news_taken(struct server *server);

/* Waits, without driving any transfer, until `holds(server, value)`; fails the test after 20
 * seconds. */
typedef bool server_condition(struct server *server, uint64_t value);
void server_wait(struct server *server, server_condition *holds, uint64_t value);

/* Conditions for it and for drive_until_server(). */
bool server_has_accepted(struct server *server, uint64_t connections);
bool server_has_requests(struct server *server, uint64_t requests);
bool server_has_sent(struct server *server, uint64_t bytes);     /* on connection 0 */
bool server_has_received(struct server *server, uint64_t bytes); /* on connection 0 */
bool server_saw_closes(struct server *server, uint64_t connections);
bool server_is_stalled(struct server *server, uint64_t connections);

/* The byte of FILL at an offset. */
static inline unsigned char server_pattern(uint64_t offset)
{
    return (unsigned char)('!' + (offset * 7 + offset / 90) % 90);
}

/* A port that takes connection attempts and never completes them: a listener whose queue is full.
 * *ret_fds gets descriptors to close with blackhole_close(). */
struct blackhole {
    int fds[8];
    unsigned count;
    uint16_t port;
};
void blackhole_open(struct blackhole *hole);
void blackhole_close(struct blackhole *hole);

/* A port of 127.0.0.1 on which nobody listens: it is kept bound until the descriptor is closed. */
int refused_port_open(uint16_t *ret_port);

#endif
