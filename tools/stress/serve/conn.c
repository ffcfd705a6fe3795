/* SPDX-License-Identifier: MIT */
/* A connection of the loopback server; see conn.h. */
#include "serve/conn.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <openssl/err.h>

enum {
    SCRATCH = 65536,
    ROUNDS = 16, /* steps before the other connections have their turn */
    LINGER_MS = 1000,
};

/* What a step came to. */
enum step {
    STEP_ON,   /* go on */
    STEP_WAIT, /* `interest` says for what */
    STEP_OVER,
};

struct conn *conn_new(int fd, SSL_CTX *context)
{
    struct conn *conn = malloc(sizeof(*conn));

    if (conn == NULL) {
        close(fd);
        return NULL;
    }
    memset(conn, 0,
           offsetof(struct conn, in)); /* the pages of `in` stay untouched until they are needed */
    conn->fd = fd;
    if (context != NULL) {
        conn->tls = SSL_new(context);
        if (conn->tls == NULL || SSL_set_fd(conn->tls, fd) != 1) {
            conn_free(conn);
            return NULL;
        }
        SSL_set_accept_state(conn->tls);
    }
    return conn;
}

void conn_free(struct conn *conn)
{
    if (conn == NULL) {
        return;
    }
    if (conn->tls != NULL) {
        if (conn->was_encrypted && !conn->answer.cut) {
            ERR_clear_error();
            SSL_shutdown(conn->tls);
        }
        SSL_free(conn->tls);
    }
    ERR_clear_error();
    close(conn->fd);
    free(conn);
}

static enum step tls_step(struct conn *conn, int result)
{
    switch (SSL_get_error(conn->tls, result)) {
    case SSL_ERROR_WANT_READ:
        conn->interest = EPOLLIN;
        return STEP_WAIT;
    case SSL_ERROR_WANT_WRITE:
        conn->interest = EPOLLOUT;
        return STEP_WAIT;
    default:
        conn->was_encrypted = false; /* no close_notify after an error */
        return STEP_OVER;
    }
}

static enum step plain_step(struct conn *conn, ssize_t result, uint32_t interest)
{
    if (result < 0 && (errno == EAGAIN || errno == EINTR)) {
        conn->interest = interest;
        return STEP_WAIT;
    }
    return STEP_OVER;
}

/* Reads up to `size` (not 0) bytes. */
static enum step receive(struct conn *conn, char *out, size_t size, size_t *received)
{
    if (conn->tls == NULL) {
        ssize_t result = recv(conn->fd, out, size, 0);
        *received = result > 0 ? (size_t)result : 0;
        return result > 0 ? STEP_ON : plain_step(conn, result, EPOLLIN);
    }
    ERR_clear_error();
    int result = SSL_read(conn->tls, out, (int)size);
    *received = result > 0 ? (size_t)result : 0;
    if (result <= 0) {
        return tls_step(conn, result);
    }
    conn->was_encrypted = true;
    return STEP_ON;
}

static enum step transmit(struct conn *conn, const char *bytes, size_t len, size_t *sent)
{
    if (conn->tls == NULL) {
        ssize_t result = send(conn->fd, bytes, len, MSG_NOSIGNAL);
        *sent = result > 0 ? (size_t)result : 0;
        return result > 0 ? STEP_ON : plain_step(conn, result, EPOLLOUT);
    }
    ERR_clear_error();
    int result = SSL_write(conn->tls, bytes, (int)len);
    *sent = result > 0 ? (size_t)result : 0;
    return result > 0 ? STEP_ON : tls_step(conn, result);
}

/* Adds to `in`, in which there is room: what reads from it refuses what does not fit. */
static enum step fill(struct conn *conn)
{
    size_t received = 0;

    if (conn->in_len == sizeof(conn->in)) {
        return STEP_OVER;
    }
    enum step step =
        receive(conn, conn->in + conn->in_len, sizeof(conn->in) - conn->in_len, &received);
    conn->in_len += received;
    return step;
}

static void consume(struct conn *conn, size_t len)
{
    conn->in_len -= len;
    memmove(conn->in, conn->in + len, conn->in_len);
}

static void begin_answer(struct conn *conn)
{
    conn->answered = 0;
    conn->part_end = answer_part_end(&conn->answer, 0);
    conn->phase = CONN_ANSWER;
}

static enum step refuse(struct conn *conn)
{
    conn->interim = false;
    answer_refuse(&conn->answer);
    begin_answer(conn);
    conn->request.keep_alive = false;
    return STEP_ON;
}

/* The request is all here. */
static void begin_delay_or_answer(struct conn *conn)
{
    answer_choose(&conn->answer, &conn->request, &conn->upload);
    begin_answer(conn);
    if (conn->answer.delay_ms > 0) {
        conn->phase = CONN_DELAY;
    }
}

