/* SPDX-License-Identifier: MIT */
/* Calls of libssh2 on a fiber: waiting for the stream, and what their failures mean. */
#include "protocols/ssh.h"

#include "base/clock.h"

#include <stdarg.h>
#include <string.h>

CURLcode ssh_fail(struct ssh *f, CURLcode code, const char *format, ...)
{
    const struct net_hooks *hooks = f->hop->hooks;
    scoped(buf) text = {0};
    va_list arguments;

    va_start(arguments, format);
    buf_vprintf(&text, format, arguments);
    va_end(arguments);
    return hooks->fail(hooks->owner, code, "%s", buf_text(&text));
}

void ssh_log(const struct ssh *f, const char *format, ...)
{
    const struct net_hooks *hooks = f->hop->hooks;
    scoped(buf) text = {0};
    va_list arguments;

    if (!hooks->log)
        return;
    va_start(arguments, format);
    buf_vprintf(&text, format, arguments);
    va_end(arguments);
    hooks->log(hooks->owner, "%s", buf_text(&text));
}

/* ---- Waiting ---- */

void ssh_begin(struct ssh *f)
{
    f->deadline = clock_after(clock_now(), f->hop->settings->response_timeout_ms * CLOCK_MS);
}

void ssh_begin_data(struct ssh *f)
{
    f->deadline = CLOCK_NEVER;
}

bool ssh_wants(const struct ssh *f)
{
    return libssh2_session_last_errno(f->memory->session) == LIBSSH2_ERROR_EAGAIN;
}

/* Either direction, if the library waits for both. */
static WAITS CURLcode wait_for_stream(struct ssh *f)
{
    struct stream *s = f->c->stream;
    int directions = libssh2_session_block_directions(f->memory->session);
    unsigned needs = 0;

    if (directions & LIBSSH2_SESSION_BLOCK_OUTBOUND)
        needs |= s->send_needs;
    if (directions & LIBSSH2_SESSION_BLOCK_INBOUND || !needs) {
        if (s->kind->has_pending(s))
            return wait_turn();
        needs |= s->recv_needs;
    }
    return wait_fd(s->watch, needs, f->deadline);
}

bool ssh_waits(struct ssh *f, bool again, CURLcode *result)
{
    *result = f->memory->is_short ? CURLE_OUT_OF_MEMORY : CURLE_OK;
    f->memory->stalls = 0;
    if (*result)
        return false;
    if (!again) {
        CURLcode error = ssh_error(f);

        f->answered |= error != CURLE_SEND_ERROR && error != CURLE_RECV_ERROR;
        return false;
    }
    *result = exchange_result(f->hop->exchange, wait_for_stream(f));
    if (*result == CURLE_OPERATION_TIMEDOUT && f->deadline != CLOCK_NEVER &&
        clock_now() >= f->deadline)
        *result = ssh_fail(f, *result, "SSH response timeout");
    return !*result;
}

/* ---- Failures ---- */

CURLcode ssh_error(const struct ssh *f)
{
    if (f->memory->is_short)
        return CURLE_OUT_OF_MEMORY;
    switch (libssh2_session_last_errno(f->memory->session)) {
    case LIBSSH2_ERROR_ALLOC:
        return CURLE_OUT_OF_MEMORY;
    case LIBSSH2_ERROR_SOCKET_SEND:
        return CURLE_SEND_ERROR;
    case LIBSSH2_ERROR_SOCKET_RECV:
    case LIBSSH2_ERROR_SOCKET_DISCONNECT:
        return CURLE_RECV_ERROR;
    case LIBSSH2_ERROR_HOSTKEY_INIT:
    case LIBSSH2_ERROR_HOSTKEY_SIGN:
    case LIBSSH2_ERROR_PUBLICKEY_UNRECOGNIZED:
    case LIBSSH2_ERROR_PUBLICKEY_UNVERIFIED:
        return CURLE_PEER_FAILED_VERIFICATION;
    case LIBSSH2_ERROR_PASSWORD_EXPIRED:
        return CURLE_LOGIN_DENIED;
    case LIBSSH2_ERROR_SCP_PROTOCOL: /* of a file that is not there */
        return CURLE_REMOTE_FILE_NOT_FOUND;
    case LIBSSH2_ERROR_SOCKET_TIMEOUT:
    case LIBSSH2_ERROR_TIMEOUT:
        return CURLE_OPERATION_TIMEDOUT;
    default:
        return CURLE_SSH;
    }
}

CURLcode ssh_say_error(struct ssh *f, const char *what)
{
    char *text = NULL;
    int len = 0;

    libssh2_session_last_error(f->memory->session, &text, &len, 0);
    return ssh_fail(f, ssh_error(f), "%s: %.*s", what, len, text ? text : "");
}

/* ---- For the program ---- */

CURLcode ssh_tell(struct ssh *f, const struct buf *lines)
{
    struct hop *hop = f->hop;

    if (buf_failed(lines))
        return CURLE_OUT_OF_MEMORY;
    hop->facts->header_size += (long)lines->len;
    send_log(hop->exchange, CURLINFO_HEADER_IN, lines->bytes, lines->len);
    return send_head(hop->exchange, lines->bytes, lines->len, 0, hop->request_number, hop->facts);
}
