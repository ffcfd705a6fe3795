/* SPDX-License-Identifier: MIT */
/* The beginning of a connection: greeting, what the server can do, TLS, who we are. */
#include "protocols/imap.h"

#include "net/tls.h"
#include "protocols/login.h"
#include "wire/sasl.h"

/* ---- What the server says of itself ---- */

static WAITS CURLcode read_greeting(struct imap *i)
{
    CURLcode result = imap_read(i);

    if (result)
        return result;
    i->preauthenticated = i->line.status == IMAP_PREAUTH;
    if (i->line.kind == IMAP_UNTAGGED && (i->line.status == IMAP_OK || i->preauthenticated))
        return CURLE_OK;
    return mail_fail(&i->mail, CURLE_WEIRD_SERVER_REPLY, "Got unexpected imap-server response");
}

static CURLcode note_abilities(struct imap *i)
{
    imap_read_abilities(i->line.text, &i->abilities);
    return CURLE_OK;
}

/* A server that does not know it has LOGIN. */
static WAITS CURLcode ask_abilities(struct imap *i)
{
    i->abilities = (struct imap_abilities){0};
    return imap_command(i, "CAPABILITY", note_abilities);
}

/* STARTTLS (RFC 2595). What was said before TLS may be anybody's, so it is asked for again. */
static WAITS CURLcode start_tls(struct imap *i)
{
    long wanted = i->mail.hop->settings->use_ssl;
    CURLcode result;

    if (!wanted || i->mail.c->is_tls)
        return CURLE_OK;
    if (!i->abilities.starttls || i->preauthenticated)
        return wanted == CURLUSESSL_TRY
                   ? CURLE_OK
                   : mail_fail(&i->mail, CURLE_USE_SSL_FAILED, "STARTTLS not available.");
    result = imap_command(i, "STARTTLS", NULL);
    if (result)
        return result;
    if (i->mail.c->unread)
        return mail_fail(&i->mail, CURLE_WEIRD_SERVER_REPLY,
                         "Bytes behind the response to STARTTLS");
    if (!imap_is_well(i))
        return wanted == CURLUSESSL_TRY
                   ? CURLE_OK
                   : mail_fail(&i->mail, CURLE_USE_SSL_FAILED, "STARTTLS denied");
    result = hop_secure(i->mail.hop, i->mail.c);
    return result ? result : ask_abilities(i);
}

/* ---- AUTHENTICATE ---- */

struct conversation {
    struct mail_sasl sasl;
    struct imap *i;
};

/* Up to a continuation or the end. */
static WAITS CURLcode hear(struct conversation *c)
{
    struct imap *i = c->i;
    CURLcode result;

    do {
        result = imap_read(i);
    } while (!result && i->line.kind == IMAP_UNTAGGED);
    c->sasl.answer = i->line.kind == IMAP_CONTINUE ? MAIL_GO_ON
                     : imap_is_well(i)             ? MAIL_YES
                                                   : MAIL_NO;
    c->sasl.text = i->line.text;
    return result;
}

static WAITS CURLcode say_mechanism(struct mail_sasl *sasl, const char *mechanism,
                                    const char *first)
{
    struct conversation *c = (struct conversation *)sasl;
    scoped(buf) line = {0};
    CURLcode result;

    buf_printf(&line, "AUTHENTICATE %s", mechanism);
    if (first)
        buf_printf(&line, " %s", first);
    if (buf_failed(&line))
        return CURLE_OUT_OF_MEMORY;
    result = imap_send(c->i, line.bytes);
    return result ? result : hear(c);
}

static WAITS CURLcode say_message(struct mail_sasl *sasl, const char *message)
{
    struct conversation *c = (struct conversation *)sasl;
    CURLcode result = mail_send(&c->i->mail, message);

    return result ? result : hear(c);
}

static WAITS CURLcode authenticate(struct imap *i, unsigned set, bool *ret_done)
{
    enum { BEGINNING_MAX = 8 * 1024 };
    struct conversation c = {
        .sasl = {.mail = &i->mail,
                 .service = "imap",
                 .denied = "Access denied",
                 .may_begin = i->mail.hop->settings->sasl_ir || i->abilities.first_message,
                 .beginning_max = BEGINNING_MAX,
                 .begin = say_mechanism,
                 .say = say_message},
        .i = i,
    };

    return mail_authenticate(&c.sasl, set, ret_done);
}

/* ---- LOGIN ---- */

static WAITS CURLcode log_in_clearly(struct imap *i)
{
    const struct login *l = i->mail.hop->login;
    scoped(buf) line = {0};
    CURLcode result;

    buf_append_text(&line, "LOGIN ");
    imap_append_astring(&line, (struct str){buf_text(&l->user), l->user.len});
    buf_append_char(&line, ' ');
    if (!imap_append_astring(&line, (struct str){buf_text(&l->password), l->password.len}))
        return CURLE_OUT_OF_MEMORY;
    result = imap_command(i, line.bytes, NULL);
    if (result || imap_is_well(i))
        return result;
    return mail_fail(&i->mail, CURLE_LOGIN_DENIED, "Access denied. %c",
                     i->line.status == IMAP_NO ? '-' : '+');
}

/* Not where the program wants to be known by a token that is for another server. */
static bool may_log_in_clearly(const struct imap *i)
{
    const struct login *l = i->mail.hop->login;
    bool lacks_token = i->mail.hop->settings->bearer && !l->bearer;

    return !i->abilities.login_disabled && (l->password.len || !lacks_token);
}

static WAITS CURLcode log_in(struct imap *i, const struct mail_wishes *wishes)
{
    unsigned set = i->abilities.sasl & wishes->sasl;
    bool done = false;
    CURLcode result;

    if (i->preauthenticated || (!i->mail.hop->login->given && !(set & SASL_EXTERNAL)))
        return CURLE_OK;
    result = authenticate(i, set, &done);
    if (result || done)
        return result;
    if (wishes->own && may_log_in_clearly(i))
        return log_in_clearly(i);
    return mail_fail(&i->mail, CURLE_LOGIN_DENIED, "No known authentication mechanisms supported!");
}

CURLcode imap_log_in(struct imap *i)
{
    struct mail_wishes wishes;
    CURLcode result = mail_find_wishes(&i->mail, "+LOGIN", &wishes);

    if (!result)
        result = read_greeting(i);
    if (!result)
        result = ask_abilities(i);
    if (!result)
        result = start_tls(i);
    return result ? result : log_in(i, &wishes);
}
