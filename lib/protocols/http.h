/* SPDX-License-Identifier: MIT */
/* HTTP/1: what its files share. */
#ifndef PROTOCOLS_HTTP_H
#define PROTOCOLS_HTTP_H

#include "base/buf.h"
#include "boundary/ask.h"
#include "protocols/decode.h"
#include "protocols/hop.h"
#include "protocols/http_auth.h"
#include "wire/head.h"
#include "wire/head_reader.h"

#include <stdbool.h>
#include <stdint.h>

/* Where the request's body comes from. */
enum http_source {
    SOURCE_NONE,
    SOURCE_MEMORY,   /* CURLOPT_POSTFIELDS */
    SOURCE_CALLBACK, /* the read callback */
};

struct http_upload {
    enum http_source source;
    curl_off_t length;  /* bytes; -1: unknown, or until the source ends */
    curl_off_t total;   /* bytes of the whole body, whether it is sent now or not; -1: unknown */
    const char *memory; /* SOURCE_MEMORY */
    curl_off_t skip;    /* bytes of the source that are not sent: CURLOPT_RESUME_FROM */
    bool chunked;       /* Transfer-Encoding: chunked */
    bool expect;        /* Expect: 100-continue was sent */

    /* While it runs. */
    curl_off_t sent;       /* body bytes handed to the stream */
    struct fiber *sender;  /* the fiber that sends; NULL when none runs */
    struct fiber *stopper; /* who waits for the sender's end */
    CURLcode result;       /* of the sender */
    bool complete;         /* all of it was sent */
};

/* What an answer says of the WebSocket that was asked for (RFC 6455 4.1). */
struct ws_answer {
    struct buf key; /* Sec-WebSocket-Key of the request */
    bool upgrades, connects, accepted;
    bool extends; /* names an extension */
    bool open;
};

struct h2_stream;

struct http {
    struct hop *hop;
    struct h2_stream *h2;   /* the request's stream, over HTTP/2 */
    struct buf request;     /* the head that is sent */
    struct buf cookie_host; /* whom cookies are for: the URL's host, or the program's "Host" */
    bool hsts_seen;         /* a Strict-Transport-Security field */
    unsigned cookies_set;   /* Set-Cookie fields so far */
    struct http_upload upload;
    struct ws_answer ws;
    bool asked_to_close; /* the program's "Connection: close" went with it */
    bool holds_body;     /* the body waits for authentication: this request has none */

    /* The response. */
    struct decoding decoding; /* of its body */
    struct decode_sink decoded;
    struct head_reader reader;
    struct buf lines; /* of the head that is being read */
    struct head_facts fields;
    struct head_status status;
    bool http09;        /* there is no head */
    bool head_complete; /* `lines` holds a whole head */
    bool in_trailers;
    bool in_chunks; /* what is received is shown to the debug callback as it is */
    bool bulk;      /* much is coming: read it in large pieces */
    bool any_bytes; /* the peer sent something */
};

/* ---- http_method.c ---- */

/* The request's method. */
const char *http_method(const struct hop *);

/* Where the body comes from, before anything of it is sent; then how it is framed: chunked where
 * the program asks for it, or the size is not known. Errors with a text. */
CURLcode http_choose_source(struct http *);
CURLcode http_choose_framing(struct http *);

/* The body is a form's (CURLOPT_MIMEPOST, CURLOPT_HTTPPOST). */
bool http_posts_form(const struct hop *);

/* True for HEAD: the response has no body. */
bool http_is_head(const struct hop *);

/* The request is one of HTTP/1.0. */
bool http_is_10(const struct hop *);

/* ---- http_request.c ---- */

/* Decides on method and body, and writes the request's head to http->request, in libcurl's order.
 * Errors with a text. */
CURLcode http_build_request(struct http *);

/* Whether a document of this age (time_t) is what CURLOPT_TIMECONDITION asked for. */
bool http_condition_met(const struct settings *, int64_t last_modified);

/* ---- http_upload.c ---- */

/* Sends the head, with a body that is in memory as far as the socket takes it at once. */
WAITS CURLcode http_send_head(struct http *);

/* Starts sending the rest of the body on a fiber of its own, if there is any. */
CURLcode http_upload_start(struct http *);

/* Ends the sender, finished or not, and returns when it is gone. What came of it is in
 * http->upload. */
WAITS void http_upload_stop(struct http *);

/* Waits until all of it is sent. CURLE_OK also when the sender was stopped or failed before: the
 * response has been read. */
WAITS CURLcode http_upload_finish(struct http *);

/* Moves the source past what CURLOPT_RESUME_FROM leaves out. */
WAITS CURLcode http_upload_skip(struct http *);

/* The read callback's source is set back to its start, for sending once more.
 * CURLE_SEND_FAIL_REWIND when the program can't. */
WAITS CURLcode http_rewind(struct hop *);

/* ---- http_response.c ---- */

/* A new head is to come. */
void http_expect_head(struct http *);

/* Reads one head (1xx, final, or of HTTP/0.9) until `deadline`; it may be called again after
 * CURLE_OPERATION_TIMEDOUT. It is sent to the program when complete. */
WAITS CURLcode http_read_head(struct http *, int64_t deadline);

/* Reads the body that the final head announced, and its trailers. */
WAITS CURLcode http_read_body(struct http *);

/* ---- http_fields.c ---- */

/* The status line, or one of CURLOPT_HTTP200ALIASES. */
CURLcode http_parse_status(struct http *, struct str line);

/* False when the first bytes of a response show that it has no head (HTTP/0.9). */
bool http_may_be_status(const struct http *, struct str received);

/* What a field means to getinfo: kept until the head is published. */
CURLcode http_note_field(struct http *, struct str name, struct str value);

/* The body has these codings, as a field lists them; those of a later call were applied later.
 * CURLE_BAD_CONTENT_ENCODING for too many. */
CURLcode http_add_coding(struct http *, struct str names);

/* The final head's facts to getinfo. */
void http_publish_fields(struct http *);

/* ---- http_cookies.c ---- */

/* The request's cookies: the engine's, and behind them CURLOPT_COOKIE unless the program has a
 * "Cookie" of its own. `host` is what its own "Host" says; empty for none. */
CURLcode http_write_cookies(struct http *, struct str host, bool replaced);

/* A Set-Cookie field of the response. */
CURLcode http_take_cookie(struct http *, struct str value);

/* ---- http_altsvc.c ---- */

/* The value of an Alt-Svc field. CURLE_OUT_OF_MEMORY. */
CURLcode http_note_altsvc(struct http *, struct str value);
/* A Strict-Transport-Security field (RFC 6797 8.1): the first one of a response over TLS counts. */
CURLcode http_take_hsts(struct http *, struct str value);

/* ---- http_input.c ---- */

/* Makes sure that received bytes are at hand (hop->connection->unread): *ret_end when the peer has
 * ended instead. */
WAITS CURLcode http_fill(struct http *, int64_t deadline, bool *ret_end);

/* Shows the debug callback the bytes at hand, chunks and all. */
void http_log_chunks(struct http *);

/* A chunk of at least a byte from the stream, or an empty one at its end; the caller's. */
WAITS CURLcode http_receive(struct stream *, size_t size, int64_t deadline,
                            struct chunk **ret_chunk);

/* Says why a stream failed, and the connection's ("Recv", "Send") and returns the code. */
CURLcode http_say_failed(struct hop *, const struct stream *, CURLcode code, const char *what);
CURLcode http_stream_failed(struct http *, CURLcode code, const char *what);

/* Drops `len` bytes of them. */
void http_used(struct http *, size_t len);

#endif
