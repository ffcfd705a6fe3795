/* SPDX-License-Identifier: MIT */
#include "protocols/http_auth_method.h"

#include "wire/base64.h"
#include "wire/challenge.h"

#include <stdatomic.h>
#include <string.h>

#define LOG(a, ...)                                                                                \
    do {                                                                                           \
        if ((a)->hooks->log)                                                                       \
            (a)->hooks->log((a)->hooks->owner, __VA_ARGS__);                                       \
    } while (0)

/* ---- Methods ---- */

static CURLcode write_basic(struct http_auth *a, const struct auth_message *message,
                            struct connection *c, struct buf *line, bool *ret_more)
{
    scoped(buf) pair = {0};

    (void)message, (void)c;
    *ret_more = false;
    buf_append(&pair, buf_text(&a->login->user), a->login->user.len);
    buf_append_char(&pair, ':');
    buf_append(&pair, buf_text(&a->login->password), a->login->password.len);
    if (buf_failed(&pair))
        return CURLE_OUT_OF_MEMORY;
    buf_append_text(line, "Basic ");
    return base64_append(line, pair.bytes, pair.len) ? CURLE_OK : CURLE_OUT_OF_MEMORY;
}

static CURLcode write_bearer(struct http_auth *a, const struct auth_message *message,
                             struct connection *c, struct buf *line, bool *ret_more)
{
    (void)message, (void)c;
    *ret_more = false;
    buf_append_text(line, "Bearer ");
    return buf_append_text(line, a->login->bearer) ? CURLE_OK : CURLE_OUT_OF_MEMORY;
}

/* A method that says all at once was not believed. */
static CURLcode read_once(struct http_auth *a, struct connection *c, struct str text,
                          enum auth_reading *ret)
{
    (void)a, (void)c, (void)text;
    *ret = AUTH_READ_REFUSED;
    return CURLE_OK;
}

/* The best one first. */
/* clang-format off */
static const struct auth_method methods[] = {
#ifdef HAVE_GSSAPI
    {CURLAUTH_NEGOTIATE, "Negotiate", true,  true,  false, false, auth_write_negotiate, auth_read_negotiate, auth_prepare_negotiate},
#endif
    {CURLAUTH_BEARER,    "Bearer",    false, false, false, false, write_bearer,         read_once,           NULL},
    {CURLAUTH_DIGEST,    "Digest",    true,  false, true,  false, auth_write_digest,    auth_read_digest,    NULL},
    {CURLAUTH_NTLM,      "NTLM",      true,  true,  true,  false, auth_write_ntlm,      auth_read_ntlm,      NULL},
    {CURLAUTH_BASIC,     "Basic",     true,  false, true,  false, write_basic,          read_once,           NULL},
    {CURLAUTH_AWS_SIGV4, "AWS_SIGV4", false, false, true,  true,  auth_write_sigv4,     read_once,           NULL},
};
/* clang-format on */

enum { METHOD_COUNT = sizeof(methods) / sizeof(methods[0]) };

unsigned long http_auth_built(void)
{
    unsigned long built = 0;

    for (int i = 0; i < METHOD_COUNT; i++)
        built |= methods[i].bit;
    return built;
}

static const struct auth_method *find_method(unsigned long bit)
{
    for (int i = 0; i < METHOD_COUNT; i++) {
        if (methods[i].bit == bit)
            return &methods[i];
    }
    return NULL;
}

/* The method may be used with this party, by who we are to it. */
static bool is_possible(const struct http_auth *a, const struct auth_method *m)
{
    if (!(a->wanted & m->bit) || (a->party == AUTH_PROXY && !m->for_proxies) || !a->login)
        return false;
    if (m->bit == CURLAUTH_BEARER)
        return a->login->bearer != NULL;
    /* No name and no password: what others take for "whoever I am" tells nothing here. */
    if ((m->bit == CURLAUTH_BASIC || m->bit == CURLAUTH_DIGEST) && !a->login->user.len &&
        !a->login->password.len)
        return false;
    if (m->needs_user || a->party == AUTH_PROXY)
        return a->login->given;
    return a->login->trusted; /* the system's user is not for whom a redirect names another to */
}

/* A connection that others are on is nobody's to authenticate: nothing may hang on it. The next
 * round goes on one of our own. */
static bool is_anothers(const struct auth_method *m, const struct connection *c)
{
    return m->binds && c->multiplex;
}

/* ---- Life ---- */

static unsigned long wanted_of(const struct http_auth *a)
{
    return a->party == AUTH_SERVER ? (unsigned long)a->settings->http_auth
                                   : (unsigned long)a->settings->proxy_auth;
}

