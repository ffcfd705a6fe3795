/* SPDX-License-Identifier: MIT */
/* A mail: MAIL, RCPT for each recipient, DATA and the message. */
#include "protocols/smtp.h"

#include "base/clock.h"
#include "boundary/ask.h"
#include "protocols/body.h"
#include "protocols/http.h"
#include "protocols/source.h"

/* ---- MAIL ---- */

/* Some address of the mail needs SMTPUTF8, and the server knows that. */
static bool is_utf8(const struct smtp *s)
{
    const struct settings *settings = s->mail.hop->settings;
    const char *from = rstr_text(settings->mail_from);
    struct smtp_address a;
    bool is = false;

    if (!s->known->utf8)
        return false;
    smtp_read_address(str_of(from ? from : ""), &a);
    is = smtp_address_is_utf8(&a);
    for (const struct curl_slist *r = settings->mail_recipients; r && !is; r = r->next) {
        smtp_read_address(str_of(r->data), &a);
        is = smtp_address_is_utf8(&a);
    }
    return is;
}

static void append_bracketed(struct buf *to, const struct smtp_address *a)
{
    buf_append_char(to, '<');
    smtp_append_mailbox(to, a);
    buf_append_char(to, '>');
}

/* Who was the first to submit it (RFC 4954 5). */
static void append_auth(const struct smtp *s, struct buf *to)
{
    const char *who = rstr_text(s->mail.hop->settings->mail_auth);
    struct smtp_address a;

    if (!who || !s->known->authenticated)
        return;
    smtp_read_address(str_of(who), &a);
    buf_append_text(to, " AUTH=");
    if (a.local.len || a.host.len)
        smtp_append_mailbox(to, &a);
    else
        buf_append_text(to, "<>");
}

static curl_off_t length_of(const struct hop *hop)
{
    return hop->settings->form ? hop->exchange->request->form_length : hop->settings->infile_size;
}

static CURLcode write_mail(const struct smtp *s, struct buf *line)
{
    const char *from = rstr_text(s->mail.hop->settings->mail_from);
    curl_off_t length = length_of(s->mail.hop);
    struct smtp_address a;

    smtp_read_address(str_of(from ? from : ""), &a);
    buf_append_text(line, "MAIL FROM:");
    append_bracketed(line, &a);
    buf_append(line, a.parameters.at, a.parameters.len);
    append_auth(s, line);
    if (s->known->size && length > 0)
        buf_printf(line, " SIZE=%" CURL_FORMAT_CURL_OFF_T, length);
    if (is_utf8(s))
        buf_append_text(line, " SMTPUTF8");
    return buf_failed(line) ? CURLE_OUT_OF_MEMORY : CURLE_OK;
}

static WAITS CURLcode say_mail(struct smtp *s)
{
    scoped(buf) line = {0};
    CURLcode result = write_mail(s, &line);

    if (!result)
        result = smtp_command(s, line.bytes);
    if (!result && !smtp_is_well(s))
        return smtp_refused(s, CURLE_SEND_ERROR, "MAIL");
    return result;
}

/* ---- RCPT ---- */

static WAITS CURLcode say_recipient(struct smtp *s, const char *recipient)
{
    scoped(buf) line = {0};
    struct smtp_address a;

    smtp_read_address(str_of(recipient), &a);
    buf_append_text(&line, "RCPT TO:");
    append_bracketed(&line, &a);
    buf_append(&line, a.parameters.at, a.parameters.len);
    return buf_failed(&line) ? CURLE_OUT_OF_MEMORY : smtp_command(s, line.bytes);
}

/* With CURLOPT_MAIL_RCPT_ALLOWFAILS one that is taken is enough; the last refusal is told
 * otherwise. */
static WAITS CURLcode say_recipients(struct smtp *s)
{
    const struct settings *settings = s->mail.hop->settings;
    bool any = false;
    int refusal = 0;

    for (const struct curl_slist *r = settings->mail_recipients; r; r = r->next) {
        CURLcode result = say_recipient(s, r->data);

        if (result)
            return result;
        if (smtp_is_well(s))
            any = true;
        else if (!settings->mail_allows_fails)
            return smtp_refused(s, CURLE_SEND_ERROR, "RCPT");
        else
            refusal = s->code;
    }
    if (any)
        return CURLE_OK;
    s->code = refusal;
    return smtp_refused(s, CURLE_SEND_ERROR, "RCPT");
}

/* ---- DATA ---- */

static WAITS CURLcode send_bytes(struct smtp *s, const struct buf *bytes)
{
    struct hop *hop = s->mail.hop;
    struct stream *stream = s->mail.c->stream;
    CURLcode result = stream_send_all(stream, bytes->bytes, bytes->len, CLOCK_NEVER);

    if (result == CURLE_SEND_ERROR)
        return http_say_failed(hop, stream, result, "Send");
    if (result)
        return exchange_result(hop->exchange, result);
    send_log(hop->exchange, CURLINFO_DATA_OUT, bytes->bytes, bytes->len);
    result = body_sent(hop, bytes->len);
    return result ? result : send_facts(hop->exchange, hop->facts);
}

/* The next piece of the message; *ret_end when there is none. */
static WAITS CURLcode send_piece(struct smtp *s, struct smtp_stuffing *stuffing, bool *ret_end)
{
    struct ask *piece = source_ask(s->mail.hop, 0, 0);
    scoped(buf) bytes = {0};
    CURLcode result;
    bool ok;

    if (!piece)
        return CURLE_OUT_OF_MEMORY;
    ask_send(piece);
    result = ask_wait(piece, CLOCK_NEVER);
    if (result)
        return result;
    *ret_end = !chunk_len(piece->chunk);
    ok = *ret_end ? smtp_stuff_end(stuffing, &bytes)
                  : smtp_stuff(stuffing, chunk_at(piece->chunk), chunk_len(piece->chunk), &bytes);
    ask_free(piece);
    return ok ? send_bytes(s, &bytes) : CURLE_OUT_OF_MEMORY;
}

static WAITS CURLcode send_message(struct smtp *s)
{
    struct smtp_stuffing stuffing = {0};
    struct hop *hop = s->mail.hop;
    bool end = false;
    CURLcode result;

    hop->facts->upload_length = length_of(hop);
    hop->upload_begun = true;
    result = send_facts(hop->exchange, hop->facts);
    while (!result && !end)
        result = send_piece(s, &stuffing, &end);
    hop->facts->posttransfer_time = hop_add_time(hop, hop->earlier.posttransfer, clock_now());
    return result;
}

CURLcode smtp_send_mail(struct smtp *s)
{
    CURLcode result = say_mail(s);

    if (!result)
        result = say_recipients(s);
    if (!result)
        result = smtp_command(s, "DATA");
    if (result)
        return result;
    if (s->code != 354)
        return smtp_refused(s, CURLE_SEND_ERROR, "DATA");
    result = send_message(s);
    if (!result)
        result = smtp_read_reply(s, NULL);
    if (!result && !smtp_is_well(s))
        return smtp_refused(s, CURLE_WEIRD_SERVER_REPLY, "The mail");
    return result;
}
