/* SPDX-License-Identifier: MIT */
/* CONNECT (RFC 9110 9.3.6): has an HTTP proxy open a tunnel. The conversation is over before the
 * destination's begins; nothing of it is the destination's business, and nothing that is said in
 * the tunnel is the proxy's. Rounds of authentication stay on the connection as long as the proxy
 * lets it live. */
#include "protocols/http_connect.h"

#include "net/proxy.h"
#include "net/stream.h"
#include "protocols/h2_tunnel.h"
#include "protocols/http_custom.h"

#include <string.h>

enum { MOST_ROUNDS = 10 }; /* of authentication on a connection */

static void tunnel_release(struct tunnel *t)
{
    buf_release(&t->authority);
    buf_release(&t->lines);
    head_reader_release(&t->reader);
}
DEFINE_SCOPED(tunnel)

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

static const char *version(const struct tunnel *t)
{
    if (t->connection->proxy_http2)
        return "2";
    return t->hop->proxy->type == CURLPROXY_HTTP_1_0 ? "1.0" : "1.1";
}

static WAITS CURLcode send_request(struct tunnel *t)
{
    const struct settings *s = t->hop->settings;
    struct stream *stream = t->connection->stream;
    scoped(buf) head = {0};
    CURLcode result;

    TUNNEL_LOG(t, "Establish HTTP proxy tunnel to %s", t->authority.bytes);
    buf_printf(&head, "CONNECT %s HTTP/%s\r\n", t->authority.bytes, version(t));
    add_header(t, &head, STR("Host"), t->authority.bytes);
    result = write_auth(t, &head);
    if (result)
        return result;
    add_header(t, &head, STR("User-Agent"), rstr_text(s->user_agent));
    add_header(t, &head, STR("Proxy-Connection"), "Keep-Alive");
    http_add_custom(&head, http_proxy_headers(s), NULL, NULL);
    if (!buf_append_text(&head, "\r\n") || buf_failed(&head))
        return CURLE_OUT_OF_MEMORY;
    if (t->connection->proxy_http2)
        result = h2_tunnel_request(stream, (struct str){head.bytes, head.len}, t->deadline);
    else
        result = stream_send_all(stream, head.bytes, head.len, t->deadline);
    if (result == CURLE_SEND_ERROR)
        return http_say_failed(t->hop, stream, result, "Send");
    if (result)
        return result;
    t->hop->facts->request_size += (long)head.len;
    send_log(t->hop->exchange, CURLINFO_HEADER_OUT, head.bytes, head.len);
    return CURLE_OK;
}

/* ---- HTTP/2 ---- */

static CURLcode begin_http2(struct connection *c)
{
    struct stream *s = h2_tunnel_new(c->stream);

    if (!s)
        return CURLE_OUT_OF_MEMORY;
    c->stream = s;
    return CURLE_OK;
}

static struct str first_line(struct str lines)
{
    const char *end = memchr(lines.at, '\n', lines.len);

    return (struct str){lines.at, end ? (size_t)(end - lines.at) + 1 : lines.len};
}

/* The final head, and the informational ones before it. CURLE_AGAIN: the proxy has left without a
 * look at the request. */
static WAITS CURLcode read_heads_http2(struct tunnel *t)
{
    struct stream *stream = t->connection->stream;
    struct str lines = {0};
    CURLcode result = h2_tunnel_recv_head(stream, t->deadline, &lines);

    if (result && h2_tunnel_is_unseen(stream))
        return CURLE_AGAIN;
    if (result == CURLE_RECV_ERROR)
        return http_say_failed(t->hop, stream, result, "Recv");
    tunnel_begin_head(t);
    while (!result && lines.len) {
        struct str line = first_line(lines);

        lines = (struct str){lines.at + line.len, lines.len - line.len};
        result = tunnel_take_line(t, line);
        if (result || line.len > 2)
            continue;
        result = tunnel_publish_head(t);
        if (lines.len)
            tunnel_begin_head(t);
    }
    return result;
}

/* ---- All of it ---- */

/* The final head; CURLE_AGAIN asks for a new connection. */
static WAITS CURLcode read_answer(struct tunnel *t)
{
    CURLcode result;

    if (t->connection->proxy_http2)
        return read_heads_http2(t);
    do
        result = tunnel_read_head(t);
    while (!result && t->status.code < 200);
    return result;
}

static bool stays_open(const struct tunnel *t)
{
    if (t->fields.close || t->proxy_close)
        return false;
    return t->status.minor > 0 || t->fields.keep_alive || t->proxy_keep_alive;
}

/* Whether another request may follow on the connection once this one was refused. */
static WAITS CURLcode clear_away(struct tunnel *t, bool *ret_usable)
{
    CURLcode result;

    if (t->connection->proxy_http2) {
        *ret_usable = h2_tunnel_may_ask_again(t->connection->stream);
        return CURLE_OK;
    }
    result = tunnel_skip_body(t, ret_usable);
    *ret_usable = *ret_usable && stays_open(t);
    return result;
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
    bool usable = false;
    CURLcode result = send_request(t);

    t->proxy_close = t->proxy_keep_alive = false;
    if (!result)
        result = read_answer(t);
    *ret_again = result == CURLE_AGAIN;
    if (*ret_again)
        return CURLE_OK;
    if (result)
        return result;
    result = http_auth_again(t->hop->auth[AUTH_PROXY], t->connection, t->hop->proxy->host,
                             t->status.code, false, ret_more);
    if (result)
        return result;
    if (tunnel_is_success(t)) {
        *ret_more = false;
        TUNNEL_LOG(t, "CONNECT tunnel established, response %d", t->status.code);
        return CURLE_OK;
    }
    if (t->status.code == 407)
        result = clear_away(t, &usable);
    if (result)
        return result;
    if (!*ret_more)
        return refused(t);
    *ret_again = !usable;
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
    if (c->proxy_http2)
        result = begin_http2(c);
    for (int rounds = 0; !result && more && !*ret_again; rounds++) {
        if (rounds == MOST_ROUNDS)
            return refused(&t);
        head_reader_release(&t.reader);
        t.reader = (struct head_reader){0};
        result = ask(&t, &more, ret_again);
    }
    return result;
}
