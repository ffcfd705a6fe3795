/* SPDX-License-Identifier: MIT */
/* The callbacks that a worker waits for: reading the upload, rewinding it, sockets, trailers, and
 * the others that return something. */
#include "api/deliver.h"

#include "api/handle.h"
#include "api/mime.h"
#include "base/buf.h"
#include "base/mem.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* ---- The upload ---- */

/* Of a terminal or a pipe what is there, as somebody on the other end waits for it. */
static size_t read_file(FILE *file, char *bytes, size_t len, bool as_it_comes)
{
    ssize_t got;

    if (!as_it_comes || fileno(file) < 0)
        return fread(bytes, 1, len, file);
    do {
        got = read(fileno(file), bytes, len);
    } while (got < 0 && errno == EINTR);
    return got < 0 ? 0 : (size_t)got;
}

static size_t call_read(const struct settings *s, char *bytes, size_t len, bool as_it_comes)
{
    if (s->read_function)
        return s->read_function(bytes, 1, len, s->read_data);
    return read_file(s->read_data ? s->read_data : stdin, bytes, len, as_it_comes);
}

/* Of the form that is sent. */
static CURLcode read_form(struct easy *e, char *to, size_t room, size_t *ret_len)
{
    CURLcode result = mime_reader_read(e->form_reader, to, room, ret_len);

    if (result == CURLE_ABORTED_BY_CALLBACK)
        deliver_override(e, result, "operation aborted by callback");
    else if (result && result != CURLE_AGAIN)
        deliver_override(e, result, "a part of the form cannot be read");
    return result;
}

/* CURLE_AGAIN: the program paused. */
static CURLcode read_upload(struct easy *e, char *to, size_t room, bool as_it_comes,
                            size_t *ret_len)
{
    size_t got;

    if (e->form_reader)
        return read_form(e, to, room, ret_len);
    got = call_read(e->settings, to, room, as_it_comes);
    if (got == CURL_READFUNC_PAUSE)
        return CURLE_AGAIN;
    if (got == CURL_READFUNC_ABORT) {
        deliver_override(e, CURLE_ABORTED_BY_CALLBACK, "operation aborted by callback");
        return CURLE_ABORTED_BY_CALLBACK;
    }
    if (got > room) {
        deliver_override(e, CURLE_READ_ERROR, "read function returned funny value");
        return CURLE_READ_ERROR;
    }
    *ret_len = got;
    return CURLE_OK;
}

/* CURLOPT_CRLF: each line feed without a carriage return gets one. `to` lies in front of `from`, by
 * `len` at least. Returns how many there are then. */
static size_t convert_lines(struct easy *e, char *to, const char *from, size_t len)
{
    char *at = to;

    for (size_t i = 0; i < len; i++) {
        if (from[i] == '\n' && !e->upload_after_cr)
            *at++ = '\r';
        e->upload_after_cr = from[i] == '\r';
        *at++ = from[i];
    }
    return (size_t)(at - to);
}

/* The same where the callback fills WebSocket frames: what it has begun goes with the bytes. A
 * frame that was begun by a call which then paused waits for the next call. */
static CURLcode read_frames(struct easy *e, struct ask *a)
{
    struct ws_session *ws = &e->ws;
    size_t room = a->wanted, got = 0;
    CURLcode result;

    if (ws->read_left && (curl_off_t)room > ws->read_left)
        room = (size_t)ws->read_left;
    ws->in_read = true;
    result = read_upload(e, a->chunk->bytes + a->chunk->end, room, false, &got);
    ws->in_read = false;
    if (result)
        return result;
    a->ws_started = ws->started;
    a->ws_flags = ws->start_flags;
    a->ws_size = ws->start_size;
    if (ws->started)
        ws->read_left = ws->start_size;
    else if (got && !ws->read_left)
        ws->read_message = 0; /* a frame of its own, and the last of its message */
    ws->started = false;
    ws->read_left -= ws->read_left < (curl_off_t)got ? ws->read_left : (curl_off_t)got;
    a->chunk->end += got;
    return CURLE_OK;
}

static CURLcode answer_read(struct easy *e, struct ask *a)
{
    bool converts = (e->settings->crlf || a->as_text) && !a->dropped;
    size_t most = converts ? a->wanted / 2 : a->wanted, got = 0;
    char *to = a->chunk->bytes + a->chunk->end;
    char *place = to + (a->wanted - most);
    CURLcode result;

    if (a->ws_frames)
        return read_frames(e, a);
    result = read_upload(e, place, most, a->as_it_comes, &got);
    if (!result)
        a->chunk->end += converts ? convert_lines(e, to, place, got) : got;
    return result;
}

