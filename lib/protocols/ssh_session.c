/* SPDX-License-Identifier: MIT */
/* A session of libssh2 on a connection: its memory is ours, and so are its bytes. */
#include "protocols/ssh.h"

#include "base/mem.h"

#include <errno.h>
#include <pthread.h>
#include <stdalign.h>
#include <stddef.h>
#include <string.h>

enum { MOST_STALLS = 1000 }; /* a call has a few */

/* ---- Memory ---- */

/* In front of each piece of the library's memory. */
struct piece {
    alignas(max_align_t) struct list_link link;
};

/* The library drops a packet that it has no memory for, and may wait for it ever after: the session
 * ends here. */
static void *piece_link(struct ssh_memory *m, struct piece *p)
{
    if (!p) {
        m->is_short = m->is_cut = true;
        return NULL;
    }
    list_append(&m->pieces, &p->link);
    return p + 1;
}

static struct piece *piece_of(void *memory)
{
    return (struct piece *)memory - 1;
}

void *ssh_take_memory(struct ssh_memory *m, size_t size)
{
    return piece_link(m, mem_alloc(sizeof(struct piece) + size));
}

static LIBSSH2_ALLOC_FUNC(take_memory)
{
    return ssh_take_memory(*abstract, count);
}

static LIBSSH2_REALLOC_FUNC(change_memory)
{
    struct ssh_memory *m = *abstract;
    struct piece *p, *was;

    if (!ptr)
        return ssh_take_memory(m, count);
    was = piece_of(ptr);
    list_remove(&was->link);
    p = mem_realloc(was, sizeof(*p) + count);
    if (!p)
        list_append(&m->pieces, &was->link);
    return piece_link(m, p);
}

/* Behind a failure the library frees some of it twice, and looks at it again: what is left then
 * goes with the session. */
static LIBSSH2_FREE_FUNC(give_memory)
{
    struct ssh_memory *m = *abstract;

    if (!ptr || m->is_cut)
        return;
    list_remove(&piece_of(ptr)->link);
    mem_free(piece_of(ptr));
}

/* ---- Bytes ---- */

static ssize_t stream_error(const struct stream *s)
{
    return s->os_errno ? -s->os_errno : -EIO;
}

/* Behind some failures the library calls itself until it need not wait, and the fiber never gets
 * to: it takes an error for an answer. */
static ssize_t stalled(struct ssh_memory *m)
{
    m->is_cut = ++m->stalls > MOST_STALLS;
    return m->is_cut ? -EPIPE : -EAGAIN;
}

static LIBSSH2_SEND_FUNC(send_bytes)
{
    struct ssh_memory *m = *abstract;
    size_t sent = 0;
    CURLcode result;

    (void)socket;
    (void)flags;
    if (m->is_cut)
        return -EPIPE;
    result = stream_try_send(m->c->stream, buffer, length, &sent);
    if (result == CURLE_AGAIN)
        return stalled(m);
    return result ? stream_error(m->c->stream) : (ssize_t)sent;
}

static LIBSSH2_RECV_FUNC(receive_bytes)
{
    struct ssh_memory *m = *abstract;
    size_t got = 0;
    CURLcode result;

    (void)socket;
    (void)flags;
    if (m->is_cut)
        return -EPIPE;
    result = stream_try_recv(m->c->stream, buffer, length, &got);
    if (result == CURLE_AGAIN)
        return stalled(m);
    return result ? stream_error(m->c->stream) : (ssize_t)got;
}

/* ---- The end ---- */

/* Whatever thread closes the connection: the library takes an error of the stream for its end. */
static void memory_release(void *state)
{
    struct ssh_memory *m = state;

    m->is_cut = true;
    if (m->handle)
        libssh2_sftp_close_handle(m->handle);
    if (m->sftp)
        libssh2_sftp_shutdown(m->sftp);
    if (m->channel)
        libssh2_channel_free(m->channel);
    if (m->session)
        libssh2_session_free(m->session);
    while (!list_empty(&m->pieces))
        mem_free(CONTAINER_OF(list_take_first(&m->pieces), struct piece, link));
    mem_free(m->home);
    mem_free(m);
}

/* In the midst of a handshake the library has no cipher to say it with, and does not notice. */
static void say_goodbye(void *state)
{
    struct ssh_memory *m = state;

    if (m->has_keys && !m->is_cut)
        libssh2_session_disconnect_ex(m->session, SSH_DISCONNECT_BY_APPLICATION, "Shutdown", "");
}

/* ---- The beginning ---- */

static pthread_once_t once = PTHREAD_ONCE_INIT;
static bool library_is_ready;

static void start_library(void)
{
    library_is_ready = !libssh2_init(0);
}

/* The library's own types of these functions are of no function. */
union callback {
    LIBSSH2_SEND_FUNC((*send));
    LIBSSH2_RECV_FUNC((*receive));
    void *any;
};

CURLcode ssh_session_new(struct ssh *f)
{
    struct ssh_memory *m;

    pthread_once(&once, start_library);
    if (!library_is_ready)
        return CURLE_FAILED_INIT;
    m = mem_calloc(1, sizeof(*m));
    if (!m)
        return CURLE_OUT_OF_MEMORY;
    m->c = f->c;
    list_init(&m->pieces);
    f->memory = m;
    f->c->memory = (struct connection_memory){.state = m, .release = memory_release};
    m->session = libssh2_session_init_ex(take_memory, give_memory, change_memory, m);
    if (!m->session)
        return CURLE_OUT_OF_MEMORY;
    libssh2_session_set_blocking(m->session, 0);
    libssh2_session_callback_set(m->session, LIBSSH2_CALLBACK_SEND,
                                 (union callback){.send = send_bytes}.any);
    libssh2_session_callback_set(m->session, LIBSSH2_CALLBACK_RECV,
                                 (union callback){.receive = receive_bytes}.any);
    if (f->hop->settings->ssh_compression)
        libssh2_session_flag(m->session, LIBSSH2_FLAG_COMPRESS, 1);
    f->c->memory.part = say_goodbye;
    return CURLE_OK;
}
