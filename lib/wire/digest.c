/* SPDX-License-Identifier: MIT */
#include "wire/digest.h"

#include "wire/challenge.h"

enum { HEX_MAX = 2 * SUM_SIZE_MAX };

void digest_release(struct digest *d)
{
    buf_release(&d->realm);
    buf_release(&d->nonce);
    buf_release(&d->opaque);
    buf_release(&d->algorithm);
}

static struct str text_of(const struct buf *b)
{
    return (struct str){buf_text(b), b->len};
}

/* ---- The challenge ---- */

static void read_qop(struct digest *d, struct str list)
{
    while (list.len) {
        const char *comma = memchr(list.at, ',', list.len);
        size_t len = comma ? (size_t)(comma - list.at) : list.len;
        struct str one = str_trim_blanks((struct str){list.at, len});

        d->qop_auth = d->qop_auth || str_equal_nocase(one, STR("auth"));
        d->qop_auth_int = d->qop_auth_int || str_equal_nocase(one, STR("auth-int"));
        len += comma ? 1 : 0;
        list.at += len;
        list.len -= len;
    }
}

static bool read_algorithm(struct digest *d, struct str name)
{
    static const struct {
        const char *name;
        enum sum_kind sum;
        bool session;
    } known[] = {
        {"MD5",              SUM_MD5,        false},
        {"MD5-sess",         SUM_MD5,        true },
        {"SHA-256",          SUM_SHA256,     false},
        {"SHA-256-SESS",     SUM_SHA256,     true },
        {"SHA-512-256",      SUM_SHA512_256, false},
        {"SHA-512-256-SESS", SUM_SHA512_256, true },
    };

    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        if (str_equal_nocase(name, str_of(known[i].name))) {
            d->sum = known[i].sum;
            d->session = known[i].session;
            return buf_append(&d->algorithm, name.at, name.len);
        }
    }
    return false;
}

static bool keep(struct buf *field, struct str value)
{
    buf_clear(field);
    return buf_append(field, value.at, value.len);
}

static enum digest_outcome read_param(struct digest *d, struct str name, struct str value)
{
    if (str_equal_nocase(name, STR("nonce")))
        return keep(&d->nonce, value) ? DIGEST_OK : DIGEST_NO_MEMORY;
    if (str_equal_nocase(name, STR("realm")))
        return keep(&d->realm, value) ? DIGEST_OK : DIGEST_NO_MEMORY;
    if (str_equal_nocase(name, STR("opaque"))) {
        d->has_opaque = true;
        return keep(&d->opaque, value) ? DIGEST_OK : DIGEST_NO_MEMORY;
    }
    if (str_equal_nocase(name, STR("algorithm"))) {
        buf_clear(&d->algorithm);
        if (read_algorithm(d, value))
            return DIGEST_OK;
        return buf_failed(&d->algorithm) ? DIGEST_NO_MEMORY : DIGEST_UNUSABLE;
    }
    if (str_equal_nocase(name, STR("qop")))
        read_qop(d, value);
    else if (str_equal_nocase(name, STR("stale")))
        d->stale = str_equal_nocase(value, STR("true"));
    else if (str_equal_nocase(name, STR("userhash")))
        d->userhash = str_equal_nocase(value, STR("true"));
    return DIGEST_OK;
}

enum digest_outcome digest_read(struct str params, struct digest *d)
{
    scoped(digest) fresh = {.sum = SUM_MD5};
    scoped(buf) value = {0};
    struct digest before = *d;
    struct str name;

    while (challenge_param(&params, &name, &value)) {
        enum digest_outcome outcome = read_param(&fresh, name, text_of(&value));
        if (outcome)
            return outcome;
    }
    if (buf_failed(&value))
        return DIGEST_NO_MEMORY;
    if (!fresh.nonce.len || (fresh.session && !fresh.qop_auth && !fresh.qop_auth_int))
        return DIGEST_UNUSABLE;
    *d = fresh;
    fresh = before; /* released with the scope */
    return DIGEST_OK;
}

/* ---- The answer ---- */