/* Back to `offset` for sending again: by the seek callback, the older ioctl callback, or on the
 * default reader's file. */
static CURLcode answer_seek(struct easy *e, struct ask *a)
{
    const struct settings *s = e->settings;

    e->upload_after_cr = false;
    if (e->form_reader) {
        a->answer = a->offset ? CURL_SEEKFUNC_CANTSEEK : mime_reader_rewind(e->form_reader);
        return CURLE_OK;
    }
    if (s->seek_function) {
        a->answer = s->seek_function(s->seek_data, a->offset, SEEK_SET);
        return CURLE_OK;
    }
    if (s->ioctl_function && a->offset == 0) {
        curlioerr answer = s->ioctl_function(easy_public(e), CURLIOCMD_RESTARTREAD, s->ioctl_data);
        a->answer = answer == CURLIOE_OK ? CURL_SEEKFUNC_OK : CURL_SEEKFUNC_FAIL;
        return CURLE_OK;
    }
    a->answer = CURL_SEEKFUNC_CANTSEEK;
    if (!s->read_function && s->read_data && fseeko(s->read_data, a->offset, SEEK_SET) == 0)
        a->answer = CURL_SEEKFUNC_OK;
    return CURLE_OK;
}

/* The program's trailers as lines for the wire; those that are no "Name: value" are left out. */
static CURLcode answer_trailers(struct easy *e, struct ask *a)
{
    const struct settings *s = e->settings;
    struct curl_slist *list = NULL;
    scoped(buf) lines = {0};

    if (s->trailer_function(&list, s->trailer_data) != CURL_TRAILERFUNC_OK) {
        curl_slist_free_all(list);
        deliver_override(e, CURLE_ABORTED_BY_CALLBACK,
                         "operation aborted by trailing headers callback");
        return CURLE_ABORTED_BY_CALLBACK;
    }
    for (struct curl_slist *l = list; l; l = l->next) {
        const char *colon = strchr(l->data, ':');
        if (!colon || colon[1] != ' ')
            continue;
        buf_append_text(&lines, l->data);
        buf_append_text(&lines, "\r\n");
    }
    curl_slist_free_all(list);
    a->trailers = buf_take(&lines);
    return a->trailers ? CURLE_OK : CURLE_OUT_OF_MEMORY;
}

/* ---- Sockets ---- */

static CURLcode answer_open_socket(struct easy *e, struct ask *a)
{
    const struct settings *s = e->settings;
    /* The public struct has the address as its last member, and room behind it here. */
    union {
        struct curl_sockaddr public;
        char room[sizeof(struct curl_sockaddr) + sizeof(struct sockaddr_un)];
    } place;

    memset(&place, 0, sizeof(place));
    place.public.family = a->address.at.any.sa_family;
    place.public.socktype = a->datagrams ? SOCK_DGRAM : SOCK_STREAM;
    if (a->address.at.any.sa_family != AF_UNIX)
        place.public.protocol = a->datagrams ? IPPROTO_UDP : IPPROTO_TCP;
    place.public.addrlen = a->address.len;
    memcpy(&place.public.addr, &a->address.at, a->address.len);
    a->fd = s->open_socket_function(s->open_socket_data, CURLSOCKTYPE_IPCXN, &place.public);
    if (place.public.addrlen <= sizeof(a->address.at)) {
        a->address.len = place.public.addrlen;
        memcpy(&a->address.at, &place.public.addr, a->address.len);
    }
    return CURLE_OK;
}

static CURLcode answer_socket_options(struct easy *e, struct ask *a)
{
    const struct settings *s = e->settings;

    a->answer = s->sockopt_function(s->sockopt_data, a->fd,
                                    a->accepted ? CURLSOCKTYPE_ACCEPT : CURLSOCKTYPE_IPCXN);
    return CURLE_OK;
}

/* ---- The others ---- */

static CURLcode answer_prereq(struct easy *e, struct ask *a)
{
    const struct settings *s = e->settings;
    struct facts *f = &e->facts;

    a->answer = s->prereq_function(s->prereq_data, f->remote_ip, f->local_ip, f->remote_port,
                                   f->local_port);
    return CURLE_OK;
}

static CURLcode answer_ssl_context(struct easy *e, struct ask *a)
{
    const struct settings *s = e->settings;

    return s->ssl_ctx_function(easy_public(e), a->ssl_ctx, s->ssl_ctx_data);
}

static CURLcode answer_resolver_start(struct easy *e, struct ask *a)
{
    const struct settings *s = e->settings;

    a->answer = s->resolver_start_function(a->resolver_state, NULL, s->resolver_start_data);
    return CURLE_OK;
}

