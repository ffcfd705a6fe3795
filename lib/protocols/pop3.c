/* SPDX-License-Identifier: MIT */
/* pop3:// and pop3s://: a transfer from top to bottom. */
#include "protocols/pop3.h"

#include "base/clock.h"
#include "base/mem.h"
#include "protocols/body.h"
#include "protocols/http.h"
#include "wire/escape.h"

#include <string.h>

static const char farewell[] = "QUIT\r\n";

/* ---- What is asked for ---- */

/* The URL's path: a message's number. */
static CURLcode find_message(struct pop3 *p, struct buf *ret)
{
    const char *path = p->mail.hop->url->path;

    if (!unescape_append(ret, str_of(path && *path == '/' ? path + 1 : "")))
        return CURLE_OUT_OF_MEMORY;
    for (size_t i = 0; i < ret->len; i++) {
        if ((unsigned char)ret->bytes[i] < ' ' || ret->bytes[i] == 0x7f)
            return mail_fail(&p->mail, CURLE_URL_MALFORMAT, "path contains control characters");
    }
    return CURLE_OK;
}

static CURLcode write_command(struct pop3 *p, struct buf *ret)
{
    const struct settings *s = p->mail.hop->settings;
    scoped(buf) message = {0};
    CURLcode result = find_message(p, &message);

    if (result)
        return result;
    if (p->mail.hop->own_method)
        buf_append_text(ret, rstr_text(s->custom_request));
    else
        buf_append_text(ret, message.len && !s->dir_list_only ? "RETR" : "LIST");
    if (message.len)
        buf_printf(ret, " %s", message.bytes);
    return buf_failed(ret) ? CURLE_OUT_OF_MEMORY : CURLE_OK;
}

/* ---- The answer ---- */

/* The next bytes of the answer; the caller's. */
static WAITS CURLcode take_chunk(struct pop3 *p, struct chunk **ret)
{
    CURLcode result = CURLE_OK;

    *ret = p->mail.c->unread;
    p->mail.c->unread = NULL;
    if (!*ret)
        result = http_receive(p->mail.c->stream, CHUNK_SMALL, CLOCK_NEVER, ret);
    if (result == CURLE_RECV_ERROR)
        return http_say_failed(p->mail.hop, p->mail.c->stream, result, "Recv");
    if (result)
        return exchange_result(p->mail.hop->exchange, result);
    if (chunk_len(*ret))
        return CURLE_OK;
    chunk_drop(*ret);
    *ret = NULL;
    mail_fail(&p->mail, CURLE_PARTIAL_FILE, "The server ended in the middle of its answer");
    return CURLE_PARTIAL_FILE;
}

/* What is behind the end stays for the next answer. */
static void keep_rest(struct pop3 *p, struct chunk *c, size_t used)
{
    p->mail.c->unread = c;
    connection_used(p->mail.c, used);
}

static WAITS CURLcode receive_body(struct pop3 *p)
{
    struct pop3_body body = {0};
    scoped(buf) bytes = {0};
    CURLcode result = CURLE_OK;

    while (!result && !body.done) {
        struct chunk *c;
        size_t used = 0;

        result = take_chunk(p, &c);
        if (result)
            return result;
        buf_clear(&bytes);
        if (!pop3_body_feed(&body, chunk_at(c), chunk_len(c), &used, &bytes))
            result = CURLE_OUT_OF_MEMORY;
        keep_rest(p, c, used);
        if (!result && bytes.len)
            result = body_write_bytes(p->mail.hop, bytes.bytes, bytes.len);
    }
    return result;
}

static WAITS CURLcode transfer(struct pop3 *p)
{
    struct hop *hop = p->mail.hop;
    scoped(buf) line = {0};
    bool multiline;
    CURLcode result = write_command(p, &line);

    if (!result)
        result = hop_ask_program(hop);
    if (result)
        return result;
    multiline = pop3_is_multiline((struct str){line.bytes, line.len});
    p->settled = false;
    result = pop3_command(p, line.bytes);
    if (result) {
        p->settled = result == CURLE_BAD_FUNCTION_ARGUMENT; /* nothing was sent */
        return result;
    }
    if (!hop->facts->starttransfer_time)
        hop->facts->starttransfer_time = hop_elapsed(hop);
    p->settled = p->status == POP3_ERROR || (p->status == POP3_OK && !multiline);
    if (p->status != POP3_OK)
        return mail_fail(&p->mail, CURLE_WEIRD_SERVER_REPLY, "The server refused the command");
    if (http_is_head(hop) || !multiline)
        return CURLE_OK;
    result = receive_body(p);
    p->settled = !result;
    return result;
}

/* ---- The connection's part ---- */

static char logged_in; /* what the memory of a connection points to */

static WAITS CURLcode begin(struct pop3 *p)
{
    CURLcode result = CURLE_OK;

    p->mail.c->memory.farewell = NULL;
    if (!p->mail.c->memory.state)
        result = pop3_log_in(p);
    if (!result)
        p->mail.c->memory.state = &logged_in;
    p->settled = !result;
    return result;
}

/* What becomes of the connection. */
static void leave(struct pop3 *p, CURLcode result)
{
    if (p->settled) {
        p->mail.c->memory.farewell = farewell;
        p->mail.hop->reusable = !p->mail.c->unread;
    }
    /* A kept connection that the server had closed meanwhile. */
    if (p->mail.hop->reused && !p->mail.answered &&
        (result == CURLE_SEND_ERROR || result == CURLE_RECV_ERROR))
        p->mail.hop->retry = p->mail.hop->on_new_connection = true;
}

static void pop3_release(struct pop3 *p)
{
    buf_release(&p->mail.line);
    buf_release(&p->stamp);
}

CURLcode pop3_run(struct hop *hop)
{
    struct pop3 p = {
        .mail = {.hop = hop, .c = hop->connection}
    };
    const char *method = http_method(hop);
    CURLcode result = begin(&p);

    if (!result && !facts_set_text(&hop->facts->method, method, strlen(method)))
        result = CURLE_OUT_OF_MEMORY;
    if (!result)
        result = transfer(&p);
    leave(&p, result);
    pop3_release(&p);
    return result;
}

CURLcode pop3_greet(struct hop *hop)
{
    struct pop3 p = {
        .mail = {.hop = hop, .c = hop->connection}
    };
    CURLcode result = begin(&p);

    pop3_release(&p);
    return result;
}
