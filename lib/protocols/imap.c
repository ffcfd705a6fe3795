/* SPDX-License-Identifier: MIT */
/* imap:// and imaps://: a transfer from top to bottom. */
#include "protocols/imap.h"

#include "base/mem.h"
#include "protocols/http.h"

#include <stdio.h>
#include <string.h>

/* ---- Commands and responses ---- */

CURLcode imap_read(struct imap *i)
{
    enum { STRANGE_MAX = 1000 };

    for (int strange = 0; strange < STRANGE_MAX; strange++) {
        CURLcode result = mail_read_line(&i->mail);

        if (result)
            return result;
        imap_read_line(mail_line(&i->mail), str_of(i->tag), &i->line);
        if (i->line.kind != IMAP_OTHER)
            return CURLE_OK;
    }
    return mail_fail(&i->mail, CURLE_WEIRD_SERVER_REPLY, "The server's lines are no responses");
}

/* A letter for the connection, and the command's number. */
static void write_tag(const struct imap *i, char tag[IMAP_TAG_SIZE])
{
    snprintf(tag, IMAP_TAG_SIZE, "%c%03u", (char)('A' + i->mail.c->id % 26),
             i->known->commands % 1000);
}

CURLcode imap_send(struct imap *i, const char *command)
{
    scoped(buf) line = {0};

    i->known->commands++;
    write_tag(i, i->tag);
    if (!buf_printf(&line, "%s %s", i->tag, command))
        return CURLE_OUT_OF_MEMORY;
    return mail_send(&i->mail, line.bytes);
}

CURLcode imap_finish(struct imap *i, imap_take_line *take)
{
    for (;;) {
        CURLcode result = imap_read(i);

        if (!result && i->line.kind == IMAP_UNTAGGED && take)
            result = take(i);
        if (result || i->line.kind == IMAP_TAGGED)
            return result;
        if (i->line.kind == IMAP_UNTAGGED && i->line.status == IMAP_BYE)
            return mail_fail(&i->mail, CURLE_RECV_ERROR, "The server says good-bye");
    }
}

CURLcode imap_command(struct imap *i, const char *command, imap_take_line *take)
{
    CURLcode result = imap_send(i, command);

    return result ? result : imap_finish(i, take);
}

/* ---- The mailbox ---- */

static bool is_same(const struct buf *a, const struct buf *b)
{
    return a->len == b->len && (!a->len || !memcmp(a->bytes, b->bytes, a->len));
}

/* INBOX has its name in any case (RFC 3501 5.1). */
static bool is_selected(const struct imap *i)
{
    const struct buf *mailbox = &i->place.mailbox, *is = &i->known->mailbox;
    bool same = is_same(mailbox, is) ||
                (str_equal_nocase((struct str){buf_text(mailbox), mailbox->len}, STR("INBOX")) &&
                 str_equal_nocase((struct str){buf_text(is), is->len}, STR("INBOX")));

    return same && mailbox->len &&
           (!i->place.uidvalidity.len || is_same(&i->place.uidvalidity, &i->known->uidvalidity));
}

static CURLcode note_uidvalidity(struct imap *i)
{
    struct str value = imap_find_uidvalidity(i->line.text);

    if (!value.len)
        return CURLE_OK;
    buf_clear(&i->known->uidvalidity);
    return buf_append(&i->known->uidvalidity, value.at, value.len) ? CURLE_OK : CURLE_OUT_OF_MEMORY;
}

static WAITS CURLcode select_mailbox(struct imap *i)
{
    const struct buf *mailbox = &i->place.mailbox;
    scoped(buf) line = {0};
    CURLcode result;

    buf_clear(&i->known->mailbox);
    buf_clear(&i->known->uidvalidity);
    buf_append_text(&line, "SELECT ");
    if (!imap_append_astring(&line, (struct str){buf_text(mailbox), mailbox->len}))
        return CURLE_OUT_OF_MEMORY;
    result = imap_command(i, line.bytes, note_uidvalidity);
    if (result)
        return result;
    if (!imap_is_well(i))
        return mail_fail(&i->mail, CURLE_LOGIN_DENIED, "Select failed");
    if (i->place.uidvalidity.len && i->known->uidvalidity.len &&
        !is_same(&i->place.uidvalidity, &i->known->uidvalidity))
        return mail_fail(&i->mail, CURLE_REMOTE_FILE_NOT_FOUND, "Mailbox UIDVALIDITY has changed");
    return buf_append(&i->known->mailbox, buf_text(mailbox), mailbox->len) ? CURLE_OK
                                                                           : CURLE_OUT_OF_MEMORY;
}

/* ---- The transfer ---- */

static WAITS CURLcode list(struct imap *i)
{
    const struct buf *mailbox = &i->place.mailbox;
    scoped(buf) line = {0};

    buf_append_text(&line, "LIST ");
    imap_append_quoted(&line, (struct str){buf_text(mailbox), mailbox->len});
    if (!buf_append_text(&line, " *"))
        return CURLE_OUT_OF_MEMORY;
    return imap_ask(i, line.bytes);
}

