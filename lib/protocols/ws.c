/* SPDX-License-Identifier: MIT */
/* The opening handshake of WebSocket (RFC 6455 4). */
#include "protocols/ws.h"

#include "protocols/http_custom.h"

#include "base/rand.h"
#include "base/test_hooks.h"
#include "wire/base64.h"
#include "wire/ws_frame.h"

#include <string.h>

enum { KEY_BYTES = 16 };

const char *wss_alpn(const struct hop *hop)
{
    (void)hop;
    return "http/1.1";
}

/* A request of its own kind: whatever else the program has set, it is a GET. What the program
 * uploads are frames. */
CURLcode ws_run(struct hop *hop)
{
    hop->method = METHOD_GET;
    hop->own_method = false;
    return http_run(hop);
}

bool ws_is_scheme(const char *scheme)
{
    return !strcmp(scheme, "ws") || !strcmp(scheme, "wss");
}

bool ws_is_asked_for(const struct http *h)
{
    return ws_is_scheme(h->hop->url->scheme);
}

/* ---- The request ---- */

static CURLcode new_key(struct http *h)
{
    unsigned char bytes[KEY_BYTES];

    rand_bytes(bytes, sizeof(bytes));
    buf_clear(&h->ws.key);
    return base64_append(&h->ws.key, bytes, sizeof(bytes)) ? CURLE_OK : CURLE_OUT_OF_MEMORY;
}

CURLcode ws_add_fields(struct http *h)
{
    struct str given;
    CURLcode result;

    if (http_find_custom(h, STR("Sec-WebSocket-Key"), &given)) {
        buf_clear(&h->ws.key);
        result = buf_append(&h->ws.key, given.at, given.len) ? CURLE_OK : CURLE_OUT_OF_MEMORY;
    } else {
        result = new_key(h);
    }
    http_add_header(h, STR("Upgrade"), "websocket");
    http_add_header(h, STR("Sec-WebSocket-Version"), "13");
    http_add_header(h, STR("Sec-WebSocket-Key"), buf_text(&h->ws.key));
    return result;
}

/* ---- The answer ---- */

static bool has_token(struct str list, struct str token)
{
    while (list.len) {
        const char *comma = memchr(list.at, ',', list.len);
        size_t len = comma ? (size_t)(comma - list.at) : list.len;

        if (str_equal_nocase(str_trim_blanks((struct str){list.at, len}), token))
            return true;
        len += comma != NULL;
        list = (struct str){list.at + len, list.len - len};
    }
    return false;
}

static CURLcode note_accept(struct http *h, struct str value)
{
    scoped(buf) wanted = {0};

    if (!ws_accept_append(&wanted, (struct str){buf_text(&h->ws.key), h->ws.key.len}))
        return CURLE_OUT_OF_MEMORY;
    h->ws.accepted = str_equal(str_trim_blanks(value), (struct str){wanted.bytes, wanted.len});
    return CURLE_OK;
}

CURLcode ws_note_field(struct http *h, struct str name, struct str value)
{
    if (str_equal_nocase(name, STR("Upgrade")))
        h->ws.upgrades |= has_token(value, STR("websocket"));
    else if (str_equal_nocase(name, STR("Connection")))
        h->ws.connects |= has_token(value, STR("upgrade"));
    else if (str_equal_nocase(name, STR("Sec-WebSocket-Accept")))
        return note_accept(h, value);
    else if (str_equal_nocase(name, STR("Sec-WebSocket-Extensions")) && value.len)
        h->ws.extends = true;
    return CURLE_OK;
}

/* Where keys or masks are fixed from outside, the answer may be. */
static bool answer_is_fixed(void)
{
    return test_hook("CURL_ENTROPY") || test_hook("CURL_WS_FORCE_ZERO_MASK");
}

CURLcode ws_accept(struct http *h)
{
    struct ws_answer *ws = &h->ws;
    struct str own;
    const char *why = NULL;

    if (!ws->upgrades)
        why = "no \"Upgrade: websocket\"";
    else if (!ws->connects)
        why = "no \"Connection: Upgrade\"";
    else if (!ws->accepted && !answer_is_fixed())
        why = "not the right Sec-WebSocket-Accept";
    else if (ws->extends && !http_find_custom(h, STR("Sec-WebSocket-Extensions"), &own))
        why = "an extension that was not asked for";
    if (why)
        return h->hop->hooks->fail(h->hop->hooks->owner, CURLE_HTTP_RETURNED_ERROR,
                                   "WebSocket upgrade with %s in the answer", why);
    ws->open = true;
    return CURLE_OK;
}

CURLcode ws_refused(struct http *h)
{
    return h->hop->hooks->fail(h->hop->hooks->owner, CURLE_HTTP_RETURNED_ERROR,
                               "Refused WebSocket upgrade: %d", h->status.code);
}
