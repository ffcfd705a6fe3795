/* SPDX-License-Identifier: MIT */
/* Writing the head of a request: libcurl's header lines in libcurl's order, with what the program
 * adds, replaces and removes (CURLOPT_HTTPHEADER). */
#include "protocols/http.h"

#include "base/mem.h"
#include "protocols/http2.h"
#include "protocols/http_custom.h"
#include "protocols/ws.h"
#include "wire/date.h"
#include "wire/escape.h"

#include <string.h>

enum {
    REQUEST_HEAD_MAX = 1024 * 1024, /* bytes */
    EXPECT_FROM = 1024 * 1024,      /* larger bodies are announced with "Expect: 100-continue" */
    REQUEST_ROOM = 480,             /* most heads fit */
    SHORT_TEXT = 256,               /* most targets and hosts fit */
};

/* ---- The lines ---- */

/* Path and query of the URL. */
static CURLcode write_target(struct http *h, struct buf *target)
{
    const struct url *url = h->hop->url;

    if (url_append_part(target, url, CURLUPART_PATH, CURLU_URLENCODE))
        return CURLE_OUT_OF_MEMORY;
    if (url->query) {
        buf_append_char(target, '?');
        buf_append_text(target, url->query);
    }
    return CURLE_OK;
}

/* The URL's host, with the port where it is not the scheme's own. */
static CURLcode write_host(struct http *h, struct buf *to)
{
    const struct url *url = h->hop->url;
    int port = h->hop->port ? (int)h->hop->port : url->port_number;

    if (url_append_part(to, url, CURLUPART_HOST, CURLU_PUNYCODE))
        return CURLE_OUT_OF_MEMORY;
    if (port && port != url_default_port(url->scheme)) {
        buf_append_char(to, ':');
        buf_append_number(to, port);
    }
    return CURLE_OK;
}

static bool is_ftp(const struct http *h)
{
    return !strcmp(h->hop->url->scheme, "ftp");
}

/* The whole URL, for a proxy that passes the request on (RFC 9112 3.2.2); with name and password
 * where that proxy has to log in. `host` comes with the port. */
static void write_whole_target(struct http *h, const struct buf *host, const struct buf *path)
{
    const struct settings *s = h->hop->settings;
    const struct login *login = h->hop->login;

    buf_append_text(&h->request, h->hop->url->scheme);
    buf_append_text(&h->request, "://");
    if (is_ftp(h) && login->given) {
        escape_append(&h->request, (struct str){buf_text(&login->user), login->user.len});
        buf_append_char(&h->request, ':');
        escape_append(&h->request, (struct str){buf_text(&login->password), login->password.len});
        buf_append_char(&h->request, '@');
    }
    buf_append(&h->request, host->bytes, host->len);
    buf_append(&h->request, path->bytes, path->len);
    if (is_ftp(h) && s->proxy_transfer_mode && !strstr(buf_text(path), ";type="))
        buf_append_text(&h->request, s->transfer_text ? ";type=a" : ";type=i");
}

static void add_request_target(struct http *h, const struct buf *host, const struct buf *target)
{
    const struct settings *s = h->hop->settings;

    if (s->request_target)
        buf_append_text(&h->request, rstr_text(s->request_target));
    else if (h->hop->forwards)
        write_whole_target(h, host, target);
    else
        buf_append(&h->request, target->bytes, target->len);
}

/* The program's own "Host", or the URL's. */
static void add_host(struct http *h, const struct buf *host)
{
    struct http_custom c;

    if (!h->hop->first_host || !http_find_own(h->hop->settings, STR("Host"), &c)) {
        buf_append_text(&h->request, "Host: ");
        buf_append(&h->request, host->bytes, host->len);
        if (is_ftp(h) && !h->hop->port && !h->hop->url->port_number)
            buf_append_text(&h->request, ":21"); /* not the default one of HTTP */
        buf_append_text(&h->request, "\r\n");
        return;
    }
    if (!c.value.len && !c.blank)
        return;
    buf_append_text(&h->request, "Host:");
    if (c.value.len)
        buf_append_char(&h->request, ' ');
    buf_append(&h->request, c.value.at, c.value.len);
    buf_append_text(&h->request, "\r\n");
}

