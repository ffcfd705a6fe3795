/* SPDX-License-Identifier: MIT */
/* Mechanisms of SASL (RFC 4422), the best first. One that fails on our side is cancelled, and the
 * next one is tried. */
#include "protocols/mail.h"

#include "base/rand.h"
#include "base/wall.h"
#include "protocols/login.h"
#include "wire/base64.h"
#include "wire/ntlm.h"
#include "wire/sasl.h"
#include "wire/sum.h"

#include <string.h>

struct attempt {
    struct mail_sasl *sasl;
    unsigned mechanism;
    struct sasl_who who;
    struct buf challenge;
    int step; /* messages that were sent */
    bool cancel;
};

/* ---- Messages ---- */

static enum sasl_outcome write_digest(struct attempt *a, struct buf *to)
{
    unsigned char bytes[16];
    scoped(buf) cnonce = {0}, uri = {0};

    rand_bytes(bytes, sizeof(bytes));
    buf_printf(&uri, "%s/", a->sasl->service);
    buf_append(&uri, a->who.host.at, a->who.host.len);
    if (buf_failed(&uri) || !sum_append_hex(&cnonce, bytes, sizeof(bytes)))
        return SASL_NO_MEMORY;
    return sasl_append_digest(to, &a->who, (struct str){buf_text(&a->challenge), a->challenge.len},
                              (struct str){cnonce.bytes, cnonce.len},
                              (struct str){uri.bytes, uri.len});
}

static enum sasl_outcome write_ntlm_answer(struct attempt *a, struct buf *to)
{
    scoped(ntlm_challenge) challenge = {0};
    struct ntlm_answer answer = {
        .user = a->who.user,
        .password = a->who.password,
        .workstation = STR("WORKSTATION"),
        .time = ((uint64_t)wall_clock_of_signatures() + 11644473600u) *
                10000000u, /* the years from 1601 */
    };

    if (!ntlm_read_challenge((struct str){buf_text(&a->challenge), a->challenge.len}, &challenge))
        return buf_failed(&challenge.target_info) ? SASL_NO_MEMORY : SASL_UNUSABLE;
    rand_bytes(answer.entropy, sizeof(answer.entropy));
    switch (ntlm_write_answer(&challenge, &answer, to)) {
    case NTLM_OK:
        return SASL_OK;
    case NTLM_TOO_LARGE:
        return SASL_UNUSABLE;
    default:
        return SASL_NO_MEMORY;
    }
}

/* Whether the client speaks first. */
static bool begins(const struct attempt *a)
{
    return !(a->mechanism & (SASL_CRAM_MD5 | SASL_DIGEST_MD5));
}

static enum sasl_outcome if_memory(bool ok)
{
    return ok ? SASL_OK : SASL_NO_MEMORY;
}

static enum sasl_outcome write_first(struct attempt *a, struct buf *to)
{
    const struct sasl_who *w = &a->who;

    switch (a->mechanism) {
    case SASL_PLAIN:
        return if_memory(sasl_append_plain(to, w));
    case SASL_XOAUTH2:
        return if_memory(sasl_append_xoauth2(to, w));
    case SASL_OAUTHBEARER:
        return if_memory(sasl_append_oauthbearer(to, w));
    case SASL_CRAM_MD5:
        return if_memory(
            sasl_append_cram(to, w, (struct str){buf_text(&a->challenge), a->challenge.len}));
    case SASL_DIGEST_MD5:
        return write_digest(a, to);
    case SASL_NTLM:
        return if_memory(ntlm_write_greeting(to));
    default: /* LOGIN, EXTERNAL */
        return if_memory(buf_append(to, w->user.at, w->user.len));
    }
}

/* SASL_UNUSABLE behind the last message. */
static enum sasl_outcome write_later(struct attempt *a, struct buf *to)
{
    if (a->step > 1)
        return SASL_UNUSABLE;
    switch (a->mechanism) {
    case SASL_LOGIN:
        return if_memory(buf_append(to, a->who.password.at, a->who.password.len));
    case SASL_NTLM:
        return write_ntlm_answer(a, to);
    case SASL_DIGEST_MD5: /* the server has shown that it knows the password, too */
        return if_memory(buf_append(to, "", 0));
    case SASL_OAUTHBEARER: /* it said why not (RFC 7628 3.2.3) */
        return if_memory(buf_append(to, "\1", 1));
    default:
        return SASL_UNUSABLE;
    }
}