static WAITS CURLcode search(struct imap *i)
{
    scoped(buf) line = {0};

    if (!buf_printf(&line, "SEARCH %s", buf_text(&i->place.query)))
        return CURLE_OUT_OF_MEMORY;
    return imap_ask(i, line.bytes);
}

/* In the mailbox, where the URL names one. */
static WAITS CURLcode ask_mailbox(struct imap *i)
{
    const struct hop *hop = i->mail.hop;
    const char *own = hop->own_method ? rstr_text(hop->settings->custom_request) : NULL;
    bool fetches = i->place.uid.len || i->place.index.len;
    CURLcode result = CURLE_OK;

    if (i->place.mailbox.len && (own || fetches || i->place.query.len) && !is_selected(i))
        result = select_mailbox(i);
    if (result)
        return result;
    if (own)
        return imap_ask(i, own);
    if (fetches && i->place.mailbox.len)
        return imap_fetch(i);
    if (fetches)
        return mail_fail(&i->mail, CURLE_URL_MALFORMAT, "Cannot SELECT without a mailbox.");
    return i->place.query.len ? search(i) : list(i);
}

static WAITS CURLcode transfer(struct imap *i)
{
    struct hop *hop = i->mail.hop;
    CURLcode result = hop_ask_program(hop);

    if (result)
        return result;
    if (hop->method == METHOD_PUT || hop->settings->form != FORM_NONE)
        result = imap_append(i);
    else
        result = ask_mailbox(i);
    if (!hop->facts->starttransfer_time)
        hop->facts->starttransfer_time = hop_elapsed(hop);
    /* Behind its tagged response, or where nothing was sent. */
    i->settled = i->line.kind == IMAP_TAGGED && result != CURLE_SEND_ERROR &&
                 result != CURLE_RECV_ERROR && result != CURLE_PARTIAL_FILE &&
                 result != CURLE_OPERATION_TIMEDOUT;
    return result;
}

/* ---- The connection's part ---- */

static void forget(void *state)
{
    struct imap_memory *known = state;

    buf_release(&known->mailbox);
    buf_release(&known->uidvalidity);
    mem_free(known);
}

static WAITS CURLcode log_in(struct imap *i)
{
    struct connection_memory *memory = &i->mail.c->memory;
    struct imap_memory *known = mem_calloc(1, sizeof(*known));
    CURLcode result;

    if (!known)
        return CURLE_OUT_OF_MEMORY;
    i->known = known;
    result = imap_log_in(i);
    if (result) {
        forget(known);
        i->known = NULL;
        return result;
    }
    memory->state = known;
    memory->release = forget;
    return CURLE_OK;
}

static WAITS CURLcode begin(struct imap *i)
{
    const struct url *url = i->mail.hop->url;
    CURLcode result = imap_read_place(url->path, url->query, &i->place);

    i->mail.c->memory.farewell = NULL;
    i->known = i->mail.c->memory.state;
    if (result == CURLE_URL_MALFORMAT)
        return mail_fail(&i->mail, result, "The URL's path is none of IMAP");
    if (!result && !i->known)
        result = log_in(i);
    i->settled = !result;
    return result;
}

/* What becomes of the connection. */
static void leave(struct imap *i, CURLcode result)
{
    struct hop *hop = i->mail.hop;

    if (i->known && i->settled) {
        char tag[IMAP_TAG_SIZE];

        i->known->commands++;
        write_tag(i, tag);
        i->known->commands--;
        snprintf(i->known->farewell, sizeof(i->known->farewell), "%s LOGOUT\r\n", tag);
        i->mail.c->memory.farewell = i->known->farewell;
        hop->reusable = !i->mail.c->unread;
    }
    /* A kept connection that the server had closed meanwhile. */
    if (hop->reused && !i->mail.answered &&
        (result == CURLE_SEND_ERROR || result == CURLE_RECV_ERROR))
        hop->retry = hop->on_new_connection = true;
}

static void imap_release(struct imap *i)
{
    buf_release(&i->mail.line);
    imap_place_release(&i->place);
}

CURLcode imap_run(struct hop *hop)
{
    struct imap i = {
        .mail = {.hop = hop, .c = hop->connection}
    };
    const char *method = http_method(hop);
    CURLcode result = begin(&i);

    if (!result && !facts_set_text(&hop->facts->method, method, strlen(method)))
        result = CURLE_OUT_OF_MEMORY;
    if (!result)
        result = transfer(&i);
    leave(&i, result);
    imap_release(&i);
    return result;
}

CURLcode imap_greet(struct hop *hop)
{
    struct imap i = {
        .mail = {.hop = hop, .c = hop->connection}
    };
    CURLcode result = begin(&i);

    imap_release(&i);
    return result;
}