/* The body, as far as it can be signed ahead. */
static void tell_payload(const struct hop *hop, struct auth_message *message)
{
    const struct settings *s = hop->settings;

    message->payload = STR("");
    message->payload_unknown =
        (hop->method == METHOD_PUT && s->infile_size != 0) || hop->method == METHOD_POST;
    if (hop->method != METHOD_POST || !s->post_fields || http_posts_form(hop))
        return;
    message->payload_unknown = false;
    message->payload.at = s->post_fields;
    message->payload.len =
        s->post_field_size >= 0 ? (size_t)s->post_field_size : strlen(s->post_fields);
}

/* Who the program is, to a proxy that passes the request on. */
static CURLcode write_proxy_auth(struct http *h, const struct auth_message *message,
                                 struct buf *lines)
{
    struct hop *hop = h->hop;
    struct auth_message to_proxy = *message;

    if (!hop->forwards)
        return CURLE_OK;
    to_proxy.host = hop->proxy->host;
    to_proxy.replaced =
        http_has_custom(http_proxy_headers(hop->settings), STR("Proxy-Authorization")) ||
        http_has_own(hop->settings, STR("Proxy-Authorization"));
    return http_auth_write(hop->auth[AUTH_PROXY], &to_proxy, hop->connection, lines);
}

static bool auth_holds_body(const struct hop *hop)
{
    return http_auth_holds_body(hop->auth[AUTH_SERVER]) ||
           (hop->forwards && http_auth_holds_body(hop->auth[AUTH_PROXY]));
}

/* Who the program is; decides whether the body waits. */
static CURLcode write_auth(struct http *h, const char *method, const struct buf *target,
                           const struct buf *host, struct buf *lines)
{
    struct hop *hop = h->hop;
    struct auth_message message = {
        .method = method,
        .target = {target->bytes,  target->len},
        .host = str_of(hop->url->host),
        .replaced = hop->trusted && http_has_own(hop->settings, STR("Authorization")),
        .host_line = {buf_text(host), host->len  },
        .headers = hop->settings->http_headers,
    };
    CURLcode result;

    tell_payload(hop, &message);
    result = write_proxy_auth(h, &message, lines);
    if (!result)
        result = http_auth_write(hop->auth[AUTH_SERVER], &message, hop->connection, lines);
    h->holds_body =
        auth_holds_body(hop) && (hop->method == METHOD_PUT || hop->method == METHOD_POST);
    return result;
}

/* CURLOPT_RANGE and CURLOPT_RESUME_FROM: "Range" of a download, "Content-Range" of an upload (RFC
 * 9110 14). */
static void add_range(struct http *h)
{
    const struct settings *s = h->hop->settings;
    struct http_upload *u = &h->upload;

    if (u->source == SOURCE_NONE) {
        if (http_has_own(s, STR("Range")))
            return;
        if (s->resume_from > 0)
            buf_printf(&h->request, "Range: bytes=%lld-\r\n", (long long)s->resume_from);
        else if (s->range)
            buf_printf(&h->request, "Range: bytes=%s\r\n", rstr_text(s->range));
        return;
    }
    if (http_has_own(s, STR("Content-Range")))
        return;
    if (s->resume_from < 0 && u->total >= 0) /* from where the server has it to: unknown */
        buf_printf(&h->request, "Content-Range: bytes 0-%lld/%lld\r\n", (long long)(u->total - 1),
                   (long long)u->total);
    else if (s->resume_from > 0 && u->total >= 0 && s->resume_from <= INT64_MAX - u->total)
        buf_printf(&h->request, "Content-Range: bytes %lld-%lld/%lld\r\n",
                   (long long)s->resume_from, (long long)(s->resume_from + u->total - 1),
                   (long long)(s->resume_from + u->total));
    else if (s->range && u->total >= 0)
        buf_printf(&h->request, "Content-Range: bytes %s/%lld\r\n", rstr_text(s->range),
                   (long long)u->total);
}

static void add_time_condition(struct http *h)
{
    const struct settings *s = h->hop->settings;
    char date[DATE_TEXT_SIZE];

    if (!s->time_condition)
        return;
    date_format(s->time_value, date);
    switch (s->time_condition) {
    case CURL_TIMECOND_IFMODSINCE:
        http_add_header(h, STR("If-Modified-Since"), date);
        break;
    case CURL_TIMECOND_IFUNMODSINCE:
        http_add_header(h, STR("If-Unmodified-Since"), date);
        break;
    case CURL_TIMECOND_LASTMOD:
        http_add_header(h, STR("Last-Modified"), date);
        break;
    default:
        break;
    }
}