static CURLcode answer_ssh_key(struct easy *e, struct ask *a)
{
    const struct settings *s = e->settings;

    a->answer = s->ssh_key_function(easy_public(e), a->key->known, &a->key->found, a->key->match,
                                    s->ssh_key_data);
    return CURLE_OK;
}

static CURLcode answer_ssh_host_key(struct easy *e, struct ask *a)
{
    const struct settings *s = e->settings;

    a->answer = s->ssh_host_key_function(s->ssh_host_key_data, a->key->host_type, a->key->found.key,
                                         a->key->found.len);
    return CURLE_OK;
}

/* ---- Files that match a pattern ---- */

static CURLcode answer_match(struct easy *e, struct ask *a)
{
    const struct settings *s = e->settings;

    a->answer = s->fnmatch_function(s->fnmatch_data, a->texts, a->texts + strlen(a->texts) + 1);
    return CURLE_OK;
}

static CURLcode answer_chunk_begin(struct easy *e, struct ask *a)
{
    const struct settings *s = e->settings;

    a->answer = (int)s->chunk_begin_function(a->file, s->chunk_data, a->remaining);
    return CURLE_OK;
}

static CURLcode answer_chunk_end(struct easy *e, struct ask *a)
{
    a->answer = (int)e->settings->chunk_end_function(e->settings->chunk_data);
    return CURLE_OK;
}

static CURLcode answer(struct easy *e, struct ask *a)
{
    switch (a->kind) {
    case ASK_READ:
        return answer_read(e, a);
    case ASK_SEEK:
        return answer_seek(e, a);
    case ASK_TRAILERS:
        return answer_trailers(e, a);
    case ASK_PREREQ:
        return answer_prereq(e, a);
    case ASK_OPEN_SOCKET:
        return answer_open_socket(e, a);
    case ASK_SOCKET_OPTIONS:
        return answer_socket_options(e, a);
    case ASK_SSL_CONTEXT:
        return answer_ssl_context(e, a);
    case ASK_MATCH:
        return answer_match(e, a);
    case ASK_CHUNK_BEGIN:
        return answer_chunk_begin(e, a);
    case ASK_CHUNK_END:
        return answer_chunk_end(e, a);
    case ASK_RESOLVER_START:
        return answer_resolver_start(e, a);
    case ASK_SSH_KEY:
        return answer_ssh_key(e, a);
    case ASK_SSH_HOST_KEY:
        return answer_ssh_host_key(e, a);
    case ASK_CALL:
    case ASK_NOTHING:
        return CURLE_OK;
    }
    return CURLE_FAILED_INIT;
}

/* ---- Calls for the worker ---- */

/* It is to wait until the program resumes, unless it has done so meanwhile. */
static bool hold_call(struct easy *e, struct ask *a)
{
    struct exchange *x = e->exchange;
    bool holds;

    lock_take(&e->multi->lock);
    holds = atomic_load(&x->resumes) == a->resumes;
    if (holds) {
        atomic_store(&x->recv_paused, true);
        a->next_held = e->held_calls;
        e->held_calls = a;
        ask_unclaim(a);
    }
    lock_drop(&e->multi->lock);
    return holds;
}

static void answer_call(struct easy *e, struct ask *a)
{
    do {
        a->resumes = atomic_load(&e->exchange->resumes);
        a->result = a->call(a->argument);
        if (a->result == CURLE_AGAIN && hold_call(e, a))
            return;
    } while (a->result == CURLE_AGAIN);
    ask_reply(a);
}

void deliver_held_calls(struct easy *e)
{
    struct ask **at = &e->held_calls, *a;

    while ((a = *at) != NULL) {
        if (atomic_load(&e->exchange->resumes) == a->resumes) {
            at = &a->next_held;
            continue;
        }
        *at = a->next_held;
        deliver_ask(e, a);
        at = &e->held_calls;
    }
}

void deliver_ask(struct easy *e, struct ask *a)
{
    if (e->override) {
        a->result = e->override;
        ask_reply(a);
        return;
    }
    if (a->lends && !ask_claim(a)) { /* the worker has taken it back */
        ask_reply(a);
        return;
    }
    if (a->kind == ASK_READ && e->send_paused) {
        e->held_ask = a;
        return;
    }
    if (a->kind == ASK_CALL) {
        answer_call(e, a);
        return;
    }
    a->result = answer(e, a);
    if (a->result == CURLE_AGAIN && a->kind == ASK_READ) {
        e->send_paused = true;
        atomic_store(&e->exchange->send_paused, true);
        e->held_ask = a;
        return;
    }
    ask_reply(a);
}
