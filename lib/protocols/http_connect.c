/* SPDX-License-Identifier: MIT */
/* CONNECT (RFC 9110 9.3.6): has an HTTP proxy open a tunnel. The conversation is over before the
 * destination's begins; nothing of it is the destination's business, and nothing that is said in
 * the tunnel is the proxy's. Rounds of authentication stay on the connection as long as the proxy
 * lets it live. */
#include "protocols/http.h"

#include "base/chunk.h"
#include "net/proxy.h"
#include "net/stream.h"
#include "protocols/http_custom.h"
#include "wire/chunked.h"

#include <assert.h>
#include <string.h>
#include <time.h>

enum {
    MOST_ROUNDS = 10,    /* of authentication on a connection */
    MOST_BODY = 1 << 20, /* bytes of a refusal that are read for the connection's sake */
};

struct tunnel {
    struct hop *hop;
    struct connection *connection;
    int64_t deadline;
    struct buf authority; /* "host:port" */

    /* The response. */
    struct head_reader reader;
    struct buf lines;
    struct head_status status;
    struct head_facts fields;
    bool proxy_close, proxy_keep_alive; /* what Proxy-Connection says */
};

static void tunnel_release(struct tunnel *t)
{
    buf_release(&t->authority);
    buf_release(&t->lines);
    head_reader_release(&t->reader);
}
DEFINE_SCOPED(tunnel)

#define LOG(t, ...)                                                                                \
    do {                                                                                           \
        if ((t)->hop->hooks->log)                                                                  \
            (t)->hop->hooks->log((t)->hop->hooks->owner, __VA_ARGS__);                             \
    } while (0)

static CURLcode fail(struct tunnel *t, CURLcode code, const char *text)
{
    return t->hop->hooks->fail(t->hop->hooks->owner, code, "%s", text);
}

/* ---- The request ---- */

static bool write_authority(struct tunnel *t, struct str host, int port)
{
    const char *zone = host.len ? memchr(host.at, '%', host.len) : NULL;
    bool is_ip6 = host.len && memchr(host.at, ':', host.len);

    if (zone && is_ip6) /* it is this machine's */
        host.len = (size_t)(zone - host.at);
    return buf_printf(&t->authority, is_ip6 ? "[%.*s]:%d" : "%.*s:%d", (int)host.len, host.at,
                      port);
}

/* One of ours, unless the program has its own. */
static void add_header(struct tunnel *t, struct buf *head, struct str name, const char *value)
{
    if (!value || !*value || http_has_custom(http_proxy_headers(t->hop->settings), name))
        return;
    buf_append(head, name.at, name.len);
    buf_append_text(head, ": ");
    buf_append_text(head, value);
    buf_append_text(head, "\r\n");
}

static CURLcode write_auth(struct tunnel *t, struct buf *head)
{
    struct hop *hop = t->hop;
    struct auth_message message = {
        .method = "CONNECT",
        .target = {t->authority.bytes, t->authority.len},
        .host = hop->proxy->host,
        .replaced = http_has_custom(http_proxy_headers(hop->settings), STR("Proxy-Authorization")),
        .host_line = {t->authority.bytes, t->authority.len},
        .payload = STR(""),
    };

    return http_auth_write(hop->auth[AUTH_PROXY], &message, t->connection, head);
}

static WAITS CURLcode send_request(struct tunnel *t)
{
    const struct settings *s = t->hop->settings;
    struct stream *stream = t->connection->stream;
    scoped(buf) head = {0};
    CURLcode result;

    LOG(t, "Establish HTTP proxy tunnel to %s", t->authority.bytes);
    buf_printf(&head, "CONNECT %s HTTP/1.%c\r\n", t->authority.bytes,
               t->hop->proxy->type == CURLPROXY_HTTP_1_0 ? '0' : '1');
    add_header(t, &head, STR("Host"), t->authority.bytes);
    result = write_auth(t, &head);
    if (result)
        return result;
    add_header(t, &head, STR("User-Agent"), rstr_text(s->user_agent));
    add_header(t, &head, STR("Proxy-Connection"), "Keep-Alive");
    http_add_custom(&head, http_proxy_headers(s), NULL, NULL);
    if (!buf_append_text(&head, "\r\n") || buf_failed(&head))
        return CURLE_OUT_OF_MEMORY;
    result = stream_send_all(stream, head.bytes, head.len, t->deadline);
    if (result == CURLE_SEND_ERROR)
        return http_say_failed(t->hop, stream, result, "Send");
    if (result)
        return result;
    t->hop->facts->request_size += (long)head.len;
    send_log(t->hop->exchange, CURLINFO_HEADER_OUT, head.bytes, head.len);
    return CURLE_OK;
}

/* ---- The response's head ---- */

