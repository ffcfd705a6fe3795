/* SPDX-License-Identifier: MIT */
#include "wire/sasl.h"

#include "wire/challenge.h"
#include "wire/sum.h"

enum { MD5_SIZE = 16 };

/* ---- Names ---- */

static const struct {
    struct str name;
    unsigned mechanism;
} names[] = {
    {STR("LOGIN"),       SASL_LOGIN      },
    {STR("PLAIN"),       SASL_PLAIN      },
    {STR("CRAM-MD5"),    SASL_CRAM_MD5   },
    {STR("DIGEST-MD5"),  SASL_DIGEST_MD5 },
    {STR("NTLM"),        SASL_NTLM       },
    {STR("EXTERNAL"),    SASL_EXTERNAL   },
    {STR("XOAUTH2"),     SASL_XOAUTH2    },
    {STR("OAUTHBEARER"), SASL_OAUTHBEARER},
};

enum { NAME_COUNT = sizeof(names) / sizeof(names[0]) };

unsigned sasl_find(struct str name)
{
    for (size_t i = 0; i < NAME_COUNT; i++) {
        if (str_equal_nocase(name, names[i].name))
            return names[i].mechanism;
    }
    return 0;
}

const char *sasl_name(unsigned mechanism)
{
    for (size_t i = 0; i < NAME_COUNT; i++) {
        if (names[i].mechanism == mechanism)
            return names[i].name.at;
    }
    return "";
}

unsigned sasl_read_list(struct str words)
{
    unsigned set = 0;

    while (words.len) {
        size_t len = 0;

        while (len < words.len && !ascii_is_blank(words.at[len]))
            len++;
        set |= sasl_find((struct str){words.at, len});
        len += len < words.len;
        words = (struct str){words.at + len, words.len - len};
    }
    return set;
}

unsigned sasl_choose(unsigned set, const struct sasl_means *m)
{
    static const unsigned by_password[] = {SASL_DIGEST_MD5, SASL_CRAM_MD5, SASL_NTLM};
    static const unsigned by_bearer[] = {SASL_OAUTHBEARER, SASL_XOAUTH2};

    if ((set & SASL_EXTERNAL) && !m->password)
        return SASL_EXTERNAL;
    if (!m->user)
        return 0;
    for (size_t i = 0; i < sizeof(by_password) / sizeof(by_password[0]); i++) {
        if (set & by_password[i])
            return by_password[i];
    }
    for (size_t i = 0; i < sizeof(by_bearer) / sizeof(by_bearer[0]) && m->bearer; i++) {
        if (set & by_bearer[i])
            return by_bearer[i];
    }
    return set & SASL_PLAIN ? SASL_PLAIN : set & SASL_LOGIN;
}

/* ---- Messages ---- */

static bool append(struct buf *to, struct str s)
{
    return buf_append(to, s.at, s.len);
}

bool sasl_append_plain(struct buf *to, const struct sasl_who *w)
{
    append(to, w->authzid);
    buf_append_char(to, '\0');
    append(to, w->user);
    buf_append_char(to, '\0');
    return append(to, w->password);
}

bool sasl_append_xoauth2(struct buf *to, const struct sasl_who *w)
{
    buf_append_text(to, "user=");
    append(to, w->user);
    buf_append_text(to, "\1auth=Bearer ");
    append(to, w->bearer);
    return buf_append_text(to, "\1\1");
}

bool sasl_append_oauthbearer(struct buf *to, const struct sasl_who *w)
{
    buf_append_text(to, "n,a=");
    append(to, w->user);
    buf_append_text(to, ",\1host=");
    append(to, w->host);
    if (w->port && w->port != 80) {
        buf_append_text(to, "\1port=");
        buf_append_number(to, w->port);
    }
    buf_append_text(to, "\1auth=Bearer ");
    append(to, w->bearer);
    return buf_append_text(to, "\1\1");
}

bool sasl_append_cram(struct buf *to, const struct sasl_who *w, struct str challenge)
{
    unsigned char sum[MD5_SIZE];

    if (!sum_keyed(SUM_MD5, w->password.at, w->password.len, challenge.at, challenge.len, sum))
        return false;
    append(to, w->user);
    buf_append_char(to, ' ');
    return sum_append_hex(to, sum, sizeof(sum));
}

/* ---- DIGEST-MD5 ---- */

struct digest_md5 {
    struct buf nonce, realm;
    bool sums, auth; /* the algorithm and the quality of protection that are built */
};

static void digest_md5_release(struct digest_md5 *d)
{
    buf_release(&d->nonce);
    buf_release(&d->realm);
}
DEFINE_SCOPED(digest_md5)

