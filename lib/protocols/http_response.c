/* SPDX-License-Identifier: MIT */
/* Reading a response: heads, the body in each of its framings (RFC 9112 6.3), trailers. */
#include "protocols/http.h"

#include "base/clock.h"
#include "protocols/body.h"
#include "protocols/http2.h"
#include "wire/chunked.h"

#include <string.h>
#include <time.h>

enum { BULK = 256 * 1024 }; /* a body from this size on is read in large pieces */

static CURLcode fail(struct http *h, CURLcode code, const char *text)
{
    return h->hop->hooks->fail(h->hop->hooks->owner, code, "%s", text);
}

/* ---- Heads ---- */

static CURLcode take_status_line(struct http *h, struct str line)
{
    CURLcode result = http_parse_status(h, line);

    if (result)
        return result;
    h->hop->facts->response_code = h->status.code;
    h->hop->facts->http_version = h->status.major == 2   ? CURL_HTTP_VERSION_2_0
                                  : h->status.minor == 0 ? CURL_HTTP_VERSION_1_0
                                                         : CURL_HTTP_VERSION_1_1;
    return CURLE_OK;
}

static struct str trim_line_end(struct str line)
{
    while (line.len && (line.at[line.len - 1] == '\n' || line.at[line.len - 1] == '\r'))
        line.len--;
    return line;
}

/* A line that cannot be: the program gets those before it, and the reason. */
static CURLcode refuse_line(struct http *h, CURLcode code, const char *reason, size_t len)
{
    CURLcode result = fail(h, code, reason);

    h->lines.len -= len;
    if (h->lines.len)
        (void)send_head(h->hop->exchange, h->lines.bytes, h->lines.len, CURLH_HEADER,
                        h->hop->request_number, h->hop->facts);
    return result;
}

static bool is_ignored(const struct http *h, struct str name)
{
    if (str_equal_nocase(name, STR("Transfer-Encoding")))
        return http_is_head(h->hop); /* of a body that does not come */
    return h->hop->settings->ignore_content_length && str_equal_nocase(name, STR("Content-Length"));
}

static CURLcode take_line(struct http *h, struct str line)
{
    const char *reason = "Header without colon";
    struct str name, value;
    CURLcode result;

    if (!buf_append(&h->lines, line.at, line.len))
        return CURLE_OUT_OF_MEMORY;
    if (h->lines.len == line.len)
        return take_status_line(h, trim_line_end(line));
    if (!trim_line_end(line).len)
        return CURLE_OK;
    result = head_parse_field(trim_line_end(line), &name, &value);
    if (!result && !is_ignored(h, name))
        result = head_facts_add(&h->fields, name, value, (int64_t)time(NULL), &reason);
    if (result && reason == head_unsolicited)
        (void)h->hop->hooks->fail(h->hop->hooks->owner, result,
                                  "Unsolicited Transfer-Encoding (%.*s) found", (int)value.len,
                                  value.at);
    if (result)
        return refuse_line(h, result, reason, line.len);
    return http_note_field(h, name, value);
}

/* A response without a head: all that comes is body. */
static CURLcode accept_http09(struct http *h)
{
    if (h->status.code || h->hop->reused)
        return fail(h, CURLE_WEIRD_SERVER_REPLY, "Invalid status line");
    if (!h->hop->settings->http09_allowed)
        return fail(h, CURLE_UNSUPPORTED_PROTOCOL, "Received HTTP/0.9 when not allowed");
    if (http_is_head(h->hop))
        return fail(h, CURLE_WEIRD_SERVER_REPLY, "A body in reply to HEAD");
    h->http09 = true;
    h->status = (struct head_status){.major = 0, .minor = 9, .code = 200};
    h->hop->facts->response_code = 0;
    h->fields.close = true;
    return CURLE_OK;
}

/* The peer ended before a head was complete. One that ends with a line is taken as it is: servers
 * do that. */
static CURLcode ended_in_head(struct http *h)
{
    struct str line;
    bool whole = head_reader_take_last(&h->reader, &line);

    if (whole || (h->lines.len && h->reader.handed_out && h->status.code >= 200)) {
        h->fields.close = true;
        return whole ? take_line(h, line) : CURLE_OK;
    }
    if (h->any_bytes)
        return fail(h,
                    h->lines.len || h->reader.line.len || h->status.code ? CURLE_GOT_NOTHING
                                                                         : CURLE_RECV_ERROR,
                    "Connection closed before the response's head was complete");
    return fail(h, CURLE_GOT_NOTHING, "Empty reply from server");
}

