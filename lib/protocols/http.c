/* SPDX-License-Identifier: MIT */
/* HTTP/1 (RFC 9110, 9112): the conversation of one request, from top to bottom. */
#include "protocols/http.h"

#include "base/clock.h"
#include "base/mem.h"
#include "protocols/http2.h"
#include "protocols/ws.h"

#include <string.h>

static void http_release(struct http *h)
{
    buf_release(&h->request);
    buf_release(&h->cookie_host);
    buf_release(&h->ws.key);
    buf_release(&h->lines);
    decode_release(&h->decoding);
    head_reader_release(&h->reader);
}

static CURLcode fail(struct http *h, CURLcode code, const char *text)
{
    return h->hop->hooks->fail(h->hop->hooks->owner, code, "%s", text);
}

static bool is_informational(const struct http *h)
{
    return h->head_complete && h->status.code < 200 && !h->http09;
}

/* After "Expect: 100-continue": gives the server its time to say no before the body is sent (RFC
 * 9110 10.1.1). */
static WAITS CURLcode wait_for_continue(struct http *h)
{
    int64_t patience = h->hop->settings->expect_100_timeout_ms * CLOCK_MS;
    CURLcode result = http_read_head(h, clock_after(clock_now(), patience));

    while (!result && is_informational(h) && h->status.code != 100)
        result = http_read_head(h, clock_after(clock_now(), patience));
    return result == CURLE_OPERATION_TIMEDOUT ? CURLE_OK : result;
}

static bool is_final(const struct http *h)
{
    return (h->head_complete && h->status.code >= 200) || h->http09 || h->ws.open;
}

/* The server has answered before all of the body was sent. Goes on for a success, or when the
 * program wants it. */
static bool stops_upload(const struct http *h)
{
    return h->status.code >= 300 && !h->hop->settings->keep_sending_on_error;
}

static WAITS CURLcode read_final_head(struct http *h)
{
    CURLcode result = CURLE_OK;

    while (!result && !is_final(h)) {
        result = http_read_head(h, CLOCK_NEVER);
        if (!result && h->head_complete && h->status.code == 101 && http2_is_asked_for(h))
            result = http2_upgrade(h);
        else if (!result && h->head_complete && h->status.code == 101 && ws_is_asked_for(h))
            result = ws_accept(h);
    }
    return result;
}

/* RFC 9112 6.3: responses that end with their head. */
static bool has_no_body(const struct http *h)
{
    return http_is_head(h->hop) || h->status.code == 204 || h->status.code == 304;
}

/* A body that was resumed or asked for under a condition and is not what was wanted. *ret_skip:
 * there is no body to deliver. */
static CURLcode check_conditions(struct http *h, bool *ret_skip)
{
    const struct settings *s = h->hop->settings;
    struct facts *f = h->hop->facts;
    bool resumes = s->resume_from > 0 && h->upload.source == SOURCE_NONE;

    if (h->status.code == 304) {
        f->condition_unmet = 1;
        return CURLE_OK;
    }
    if (s->time_condition && !s->range && h->fields.last_modified >= 0 &&
        !http_condition_met(s, h->fields.last_modified)) {
        f->response_code = 304; /* as if the server had said so */
        f->condition_unmet = 1;
        *ret_skip = true;
    }
    if (!resumes || h->hop->method != METHOD_GET || has_no_body(h) || h->hop->discards_body)
        return CURLE_OK;
    if (h->status.code != 416 && h->fields.has_content_range &&
        h->fields.range_start == s->resume_from)
        return CURLE_OK;
    if (h->status.code == 416 || h->fields.content_length == s->resume_from)
        *ret_skip = true; /* all of it was here already */
    else
        return fail(h, CURLE_RANGE_ERROR,
                    "HTTP server does not seem to support byte ranges. Cannot resume.");
    return CURLE_OK;
}

static CURLcode check_status(struct http *h)
{
    const struct settings *s = h->hop->settings;
    bool resumed_416 = s->resume_from > 0 && h->status.code == 416;

    if (!s->fail_on_error || h->status.code < 400 || resumed_416)
        return CURLE_OK;
    return h->hop->hooks->fail(h->hop->hooks->owner, CURLE_HTTP_RETURNED_ERROR,
                               "The requested URL returned error: %d", h->status.code);
}

static CURLcode check_size(struct http *h)
{
    curl_off_t most = h->hop->settings->max_filesize;

    if (!most || h->fields.chunked ||
        (h->fields.content_length <= most && !h->fields.length_overflow))
        return CURLE_OK;
    return fail(h, CURLE_FILESIZE_EXCEEDED, "Maximum file size exceeded");
}

/* A body that is announced and will not be read: HEAD under another name. */
static bool leaves_a_body(const struct http *h)
{
    return http_is_head(h->hop) && h->hop->own_method &&
           (h->fields.chunked || h->fields.content_length > 0);
}

/* RFC 9112 9.3. */
static bool stays_open(const struct http *h)
{
    if (h->http09 || h->fields.close || h->asked_to_close || leaves_a_body(h))
        return false;
    return h->status.minor > 0 || h->fields.keep_alive;
}

static bool lasts_until_close(const struct http *h)
{
    return !h->h2 && !h->fields.chunked && h->fields.content_length < 0;
}

