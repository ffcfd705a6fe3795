/* SPDX-License-Identifier: MIT */
/* What the lines of a response's head mean for the transfer. */
#include "protocols/http.h"

#include "base/mem.h"
#include "protocols/body.h"
#include "protocols/http2.h"
#include "protocols/ws.h"

#include <string.h>

static CURLcode fail(struct http *h, CURLcode code, const char *text)
{
    return h->hop->hooks->fail(h->hop->hooks->owner, code, "%s", text);
}

static bool is_alias(const struct http *h, struct str line)
{
    const struct curl_slist *alias = h->hop->settings->http200_aliases;

    for (; alias; alias = alias->next) {
        if (str_starts_nocase(line, str_of(alias->data)))
            return true;
    }
    return false;
}

CURLcode http_parse_status(struct http *h, struct str line)
{
    CURLcode result;

    if (is_alias(h, line)) {
        h->status = (struct head_status){.major = 1, .minor = 0, .code = 200};
        return CURLE_OK;
    }
    result = head_parse_status(line, &h->status);
    if (result == CURLE_UNSUPPORTED_PROTOCOL)
        return fail(h, result, "Unsupported HTTP version in response");
    if (result)
        return fail(h, result, "Invalid status line from the server");
    if (h->status.major != (h->h2 ? 2 : 1) && (h->hop->reused || http2_is_asked_for(h)))
        return fail(h, CURLE_WEIRD_SERVER_REPLY, "The HTTP version changed on the connection");
    if (h->status.major != (h->h2 ? 2 : 1))
        return h->hop->hooks->fail(h->hop->hooks->owner, CURLE_UNSUPPORTED_PROTOCOL,
                                   "Unsupported HTTP version (%d.%d) in response", h->status.major,
                                   h->status.minor);
    return CURLE_OK;
}

bool http_may_be_status(const struct http *h, struct str received)
{
    const struct curl_slist *alias = h->hop->settings->http200_aliases;
    scoped(buf) start = {0};
    struct str begun = {h->reader.line.bytes, h->reader.line.len};

    if (h->lines.len || h->reader.first_done)
        return true;
    if (begun.len) { /* the line began in an earlier piece: judge both together */
        buf_append(&start, begun.at, begun.len);
        buf_append(&start, received.at, received.len < 16 ? received.len : 16);
        received = (struct str){start.bytes, start.len};
    }
    if (buf_failed(&start) || head_may_be_status(received))
        return true;
    for (; alias; alias = alias->next) {
        size_t len = strlen(alias->data);
        len = len < received.len ? len : received.len;
        if (str_equal_nocase((struct str){received.at, len}, (struct str){alias->data, len}))
            return true;
    }
    return false;
}

/* CURLINFO_REDIRECT_URL: where a 3xx points to, made absolute. */
static CURLcode note_location(struct http *h, struct str value)
{
    scoped(url) target = {0};
    scoped(buf) location = {0};
    char *text = NULL;
    bool kept;

    if (h->status.code < 300 || h->status.code > 399 || !value.len || h->hop->location.len)
        return CURLE_OK;
    if (!buf_append(&h->hop->location, value.at, value.len))
        return CURLE_OUT_OF_MEMORY;
    if (!buf_append(&location, value.at, value.len) || url_copy(h->hop->url, &target))
        return CURLE_OUT_OF_MEMORY;
    if (url_set_whole(&target, location.bytes,
                      CURLU_URLENCODE | CURLU_ALLOW_SPACE | CURLU_NON_SUPPORT_SCHEME) ||
        url_get_part(&target, CURLUPART_URL, &text, 0))
        /* no URL: as it is */
        return facts_set_text(&h->hop->facts->redirect_url, value.at, value.len)
                   ? CURLE_OK
                   : CURLE_OUT_OF_MEMORY;
    kept = facts_set_text(&h->hop->facts->redirect_url, text, strlen(text));
    mem_free(text);
    return kept ? CURLE_OK : CURLE_OUT_OF_MEMORY;
}

static WAITS CURLcode take_decoded(struct decode_sink *sink, const char *bytes, size_t len)
{
    struct http *h = CONTAINER_OF(sink, struct http, decoded);

    return body_write_decoded(h->hop, bytes, len);
}

CURLcode http_add_coding(struct http *h, struct str names)
{
    CURLcode result;

    h->decoded.write = take_decoded;
    result = decode_add(&h->decoding, names, &h->decoded);
    if (result == CURLE_BAD_CONTENT_ENCODING)
        return fail(h, result, "Reject response due to more than 5 content encodings");
    return result;
}

/* Decoding is for programs that asked for codings. */
static CURLcode note_coding(struct http *h, struct str value)
{
    const struct settings *s = h->hop->settings;

    return s->accept_encoding && s->http_content_decoding ? http_add_coding(h, value) : CURLE_OK;
}

/* What proxies of HTTP/1.0 say in place of "Connection". */
static CURLcode note_proxy_connection(struct http *h, struct str value)
{
    h->fields.keep_alive = h->fields.keep_alive || str_equal_nocase(value, STR("keep-alive"));
    h->fields.close = h->fields.close || str_equal_nocase(value, STR("close"));
    return CURLE_OK;
}

CURLcode http_note_field(struct http *h, struct str name, struct str value)
{
    struct facts *f = h->hop->facts;

    if (h->status.code == 101 && ws_is_asked_for(h))
        return ws_note_field(h, name, value);
    if (h->status.code < 200)
        return CURLE_OK;
    if (str_equal_nocase(name, STR("Content-Type")))
        return !value.len || facts_set_text(&f->content_type, value.at, value.len)
                   ? CURLE_OK
                   : CURLE_OUT_OF_MEMORY;
    if (str_equal_nocase(name, STR("Alt-Svc")))
        return http_note_altsvc(h, value);
    if (str_equal_nocase(name, STR("Content-Encoding")))
        return note_coding(h, value);
    if (h->hop->forwards && str_equal_nocase(name, STR("Proxy-Connection")))
        return note_proxy_connection(h, value);
    if (str_equal_nocase(name, STR("Location")))
        return note_location(h, value);
    if (str_equal_nocase(name, STR("Set-Cookie")))
        return http_take_cookie(h, value);
    if (str_equal_nocase(name, STR("Strict-Transport-Security")))
        return http_take_hsts(h, value);
    if (h->status.code == 401 && str_equal_nocase(name, STR("WWW-Authenticate")))
        return http_auth_challenge(h->hop->auth[AUTH_SERVER], h->hop->connection, value);
    if (h->hop->forwards && h->status.code == 407 &&
        str_equal_nocase(name, STR("Proxy-Authenticate")))
        return http_auth_challenge(h->hop->auth[AUTH_PROXY], h->hop->connection, value);
    return CURLE_OK;
}

void http_publish_fields(struct http *h)
{
    const struct head_facts *fields = &h->fields;
    struct facts *f = h->hop->facts;

    f->content_length = fields->chunked ? -1 : fields->content_length;
    if (h->status.code == 204 || h->status.code == 304)
        f->content_length = 0; /* whatever they say */
    if (h->hop->settings->filetime || h->hop->settings->time_condition)
        f->filetime = fields->last_modified;
    if (fields->retry_after_s >= 0)
        f->retry_after_s = fields->retry_after_s;
}