/* Makes sure that bytes are at hand; *ret_end when the proxy has ended instead. */
static WAITS CURLcode fill(struct tunnel *t, bool *ret_end)
{
    struct connection *c = t->connection;
    CURLcode result;

    *ret_end = false;
    if (c->unread)
        return CURLE_OK;
    result = http_receive(c->stream, CHUNK_SMALL, t->deadline, &c->unread);
    if (result == CURLE_RECV_ERROR && !c->stream->cut)
        return http_say_failed(t->hop, c->stream, result, "Recv");
    if (result && result != CURLE_RECV_ERROR)
        return result;
    if (result || !chunk_len(c->unread)) {
        chunk_drop(c->unread);
        c->unread = NULL;
        *ret_end = true;
    }
    return CURLE_OK;
}

static struct str trim_line_end(struct str line)
{
    while (line.len && (line.at[line.len - 1] == '\n' || line.at[line.len - 1] == '\r'))
        line.len--;
    return line;
}

static CURLcode take_status(struct tunnel *t, struct str line)
{
    CURLcode result = head_parse_status(line, &t->status);

    if (result == CURLE_WEIRD_SERVER_REPLY)
        return fail(t, CURLE_BAD_FUNCTION_ARGUMENT, "Invalid response header");
    if (result || t->status.major != 1)
        return fail(t, CURLE_UNSUPPORTED_PROTOCOL, "Unsupported HTTP version in proxy's response");
    return CURLE_OK;
}

static void note_proxy_connection(struct tunnel *t, struct str value)
{
    t->proxy_close = t->proxy_close || str_equal_nocase(value, STR("close"));
    t->proxy_keep_alive = t->proxy_keep_alive || str_equal_nocase(value, STR("keep-alive"));
}

static bool is_success(const struct tunnel *t)
{
    return t->status.code / 100 == 2;
}

/* A tunnel has no body (RFC 9110 9.3.6). */
static bool is_ignored(struct tunnel *t, struct str name)
{
    static const char *const framing[] = {"Content-Length", "Transfer-Encoding"};

    for (int i = 0; is_success(t) && i < 2; i++) {
        if (str_equal_nocase(name, str_of(framing[i]))) {
            LOG(t, "Ignoring %s in CONNECT %03d response", framing[i], t->status.code);
            return true;
        }
    }
    return t->status.code < 200;
}

static CURLcode take_field(struct tunnel *t, struct str line)
{
    const char *reason = "Header without colon";
    struct str name, value;
    CURLcode result = head_parse_field(line, &name, &value);

    if (!result && !is_ignored(t, name))
        result = head_facts_add(&t->fields, name, value, (int64_t)time(NULL), &reason);
    if (result)
        return fail(t, result, reason);
    if (str_equal_nocase(name, STR("Proxy-Connection")))
        note_proxy_connection(t, value);
    if (t->status.code == 407 && str_equal_nocase(name, STR("Proxy-Authenticate")))
        return http_auth_challenge(t->hop->auth[AUTH_PROXY], t->connection, value);
    return CURLE_OK;
}

static CURLcode take_line(struct tunnel *t, struct str line)
{
    struct str text = trim_line_end(line);
    bool is_first = !t->lines.len;

    if (!buf_append(&t->lines, line.at, line.len))
        return CURLE_OUT_OF_MEMORY;
    if (is_first)
        return take_status(t, text);
    return text.len ? take_field(t, text) : CURLE_OK;
}

static void log_head(struct tunnel *t)
{
    const char *at = t->lines.bytes, *end = at + t->lines.len;

    while (at < end) {
        const char *next = memchr(at, '\n', (size_t)(end - at));
        size_t len = next ? (size_t)(next - at) + 1 : (size_t)(end - at);

        send_log(t->hop->exchange, CURLINFO_HEADER_IN, at, len);
        at += len;
    }
}

/* With CURLOPT_SUPPRESS_CONNECT_HEADERS for the log only. */
static WAITS CURLcode publish_head(struct tunnel *t)
{
    struct hop *hop = t->hop;

    hop->facts->header_size += (long)t->lines.len;
    hop->facts->connect_code = t->status.code;
    if (hop->settings->suppress_connect_headers) {
        log_head(t);
        return send_facts(hop->exchange, hop->facts);
    }
    return send_head(hop->exchange, t->lines.bytes, t->lines.len, CURLH_CONNECT,
                     hop->request_number, hop->facts);
}

static WAITS CURLcode read_head(struct tunnel *t)
{
    enum head_step step = HEAD_MORE;

    buf_clear(&t->lines);
    head_reader_reset(&t->reader, true);
    head_facts_init(&t->fields);
    while (step != HEAD_END) {
        const char *reason = NULL;
        struct str line;
        struct chunk *c;
        size_t used;
        bool end;
        CURLcode result = fill(t, &end);

        if (!result && end)
            result = fail(t, CURLE_RECV_ERROR, "Proxy CONNECT aborted");
        if (result)
            return result;
        c = t->connection->unread;
        assert(c);
        result =
            head_reader_take(&t->reader, chunk_at(c), chunk_len(c), &used, &step, &line, &reason);
        if (result)
            return fail(t, result, reason ? reason : "Out of memory for the headers");
        if (step != HEAD_MORE)
            result = take_line(t, line);
        connection_used(t->connection, used);
        if (result)
            return result;
    }
    return publish_head(t);
}

/* ---- A refusal's body ---- */

