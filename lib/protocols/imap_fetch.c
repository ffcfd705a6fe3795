/* SPDX-License-Identifier: MIT */
/* Responses that become the body. */
#include "protocols/imap.h"

#include "base/clock.h"
#include "protocols/body.h"
#include "protocols/http.h"
#include "protocols/talk.h"

#include <string.h>

/* ---- Literals ---- */

/* What is at hand of it, `most` bytes at most, to the program unless it does not want that: a whole
 * chunk goes on as it is. */
static WAITS CURLcode pass_on(struct imap *i, bool wanted, size_t most, size_t *ret_len)
{
    struct connection *c = i->mail.c;
    struct chunk *chunk = c->unread;
    CURLcode result = CURLE_OK;

    *ret_len = chunk_len(chunk) < most ? chunk_len(chunk) : most;
    if (!wanted || http_is_head(i->mail.hop)) {
        connection_used(c, *ret_len);
        return CURLE_OK;
    }
    if (*ret_len == chunk_len(chunk)) {
        c->unread = NULL;
        return body_write(i->mail.hop, chunk);
    }
    result = body_write_bytes(i->mail.hop, chunk_at(chunk), *ret_len);
    connection_used(c, *ret_len);
    return result;
}

static WAITS CURLcode read_literal(struct imap *i, bool wanted, int64_t len)
{
    while (len) {
        size_t got = 0;
        bool end;
        CURLcode result = talk_fill(i->mail.hop, CLOCK_NEVER, &end);

        if (!result && (end || !i->mail.c->unread))
            return mail_fail(&i->mail, CURLE_PARTIAL_FILE,
                             "The server ended in the middle of its answer");
        if (!result)
            result = pass_on(i, wanted, (uint64_t)len > SIZE_MAX ? SIZE_MAX : (size_t)len, &got);
        if (result)
            return result;
        len -= (int64_t)got;
    }
    return CURLE_OK;
}

/* ---- FETCH ---- */

/* The response whose literal is the message. */
static WAITS CURLcode read_message(struct imap *i, bool *ret_found)
{
    int64_t len;
    CURLcode result;

    *ret_found = i->line.kind == IMAP_UNTAGGED && imap_answers(i->line.text, STR("FETCH")) &&
                 imap_has_literal(mail_line(&i->mail), &len);
    if (!*ret_found)
        return CURLE_OK;
    i->mail.hop->facts->content_length = len;
    i->mail.hop->facts->starttransfer_time = hop_elapsed(i->mail.hop);
    result = send_facts(i->mail.hop->exchange, i->mail.hop->facts);
    if (!result)
        result = read_literal(i, true, len);
    return result ? result : mail_read_line(&i->mail); /* the end of the response */
}

static CURLcode write_fetch(const struct imap *i, struct buf *line)
{
    const struct imap_place *p = &i->place;

    buf_printf(line, "%s %s BODY[%s]", p->uid.len ? "UID FETCH" : "FETCH",
               buf_text(p->uid.len ? &p->uid : &p->index), buf_text(&p->section));
    if (p->partial.len)
        buf_printf(line, "<%s>", buf_text(&p->partial));
    return buf_failed(line) ? CURLE_OUT_OF_MEMORY : CURLE_OK;
}

CURLcode imap_fetch(struct imap *i)
{
    scoped(buf) line = {0};
    bool found = false;
    CURLcode result = write_fetch(i, &line);

    if (!result)
        result = imap_send(i, line.bytes);
    while (!result && !found) {
        result = imap_read(i);
        if (!result && i->line.kind == IMAP_TAGGED)
            return mail_fail(&i->mail, CURLE_REMOTE_FILE_NOT_FOUND, "There is no such message");
        if (!result)
            result = read_message(i, &found);
    }
    if (!result)
        result = imap_finish(i, NULL);
    if (!result && !imap_is_well(i))
        return mail_fail(&i->mail, CURLE_WEIRD_SERVER_REPLY, "FETCH failed");
    return result;
}

/* ---- LIST, SEARCH, the program's own ---- */

static WAITS CURLcode give_line(struct imap *i)
{
    struct hop *hop = i->mail.hop;
    struct str text = mail_line(&i->mail);
    CURLcode result;

    if (http_is_head(hop))
        return CURLE_OK;
    result = body_write_bytes(hop, text.at, text.len);
    return result ? result : body_write_bytes(hop, i->mail.end, strlen(i->mail.end));
}

/* A line of a response and its literal, if it has one; *ret_more: the response goes on. */
static WAITS CURLcode give_with_literal(struct imap *i, bool *ret_more)
{
    int64_t len;
    CURLcode result;

    *ret_more = imap_has_literal(mail_line(&i->mail), &len);
    result = give_line(i);
    if (!result && *ret_more)
        result = read_literal(i, true, len);
    return result ? result : *ret_more ? mail_read_line(&i->mail) : CURLE_OK;
}

/* What closes a response behind its last literal is no part of the body. */
static WAITS CURLcode give_response(struct imap *i)
{
    int64_t len;
    bool more = true;
    CURLcode result = give_with_literal(i, &more);

    while (!result && more && imap_has_literal(mail_line(&i->mail), &len))
        result = give_with_literal(i, &more);
    return result;
}

/* A response that is not asked for may have literals, too. */
static WAITS CURLcode skip_response(struct imap *i)
{
    int64_t len;
    CURLcode result = CURLE_OK;

    while (!result && imap_has_literal(mail_line(&i->mail), &len)) {
        result = read_literal(i, false, len);
        if (!result)
            result = mail_read_line(&i->mail);
    }
    return result;
}

CURLcode imap_ask(struct imap *i, const char *command)
{
    struct str word = {command, strcspn(command, " ")};
    CURLcode result = imap_send(i, command);

    while (!result) {
        result = imap_read(i);
        if (result || i->line.kind == IMAP_TAGGED)
            break;
        if (i->line.kind != IMAP_UNTAGGED)
            continue;
        result = imap_answers(i->line.text, word) ? give_response(i) : skip_response(i);
    }
    if (!result && !imap_is_well(i))
        return mail_fail(&i->mail, CURLE_QUOTE_ERROR, "%.*s failed", (int)word.len, word.at);
    return result;
}
