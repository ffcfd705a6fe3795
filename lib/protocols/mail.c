/* SPDX-License-Identifier: MIT */
/* The conversation in lines, and the login options. */
#include "protocols/mail.h"

#include "base/clock.h"
#include "protocols/http.h"
#include "wire/escape.h"
#include "wire/sasl.h"

#include <stdarg.h>
#include <string.h>

enum { LINE_LIMIT = 64 * 1024 };

CURLcode mail_fail(const struct mail *m, CURLcode code, const char *format, ...)
{
    const struct net_hooks *hooks = m->hop->hooks;
    scoped(buf) text = {0};
    va_list arguments;

    va_start(arguments, format);
    buf_vprintf(&text, format, arguments);
    va_end(arguments);
    return hooks->fail(hooks->owner, code, "%s", buf_text(&text));
}

static int64_t answer_deadline(const struct mail *m)
{
    return clock_after(clock_now(), m->hop->settings->response_timeout_ms * CLOCK_MS);
}

/* ---- Out ---- */

CURLcode mail_send(struct mail *m, const char *line)
{
    scoped(buf) bytes = {0};
    CURLcode result;

    if (strpbrk(line, "\r\n"))
        return mail_fail(m, CURLE_BAD_FUNCTION_ARGUMENT, "A line end in a command");
    buf_append_text(&bytes, line);
    if (!buf_append_text(&bytes, "\r\n"))
        return CURLE_OUT_OF_MEMORY;
    send_log(m->hop->exchange, CURLINFO_HEADER_OUT, bytes.bytes, bytes.len);
    result = stream_send_all(m->c->stream, bytes.bytes, bytes.len, answer_deadline(m));
    if (result == CURLE_SEND_ERROR)
        return http_say_failed(m->hop, m->c->stream, result, "Send");
    return exchange_result(m->hop->exchange, result);
}

/* ---- In ---- */

static WAITS CURLcode receive(struct mail *m, int64_t deadline)
{
    CURLcode result = http_receive(m->c->stream, CHUNK_SMALL, deadline, &m->c->unread);

    if (result == CURLE_RECV_ERROR && !m->c->stream->cut)
        return http_say_failed(m->hop, m->c->stream, result, "Recv");
    if (!result && chunk_len(m->c->unread))
        return CURLE_OK;
    if (!result) {
        chunk_drop(m->c->unread);
        m->c->unread = NULL;
    }
    if (!result || result == CURLE_RECV_ERROR) {
        mail_fail(m, CURLE_RECV_ERROR, "response reading failed (errno: 0)");
        return CURLE_RECV_ERROR;
    }
    result = exchange_result(m->hop->exchange, result);
    if (result == CURLE_OPERATION_TIMEDOUT)
        return mail_fail(m, result, "server response timeout");
    return result;
}

/* Takes what is at hand into the line; *ret_done: it is complete. */
static CURLcode feed(struct mail *m, bool *ret_done)
{
    struct chunk *c = m->c->unread;
    const char *end = memchr(chunk_at(c), '\n', chunk_len(c));
    size_t len = end ? (size_t)(end - chunk_at(c)) + 1 : chunk_len(c);

    if (memchr(chunk_at(c), '\0', len))
        return mail_fail(m, CURLE_WEIRD_SERVER_REPLY, "A NUL in the server's line");
    if (m->line.len + len > LINE_LIMIT)
        return mail_fail(m, CURLE_TOO_LARGE, "The server's line is too long");
    if (!buf_append(&m->line, chunk_at(c), len))
        return CURLE_OUT_OF_MEMORY;
    connection_used(m->c, len);
    *ret_done = end != NULL;
    return CURLE_OK;
}

static void drop_end(struct mail *m)
{
    struct buf *line = &m->line;

    m->end = line->len > 1 && line->bytes[line->len - 2] == '\r' ? "\r\n" : "\n";
    while (line->len && (line->bytes[line->len - 1] == '\n' || line->bytes[line->len - 1] == '\r'))
        line->bytes[--line->len] = '\0';
}

/* Everybody hears of the line. */
static WAITS CURLcode tell(struct mail *m)
{
    struct hop *hop = m->hop;
    CURLcode result;

    m->answered = true;
    hop->facts->header_size += (long)m->line.len;
    send_log(hop->exchange, CURLINFO_HEADER_IN, m->line.bytes, m->line.len);
    result =
        send_head(hop->exchange, m->line.bytes, m->line.len, 0, hop->request_number, hop->facts);
    drop_end(m);
    return result;
}

CURLcode mail_read_line(struct mail *m)
{
    int64_t deadline = answer_deadline(m);
    bool done = false;
    CURLcode result = CURLE_OK;

    buf_clear(&m->line);
    while (!result && !done) {
        if (!m->c->unread)
            result = receive(m, deadline);
        if (!result)
            result = feed(m, &done);
    }
    return result ? result : tell(m);
}

struct str mail_line(const struct mail *m)
{
    return (struct str){buf_text(&m->line), m->line.len};
}

/* ---- What the program wants ---- */

/* One "AUTH=...": the first one takes away what is wished for by itself. */
static bool read_wish(struct str value, const char *own, bool first, struct mail_wishes *w)
{
    unsigned mechanism = sasl_find(value);
    bool all = str_equal(value, STR("*")), is_own = own && str_equal_nocase(value, str_of(own));

    if (first)
        *w = (struct mail_wishes){0};
    w->sasl |= all ? SASL_DEFAULT : mechanism;
    w->own |= all || is_own;
    w->clear |= all;
    return all || is_own || mechanism;
}

static bool read_wishes(struct str text, const char *own, struct mail_wishes *w)
{
    bool first = true;

    while (text.len) {
        const char *end = memchr(text.at, ';', text.len);
        size_t len = end ? (size_t)(end - text.at) : text.len;

        if (!str_starts_nocase((struct str){text.at, len}, STR("AUTH=")) ||
            !read_wish((struct str){text.at + 5, len - 5}, own, first, w))
            return false;
        first = false;
        len += end != NULL;
        text = (struct str){text.at + len, text.len - len};
    }
    return true;
}

CURLcode mail_find_wishes(const struct mail *m, const char *own, struct mail_wishes *ret)
{
    const char *given = rstr_text(m->hop->settings->login_options);
    scoped(buf) options = {0};

    *ret = (struct mail_wishes){SASL_DEFAULT, true, true};
    if (given)
        buf_append_text(&options, given);
    else if (m->hop->url->options)
        unescape_append(&options, str_of(m->hop->url->options));
    if (buf_failed(&options))
        return CURLE_OUT_OF_MEMORY;
    if (!read_wishes((struct str){buf_text(&options), options.len}, own, ret))
        return mail_fail(m, CURLE_URL_MALFORMAT, "The login options are none");
    return CURLE_OK;
}