/* "auth" among names with commas in between. */
static bool offers_auth(struct str list)
{
    while (list.len) {
        const char *comma = memchr(list.at, ',', list.len);
        size_t len = comma ? (size_t)(comma - list.at) : list.len;

        if (str_equal_nocase(str_trim_blanks((struct str){list.at, len}), STR("auth")))
            return true;
        len += comma != NULL;
        list = (struct str){list.at + len, list.len - len};
    }
    return false;
}

static enum sasl_outcome read_challenge(struct str text, struct digest_md5 *d)
{
    scoped(buf) value = {0};
    struct str name;

    while (challenge_param(&text, &name, &value)) {
        struct str v = {buf_text(&value), value.len};

        if (str_equal_nocase(name, STR("nonce")) && !d->nonce.len)
            append(&d->nonce, v);
        else if (str_equal_nocase(name, STR("realm")) && !d->realm.len)
            append(&d->realm, v);
        else if (str_equal_nocase(name, STR("algorithm")))
            d->sums = str_equal_nocase(v, STR("md5-sess"));
        else if (str_equal_nocase(name, STR("qop")))
            d->auth = offers_auth(v);
    }
    if (buf_failed(&value) || buf_failed(&d->nonce) || buf_failed(&d->realm))
        return SASL_NO_MEMORY;
    return d->nonce.len && d->sums && d->auth ? SASL_OK : SASL_UNUSABLE;
}

static bool append_sum(struct buf *to, const struct buf *of)
{
    unsigned char sum[MD5_SIZE];

    return !buf_failed(of) && sum_of(SUM_MD5, of->bytes, of->len, sum) &&
           sum_append_hex(to, sum, sizeof(sum));
}

/* H(A1) of RFC 2831 2.1.2.1. */
static bool append_secret(struct buf *to, const struct sasl_who *w, const struct digest_md5 *d,
                          struct str cnonce)
{
    unsigned char sum[MD5_SIZE];
    scoped(buf) text = {0}, session = {0};

    append(&text, w->user);
    buf_append_char(&text, ':');
    buf_append(&text, buf_text(&d->realm), d->realm.len);
    buf_append_char(&text, ':');
    append(&text, w->password);
    if (buf_failed(&text) || !sum_of(SUM_MD5, text.bytes, text.len, sum))
        return false;
    buf_append(&session, sum, sizeof(sum));
    buf_printf(&session, ":%s:", buf_text(&d->nonce));
    append(&session, cnonce);
    return append_sum(to, &session);
}

static bool append_response(struct buf *to, const struct sasl_who *w, const struct digest_md5 *d,
                            struct str cnonce, struct str uri)
{
    scoped(buf) what = {0}, text = {0};

    buf_append_text(&what, "AUTHENTICATE:");
    append(&what, uri);
    if (!append_secret(&text, w, d, cnonce))
        return false;
    buf_printf(&text, ":%s:00000001:", buf_text(&d->nonce));
    append(&text, cnonce);
    buf_append_text(&text, ":auth:");
    return append_sum(&text, &what) && append_sum(to, &text);
}

static void append_quoted(struct buf *to, const char *name, struct str value)
{
    buf_append_text(to, name);
    buf_append_text(to, "=\"");
    for (size_t i = 0; i < value.len; i++) {
        if (value.at[i] == '"' || value.at[i] == '\\')
            buf_append_char(to, '\\');
        buf_append_char(to, value.at[i]);
    }
    buf_append_text(to, "\",");
}

enum sasl_outcome sasl_append_digest(struct buf *to, const struct sasl_who *w, struct str challenge,
                                     struct str cnonce, struct str uri)
{
    scoped(digest_md5) d = {0};
    enum sasl_outcome outcome;

    if (memchr(challenge.at, '\0', challenge.len))
        return SASL_UNUSABLE;
    outcome = read_challenge(challenge, &d);
    if (outcome != SASL_OK)
        return outcome;
    append_quoted(to, "username", w->user);
    append_quoted(to, "realm", (struct str){buf_text(&d.realm), d.realm.len});
    append_quoted(to, "nonce", (struct str){buf_text(&d.nonce), d.nonce.len});
    append_quoted(to, "cnonce", cnonce);
    buf_append_text(to, "nc=\"00000001\",");
    append_quoted(to, "digest-uri", uri);
    buf_append_text(to, "response=");
    return append_response(to, w, &d, cnonce, uri) && buf_append_text(to, ",qop=auth")
               ? SASL_OK
               : SASL_NO_MEMORY;
}
