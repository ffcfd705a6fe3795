/* SPDX-License-Identifier: MIT */
/* What a request asks, where its body comes from, and how the peer finds its end (RFC 9112 6). */
#include "protocols/http.h"

#include "protocols/http2.h"
#include "protocols/http_custom.h"
#include "protocols/ws.h"

#include <string.h>

bool http_posts_form(const struct hop *hop)
{
    return hop->method == METHOD_POST && hop->settings->form != FORM_NONE;
}

bool http_is_head(const struct hop *hop)
{
    return hop->method == METHOD_HEAD;
}

const char *http_method(const struct hop *hop)
{
    if (hop->own_method)
        return rstr_text(hop->settings->custom_request);
    switch (hop->method) {
    case METHOD_HEAD:
        return "HEAD";
    case METHOD_POST:
        return "POST";
    case METHOD_PUT:
        return "PUT";
    default:
        return "GET";
    }
}

CURLcode http_choose_source(struct http *h)
{
    const struct settings *s = h->hop->settings;
    struct http_upload *u = &h->upload;

    *u = (struct http_upload){.source = SOURCE_NONE};
    if (h->hop->method == METHOD_PUT) {
        u->source = SOURCE_CALLBACK;
        u->length = s->infile_size;
        u->skip = s->resume_from > 0 ? s->resume_from : 0;
    } else if (http_posts_form(h->hop)) {
        u->source = SOURCE_CALLBACK;
        u->length = h->hop->exchange->request->form_length;
    } else if (h->hop->method == METHOD_POST && s->post_fields) {
        u->source = SOURCE_MEMORY;
        u->memory = s->post_fields;
        u->length =
            s->post_field_size >= 0 ? s->post_field_size : (curl_off_t)strlen(s->post_fields);
    } else if (h->hop->method == METHOD_POST) {
        u->source = SOURCE_CALLBACK;
        u->length = s->post_field_size;
        u->skip = s->resume_from > 0 ? s->resume_from : 0;
    }
    if (u->length > 0 && u->source == SOURCE_CALLBACK && s->crlf)
        u->length = -1; /* line ends become longer */
    if (u->length > 0 && u->skip > 0)
        u->length = u->length > u->skip ? u->length - u->skip : 0;
    u->total = u->length;
    if (h->holds_body) {
        u->source = SOURCE_MEMORY; /* nothing yet */
        u->memory = "";
        u->length = u->skip = 0;
    }
    return CURLE_OK;
}

bool http_is_10(const struct hop *hop)
{
    return hop->http10 || hop->connection->http10 ||
           (hop->settings->http_version == CURL_HTTP_VERSION_1_0 &&
            !ws_is_scheme(hop->url->scheme));
}

/* Chunked where the program asks for it, or the size is not known. */
CURLcode http_choose_framing(struct http *h)
{
    const struct settings *s = h->hop->settings;
    struct http_upload *u = &h->upload;

    if (u->source == SOURCE_NONE)
        return CURLE_OK;
    if (http2_is_on(h->hop))
        return CURLE_OK;
    u->chunked = http_own_contains(s, STR("Transfer-Encoding"), STR("chunked"));
    if (u->chunked && u->source == SOURCE_CALLBACK)
        u->length = -1; /* the end is where the program says so */
    if (u->length >= 0 || u->chunked || http_has_own(s, STR("Transfer-Encoding")))
        return CURLE_OK;
    if (http_is_10(h->hop))
        return h->hop->hooks->fail(h->hop->hooks->owner, CURLE_UPLOAD_FAILED,
                                   "Chunky upload is not supported by HTTP 1.0");
    u->chunked = true;
    return CURLE_OK;
}
