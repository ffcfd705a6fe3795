/* SPDX-License-Identifier: MIT */
/* APPEND: an upload becomes a message in a mailbox, as a literal of a known length. */
#include "protocols/imap.h"

#include "base/clock.h"
#include "boundary/ask.h"
#include "protocols/body.h"
#include "protocols/http.h"
#include "protocols/source.h"

/* ---- The command ---- */

static void append_flags(struct buf *line, long set)
{
    static const struct {
        long flag;
        const char *name;
    } flags[] = {
        {CURLULFLAG_ANSWERED, "Answered"},
        {CURLULFLAG_DELETED,  "Deleted" },
        {CURLULFLAG_DRAFT,    "Draft"   },
        {CURLULFLAG_FLAGGED,  "Flagged" },
        {CURLULFLAG_SEEN,     "Seen"    },
    };
    const char *before = " (";

    for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
        if (!(set & flags[i].flag))
            continue;
        buf_printf(line, "%s\\%s", before, flags[i].name);
        before = " ";
    }
    if (set)
        buf_append_char(line, ')');
}

static CURLcode write_append(const struct imap *i, curl_off_t length, struct buf *line)
{
    const struct buf *mailbox = &i->place.mailbox;

    buf_append_text(line, "APPEND ");
    imap_append_astring(line, (struct str){buf_text(mailbox), mailbox->len});
    append_flags(line, i->mail.hop->settings->upload_flags);
    buf_printf(line, " {%" CURL_FORMAT_CURL_OFF_T "}", length);
    return buf_failed(line) ? CURLE_OUT_OF_MEMORY : CURLE_OK;
}

static WAITS CURLcode say_append(struct imap *i, curl_off_t length)
{
    scoped(buf) line = {0};
    CURLcode result = write_append(i, length, &line);

    if (!result)
        result = imap_send(i, line.bytes);
    if (result)
        return result;
    do {
        result = imap_read(i);
    } while (!result && i->line.kind == IMAP_UNTAGGED);
    if (!result && i->line.kind != IMAP_CONTINUE)
        return mail_fail(&i->mail, CURLE_UPLOAD_FAILED, "The server refused the message");
    return result;
}

/* ---- The message ---- */

static WAITS CURLcode send_bytes(struct imap *i, const char *bytes, size_t len)
{
    struct hop *hop = i->mail.hop;
    CURLcode result = stream_send_all(i->mail.c->stream, bytes, len, CLOCK_NEVER);

    if (result == CURLE_SEND_ERROR)
        return http_say_failed(hop, i->mail.c->stream, result, "Send");
    if (result)
        return exchange_result(hop->exchange, result);
    send_log(hop->exchange, CURLINFO_DATA_OUT, bytes, len);
    result = body_sent(hop, len);
    return result ? result : send_facts(hop->exchange, hop->facts);
}

/* Not more than was announced. */
static WAITS CURLcode send_piece(struct imap *i, curl_off_t *left)
{
    struct ask *piece = source_ask(i->mail.hop, 0, 0);
    CURLcode result;
    size_t len;

    if (!piece)
        return CURLE_OUT_OF_MEMORY;
    ask_send(piece);
    result = ask_wait(piece, CLOCK_NEVER);
    if (result)
        return result;
    len = chunk_len(piece->chunk);
    if (!len)
        result = mail_fail(&i->mail, CURLE_PARTIAL_FILE, "The message is shorter than announced");
    if ((curl_off_t)len > *left)
        len = (size_t)*left;
    if (!result)
        result = send_bytes(i, chunk_at(piece->chunk), len);
    ask_free(piece);
    *left -= (curl_off_t)len;
    return result;
}

static WAITS CURLcode send_message(struct imap *i, curl_off_t length)
{
    struct hop *hop = i->mail.hop;
    CURLcode result;

    hop->facts->upload_length = length;
    hop->upload_begun = true;
    result = send_facts(hop->exchange, hop->facts);
    while (!result && length)
        result = send_piece(i, &length);
    hop->facts->posttransfer_time = hop_add_time(hop, hop->earlier.posttransfer, clock_now());
    return result ? result : mail_send(&i->mail, "");
}

CURLcode imap_append(struct imap *i)
{
    const struct hop *hop = i->mail.hop;
    const struct settings *s = hop->settings;
    curl_off_t length = s->form ? hop->exchange->request->form_length : s->infile_size;
    CURLcode result;

    if (!i->place.mailbox.len)
        return mail_fail(&i->mail, CURLE_URL_MALFORMAT, "Cannot APPEND without a mailbox.");
    if (length < 0)
        return mail_fail(&i->mail, CURLE_UPLOAD_FAILED,
                         "Cannot APPEND with unknown input file size");
    result = say_append(i, length);
    if (!result)
        result = send_message(i, length);
    if (!result)
        result = imap_finish(i, NULL);
    if (!result && !imap_is_well(i))
        return mail_fail(&i->mail, CURLE_UPLOAD_FAILED, "The server refused the message");
    return result;
}