void http_auth_init(struct http_auth *a, enum auth_party party, const struct exchange *exchange,
                    const struct net_hooks *hooks, struct facts *facts)
{
    static atomic_uint_fast64_t last; /* only has to be another one each time */

    *a = (struct http_auth){.party = party,
                            .number = atomic_fetch_add_explicit(&last, 1, memory_order_relaxed) + 1,
                            .settings = exchange->request->settings,
                            .hooks = hooks,
                            .exchange = exchange,
                            .facts = facts};
    a->wanted = a->picked = wanted_of(a);
}

void http_auth_release(struct http_auth *a)
{
    a->login = NULL;
    buf_release(&a->owner);
    digest_release(&a->digest);
}

void http_auth_use(struct http_auth *a, const struct login *login)
{
    a->login = login;
    a->offered = 0;
    a->picked = a->wanted;
    a->unfinished = a->problem = a->digest_sent = false;
    digest_release(&a->digest);
    a->digest = (struct digest){0};
}

void http_auth_restart(struct http_auth *a)
{
    a->picked = a->wanted;
    a->offered = 0;
    a->unfinished = false;
}

void http_auth_recall(struct http_auth *a, struct digest *d, bool refused)
{
    digest_release(&a->digest);
    a->digest = *d;
    a->offered = refused ? CURLAUTH_DIGEST : 0;
    *d = (struct digest){0};
}

bool http_auth_binds(const struct http_auth *a)
{
    const struct auth_method *m = find_method(a->picked);

    return m && m->binds && is_possible(a, m);
}

static void add_part(struct buf *owner, const char *bytes, size_t len)
{
    buf_append_number(owner, (long long)len);
    buf_append_char(owner, ':');
    buf_append(owner, bytes, len);
}

bool http_auth_owner(struct http_auth *a, struct str origin, struct str *ret_owner)
{
    unsigned long binding = 0;

    *ret_owner = STR("");
    buf_clear(&a->owner);
    for (int i = 0; i < METHOD_COUNT; i++)
        binding |= methods[i].binds && is_possible(a, &methods[i]) ? methods[i].bit : 0;
    if (!binding)
        return true;
    add_part(&a->owner, origin.at, origin.len);
    add_part(&a->owner, buf_text(&a->login->user), a->login->user.len);
    add_part(&a->owner, buf_text(&a->login->password), a->login->password.len);
    if (!buf_append_number(&a->owner, (long long)a->wanted))
        return false;
    *ret_owner = (struct str){a->owner.bytes, a->owner.len};
    return true;
}

/* ---- The request ---- */

static const char *party_name(const struct http_auth *a)
{
    return a->party == AUTH_PROXY ? "Proxy" : "Server";
}

static void note_used(struct http_auth *a, unsigned long bit)
{
    if (a->party == AUTH_PROXY)
        a->facts->proxyauth_used = (long)bit;
    else
        a->facts->httpauth_used = (long)bit;
}

/* The connection is ours from now on. A proxy's says by its key who it is for. */
static bool own(const struct http_auth *a, struct connection *c)
{
    if (a->party == AUTH_PROXY || !a->owner.len)
        return true;
    buf_clear(&c->owner);
    return buf_append(&c->owner, a->owner.bytes, a->owner.len);
}

/* The method by which an earlier request of ours got the connection authenticated. */
static void note_owned(struct http_auth *a, const struct connection *c)
{
    const struct auth_method *m = find_method(c->auth[a->party].method);

    if (m && is_possible(a, m))
        note_used(a, m->bit);
}

CURLcode http_auth_write(struct http_auth *a, const struct auth_message *message,
                         struct connection *c, struct buf *head)
{
    const struct auth_method *m = find_method(a->picked);
    scoped(buf) line = {0};
    CURLcode result;

    a->unfinished = false;
    note_used(a, 0);
    if (!m)
        note_owned(a, c);
    if (!m || message->replaced || !is_possible(a, m) || is_anothers(m, c))
        return CURLE_OK;
    if (m->binds && !own(a, c))
        return CURLE_OUT_OF_MEMORY;
    result = m->write(a, message, c, &line, &a->unfinished);
    if (result)
        return result;
    note_used(a, m->bit);
    LOG(a, "%s auth using %s with user '%s'", party_name(a), m->name, buf_text(&a->login->user));
    if (!line.len)
        return CURLE_OK;
    if (m->whole_lines)
        return buf_append(head, line.bytes, line.len) ? CURLE_OK : CURLE_OUT_OF_MEMORY;
    if (line.len != strcspn(line.bytes, "\r\n"))
        return a->hooks->fail(a->hooks->owner, CURLE_BAD_FUNCTION_ARGUMENT,
                              "A line end in the credentials for %s authentication", m->name);
    buf_append_text(head, a->party == AUTH_PROXY ? "Proxy-Authorization: " : "Authorization: ");
    buf_append(head, line.bytes, line.len);
    return buf_append_text(head, "\r\n") ? CURLE_OK : CURLE_OUT_OF_MEMORY;
}

