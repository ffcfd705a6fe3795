/* SPDX-License-Identifier: MIT */
/* The beginning of a connection: welcome, what the server can do, TLS, who we are. */
#include "protocols/pop3.h"

#include "net/tls.h"
#include "protocols/login.h"
#include "wire/sasl.h"
#include "wire/sum.h"

enum { MD5_SIZE = 16 };

/* ---- Answers ---- */

/* Servers may say more than they have to, above all at the beginning. */
CURLcode pop3_read_answer(struct pop3 *p)
{
    enum { LINES_MAX = 1000 };
    CURLcode result = CURLE_OK;

    for (int i = 0; i < LINES_MAX && !result; i++) {
        result = mail_read_line(&p->mail);
        p->status = pop3_read_status(mail_line(&p->mail), &p->text);
        if (!result && p->status != POP3_NONE)
            return CURLE_OK;
    }
    return result
               ? result
               : mail_fail(&p->mail, CURLE_WEIRD_SERVER_REPLY, "The server's answer has no status");
}

CURLcode pop3_command(struct pop3 *p, const char *line)
{
    CURLcode result = mail_send(&p->mail, line);

    return result ? result : pop3_read_answer(p);
}

/* ---- What the server says of itself ---- */

static WAITS CURLcode read_welcome(struct pop3 *p)
{
    struct str stamp;
    CURLcode result = pop3_read_answer(p);

    if (result)
        return result;
    if (p->status != POP3_OK)
        return mail_fail(&p->mail, CURLE_WEIRD_SERVER_REPLY, "Got unexpected pop3-server response");
    stamp = pop3_find_stamp(p->text);
    return buf_append(&p->stamp, stamp.at, stamp.len) ? CURLE_OK : CURLE_OUT_OF_MEMORY;
}

/* CAPA (RFC 2449). A server that does not know it has USER and PASS. */
static WAITS CURLcode ask_abilities(struct pop3 *p)
{
    enum { LINES_MAX = 1000 };
    CURLcode result = pop3_command(p, "CAPA");

    p->abilities = (struct pop3_abilities){0};
    p->has_abilities = p->status == POP3_OK;
    if (result || !p->has_abilities)
        return result;
    for (int i = 0; i < LINES_MAX; i++) {
        result = mail_read_line(&p->mail);
        if (result || str_equal(mail_line(&p->mail), STR(".")))
            return result;
        pop3_read_ability(mail_line(&p->mail), &p->abilities);
    }
    return mail_fail(&p->mail, CURLE_WEIRD_SERVER_REPLY, "The list of capabilities has no end");
}

/* STLS (RFC 2595). What was said before TLS may be anybody's, so it is asked for again. */
static WAITS CURLcode start_tls(struct pop3 *p)
{
    long wanted = p->mail.hop->settings->use_ssl;
    CURLcode result;

    if (!wanted || p->mail.c->is_tls)
        return CURLE_OK;
    if (!p->abilities.stls)
        return wanted == CURLUSESSL_TRY
                   ? CURLE_OK
                   : mail_fail(&p->mail, CURLE_USE_SSL_FAILED, "STLS not supported.");
    result = pop3_command(p, "STLS");
    if (result)
        return result;
    if (p->mail.c->unread)
        return mail_fail(&p->mail, CURLE_WEIRD_SERVER_REPLY, "Bytes behind the answer to STLS");
    if (p->status != POP3_OK)
        return wanted == CURLUSESSL_TRY
                   ? CURLE_OK
                   : mail_fail(&p->mail, CURLE_USE_SSL_FAILED, "STARTTLS denied");
    result = hop_secure(p->mail.hop, p->mail.c);
    return result ? result : ask_abilities(p);
}

/* ---- Who we are ---- */

static CURLcode denied(struct pop3 *p)
{
    return mail_fail(&p->mail, CURLE_LOGIN_DENIED, "Access denied. %c",
                     p->status == POP3_ERROR ? '-' : '+');
}