static enum step read_head(struct conn *conn)
{
    int head_len = conn->in_len > 0 ? request_parse(&conn->request, conn->in, conn->in_len) : 0;

    if (head_len < 0) {
        return refuse(conn);
    }
    if (head_len == 0) {
        return fill(conn);
    }
    consume(conn, (size_t)head_len);
    upload_begin(&conn->upload, &conn->request);
    if (conn->upload.part == UPLOAD_DONE) {
        begin_delay_or_answer(conn);
        return STEP_ON;
    }
    conn->phase = CONN_BODY;
    if (conn->request.expects_continue && conn->in_len == 0) {
        conn->interim = true;
        answer_continue(&conn->answer);
        begin_answer(conn);
    }
    return STEP_ON;
}

static enum step read_body(struct conn *conn)
{
    if (conn->in_len > 0) {
        int64_t taken = upload_take(&conn->upload, conn->in, conn->in_len);
        if (taken < 0) {
            return refuse(conn);
        }
        consume(conn, (size_t)taken);
    }
    if (conn->upload.part == UPLOAD_DONE) {
        begin_delay_or_answer(conn);
        return STEP_ON;
    }
    return fill(conn);
}

/* The whole answer is written. */
static enum step end_answer(struct conn *conn)
{
    if (conn->interim) {
        conn->interim = false;
        conn->phase = CONN_BODY;
        return STEP_ON;
    }
    if (conn->answer.stall) {
        conn->phase = CONN_STALL;
        return STEP_ON;
    }
    if (conn->answer.keep_alive) {
        conn->phase = CONN_HEAD;
        return STEP_ON;
    }
    if (conn->answer.cut) {
        const struct linger now = {.l_onoff = 1};
        if (conn->answer.reset) {
            setsockopt(conn->fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
        }
        return STEP_OVER;
    }
    if (conn->tls != NULL) {
        ERR_clear_error();
        SSL_shutdown(conn->tls);
        conn->was_encrypted = false;
    }
    shutdown(conn->fd, SHUT_WR);
    conn->phase = CONN_LINGER;
    return STEP_ON;
}

static enum step write_answer(struct conn *conn)
{
    static char scratch[SCRATCH]; /* the server is one thread */
    size_t size = sizeof(scratch);
    size_t sent = 0;

    if (conn->answer.pause_ms > 0) {
        uint64_t whole = conn->answer.head_len + conn->answer.body_len;
        if (conn->answered == conn->part_end && conn->part_end < whole) {
            conn->part_end = answer_part_end(&conn->answer, conn->answered);
            conn->phase = CONN_PAUSE;
            return STEP_ON;
        }
        if (conn->part_end - conn->answered < size) {
            size = (size_t)(conn->part_end - conn->answered);
        }
    }
    size_t len = size > 0 ? answer_read(&conn->answer, conn->answered, scratch, size) : 0;

    if (len == 0) {
        return end_answer(conn);
    }
    enum step step = transmit(conn, scratch, len, &sent);
    conn->answered += sent;
    return step;
}

/* Reads past TLS: nobody looks at what comes. */
static enum step read_away(struct conn *conn)
{
    ssize_t result = recv(conn->fd, conn->in, sizeof(conn->in), 0);

    conn->in_len = 0;
    return result > 0 ? STEP_ON : plain_step(conn, result, EPOLLIN);
}

static enum step conn_step(struct conn *conn)
{
    switch (conn->phase) {
    case CONN_HEAD:
        return read_head(conn);
    case CONN_BODY:
        return read_body(conn);
    case CONN_DELAY:
    case CONN_PAUSE:
        conn->interest = 0;
        return STEP_WAIT;
    case CONN_STALL: /* what the other end sends is not looked at, but its end is */
        return read_away(conn);
    case CONN_ANSWER:
        return write_answer(conn);
    default:
        return read_away(conn);
    }
}

bool conn_run(struct conn *conn)
{
    for (int round = 0; round < ROUNDS; round++) {
        switch (conn_step(conn)) {
        case STEP_OVER:
            return false;
        case STEP_WAIT:
            return true;
        default:
            break;
        }
    }
    /* Its turn is over while it could go on: a socket that takes bytes wakes it at once. */
    conn->interest = EPOLLOUT;
    return true;
}

uint64_t conn_delay_ms(const struct conn *conn)
{
    if (conn->phase == CONN_DELAY) {
        return conn->answer.delay_ms;
    }
    if (conn->phase == CONN_PAUSE) {
        return conn->answer.pause_ms;
    }
    return conn->phase == CONN_LINGER ? LINGER_MS : 0;
}

bool conn_delay_over(struct conn *conn)
{
    if (conn->phase == CONN_LINGER) {
        return false;
    }
    conn->phase = CONN_ANSWER;
    return conn_run(conn);
}
