/* SPDX-License-Identifier: MIT */
/* smtp:// and smtps://: a transfer from top to bottom. */
#include "protocols/smtp.h"

#include "base/clock.h"
#include "base/mem.h"
#include "protocols/body.h"
#include "protocols/http.h"
#include "wire/escape.h"

#include <limits.h>
#include <string.h>
#include <unistd.h>

static const char farewell[] = "QUIT\r\n";

/* ---- Replies ---- */

CURLcode smtp_read_reply(struct smtp *s, smtp_take_line *on_line)
{
    enum { LINES_MAX = 1000 };

    for (int i = 0; i < LINES_MAX; i++) {
        struct smtp_line line;
        CURLcode result = mail_read_line(&s->mail);

        if (result)
            return result;
        if (!smtp_read_line(mail_line(&s->mail), &line))
            return mail_fail(&s->mail, CURLE_WEIRD_SERVER_REPLY, "A line that is no reply");
        s->code = line.code;
        s->text = line.text;
        s->mail.hop->facts->response_code = line.code;
        if (on_line)
            result = on_line(s, &line);
        if (result || line.last)
            return result;
    }
    return mail_fail(&s->mail, CURLE_WEIRD_SERVER_REPLY, "The server's reply has no end");
}

CURLcode smtp_command(struct smtp *s, const char *line)
{
    CURLcode result = mail_send(&s->mail, line);

    return result ? result : smtp_read_reply(s, NULL);
}

CURLcode smtp_refused(struct smtp *s, CURLcode result, const char *what)
{
    s->refused = true;
    return mail_fail(&s->mail, result, "%s failed: %d", what, s->code);
}

/* ---- Commands: VRFY, EXPN, HELP and the program's own ---- */

/* The reply is the body. */
static WAITS CURLcode give_line(struct smtp *s, const struct smtp_line *line)
{
    struct hop *hop = s->mail.hop;
    struct str text = mail_line(&s->mail);
    CURLcode result;

    (void)line;
    if (http_is_head(hop))
        return CURLE_OK;
    result = body_write_bytes(hop, text.at, text.len);
    return result ? result : body_write_bytes(hop, s->mail.end, strlen(s->mail.end));
}

/* With a recipient, or without (NULL). */
static CURLcode write_command(struct smtp *s, const char *recipient, struct buf *ret)
{
    const struct hop *hop = s->mail.hop;
    const char *own = hop->own_method ? rstr_text(hop->settings->custom_request) : NULL;
    struct smtp_address address;

    buf_append_text(ret, own ? own : recipient ? "VRFY" : "HELP");
    if (recipient && (!own || !str_equal_nocase(str_of(own), STR("EXPN")))) {
        smtp_read_address(str_of(recipient), &address);
        buf_append_char(ret, ' ');
        smtp_append_mailbox(ret, &address);
    } else if (recipient) {
        buf_printf(ret, " %s", recipient); /* the name of a list */
    }
    if (recipient && s->known->utf8 &&
        (!own || str_equal_nocase(str_of(own), STR("VRFY")) ||
         str_equal_nocase(str_of(own), STR("EXPN"))))
        buf_append_text(ret, " SMTPUTF8");
    return buf_failed(ret) ? CURLE_OUT_OF_MEMORY : CURLE_OK;
}

/* An ambiguous name (553) and one of elsewhere (551) are answers, too. */
static bool is_answer(int code)
{
    return code / 100 == 2 || code == 551 || code == 553;
}

static WAITS CURLcode ask(struct smtp *s, const char *recipient)
{
    scoped(buf) line = {0};
    CURLcode result = write_command(s, recipient, &line);

    if (!result)
        result = mail_send(&s->mail, line.bytes);
    if (!result)
        result = smtp_read_reply(s, give_line);
    if (!result && !is_answer(s->code))
        return smtp_refused(s, CURLE_WEIRD_SERVER_REPLY, "Command");
    return result;
}

static WAITS CURLcode ask_all(struct smtp *s)
{
    const struct curl_slist *recipient = s->mail.hop->settings->mail_recipients;
    CURLcode result = CURLE_OK;

    if (!recipient)
        return ask(s, NULL);
    for (; !result && recipient; recipient = recipient->next)
        result = ask(s, recipient->data);
    return result;
}

