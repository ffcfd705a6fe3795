/* SPDX-License-Identifier: MIT */
/* sftp:// and scp://: the connection's beginning, the bytes of a file, and what becomes of the
 * connection. */
#include "protocols/ssh.h"

#include "base/clock.h"
#include "base/mem.h"
#include "boundary/ask.h"
#include "protocols/body.h"
#include "protocols/http.h"
#include "protocols/source.h"
#include "wire/ssh_path.h"

#include <string.h>

/* ---- The connection ---- */

static WAITS CURLcode shake_hands(struct ssh *f)
{
    CURLcode result;
    int rc;

    ssh_begin(f);
    do {
        rc = libssh2_session_handshake(f->memory->session, f->c->fd);
    } while (ssh_waits(f, rc == LIBSSH2_ERROR_EAGAIN, &result));
    if (!result && rc)
        result = ssh_say_error(f, "Failure establishing ssh session");
    f->memory->has_keys = !result;
    return result;
}

CURLcode ssh_begin_connection(struct ssh *f)
{
    CURLcode result;

    f->memory = f->c->memory.state;
    if (f->memory)
        return CURLE_OK;
    result = ssh_session_new(f);
    if (!result)
        result = ssh_prefer_known_keys(f);
    if (!result)
        result = shake_hands(f);
    if (!result)
        result = ssh_check_host(f);
    if (!result)
        result = ssh_log_in(f);
    if (!result)
        f->hop->facts->appconnect_time =
            hop_add_time(f->hop, f->hop->earlier.appconnect, clock_now());
    return result;
}

/* ---- What the program sends ---- */

static struct ask *ask_piece(struct ssh *f)
{
    struct ask *a = source_ask(f->hop, 0, 0);

    if (a)
        ask_send(a);
    return a;
}

CURLcode ssh_skip_source(struct ssh *f, curl_off_t skip)
{
    int answer;
    CURLcode result;

    if (!skip)
        return CURLE_OK;
    f->hop->upload_begun = true;
    result = source_seek(f->hop, skip, &answer);
    if (result || answer == CURL_SEEKFUNC_OK)
        return result;
    if (answer == CURL_SEEKFUNC_FAIL)
        return ssh_fail(f, CURLE_FTP_COULDNT_USE_REST, "Could not seek stream");
    result = source_read_past(f->hop, &skip);
    if (!result && skip)
        result = ssh_fail(f, CURLE_FTP_COULDNT_USE_REST, "Failed to read data");
    return result;
}

static WAITS CURLcode send_piece(struct ssh *f, struct chunk *c,
                                 ssize_t (*write)(struct ssh_memory *, const char *, size_t))
{
    size_t left = chunk_len(c);
    const char *at = chunk_at(c);
    CURLcode result = CURLE_OK;

    send_log(f->hop->exchange, CURLINFO_DATA_OUT, at, left);
    ssh_begin_data(f);
    while (left && !result) {
        ssize_t rc;

        do {
            rc = write(f->memory, at, left);
        } while (ssh_waits(f, rc == LIBSSH2_ERROR_EAGAIN, &result));
        if (result)
            return result;
        if (rc < 0)
            return ssh_say_error(f, "Failed to send SSH data");
        at += rc;
        left -= (size_t)rc;
        result = body_sent(f->hop, (size_t)rc);
    }
    return result ? result : send_facts(f->hop->exchange, f->hop->facts);
}

/* The next piece is asked for while one is being sent. */
CURLcode ssh_send_all(struct ssh *f, ssize_t (*write)(struct ssh_memory *, const char *, size_t))
{
    struct ask *piece = ask_piece(f);
    CURLcode result;

    f->hop->upload_begun = true;
    while (piece) {
        struct ask *next;

        result = ask_wait(piece, CLOCK_NEVER);
        if (result)
            return result;
        if (!chunk_len(piece->chunk)) {
            ask_free(piece);
            return CURLE_OK;
        }
        next = ask_piece(f);
        result = next ? send_piece(f, piece->chunk, write) : CURLE_OUT_OF_MEMORY;
        ask_free(piece);
        if (result) {
            if (next)
                ask_abandon(next);
            return result;
        }
        piece = next;
    }
    return CURLE_OUT_OF_MEMORY;
}