/* The server wants the request without "Expect" (RFC 9110 10.1.1). */
static bool refuses_expect(const struct http *h)
{
    return h->status.code == 417 && h->upload.expect && !h->upload.sent;
}

/* It goes on the connection where it began. */
static bool is_in_handshake(const struct http_auth *a)
{
    return http_auth_binds(a) && http_auth_holds_body(a);
}

/* HTTP/1.0 does not keep the connection, so that no handshake on it can come to an end. */
static bool loses_handshake(const struct http *h)
{
    const struct hop *hop = h->hop;

    return http_is_10(hop) && !stays_open(h) &&
           (is_in_handshake(hop->auth[AUTH_SERVER]) ||
            (hop->forwards && is_in_handshake(hop->auth[AUTH_PROXY])));
}

/* The server (or proxy) wants to know who we are, or has asked for the body that waited. */
static WAITS CURLcode wants_auth(struct http *h, bool *ret)
{
    struct hop *hop = h->hop;
    bool proxy = false;
    CURLcode result;

    *ret = false;
    if (loses_handshake(h))
        return CURLE_OK;
    result = http_auth_again(hop->auth[AUTH_SERVER], hop->connection, str_of(hop->url->host),
                             h->status.code, h->holds_body, ret);

    if (!result && hop->forwards)
        result = http_auth_again(hop->auth[AUTH_PROXY], hop->connection, hop->proxy->host,
                                 h->status.code, h->holds_body, &proxy);
    *ret = *ret || proxy;
    return result;
}

/* The response says where else to ask, and the program wants that. */
static bool is_followed(const struct http *h)
{
    return h->hop->settings->follow_location && h->status.code / 100 == 3 && h->hop->location.len;
}

/* The next round; away from a connection that others share, if the method needs its own. */
static void ask_again(struct http *h)
{
    h->hop->retry = h->hop->discards_body = true;
    h->hop->on_new_connection =
        h->h2 && (http_auth_binds(h->hop->auth[AUTH_SERVER]) ||
                  (h->hop->forwards && http_auth_binds(h->hop->auth[AUTH_PROXY])));
}

static WAITS CURLcode receive(struct http *h)
{
    struct hop *hop = h->hop;
    bool skip = false, again = false;
    CURLcode result = CURLE_OK;

    if (h->ws.open)
        return ws_converse(h);
    if (refuses_expect(h))
        hop->retry = hop->without_expect = hop->discards_body = true;
    else
        result = wants_auth(h, &again);
    if (result || hop->retry)
        ;
    else if (again)
        ask_again(h);
    else if (is_followed(h))
        hop->redirect = hop->discards_body = true;
    else if (ws_is_asked_for(h))
        result = ws_refused(h);
    else
        result = check_status(h);
    if (hop->discards_body && !h->h2 && !stays_open(h))
        return CURLE_OK; /* nobody wants the rest of it */
    if (!result)
        result = check_conditions(h, &skip);
    if (!result && !skip && !hop->discards_body && !has_no_body(h))
        result = check_size(h);
    if (result)
        return result;
    if (has_no_body(h)) {
        hop->reusable = stays_open(h);
        return CURLE_OK;
    }
    if (skip || (hop->discards_body && (!stays_open(h) || lasts_until_close(h))))
        return CURLE_OK; /* the connection is closed with the body unread */
    result = http_read_body(h);
    if (!result)
        hop->reusable = stays_open(h) && !hop->connection->unread;
    return result;
}

/* From the request's last byte that is sent at once to the end of the response. */
static WAITS CURLcode converse(struct http *h)
{
    CURLcode result = http_upload_skip(h);

    if (!result)
        result = http_send_head(h);
    if (!result && h->upload.expect)
        result = wait_for_continue(h);
    if (!result && !(is_final(h) && stops_upload(h)))
        result = http_upload_start(h);
    if (!result)
        result = read_final_head(h);
    if (!result && stops_upload(h))
        http_upload_stop(h);
    if (!result)
        result = receive(h);
    return result ? result : http_upload_finish(h);
}

/* A kept connection that the server had closed: nothing of the response came. */
static bool was_dead(const struct http *h, CURLcode result)
{
    return h->hop->reused && !h->any_bytes &&
           (result == CURLE_GOT_NOTHING || result == CURLE_RECV_ERROR ||
            result == CURLE_SEND_ERROR);
}

CURLcode http_run(struct hop *hop)
{
    struct http on_stack, *h = &on_stack;
    CURLcode result;

    *h = (struct http){.hop = hop};
    http_expect_head(h);
    result = http_build_request(h);
    if (!result)
        result = hop_ask_program(hop);
    if (!result)
        result = converse(h);
    http_upload_stop(h);
    if (h->h2) {
        http2_end(h);
        hop->reusable = true; /* the stream is over, not the connection */
    } else if (!h->upload.complete && !refuses_expect(h)) {
        hop->reusable = false;
    }
    if (h->upload.result == CURLE_SEND_ERROR && !h->any_bytes && result)
        result = CURLE_SEND_ERROR; /* what the reader saw is only the consequence */
    if (was_dead(h, result))
        hop->retry = hop->on_new_connection = true;
    http_release(h);
    return result;
}