/* The next message in base64. */
static enum sasl_outcome write_message(struct attempt *a, struct buf *to)
{
    scoped(buf) bytes = {0};
    enum sasl_outcome outcome = a->step ? write_later(a, &bytes) : write_first(a, &bytes);

    if (outcome == SASL_OK && bytes.len && !base64_append(to, bytes.bytes, bytes.len))
        return SASL_NO_MEMORY;
    a->step++;
    return outcome;
}

/* ---- The conversation ---- */

/* Of other words of the server's only that they come is of use. */
static bool heeds_challenge(const struct attempt *a)
{
    return a->step == (a->mechanism == SASL_NTLM ? 1 : 0) && (!begins(a) || a->step);
}

static enum sasl_outcome read_challenge(struct attempt *a)
{
    struct str text = a->sasl->text;

    buf_clear(&a->challenge);
    if (!heeds_challenge(a) || !text.len || str_equal(text, STR("=")))
        return SASL_OK;
    if (base64_decode_append(&a->challenge, text))
        return SASL_OK;
    return buf_failed(&a->challenge) ? SASL_NO_MEMORY : SASL_UNUSABLE;
}

static WAITS CURLcode begin(struct attempt *a)
{
    struct mail_sasl *sasl = a->sasl;
    const char *name = sasl_name(a->mechanism);
    scoped(buf) message = {0};

    if (!begins(a) || !sasl->may_begin)
        return sasl->begin(sasl, name, NULL);
    if (write_message(a, &message) != SASL_OK)
        return CURLE_OUT_OF_MEMORY;
    if (strlen(name) + message.len <= sasl->beginning_max)
        return sasl->begin(sasl, name, message.len ? message.bytes : "=");
    a->step = 0;
    return sasl->begin(sasl, name, NULL);
}

static WAITS CURLcode answer(struct attempt *a)
{
    scoped(buf) message = {0};
    enum sasl_outcome outcome = read_challenge(a);

    if (outcome == SASL_OK)
        outcome = write_message(a, &message);
    if (outcome == SASL_NO_MEMORY)
        return CURLE_OUT_OF_MEMORY;
    a->cancel = outcome == SASL_UNUSABLE;
    return a->sasl->say(a->sasl, a->cancel ? "*" : buf_text(&message));
}

/* One mechanism; a->cancel: it came to nothing on our side. */
static WAITS CURLcode attempt_run(struct attempt *a)
{
    CURLcode result = begin(a);

    while (!result && !a->cancel && a->sasl->answer == MAIL_GO_ON)
        result = answer(a);
    if (result || a->cancel || a->sasl->answer == MAIL_YES)
        return result;
    return mail_fail(a->sasl->mail, CURLE_LOGIN_DENIED, "%s", a->sasl->denied);
}

static struct sasl_who who_of(const struct hop *hop)
{
    const struct login *l = hop->login;

    return (struct sasl_who){
        .user = {buf_text(&l->user),     l->user.len    },
        .password = {buf_text(&l->password), l->password.len},
        .bearer = l->bearer ? str_of(l->bearer) : STR(""),
        .authzid =
            hop->settings->sasl_authzid ? str_of(rstr_text(hop->settings->sasl_authzid)) : STR(""),
        .host = str_of(hop->url->host),
        .port = hop->port ? (int)hop->port : hop->url->port_number,
    };
}

CURLcode mail_authenticate(struct mail_sasl *sasl, unsigned set, bool *ret_done)
{
    const struct hop *hop = sasl->mail->hop;
    const struct login *l = hop->login;
    const struct sasl_means means = {l->given, l->password.len != 0, l->bearer != NULL};
    unsigned mechanism;

    *ret_done = false;
    while (!*ret_done && (mechanism = sasl_choose(set, &means)) != 0) {
        struct attempt a = {.sasl = sasl, .mechanism = mechanism, .who = who_of(hop)};
        CURLcode result = attempt_run(&a);

        buf_release(&a.challenge);
        if (result)
            return result;
        *ret_done = !a.cancel;
        set &= ~mechanism;
    }
    return CURLE_OK;
}
