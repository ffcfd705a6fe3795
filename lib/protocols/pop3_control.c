/* SPDX-License-Identifier: MIT */
/* The conversation: lines out, lines in. */
#include "protocols/pop3.h"

#include "base/clock.h"
#include "protocols/http.h"

#include <stdarg.h>
#include <string.h>

CURLcode pop3_fail(struct pop3 *p, CURLcode code, const char *format, ...)
{
    const struct net_hooks *hooks = p->hop->hooks;
    scoped(buf) text = {0};
    va_list arguments;

    va_start(arguments, format);
    buf_vprintf(&text, format, arguments);
    va_end(arguments);
    return hooks->fail(hooks->owner, code, "%s", buf_text(&text));
}

static int64_t answer_deadline(const struct pop3 *p)
{
    return clock_after(clock_now(), p->hop->settings->response_timeout_ms * CLOCK_MS);
}

/* ---- Out ---- */

CURLcode pop3_send(struct pop3 *p, const char *line)
{
    scoped(buf) bytes = {0};
    CURLcode result;

    if (strpbrk(line, "\r\n"))
        return pop3_fail(p, CURLE_BAD_FUNCTION_ARGUMENT, "A line end in a command");
    buf_append_text(&bytes, line);
    if (!buf_append_text(&bytes, "\r\n"))
        return CURLE_OUT_OF_MEMORY;
    send_log(p->hop->exchange, CURLINFO_HEADER_OUT, bytes.bytes, bytes.len);
    result = stream_send_all(p->c->stream, bytes.bytes, bytes.len, answer_deadline(p));
    if (result == CURLE_SEND_ERROR)
        return http_say_failed(p->hop, p->c->stream, result, "Send");
    return exchange_result(p->hop->exchange, result);
}

/* ---- In ---- */

static WAITS CURLcode receive(struct pop3 *p, int64_t deadline)
{
    CURLcode result = http_receive(p->c->stream, CHUNK_SMALL, deadline, &p->c->unread);

    if (result == CURLE_RECV_ERROR && !p->c->stream->cut)
        return http_say_failed(p->hop, p->c->stream, result, "Recv");
    if (!result && chunk_len(p->c->unread))
        return CURLE_OK;
    if (!result) {
        chunk_drop(p->c->unread);
        p->c->unread = NULL;
    }
    if (!result || result == CURLE_RECV_ERROR)
        return pop3_fail(p, CURLE_RECV_ERROR, "response reading failed (errno: 0)");
    result = exchange_result(p->hop->exchange, result);
    if (result == CURLE_OPERATION_TIMEDOUT)
        return pop3_fail(p, result, "server response timeout");
    return result;
}

/* Takes what is at hand into the line; *ret_done: it is complete. */
static CURLcode feed(struct pop3 *p, bool *ret_done)
{
    struct chunk *c = p->c->unread;
    const char *end = memchr(chunk_at(c), '\n', chunk_len(c));
    size_t len = end ? (size_t)(end - chunk_at(c)) + 1 : chunk_len(c);

    if (memchr(chunk_at(c), '\0', len))
        return pop3_fail(p, CURLE_WEIRD_SERVER_REPLY, "A NUL in the server's line");
    if (p->line.len + len > POP3_LINE_MAX)
        return pop3_fail(p, CURLE_TOO_LARGE, "The server's line is too long");
    if (!buf_append(&p->line, chunk_at(c), len))
        return CURLE_OUT_OF_MEMORY;
    connection_used(p->c, len);
    *ret_done = end != NULL;
    return CURLE_OK;
}

static void drop_end(struct buf *line)
{
    while (line->len && (line->bytes[line->len - 1] == '\n' || line->bytes[line->len - 1] == '\r'))
        line->bytes[--line->len] = '\0';
}

/* Everybody hears of the line. */
static WAITS CURLcode tell(struct pop3 *p)
{
    struct hop *hop = p->hop;
    CURLcode result;

    p->answered = true;
    hop->facts->header_size += (long)p->line.len;
    send_log(hop->exchange, CURLINFO_HEADER_IN, p->line.bytes, p->line.len);
    result =
        send_head(hop->exchange, p->line.bytes, p->line.len, 0, hop->request_number, hop->facts);
    drop_end(&p->line);
    return result;
}

CURLcode pop3_read_line(struct pop3 *p)
{
    int64_t deadline = answer_deadline(p);
    bool done = false;
    CURLcode result = CURLE_OK;

    buf_clear(&p->line);
    while (!result && !done) {
        if (!p->c->unread)
            result = receive(p, deadline);
        if (!result)
            result = feed(p, &done);
    }
    return result ? result : tell(p);
}

/* Servers may say more than they have to, above all at the beginning. */
CURLcode pop3_read_answer(struct pop3 *p)
{
    enum { LINES_MAX = 1000 };
    CURLcode result = CURLE_OK;

    for (int i = 0; i < LINES_MAX && !result; i++) {
        result = pop3_read_line(p);
        p->status = pop3_read_status((struct str){buf_text(&p->line), p->line.len}, &p->text);
        if (!result && p->status != POP3_NONE)
            return CURLE_OK;
    }
    return result ? result
                  : pop3_fail(p, CURLE_WEIRD_SERVER_REPLY, "The server's answer has no status");
}

CURLcode pop3_command(struct pop3 *p, const char *line)
{
    CURLcode result = pop3_send(p, line);

    return result ? result : pop3_read_answer(p);
}
