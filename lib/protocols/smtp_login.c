/* SPDX-License-Identifier: MIT */
/* The beginning of a connection: greeting, EHLO, TLS, who we are. */
#include "protocols/smtp.h"

#include "net/tls.h"
#include "protocols/login.h"
#include "wire/sasl.h"

/* ---- Who speaks ---- */

static WAITS CURLcode read_greeting(struct smtp *s)
{
    CURLcode result = smtp_read_reply(s, NULL);

    if (result || smtp_is_well(s))
        return result;
    return mail_fail(&s->mail, CURLE_WEIRD_SERVER_REPLY, "Got unexpected smtp-server response: %d",
                     s->code);
}

static WAITS CURLcode say_name(struct smtp *s, const char *word, smtp_take_line *on_line)
{
    scoped(buf) line = {0};
    CURLcode result;

    if (!buf_printf(&line, "%s %s", word, buf_text(&s->name)))
        return CURLE_OUT_OF_MEMORY;
    result = mail_send(&s->mail, line.bytes);
    return result ? result : smtp_read_reply(s, on_line);
}

static CURLcode note_ability(struct smtp *s, const struct smtp_line *line)
{
    if (line->code / 100 == 2)
        smtp_read_ability(line->text, &s->abilities);
    return CURLE_OK;
}

/* EHLO, and HELO to a server of RFC 821, unless TLS is wanted, which that cannot do. */
static WAITS CURLcode say_hello(struct smtp *s)
{
    bool needs_tls = s->mail.hop->settings->use_ssl > CURLUSESSL_TRY && !s->mail.c->is_tls;
    CURLcode result;

    s->abilities = (struct smtp_abilities){0};
    result = say_name(s, "EHLO", note_ability);
    if (!result && !smtp_is_well(s) && !needs_tls)
        result = say_name(s, "HELO", NULL);
    if (result || smtp_is_well(s))
        return result;
    return mail_fail(&s->mail, CURLE_REMOTE_ACCESS_DENIED, "Remote access denied: %d", s->code);
}

/* STARTTLS (RFC 3207). What was said before TLS may be anybody's, so it is asked for again. */
static WAITS CURLcode start_tls(struct smtp *s)
{
    long wanted = s->mail.hop->settings->use_ssl;
    CURLcode result;

    if (!wanted || s->mail.c->is_tls)
        return CURLE_OK;
    if (!s->abilities.starttls)
        return wanted == CURLUSESSL_TRY
                   ? CURLE_OK
                   : mail_fail(&s->mail, CURLE_USE_SSL_FAILED, "STARTTLS not supported.");
    result = smtp_command(s, "STARTTLS");
    if (result)
        return result;
    if (s->mail.c->unread)
        return mail_fail(&s->mail, CURLE_WEIRD_SERVER_REPLY, "Bytes behind the reply to STARTTLS");
    if (s->code != 220)
        return wanted == CURLUSESSL_TRY
                   ? CURLE_OK
                   : mail_fail(&s->mail, CURLE_USE_SSL_FAILED, "STARTTLS denied, code %d", s->code);
    result = hop_secure(s->mail.hop, s->mail.c);
    return result ? result : say_hello(s);
}

/* ---- AUTH (RFC 4954) ---- */

struct conversation {
    struct mail_sasl sasl;
    struct smtp *s;
};

static WAITS CURLcode say_and_listen(struct mail_sasl *sasl, const char *line)
{
    struct smtp *s = ((struct conversation *)sasl)->s;
    CURLcode result = smtp_command(s, line);

    sasl->answer = s->code == 334 ? MAIL_GO_ON : smtp_is_well(s) ? MAIL_YES : MAIL_NO;
    sasl->text = s->text;
    return result;
}

static WAITS CURLcode say_mechanism(struct mail_sasl *sasl, const char *mechanism,
                                    const char *first)
{
    scoped(buf) line = {0};

    buf_printf(&line, "AUTH %s", mechanism);
    if (first)
        buf_printf(&line, " %s", first);
    return buf_failed(&line) ? CURLE_OUT_OF_MEMORY : say_and_listen(sasl, line.bytes);
}

static WAITS CURLcode authenticate(struct smtp *s, unsigned set, bool *ret_done)
{
    enum { BEGINNING_MAX = 512 - 8 }; /* RFC 5321 4.5.3.1.4 */
    struct conversation c = {
        .sasl = {.mail = &s->mail,
                 .service = "smtp",
                 .denied = "Login denied",
                 .may_begin = s->mail.hop->settings->sasl_ir,
                 .beginning_max = BEGINNING_MAX,
                 .begin = say_mechanism,
                 .say = say_and_listen},
        .s = s,
    };

    return mail_authenticate(&c.sasl, set, ret_done);
}

/* A server without AUTH takes mail from everybody, or refuses it. */
static WAITS CURLcode log_in(struct smtp *s)
{
    struct mail_wishes wishes;
    unsigned set;
    CURLcode result = mail_find_wishes(&s->mail, NULL, &wishes);

    if (result)
        return result;
    set = s->abilities.sasl & wishes.sasl;
    if (!s->abilities.auth || (!s->mail.hop->login->given && !(set & SASL_EXTERNAL)))
        return CURLE_OK;
    result = authenticate(s, set, &s->known->authenticated);
    if (result || s->known->authenticated)
        return result;
    return mail_fail(&s->mail, CURLE_LOGIN_DENIED, "No known authentication mechanisms supported!");
}

CURLcode smtp_log_in(struct smtp *s)
{
    CURLcode result = read_greeting(s);

    if (!result)
        result = say_hello(s);
    if (!result)
        result = start_tls(s);
    s->known->size = s->abilities.size;
    s->known->utf8 = s->abilities.utf8;
    return result ? result : log_in(s);
}