/* The hexadecimal sum of up to five texts with colons between them. */
static bool sum_texts(const struct digest *d, const struct str *texts, int count, char *ret_hex)
{
    unsigned char sum[SUM_SIZE_MAX];
    scoped(buf) all = {0}, hex = {0};

    for (int i = 0; i < count; i++) {
        if (i)
            buf_append_char(&all, ':');
        buf_append(&all, texts[i].at, texts[i].len);
    }
    if (buf_failed(&all) || !sum_of(d->sum, buf_text(&all), all.len, sum) ||
        !sum_append_hex(&hex, sum, sum_size(d->sum)))
        return false;
    memcpy(ret_hex, hex.bytes, hex.len + 1);
    return true;
}

#define SUM_TEXTS(d, ret, ...)                                                                     \
    sum_texts(d, (const struct str[]){__VA_ARGS__},                                                \
              sizeof((const struct str[]){__VA_ARGS__}) / sizeof(struct str), ret)

static const char *qop_of(const struct digest *d)
{
    return d->qop_auth ? "auth" : d->qop_auth_int ? "auth-int" : NULL;
}

/* "00000001" */
static void count_text(unsigned count, char ret[9])
{
    for (int i = 0; i < 8; i++)
        ret[i] = "0123456789abcdef"[count >> (28 - 4 * i) & 15];
    ret[8] = '\0';
}

/* RFC 7616 3.4.1 to 3.4.3. */
static bool respond(const struct digest *d, const struct digest_request *r, char *ret_hex)
{
    char a1[HEX_MAX + 1], a2[HEX_MAX + 1], body[HEX_MAX + 1], count[9];
    struct str nonce = text_of(&d->nonce);
    const char *qop = qop_of(d);
    bool ok = SUM_TEXTS(d, a1, r->user, text_of(&d->realm), r->password);

    if (ok && d->session)
        ok = SUM_TEXTS(d, a1, str_of(a1), nonce, r->cnonce);
    if (ok && qop && !d->qop_auth)
        ok = SUM_TEXTS(d, body, STR("")) && SUM_TEXTS(d, a2, r->method, r->uri, str_of(body));
    else if (ok)
        ok = SUM_TEXTS(d, a2, r->method, r->uri);
    if (!ok)
        return false;
    if (!qop)
        return SUM_TEXTS(d, ret_hex, str_of(a1), nonce, str_of(a2));
    count_text(d->count, count);
    return SUM_TEXTS(d, ret_hex, str_of(a1), nonce, str_of(count), r->cnonce, str_of(qop),
                     str_of(a2));
}

/* `name="value"` with quotes and backslashes escaped, and control bytes, which no header may carry,
 * as in URLs: the sums are of the value as it is. */
static void add_quoted(struct buf *line, const char *name, struct str value)
{
    buf_append_text(line, name);
    buf_append_text(line, "=\"");
    for (size_t i = 0; i < value.len; i++) {
        unsigned char byte = (unsigned char)value.at[i];
        if (byte == '"' || byte == '\\')
            buf_append_char(line, '\\');
        if (byte < ' ' || byte == 0x7f)
            buf_printf(line, "%%%02X", byte);
        else
            buf_append_char(line, value.at[i]);
    }
    buf_append_char(line, '"');
}

bool digest_write(struct digest *d, const struct digest_request *r, struct buf *line)
{
    char response[HEX_MAX + 1], user[HEX_MAX + 1], count[9];
    const char *qop = qop_of(d);

    d->count++;
    if (!respond(d, r, response) ||
        (d->userhash && !SUM_TEXTS(d, user, r->user, text_of(&d->realm))))
        return false;
    buf_append_text(line, "Digest ");
    add_quoted(line, "username", d->userhash ? str_of(user) : r->user);
    add_quoted(line, ", realm", text_of(&d->realm));
    add_quoted(line, ", nonce", text_of(&d->nonce));
    add_quoted(line, ", uri", r->uri);
    if (qop) {
        count_text(d->count, count);
        add_quoted(line, ", cnonce", r->cnonce);
        buf_printf(line, ", nc=%s, qop=%s", count, qop);
    }
    add_quoted(line, ", response", str_of(response));
    if (d->has_opaque)
        add_quoted(line, ", opaque", text_of(&d->opaque));
    if (d->algorithm.len)
        buf_printf(line, ", algorithm=%s", d->algorithm.bytes);
    if (d->userhash)
        buf_append_text(line, ", userhash=true");
    return !buf_failed(line);
}