static CURLcode body_failed(struct tunnel *t, const char *reason)
{
    return fail(t, CURLE_RECV_ERROR, reason ? reason : "The proxy's response ends early");
}

static WAITS CURLcode skip_length(struct tunnel *t, int64_t left)
{
    LOG(t, "Ignore %lld bytes of response-body", (long long)left);
    while (left > 0) {
        int64_t len;
        bool end;
        CURLcode result = fill(t, &end);

        if (result || end)
            return result ? result : body_failed(t, NULL);
        len = (int64_t)chunk_len(t->connection->unread);
        len = len < left ? len : left;
        connection_used(t->connection, (size_t)len);
        left -= len;
    }
    return CURLE_OK;
}

/* *ret_whole stays false for a body that is too large. */
static WAITS CURLcode skip_chunks(struct tunnel *t, bool *ret_whole)
{
    struct chunked_decoder decoder = {0};
    int64_t total = 0;

    LOG(t, "Ignore chunked response-body");
    while (!decoder.done && total <= MOST_BODY) {
        const char *data, *reason = NULL;
        size_t used, len;
        struct chunk *c;
        bool end;
        CURLcode result = fill(t, &end);

        if (result || end)
            return result ? result : body_failed(t, NULL);
        c = t->connection->unread;
        if (chunked_decode(&decoder, chunk_at(c), chunk_len(c), &used, &data, &len, &reason))
            return body_failed(t, reason);
        total += (int64_t)used;
        connection_used(t->connection, used);
    }
    *ret_whole = decoder.done;
    return CURLE_OK;
}

/* Trailers, which mean nothing. */
static WAITS CURLcode skip_trailers(struct tunnel *t)
{
    enum head_step step = HEAD_MORE;

    head_reader_reset(&t->reader, false);
    while (step != HEAD_END) {
        const char *reason = NULL;
        struct str line;
        struct chunk *c;
        size_t used;
        bool end;
        CURLcode result = fill(t, &end);

        if (result || end)
            return result ? result : body_failed(t, NULL);
        c = t->connection->unread;
        if (head_reader_take(&t->reader, chunk_at(c), chunk_len(c), &used, &step, &line, &reason))
            return body_failed(t, reason);
        connection_used(t->connection, used);
    }
    return CURLE_OK;
}

/* Brings the connection to where another request may follow. *ret_whole stays false where it ends
 * with the body, or that is not worth reading. */
static WAITS CURLcode skip_body(struct tunnel *t, bool *ret_whole)
{
    CURLcode result;

    if (!t->fields.chunked && (t->fields.content_length < 0 || t->fields.length_overflow ||
                               t->fields.content_length > MOST_BODY))
        return CURLE_OK;
    if (!t->fields.chunked) {
        result = skip_length(t, t->fields.content_length);
        *ret_whole = !result;
        return result;
    }
    result = skip_chunks(t, ret_whole);
    return result || !*ret_whole ? result : skip_trailers(t);
}

/* ---- All of it ---- */

static bool stays_open(const struct tunnel *t)
{
    if (t->fields.close || t->proxy_close)
        return false;
    return t->status.minor > 0 || t->fields.keep_alive || t->proxy_keep_alive;
}

static CURLcode refused(struct tunnel *t)
{
    return t->hop->hooks->fail(t->hop->hooks->owner, CURLE_COULDNT_CONNECT,
                               "CONNECT tunnel failed, response %d", t->status.code);
}

/* One request and its final answer. *ret_more: another one is due, on the same connection if
 * *ret_again stays false. */
static WAITS CURLcode ask(struct tunnel *t, bool *ret_more, bool *ret_again)
{
    bool whole = false;
    CURLcode result = send_request(t);

    t->proxy_close = t->proxy_keep_alive = false;
    do {
        if (!result)
            result = read_head(t);
    } while (!result && t->status.code < 200);
    if (result)
        return result;
    result = http_auth_again(t->hop->auth[AUTH_PROXY], t->connection, t->hop->proxy->host,
                             t->status.code, false, ret_more);
    if (result)
        return result;
    if (is_success(t)) {
        *ret_more = false;
        LOG(t, "CONNECT tunnel established, response %d", t->status.code);
        return CURLE_OK;
    }
    if (t->status.code == 407)
        result = skip_body(t, &whole);
    if (result)
        return result;
    if (!*ret_more)
        return refused(t);
    *ret_again = !whole || !stays_open(t);
    return CURLE_OK;
}

CURLcode http_connect(struct hop *hop, struct connection *c, struct str host, int port,
                      int64_t deadline, bool *ret_again)
{
    scoped(tunnel) t = {.hop = hop, .connection = c, .deadline = deadline};
    bool more = true;
    CURLcode result = CURLE_OK;

    *ret_again = false;
    if (!write_authority(&t, host, port))
        return CURLE_OUT_OF_MEMORY;
    for (int rounds = 0; !result && more && !*ret_again; rounds++) {
        if (rounds == MOST_ROUNDS)
            return refused(&t);
        head_reader_release(&t.reader);
        t.reader = (struct head_reader){0};
        result = ask(&t, &more, ret_again);
    }
    return result;
}
