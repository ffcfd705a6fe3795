/* SPDX-License-Identifier: MIT */
/* The control connection: lines out, replies in. */
#include "protocols/ftp.h"

#include "base/clock.h"
#include "protocols/http.h"

#include <stdarg.h>
#include <string.h>

CURLcode ftp_fail(struct ftp *f, CURLcode code, const char *format, ...)
{
    const struct net_hooks *hooks = f->hop->hooks;
    scoped(buf) text = {0};
    va_list arguments;

    va_start(arguments, format);
    buf_vprintf(&text, format, arguments);
    va_end(arguments);
    return hooks->fail(hooks->owner, code, "%s", buf_text(&text));
}

void ftp_log(const struct ftp *f, const char *format, ...)
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

static int64_t reply_deadline(const struct ftp *f)
{
    return clock_after(clock_now(), f->hop->settings->response_timeout_ms * CLOCK_MS);
}

/* ---- Commands ---- */

/* One line is one command: nobody adds another one to it. */
static bool is_one_line(const char *text)
{
    return !strpbrk(text, "\r\n");
}

CURLcode ftp_send(struct ftp *f, const char *word, const char *argument)
{
    scoped(buf) line = {0};
    CURLcode result;

    if (!is_one_line(word) || (argument && !is_one_line(argument)))
        return ftp_fail(f, CURLE_BAD_FUNCTION_ARGUMENT, "A line end in a command");
    buf_append_text(&line, word);
    if (argument) {
        buf_append_char(&line, ' ');
        buf_append_text(&line, argument);
    }
    if (!buf_append_text(&line, "\r\n"))
        return CURLE_OUT_OF_MEMORY;
    send_log(f->hop->exchange, CURLINFO_HEADER_OUT, line.bytes, line.len);
    result = stream_send_all(f->c->stream, line.bytes, line.len, reply_deadline(f));
    if (result == CURLE_SEND_ERROR)
        return http_say_failed(f->hop, f->c->stream, result, "Send");
    return exchange_result(f->hop->exchange, result);
}

/* ---- Replies ---- */

/* Takes what is at hand into the reply. */
static CURLcode feed(struct ftp *f)
{
    struct chunk *c = f->c->unread;
    size_t used = 0;
    enum ftp_reply_state state = ftp_reply_feed(&f->reply, chunk_at(c), chunk_len(c), &used);

    connection_used(f->c, used);
    switch (state) {
    case FTP_REPLY_BAD:
        return ftp_fail(f, CURLE_WEIRD_SERVER_REPLY, "A NUL in the server's reply");
    case FTP_REPLY_LONG:
        return ftp_fail(f, CURLE_TOO_LARGE, "The server's reply is too large");
    case FTP_REPLY_NO_MEMORY:
        return CURLE_OUT_OF_MEMORY;
    default:
        return CURLE_OK;
    }
}

static void log_lines(const struct ftp *f, const struct buf *lines)
{
    const char *at = lines->bytes, *end = at + lines->len;

    while (at < end) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        size_t len = stop ? (size_t)(stop - at) + 1 : (size_t)(end - at);

        send_log(f->hop->exchange, CURLINFO_HEADER_IN, at, len);
        at += len;
    }
}

/* The reply is complete: everybody hears of it. */
static WAITS CURLcode tell(struct ftp *f)
{
    struct facts *facts = f->hop->facts;
    const struct buf *lines = &f->reply.lines;
    CURLcode result;

    f->answered = true;
    facts->response_code = f->reply.code;
    facts->header_size += (long)lines->len;
    log_lines(f, lines);
    result =
        send_head(f->hop->exchange, lines->bytes, lines->len, 0, f->hop->request_number, facts);
    if (!result && f->reply.code == 421 && !f->takes_421)
        result = ftp_fail(f, CURLE_OPERATION_TIMEDOUT, "We got a 421 - timeout");
    return result;
}

static WAITS CURLcode receive(struct ftp *f, int64_t deadline)
{
    CURLcode result = http_receive(f->c->stream, CHUNK_SMALL, deadline, &f->c->unread);

    if (result == CURLE_RECV_ERROR && !f->c->stream->cut)
        return http_say_failed(f->hop, f->c->stream, result, "Recv");
    if (!result && chunk_len(f->c->unread))
        return CURLE_OK;
    if (!result) {
        chunk_drop(f->c->unread);
        f->c->unread = NULL;
    }
    if (!result || result == CURLE_RECV_ERROR)
        return ftp_fail(f, CURLE_RECV_ERROR, "response reading failed (errno: 0)");
    result = exchange_result(f->hop->exchange, result);
    if (result == CURLE_OPERATION_TIMEDOUT)
        return ftp_fail(f, result, "FTP response timeout");
    return result;
}

CURLcode ftp_read_reply(struct ftp *f)
{
    int64_t deadline = reply_deadline(f);
    CURLcode result = CURLE_OK;

    if (f->reply.code)
        ftp_reply_clear(&f->reply);
    while (!result && !f->reply.code) {
        if (!f->c->unread)
            result = receive(f, deadline);
        if (!result)
            result = feed(f);
    }
    return result ? result : tell(f);
}

static CURLcode try_receive(struct ftp *f)
{
    struct stream *s = f->c->stream;
    struct chunk *c = chunk_take(CHUNK_SMALL);
    CURLcode result;

    if (!c)
        return CURLE_OUT_OF_MEMORY;
    result = stream_try_recv(s, c->bytes, c->size, &c->end);
    if (!result && chunk_len(c)) {
        f->c->unread = c;
        return CURLE_OK;
    }
    chunk_drop(c);
    if (result == CURLE_AGAIN)
        return result;
    return ftp_fail(f, CURLE_RECV_ERROR, "response reading failed (errno: %d)", s->os_errno);
}

CURLcode ftp_try_reply(struct ftp *f)
{
    CURLcode result = CURLE_OK;

    if (f->reply.code)
        ftp_reply_clear(&f->reply);
    while (!result && !f->reply.code) {
        if (!f->c->unread)
            result = try_receive(f);
        if (!result)
            result = feed(f);
    }
    if (result == CURLE_AGAIN)
        return CURLE_OK;
    return result ? result : tell(f);
}

CURLcode ftp_command(struct ftp *f, const char *word, const char *argument)
{
    CURLcode result = ftp_send(f, word, argument);

    return result ? result : ftp_read_reply(f);
}

bool ftp_has_more(const struct ftp *f)
{
    return f->c->unread != NULL;
}