/* ---- What it gets ---- */

/* As much of the piece as there is; 0 at the end of the file. */
static WAITS CURLcode fill(struct ssh *f, struct chunk *c, size_t len,
                           ssize_t (*read)(struct ssh_memory *, char *, size_t))
{
    CURLcode result;
    ssize_t rc;

    do {
        rc = read(f->memory, c->bytes, len);
    } while (ssh_waits(f, rc == LIBSSH2_ERROR_EAGAIN, &result));
    if (!result && rc < 0)
        return ssh_say_error(f, "Failed to receive SSH data");
    if (!result)
        c->end = (size_t)rc;
    return result;
}

CURLcode ssh_receive_all(struct ssh *f, ssize_t (*read)(struct ssh_memory *, char *, size_t),
                         curl_off_t most, curl_off_t *ret_got)
{
    ssh_begin_data(f);
    *ret_got = 0;
    while (most < 0 || *ret_got < most) {
        struct chunk *c = chunk_take(CHUNK_LARGE);
        curl_off_t left = most < 0 ? CHUNK_LARGE : most - *ret_got;
        size_t len;
        CURLcode result;

        if (!c)
            return CURLE_OUT_OF_MEMORY;
        len = left < (curl_off_t)c->size ? (size_t)left : c->size;
        result = fill(f, c, len, read);
        if (result || !chunk_len(c)) {
            chunk_drop(c);
            return result;
        }
        if (!f->hop->facts->starttransfer_time)
            f->hop->facts->starttransfer_time = hop_elapsed(f->hop);
        *ret_got += (curl_off_t)chunk_len(c);
        result = body_write(f->hop, c);
        if (result)
            return result;
    }
    return CURLE_OK;
}

/* ---- All of it ---- */

/* Failures of a file, behind which the server listens as before. */
static bool is_harmless(CURLcode result)
{
    switch (result) {
    case CURLE_OK:
    case CURLE_REMOTE_ACCESS_DENIED:
    case CURLE_UPLOAD_FAILED:
    case CURLE_BAD_DOWNLOAD_RESUME:
    case CURLE_RANGE_ERROR:
    case CURLE_REMOTE_DISK_FULL:
    case CURLE_REMOTE_FILE_EXISTS:
    case CURLE_REMOTE_FILE_NOT_FOUND:
    case CURLE_QUOTE_ERROR:
        return true;
    default:
        return false;
    }
}

static void leave(struct ssh *f, CURLcode result)
{
    struct ssh_memory *m = f->memory;

    f->hop->reusable = m && is_harmless(result) && !m->handle && !m->channel && !m->is_cut;
    /* A kept connection that the server had closed meanwhile. */
    if (f->hop->reused && !f->answered &&
        (result == CURLE_SEND_ERROR || result == CURLE_RECV_ERROR))
        f->hop->retry = f->hop->on_new_connection = true;
}

static struct ssh *ssh_new(struct hop *hop)
{
    struct ssh *f = mem_calloc(1, sizeof(*f));

    if (!f)
        return NULL;
    f->hop = hop;
    f->c = hop->connection;
    return f;
}

static void ssh_free(struct ssh *f)
{
    buf_release(&f->path);
    mem_free(f);
}

CURLcode ssh_run(struct hop *hop, CURLcode (*transfer)(struct ssh *))
{
    struct ssh *f = ssh_new(hop);
    const char *method = http_method(hop);
    CURLcode result;

    if (!f)
        return CURLE_OUT_OF_MEMORY;
    result = ssh_begin_connection(f);
    if (!result && !facts_set_text(&hop->facts->method, method, strlen(method)))
        result = CURLE_OUT_OF_MEMORY;
    if (!result)
        result = transfer(f);
    leave(f, result);
    ssh_free(f);
    return result;
}

CURLcode ssh_greet(struct hop *hop)
{
    struct ssh *f = ssh_new(hop);
    CURLcode result;

    if (!f)
        return CURLE_OUT_OF_MEMORY;
    result = ssh_begin_connection(f);
    ssh_free(f);
    return result;
}