/* A name and something behind it. */
static WAITS CURLcode say(struct pop3 *p, const char *word, const char *rest)
{
    scoped(buf) line = {0};

    if (!buf_printf(&line, "%s %s", word, rest))
        return CURLE_OUT_OF_MEMORY;
    return pop3_command(p, line.bytes);
}

static WAITS CURLcode log_in_by_apop(struct pop3 *p)
{
    const struct login *l = p->mail.hop->login;
    unsigned char sum[MD5_SIZE];
    scoped(buf) secret = {0}, rest = {0};
    CURLcode result;

    buf_append(&secret, buf_text(&p->stamp), p->stamp.len);
    buf_append(&secret, buf_text(&l->password), l->password.len);
    if (buf_failed(&secret) || !sum_of(SUM_MD5, secret.bytes, secret.len, sum))
        return CURLE_OUT_OF_MEMORY;
    buf_append(&rest, buf_text(&l->user), l->user.len);
    buf_append_char(&rest, ' ');
    if (!sum_append_hex(&rest, sum, sizeof(sum)))
        return CURLE_OUT_OF_MEMORY;
    result = say(p, "APOP", rest.bytes);
    return result || p->status == POP3_OK ? result : denied(p);
}

static WAITS CURLcode log_in_clearly(struct pop3 *p)
{
    const struct login *l = p->mail.hop->login;
    CURLcode result = say(p, "USER", buf_text(&l->user));

    if (!result && p->status != POP3_OK)
        return denied(p);
    if (!result)
        result = say(p, "PASS", buf_text(&l->password));
    return result || p->status == POP3_OK ? result : denied(p);
}

/* ---- AUTH (RFC 5034) ---- */

struct conversation {
    struct mail_sasl sasl;
    struct pop3 *p;
};

static WAITS CURLcode say_and_listen(struct mail_sasl *sasl, const char *line)
{
    static const enum mail_answer answers[] = {
        [POP3_NONE] = MAIL_NO,
        [POP3_OK] = MAIL_YES,
        [POP3_ERROR] = MAIL_NO,
        [POP3_CONTINUE] = MAIL_GO_ON,
    };
    struct pop3 *p = ((struct conversation *)sasl)->p;
    CURLcode result = pop3_command(p, line);

    sasl->answer = answers[p->status];
    sasl->text = p->text;
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

static WAITS CURLcode authenticate(struct pop3 *p, unsigned set, bool *ret_done)
{
    enum { BEGINNING_MAX = 255 - 8 }; /* RFC 2449 4 */
    struct conversation c = {
        .sasl = {.mail = &p->mail,
                 .service = "pop",
                 .denied = "Access denied. -",
                 .may_begin = p->mail.hop->settings->sasl_ir,
                 .beginning_max = BEGINNING_MAX,
                 .begin = say_mechanism,
                 .say = say_and_listen},
        .p = p,
    };

    return mail_authenticate(&c.sasl, set, ret_done);
}

static WAITS CURLcode log_in(struct pop3 *p)
{
    const struct pop3_abilities *a = &p->abilities;
    struct mail_wishes wishes;
    bool done = false;
    CURLcode result = mail_find_wishes(&p->mail, "+APOP", &wishes);

    if (result)
        return result;
    if (!p->mail.hop->login->given && !(a->sasl & wishes.sasl & SASL_EXTERNAL))
        return CURLE_OK; /* as nobody */
    result = authenticate(p, a->sasl & wishes.sasl, &done);
    if (result || done)
        return result;
    if (p->stamp.len && wishes.own)
        return log_in_by_apop(p);
    if ((a->user || !p->has_abilities) && wishes.clear)
        return log_in_clearly(p);
    return mail_fail(&p->mail, CURLE_LOGIN_DENIED, "No known authentication mechanisms supported!");
}

CURLcode pop3_log_in(struct pop3 *p)
{
    CURLcode result = read_welcome(p);

    if (!result)
        result = ask_abilities(p);
    if (!result)
        result = start_tls(p);
    return result ? result : log_in(p);
}
