/* SPDX-License-Identifier: MIT */
/* What a proxy answers to CONNECT. */
#include "protocols/http_connect.h"

#include <string.h>
#include <time.h>

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
        return tunnel_fail(t, CURLE_BAD_FUNCTION_ARGUMENT, "Invalid response header");
    if (result || (t->status.major != 1 && !(t->connection->proxy_http2 && t->status.major == 2)))
        return tunnel_fail(t, CURLE_UNSUPPORTED_PROTOCOL,
                           "Unsupported HTTP version in proxy's response");
    return CURLE_OK;
}

static void note_proxy_connection(struct tunnel *t, struct str value)
{
    t->proxy_close = t->proxy_close || str_equal_nocase(value, STR("close"));
    t->proxy_keep_alive = t->proxy_keep_alive || str_equal_nocase(value, STR("keep-alive"));
}

bool tunnel_is_success(const struct tunnel *t)
{
    return t->status.code / 100 == 2;
}

/* A tunnel has no body (RFC 9110 9.3.6). */
static bool is_ignored(struct tunnel *t, struct str name)
{
    static const char *const framing[] = {"Content-Length", "Transfer-Encoding"};

    for (int i = 0; tunnel_is_success(t) && i < 2; i++) {
        if (str_equal_nocase(name, str_of(framing[i]))) {
            TUNNEL_LOG(t, "Ignoring %s in CONNECT %03d response", framing[i], t->status.code);
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
        return tunnel_fail(t, result, reason);
    if (str_equal_nocase(name, STR("Proxy-Connection")))
        note_proxy_connection(t, value);
    if (t->status.code == 407 && str_equal_nocase(name, STR("Proxy-Authenticate")))
        return http_auth_challenge(t->hop->auth[AUTH_PROXY], t->connection, value);
    return CURLE_OK;
}

void tunnel_begin_head(struct tunnel *t)
{
    buf_clear(&t->lines);
    head_facts_init(&t->fields);
}

CURLcode tunnel_take_line(struct tunnel *t, struct str line)
{
    struct str text = trim_line_end(line);
    bool is_first = !t->lines.len;

    if (!buf_append(&t->lines, line.at, line.len))
        return CURLE_OUT_OF_MEMORY;
    if (is_first)
        return take_status(t, text);
    return text.len ? take_field(t, text) : CURLE_OK;
}

CURLcode tunnel_publish_head(struct tunnel *t)
{
    struct hop *hop = t->hop;

    hop->facts->header_size += (long)t->lines.len;
    hop->facts->connect_code = t->status.code;
    if (hop->settings->suppress_connect_headers)
        return send_head_uncalled(hop->exchange, t->lines.bytes, t->lines.len, CURLH_CONNECT,
                                  hop->request_number, hop->facts);
    return send_head(hop->exchange, t->lines.bytes, t->lines.len, CURLH_CONNECT,
                     hop->request_number, hop->facts);
}
