/* SPDX-License-Identifier: MIT */
/* An agent that has our private keys (draft-ietf-sshm-ssh-agent), on the socket that SSH_AUTH_SOCK
 * names: it lists the public ones, and signs for one that the server takes. What it answers is
 * waited for by the fiber, also from inside the library's call. */
#include "protocols/ssh.h"

#include "base/mem.h"
#include "net/socket.h"
#include "net/stream.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum {
    REQUEST_IDENTITIES = 11,
    IDENTITIES_ANSWER = 12,
    SIGN_REQUEST = 13,
    SIGN_RESPONSE = 14,

    ANSWER_MAX = 256 * 1024,
    KEYS_MAX = 100,
};

struct agent {
    struct ssh *f;
    int fd;
    struct watch watch;
    struct stream *stream;
    struct str key;  /* the one that is tried */
    CURLcode result; /* of the conversation */
};

/* ---- Messages: numbers and strings (RFC 4251 5) ---- */

static void append_number(struct buf *to, size_t number)
{
    const char bytes[] = {(char)(number >> 24), (char)(number >> 16), (char)(number >> 8),
                          (char)number};

    buf_append(to, bytes, sizeof(bytes));
}

static void append_string(struct buf *to, struct str s)
{
    append_number(to, s.len);
    buf_append(to, s.at, s.len);
}

static bool take_number(struct str *from, size_t *ret)
{
    const unsigned char *at = (const unsigned char *)from->at;

    if (from->len < 4)
        return false;
    *ret = (size_t)at[0] << 24 | (size_t)at[1] << 16 | (size_t)at[2] << 8 | at[3];
    *from = (struct str){from->at + 4, from->len - 4};
    return true;
}

static bool take_string(struct str *from, struct str *ret)
{
    size_t len;

    if (!take_number(from, &len) || len > from->len)
        return false;
    *ret = (struct str){from->at, len};
    *from = (struct str){from->at + len, from->len - len};
    return true;
}

/* ---- The conversation ---- */

static WAITS CURLcode receive(struct agent *a, char *bytes, size_t len)
{
    size_t got = 1;

    for (; len && got; bytes += got, len -= got) {
        CURLcode result = stream_recv(a->stream, bytes, len, a->f->deadline, &got);

        if (result)
            return result;
    }
    return len ? CURLE_RECV_ERROR : CURLE_OK;
}

static WAITS CURLcode receive_message(struct agent *a, struct buf *ret)
{
    char start[4];
    struct str rest = {start, sizeof(start)};
    size_t len = 0;
    CURLcode result = receive(a, start, sizeof(start));

    if (result)
        return result;
    (void)take_number(&rest, &len);
    if (!len || len > ANSWER_MAX)
        return CURLE_RECV_ERROR;
    if (!buf_reserve(ret, len))
        return CURLE_OUT_OF_MEMORY;
    result = receive(a, ret->bytes, len);
    ret->len = result ? 0 : len;
    return result;
}

/* What is behind the answer's kind; a->result says why there is none. */
static WAITS bool ask(struct agent *a, struct str request, int wanted, struct buf *answer,
                      struct str *ret)
{
    scoped(buf) message = {0};

    append_string(&message, request);
    if (buf_failed(&message)) {
        a->result = CURLE_OUT_OF_MEMORY;
        return false;
    }
    a->result = stream_send_all(a->stream, message.bytes, message.len, a->f->deadline);
    if (!a->result)
        a->result = receive_message(a, answer);
    if (a->result || answer->bytes[0] != wanted)
        return false;
    *ret = (struct str){answer->bytes + 1, answer->len - 1};
    return true;
}

/* ---- Signing ---- */

/* The signature is one of the key's own kind, and nothing is behind it. */
static bool read_signature(const struct agent *a, struct str answer, struct str *ret)
{
    struct str whole, kind, key = a->key, keys_kind;

    return take_string(&answer, &whole) && take_string(&whole, &kind) && take_string(&whole, ret) &&
           !whole.len && take_string(&key, &keys_kind) && str_equal(kind, keys_kind);
}