/* What a complete head means for getinfo, and on to the program. */
static CURLcode publish_head(struct http *h)
{
    struct facts *f = h->hop->facts;
    bool informational = h->status.code < 200;

    f->header_size += (long)h->lines.len;
    if (!informational) {
        h->hop->http10 = h->status.major == 1 && h->status.minor == 0;
        h->hop->connection->http10 = h->hop->http10;
        http_publish_fields(h);
    }
    return send_head(h->hop->exchange, h->lines.bytes, h->lines.len,
                     informational ? CURLH_1XX : CURLH_HEADER, h->hop->request_number, f);
}

/* Lines to `take`, until the blank one. */
static WAITS CURLcode read_lines(struct http *h, CURLcode (*take)(struct http *, struct str),
                                 int64_t deadline, bool *ret_end)
{
    enum head_step step = HEAD_MORE;

    while (step != HEAD_END) {
        struct chunk *c;
        struct str line;
        const char *reason = NULL;
        size_t used;
        CURLcode result = http_fill(h, deadline, ret_end);

        if (result || *ret_end)
            return result;
        c = h->hop->connection->unread;
        if (!h->in_trailers && !http_may_be_status(h, (struct str){chunk_at(c), chunk_len(c)}))
            return accept_http09(h);
        result =
            head_reader_take(&h->reader, chunk_at(c), chunk_len(c), &used, &step, &line, &reason);
        http_used(h, used);
        if (result)
            return refuse_line(h, result, reason ? reason : "Out of memory for the headers", 0);
        if (step != HEAD_MORE)
            result = take(h, line);
        if (result)
            return result;
    }
    return CURLE_OK;
}

void http_expect_head(struct http *h)
{
    buf_clear(&h->lines);
    head_reader_reset(&h->reader, true);
    head_facts_init(&h->fields);
    h->fields.raw_transfer = !h->hop->settings->http_transfer_decoding;
    h->fields.codings_wanted = h->hop->settings->transfer_encoding;
    decode_release(&h->decoding);
}

CURLcode http_read_head(struct http *h, int64_t deadline)
{
    bool end = false;
    CURLcode result;

    if (h->head_complete) { /* the one before was informational: a new one begins */
        http_expect_head(h);
        h->head_complete = false;
    }
    if (h->h2)
        result = http2_read_head(h, take_line, deadline);
    else
        result = read_lines(h, take_line, deadline, &end);
    if (result)
        return result;
    if (end)
        result = ended_in_head(h);
    if (result)
        return result;
    h->head_complete = true;
    return h->http09 ? CURLE_OK : publish_head(h);
}

/* ---- Bodies ---- */

static CURLcode cut_short(struct http *h, int64_t left)
{
    return h->hop->hooks->fail(h->hop->hooks->owner, CURLE_PARTIAL_FILE,
                               "transfer closed with %lld bytes remaining to read",
                               (long long)left);
}

/* Gives the chunk that was received to the program, all of it. */
static WAITS CURLcode write_received(struct http *h)
{
    struct connection *c = h->hop->connection;
    struct chunk *received = c->unread;

    c->unread = NULL;
    return body_write(h->hop, received);
}

/* The same for its first `len` bytes. */
static WAITS CURLcode write_part(struct http *h, size_t len)
{
    struct connection *c = h->hop->connection;
    CURLcode result;

    if (len == chunk_len(c->unread))
        return write_received(h);
    result = body_write_bytes(h->hop, chunk_at(c->unread), len);
    http_used(h, len);
    return result;
}

static WAITS CURLcode read_length(struct http *h, int64_t left)
{
    h->bulk = left >= BULK;
    while (left > 0) {
        size_t len;
        bool end;
        CURLcode result = http_fill(h, CLOCK_NEVER, &end);

        if (result)
            return result;
        if (end)
            return cut_short(h, left);
        len = chunk_len(h->hop->connection->unread);
        if ((int64_t)len > left)
            len = (size_t)left;
        result = write_part(h, len);
        if (result)
            return result;
        left -= (int64_t)len;
    }
    return CURLE_OK;
}