/* ---- The transfer ---- */

static bool sends_mail(const struct hop *hop)
{
    const struct settings *s = hop->settings;

    return s->mail_recipients && (hop->method == METHOD_PUT || s->form != FORM_NONE);
}

static WAITS CURLcode transfer(struct smtp *s)
{
    struct hop *hop = s->mail.hop;
    CURLcode result = hop_ask_program(hop);

    if (result)
        return result;
    s->settled = false;
    result = sends_mail(hop) ? smtp_send_mail(s) : ask_all(s);
    if (!hop->facts->starttransfer_time)
        hop->facts->starttransfer_time = hop_elapsed(hop);
    s->settled = !result;
    s->refused |= result == CURLE_BAD_FUNCTION_ARGUMENT; /* nothing was sent */
    return result;
}

/* ---- The connection's part ---- */

static CURLcode write_own_name(struct buf *ret)
{
    char name[HOST_NAME_MAX + 1] = "";

    if (gethostname(name, sizeof(name) - 1))
        name[0] = '\0';
    return buf_append_text(ret, *name ? name : "localhost") ? CURLE_OK : CURLE_OUT_OF_MEMORY;
}

/* The URL's path is who we say that we are. */
static CURLcode find_name(struct smtp *s)
{
    const char *path = s->mail.hop->url->path;

    if (!path || path[0] != '/' || !path[1])
        return write_own_name(&s->name);
    if (!unescape_append(&s->name, str_of(path + 1)))
        return CURLE_OUT_OF_MEMORY;
    for (size_t i = 0; i < s->name.len; i++) {
        if ((unsigned char)s->name.bytes[i] < ' ' || s->name.bytes[i] == 0x7f)
            return mail_fail(&s->mail, CURLE_URL_MALFORMAT, "path contains control characters");
    }
    return CURLE_OK;
}

static void forget(void *known)
{
    mem_free(known);
}

static WAITS CURLcode log_in(struct smtp *s)
{
    struct connection_memory *memory = &s->mail.c->memory;
    struct smtp_memory *known = mem_calloc(1, sizeof(*known));
    CURLcode result;

    if (!known)
        return CURLE_OUT_OF_MEMORY;
    s->known = known;
    result = smtp_log_in(s);
    if (result) {
        mem_free(known);
        s->known = NULL;
        return result;
    }
    memory->state = known;
    memory->release = forget;
    return CURLE_OK;
}

static WAITS CURLcode begin(struct smtp *s)
{
    CURLcode result = find_name(s);

    s->mail.c->memory.farewell = NULL;
    s->known = s->mail.c->memory.state;
    if (!result && !s->known)
        result = log_in(s);
    s->settled = !result;
    return result;
}

/* What becomes of the connection. One in the middle of a mail cannot take another one, but it is
 * told of the end where no reply is outstanding. */
static void leave(struct smtp *s, CURLcode result)
{
    struct hop *hop = s->mail.hop;

    if (s->known && (s->settled || s->refused)) {
        s->mail.c->memory.farewell = farewell;
        hop->reusable = s->settled && !s->mail.c->unread;
    }
    /* A kept connection that the server had closed meanwhile. */
    if (hop->reused && !s->mail.answered &&
        (result == CURLE_SEND_ERROR || result == CURLE_RECV_ERROR))
        hop->retry = hop->on_new_connection = true;
}

static void smtp_release(struct smtp *s)
{
    buf_release(&s->mail.line);
    buf_release(&s->name);
}

CURLcode smtp_run(struct hop *hop)
{
    struct smtp s = {
        .mail = {.hop = hop, .c = hop->connection}
    };
    const char *method = http_method(hop);
    CURLcode result = begin(&s);

    if (!result && !facts_set_text(&hop->facts->method, method, strlen(method)))
        result = CURLE_OUT_OF_MEMORY;
    if (!result)
        result = transfer(&s);
    leave(&s, result);
    smtp_release(&s);
    return result;
}

CURLcode smtp_greet(struct hop *hop)
{
    struct smtp s = {
        .mail = {.hop = hop, .c = hop->connection}
    };
    CURLcode result = begin(&s);

    smtp_release(&s);
    return result;
}