static LIBSSH2_USERAUTH_PUBLICKEY_SIGN_FUNC(sign)
{
    struct agent *a = *abstract;
    scoped(buf) request = {0}, answer = {0};
    struct str text, signature;

    (void)session;
    buf_append_char(&request, SIGN_REQUEST);
    append_string(&request, a->key);
    append_string(&request, (struct str){(const char *)data, data_len});
    append_number(&request, 0); /* no flags */
    if (buf_failed(&request) ||
        !ask(a, (struct str){request.bytes, request.len}, SIGN_RESPONSE, &answer, &text) ||
        !read_signature(a, text, &signature))
        return -1;
    *sig = ssh_take_memory(a->f->memory, signature.len + 1);
    if (!*sig)
        return -1;
    memcpy(*sig, signature.at, signature.len);
    *sig_len = signature.len;
    return 0;
}

static WAITS CURLcode try_key(struct agent *a, const char *user, bool *ret_done)
{
    void *abstract = a;
    CURLcode result;
    int rc;

    a->result = CURLE_OK;
    ssh_begin(a->f);
    do {
        rc = libssh2_userauth_publickey(a->f->memory->session, user,
                                        (const unsigned char *)a->key.at, a->key.len, sign,
                                        &abstract);
    } while (ssh_waits(a->f, rc == LIBSSH2_ERROR_EAGAIN, &result));
    *ret_done = !result && !rc;
    if (!result && (a->result == CURLE_ABORTED_BY_CALLBACK || a->result == CURLE_OUT_OF_MEMORY))
        result = exchange_result(a->f->hop->exchange, a->result);
    return result;
}

static WAITS CURLcode try_keys(struct agent *a, const char *user, bool *ret_done)
{
    static const char request[] = {REQUEST_IDENTITIES};
    scoped(buf) answer = {0};
    struct str keys, comment;
    size_t count;
    CURLcode result = CURLE_OK;

    ssh_begin(a->f);
    if (!ask(a, (struct str){request, sizeof(request)}, IDENTITIES_ANSWER, &answer, &keys) ||
        !take_number(&keys, &count)) {
        ssh_log(a->f, "Failure requesting identities to agent");
        return a->result == CURLE_ABORTED_BY_CALLBACK || a->result == CURLE_OUT_OF_MEMORY
                   ? exchange_result(a->f->hop->exchange, a->result)
                   : CURLE_OK;
    }
    for (size_t i = 0; i < count && i < KEYS_MAX && !result && !*ret_done; i++) {
        if (!take_string(&keys, &a->key) || !take_string(&keys, &comment))
            break;
        result = try_key(a, user, ret_done);
        if (!result)
            ssh_log(a->f, "SSH agent authentication of \"%.*s\" %s", (int)comment.len, comment.at,
                    *ret_done ? "succeeded" : "failed");
    }
    return result;
}

/* ---- Its socket ---- */

/* False: there is none. */
static bool agent_open(struct agent *a)
{
    /* NOLINTNEXTLINE(concurrency-mt-unsafe): like the C library */
    const char *path = getenv("SSH_AUTH_SOCK");
    struct address where;

    a->fd = -1;
    if (!path || !*path || !address_set_path(&where, path, false))
        return false;
    a->fd = socket_open(AF_UNIX);
    if (a->fd < 0 || socket_connect(a->fd, &where) || watch_open(&a->watch, a->fd))
        return false;
    a->stream = stream_new_socket(&a->watch);
    return a->stream;
}

static void agent_close(struct agent *a)
{
    stream_free(a->stream);
    watch_close(&a->watch);
    if (a->fd >= 0)
        socket_close(a->fd);
}

CURLcode ssh_log_in_by_agent(struct ssh *f, const char *user, bool *ret_done)
{
    struct agent a = {.f = f};
    CURLcode result = CURLE_OK;

    if (agent_open(&a))
        result = try_keys(&a, user, ret_done);
    else
        ssh_log(f, "failure connecting to agent");
    agent_close(&a);
    return result;
}