static WAITS CURLcode read_to_close(struct http *h)
{
    curl_off_t before = h->hop->facts->downloaded;

    for (;;) {
        bool end;
        CURLcode result = http_fill(h, CLOCK_NEVER, &end);

        if (!result && end && h->hop->connection->stream->cut)
            return fail(h, CURLE_RECV_ERROR, h->hop->connection->stream->reason);
        if (result || end)
            return result;
        result = write_received(h);
        if (result)
            return result;
        h->bulk = h->hop->facts->downloaded - before >= BULK;
    }
}

static CURLcode take_trailer(struct http *h, struct str line)
{
    struct str name, value, text = trim_line_end(line);

    if (!text.len)
        return CURLE_OK;
    if (head_parse_field(text, &name, &value))
        return fail(h, CURLE_WEIRD_SERVER_REPLY, "Invalid trailer from the server");
    buf_append(&h->lines, text.at, text.len);
    return buf_append_text(&h->lines, "\r\n") ? CURLE_OK : CURLE_OUT_OF_MEMORY;
}

static CURLcode cut_in_chunks(struct http *h)
{
    return fail(h, CURLE_PARTIAL_FILE, "transfer closed with outstanding read data remaining");
}

static WAITS CURLcode write_raw_trailers(struct http *h)
{
    if (!buf_append_text(&h->lines, "\r\n"))
        return CURLE_OUT_OF_MEMORY;
    return body_write_bytes(h->hop, h->lines.bytes, h->lines.len);
}

/* Trailers: field lines behind the last chunk, up to a blank line (RFC 9112 7.1.2). */
static WAITS CURLcode read_trailers(struct http *h)
{
    bool end = false;
    CURLcode result;

    buf_clear(&h->lines);
    head_reader_reset(&h->reader, false);
    h->in_trailers = true;
    result = read_lines(h, take_trailer, CLOCK_NEVER, &end);
    if (result)
        return result;
    if (end)
        return cut_in_chunks(h);
    if (h->fields.raw_transfer)
        return write_raw_trailers(h);
    if (!h->lines.len)
        return CURLE_OK;
    return send_head(h->hop->exchange, h->lines.bytes, h->lines.len, CURLH_TRAILER,
                     h->hop->request_number, h->hop->facts);
}

static WAITS CURLcode read_chunked(struct http *h)
{
    struct chunked_decoder decoder = {0};

    h->in_chunks = h->hop->logs_body_itself = true;
    http_log_chunks(h);
    while (!decoder.done) {
        const char *data, *reason = NULL;
        size_t used, len;
        struct chunk *c;
        bool end;
        CURLcode result = http_fill(h, CLOCK_NEVER, &end);

        if (result)
            return result;
        if (end)
            return cut_in_chunks(h);
        c = h->hop->connection->unread;
        result = chunked_decode(&decoder, chunk_at(c), chunk_len(c), &used, &data, &len, &reason);
        if (result)
            return fail(h, result, reason);
        if (h->fields.raw_transfer)
            result = body_write_bytes(h->hop, chunk_at(c), used);
        else if (len)
            result = body_write_bytes(h->hop, data, len);
        if (result)
            return result;
        http_used(h, used);
    }
    return read_trailers(h);
}

/* Transfer codings besides chunked (CURLOPT_TRANSFER_ENCODING): they lie around the content's. */
static CURLcode add_transfer_codings(struct http *h)
{
    static const char *const names[] = {
        [HEAD_GZIP] = "gzip", [HEAD_DEFLATE] = "deflate", [HEAD_OTHER_CODING] = "other"};
    CURLcode result = CURLE_OK;

    for (int i = 0; i < h->fields.coding_count && !result; i++)
        result = http_add_coding(h, str_of(names[h->fields.codings[i]]));
    return result;
}

static WAITS CURLcode read_framed(struct http *h)
{
    if (h->h2)
        return http2_read_body(h);
    if (h->http09)
        return read_to_close(h);
    if (h->fields.chunked)
        return read_chunked(h);
    if (h->fields.content_length >= 0)
        return read_length(h, h->fields.content_length);
    h->fields.close = true;
    return read_to_close(h);
}

CURLcode http_read_body(struct http *h)
{
    struct hop *hop = h->hop;
    CURLcode result = add_transfer_codings(h);

    if (h->decoding.count || h->decoding.unknown) {
        hop->decoding = &h->decoding;
        hop->decoded = 0;
        hop->facts->decoded = true;
    }
    if (!result)
        result = read_framed(h);
    hop->decoding = NULL;
    return result;
}