bool http_auth_holds_body(const struct http_auth *a)
{
    return a->unfinished;
}

/* ---- The response ---- */

static void note_offered(struct http_auth *a, unsigned long bit)
{
    a->offered |= bit;
    if (a->party == AUTH_PROXY)
        a->facts->proxyauth_avail |= (long)bit;
    else
        a->facts->httpauth_avail |= (long)bit;
}

/* A challenge that the method has to know: for this transfer, or a Digest one for the next. */
static bool is_read(const struct http_auth *a, const struct auth_method *m)
{
    if (m->bit == CURLAUTH_DIGEST && a->login && a->login->given)
        return true;
    return is_possible(a, m) && (a->picked & m->bit);
}

static CURLcode take_challenge(struct http_auth *a, struct connection *c,
                               const struct auth_method *m, struct str text)
{
    enum auth_reading reading = AUTH_READ_OK;
    CURLcode result;

    if (a->offered & m->bit)
        return CURLE_OK; /* the first usable one of a kind counts */
    note_offered(a, m->bit);
    if (!is_read(a, m) || is_anothers(m, c))
        return CURLE_OK;
    result = m->read(a, c, text, &reading);
    if (result || reading == AUTH_READ_OK || (reading == AUTH_READ_REFUSED && a->picked != m->bit))
        return result;
    LOG(a, "%s authentication problem, ignoring.", m->name);
    a->problem = a->problem || reading == AUTH_READ_REFUSED;
    a->offered &= ~m->bit;
    return CURLE_OK;
}

CURLcode http_auth_challenge(struct http_auth *a, struct connection *c, struct str value)
{
    struct challenge challenge;

    while (challenge_next(&value, &challenge)) {
        CURLcode result = CURLE_OK;
        for (int i = 0; i < METHOD_COUNT && !result; i++) {
            if (str_equal_nocase(challenge.scheme, str_of(methods[i].name)))
                result = take_challenge(a, c, &methods[i], challenge.text);
        }
        if (result)
            return result;
    }
    return CURLE_OK;
}

/* The best method that was offered and may be used; 0 for none. */
static unsigned long pick(const struct http_auth *a)
{
    for (int i = 0; i < METHOD_COUNT; i++) {
        if ((a->offered & methods[i].bit) && is_possible(a, &methods[i]))
            return methods[i].bit;
    }
    return 0;
}

/* The same of those that really have an answer now. */
static WAITS CURLcode pick_able(struct http_auth *a, struct connection *c, struct str host,
                                unsigned long *ret)
{
    CURLcode result = CURLE_OK;
    bool able = false;

    while (!result && !able && (*ret = pick(a)) != 0) {
        const struct auth_method *m = find_method(*ret);

        able = true;
        if (m->prepare)
            result = m->prepare(a, c, host, &able);
        if (!able)
            a->offered &= ~*ret;
    }
    return result;
}

static bool has_anything(const struct http_auth *a)
{
    for (int i = 0; i < METHOD_COUNT; i++) {
        if (is_possible(a, &methods[i]))
            return true;
    }
    return false;
}

CURLcode http_auth_again(struct http_auth *a, struct connection *c, struct str host, int status,
                         bool held_body, bool *ret_again)
{
    bool challenged = status == (a->party == AUTH_PROXY ? 407 : 401);
    unsigned long picked = 0;
    CURLcode result;

    *ret_again = false;
    if (status < 200 || a->problem || !has_anything(a))
        return CURLE_OK;
    if (!challenged && held_body && a->unfinished && status < 300) {
        a->picked = 0; /* it was not asked for after all */
        *ret_again = true;
    }
    if (!challenged)
        return CURLE_OK;
    result = pick_able(a, c, host, &picked);
    a->offered = 0;
    a->problem = !picked;
    a->picked = picked;
    *ret_again = picked != 0;
    return result;
}

bool http_auth_problem(const struct http_auth *a)
{
    return a->problem;
}