bool http_condition_met(const struct settings *s, int64_t last_modified)
{
    if (s->time_condition == CURL_TIMECOND_IFUNMODSINCE)
        return last_modified <= s->time_value;
    return last_modified > s->time_value;
}

static void add_expect(struct http *h)
{
    const struct settings *s = h->hop->settings;
    struct http_upload *u = &h->upload;

    if (h->hop->without_expect || http_is_10(h->hop) || http2_is_on(h->hop))
        return;
    if (http_has_own(s, STR("Expect"))) {
        u->expect = http_own_contains(s, STR("Expect"), STR("100-continue"));
        return;
    }
    if (h->holds_body || (u->total >= 0 && u->total <= EXPECT_FROM))
        return;
    u->expect = true;
    buf_append_text(&h->request, "Expect: 100-continue\r\n");
}

/* What describes the body. */
static void add_body_headers(struct http *h)
{
    const struct settings *s = h->hop->settings;
    struct http_upload *u = &h->upload;

    if (u->source == SOURCE_NONE)
        return;
    if (u->length >= 0 && !u->chunked && (h->holds_body || !http_has_own(s, STR("Content-Length"))))
        buf_printf(&h->request, "Content-Length: %lld\r\n", (long long)u->length);
    if (http_posts_form(h->hop) && h->holds_body)
        ; /* its type comes with it */
    else if (http_posts_form(h->hop))
        buf_append_text(&h->request, rstr_text(h->hop->exchange->request->form_head));
    else if (h->hop->method == METHOD_POST)
        http_add_header(h, STR("Content-Type"), "application/x-www-form-urlencoded");
    add_expect(h);
}

static CURLcode add_cookies(struct http *h)
{
    const struct settings *s = h->hop->settings;
    struct http_custom c;
    bool named = h->hop->first_host && http_find_own(s, STR("Host"), &c) && c.value.len;

    return http_write_cookies(h, named ? c.value : STR(""), http_has_own(s, STR("Cookie")));
}

/* Fields that are for the next hop only, and are named in "Connection" (RFC 9110 7.6.1). */
static bool has_connection_options(const struct http *h)
{
    return (h->hop->settings->transfer_encoding && !http2_is_on(h->hop)) || http2_is_asked_for(h) ||
           ws_is_asked_for(h);
}

/* The program's "Connection" lines, or those behind its first one. */
static void add_connections_of(struct http *h, const struct curl_slist *l, bool with_first)
{
    for (; l; l = l->next) {
        struct http_custom c;

        if (!http_parse_custom(l->data, &c) || !str_equal_nocase(c.name, STR("Connection")))
            continue;
        if (with_first && (c.value.len || c.blank))
            buf_printf(&h->request, "%s\r\n", c.blank ? "Connection:" : l->data);
        with_first = true;
    }
}

static void add_connections(struct http *h, bool with_first)
{
    const struct settings *s = h->hop->settings;

    add_connections_of(h, s->http_headers, with_first);
    if (h->hop->forwards && s->header_opt == CURLHEADER_SEPARATE)
        add_connections_of(h, s->proxy_headers, true);
}

static bool upgrades(const struct http *h)
{
    return http2_is_asked_for(h) || ws_is_asked_for(h);
}

/* What the request says of its connection, behind what the program says of it. */
static void add_connection(struct http *h)
{
    struct http_custom c;

    if (!has_connection_options(h)) {
        add_connections(h, true);
        return;
    }
    if (http2_is_asked_for(h))
        buf_printf(&h->request, "Upgrade: h2c\r\nHTTP2-Settings: %s\r\n", http2_settings());
    if (ws_is_asked_for(h) && ws_add_fields(h))
        h->request.failed = true;
    buf_append_text(&h->request, "Connection: ");
    if (http_find_own(h->hop->settings, STR("Connection"), &c) && c.value.len) {
        buf_append(&h->request, c.value.at, c.value.len);
        buf_append_text(&h->request, ", ");
    }
    if (h->hop->settings->transfer_encoding)
        buf_append_text(&h->request, upgrades(h) ? "TE, " : "TE");
    if (http2_is_asked_for(h))
        buf_append_text(&h->request, "Upgrade, HTTP2-Settings");
    if (ws_is_asked_for(h))
        buf_append_text(&h->request, "Upgrade");
    buf_append_text(&h->request, "\r\n");
    add_connections(h, false);
}

