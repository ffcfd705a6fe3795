/* SPDX-License-Identifier: MIT */
/* The beginning of a connection: welcome, what the server can do, TLS, who we are. */
#include "protocols/pop3.h"

#include "net/tls.h"
#include "protocols/login.h"
#include "wire/escape.h"
#include "wire/sasl.h"
#include "wire/sum.h"

enum { MD5_SIZE = 16 };

static struct str line_of(const struct pop3 *p)
{
    return (struct str){buf_text(&p->line), p->line.len};
}

/* ---- What the server says of itself ---- */

static WAITS CURLcode read_welcome(struct pop3 *p)
{
    struct str stamp;
    CURLcode result = pop3_read_answer(p);

    if (result)
        return result;
    if (p->status != POP3_OK)
        return pop3_fail(p, CURLE_WEIRD_SERVER_REPLY, "Got unexpected pop3-server response");
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
        result = pop3_read_line(p);
        if (result || str_equal(line_of(p), STR(".")))
            return result;
        pop3_read_ability(line_of(p), &p->abilities);
    }
    return pop3_fail(p, CURLE_WEIRD_SERVER_REPLY, "The list of capabilities has no end");
}

/* STLS (RFC 2595). What was said before TLS may be anybody's, so it is asked for again. */
static WAITS CURLcode start_tls(struct pop3 *p)
{
    long wanted = p->hop->settings->use_ssl;
    CURLcode result;

    if (!wanted || p->c->is_tls)
        return CURLE_OK;
    if (!p->abilities.stls)
        return wanted == CURLUSESSL_TRY ? CURLE_OK
                                        : pop3_fail(p, CURLE_USE_SSL_FAILED, "STLS not supported.");
    result = pop3_command(p, "STLS");
    if (result)
        return result;
    if (p->c->unread)
        return pop3_fail(p, CURLE_WEIRD_SERVER_REPLY, "Bytes behind the answer to STLS");
    if (p->status != POP3_OK)
        return wanted == CURLUSESSL_TRY ? CURLE_OK
                                        : pop3_fail(p, CURLE_USE_SSL_FAILED, "STARTTLS denied");
    result = hop_secure(p->hop, p->c);
    return result ? result : ask_abilities(p);
}

/* ---- What the program wants ---- */

/* One "AUTH=...": the first one takes away what is wished for by itself. */
static bool read_wish(struct str value, bool first, struct pop3_wishes *w)
{
    unsigned mechanism = sasl_find(value);
    bool all = str_equal(value, STR("*")), apop = str_equal_nocase(value, STR("+APOP"));

    if (first)
        *w = (struct pop3_wishes){0};
    w->sasl |= all ? SASL_DEFAULT : mechanism;
    w->apop |= all || apop;
    w->clear |= all;
    return all || apop || mechanism;
}

static bool read_wishes(struct str text, struct pop3_wishes *w)
{
    bool first = true;

    while (text.len) {
        const char *end = memchr(text.at, ';', text.len);
        size_t len = end ? (size_t)(end - text.at) : text.len;

        if (!str_starts_nocase((struct str){text.at, len}, STR("AUTH=")) ||
            !read_wish((struct str){text.at + 5, len - 5}, first, w))
            return false;
        first = false;
        len += end != NULL;
        text = (struct str){text.at + len, text.len - len};
    }
    return true;
}

static CURLcode find_wishes(struct pop3 *p, struct pop3_wishes *ret)
{
    const char *given = rstr_text(p->hop->settings->login_options);
    scoped(buf) options = {0};

    *ret = (struct pop3_wishes){SASL_DEFAULT, true, true};
    if (given)
        buf_append_text(&options, given);
    else if (p->hop->url->options)
        unescape_append(&options, str_of(p->hop->url->options));
    if (buf_failed(&options))
        return CURLE_OUT_OF_MEMORY;
    if (!read_wishes((struct str){buf_text(&options), options.len}, ret))
        return pop3_fail(p, CURLE_URL_MALFORMAT, "The login options are none");
    return CURLE_OK;
}

/* ---- Who we are ---- */

static CURLcode denied(struct pop3 *p)
{
    return pop3_fail(p, CURLE_LOGIN_DENIED, "Access denied. %c",
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
    const struct login *l = p->hop->login;
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
    const struct login *l = p->hop->login;
    CURLcode result = say(p, "USER", buf_text(&l->user));

    if (!result && p->status != POP3_OK)
        return denied(p);
    if (!result)
        result = say(p, "PASS", buf_text(&l->password));
    return result || p->status == POP3_OK ? result : denied(p);
}

static WAITS CURLcode log_in(struct pop3 *p)
{
    const struct pop3_abilities *a = &p->abilities;
    struct pop3_wishes wishes;
    bool done = false;
    CURLcode result = find_wishes(p, &wishes);

    if (result)
        return result;
    if (!p->hop->login->given && !(a->sasl & wishes.sasl & SASL_EXTERNAL))
        return CURLE_OK; /* as nobody */
    result = pop3_authenticate(p, a->sasl & wishes.sasl, &done);
    if (result || done)
        return result;
    if (p->stamp.len && wishes.apop)
        return log_in_by_apop(p);
    if ((a->user || !p->has_abilities) && wishes.clear)
        return log_in_clearly(p);
    return pop3_fail(p, CURLE_LOGIN_DENIED, "No known authentication mechanisms supported!");
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