/* A method goes out as it is. In HTTP/2 it is a field, which takes no blanks and controls. */
static CURLcode check_method(struct http *h)
{
    const char *method = http_method(h->hop);

    if (!http2_is_on(h->hop))
        return CURLE_OK;
    for (const char *at = method; *at; at++) {
        if ((unsigned char)*at <= ' ' || *at == 0x7f)
            return h->hop->hooks->fail(h->hop->hooks->owner, CURLE_BAD_FUNCTION_ARGUMENT,
                                       "The request method has a byte that it may not have");
    }
    return CURLE_OK;
}

/* An empty one is sent, too. */
static void add_referer(struct http *h)
{
    if (!h->hop->referer || http_has_own(h->hop->settings, STR("Referer")))
        return;
    buf_append_text(&h->request, "Referer: ");
    buf_append_text(&h->request, h->hop->referer);
    buf_append_text(&h->request, "\r\n");
}

static const char *version_text(const struct http *h)
{
    if (http2_is_on(h->hop))
        return " HTTP/2\r\n";
    return http_is_10(h->hop) ? " HTTP/1.0\r\n" : " HTTP/1.1\r\n";
}

CURLcode http_build_request(struct http *h)
{
    const struct settings *s = h->hop->settings;
    struct facts *f = h->hop->facts;
    const char *method = http_method(h->hop);
    char memory[2][SHORT_TEXT];
    scoped(buf) target = BUF_IN(memory[0]), host = BUF_IN(memory[1]), auth = {0};
    CURLcode result = check_method(h);

    if (!result)
        result = write_target(h, &target);
    if (!result)
        result = write_host(h, &host);
    if (!result)
        result = write_auth(h, method, &target, &host, &auth);
    if (!result)
        result = http_choose_source(h);
    if (!result)
        result = http_choose_framing(h);
    if (result)
        return result;
    buf_reserve(&h->request, REQUEST_ROOM);
    buf_append_text(&h->request, method);
    buf_append_char(&h->request, ' ');
    add_request_target(h, &host, &target);
    buf_append_text(&h->request, version_text(h));
    add_host(h, &host);
    buf_append(&h->request, auth.bytes, auth.len);
    add_range(h);
    if (s->user_agent && s->user_agent->len)
        http_add_header(h, STR("User-Agent"), rstr_text(s->user_agent));
    http_add_header(h, STR("Accept"), "*/*");
    if (s->transfer_encoding && !http2_is_on(h->hop))
        http_add_header(h, STR("TE"), "gzip");
    http_add_header(h, STR("Accept-Encoding"), rstr_text(s->accept_encoding));
    add_referer(h);
    if (h->hop->forwards && !http_has_custom(http_proxy_headers(s), STR("Proxy-Connection")))
        http_add_header(h, STR("Proxy-Connection"), "Keep-Alive");
    if (h->upload.chunked)
        http_add_header(h, STR("Transfer-Encoding"), "chunked");
    http_add_header(h, STR("Alt-Used"), h->hop->alt_used);
    result = add_cookies(h);
    if (result)
        return result;
    add_time_condition(h);
    http_add_customs(h);
    h->asked_to_close = http_own_contains(s, STR("Connection"), STR("close"));
    add_body_headers(h);
    add_connection(h);
    buf_append_text(&h->request, "\r\n");
    f->upload_length = h->upload.source == SOURCE_NONE ? 0 : h->upload.length;
    if (h->request.len > REQUEST_HEAD_MAX)
        return h->hop->hooks->fail(h->hop->hooks->owner, CURLE_TOO_LARGE,
                                   "The request's head is too large");
    if (buf_failed(&h->request) || !facts_set_text(&f->method, method, strlen(method)))
        return CURLE_OUT_OF_MEMORY;
    return CURLE_OK;
}
