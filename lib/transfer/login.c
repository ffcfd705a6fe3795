/* SPDX-License-Identifier: MIT */
/* Whose name and password a hop may use: the options' (for the origin that the program named, or
 * with CURLOPT_UNRESTRICTED_AUTH for all), the URL's, the .netrc file's. The options go before the
 * URL, and the file before it where it is required. */
#include "transfer/state.h"

#include "protocols/http_auth.h"
#include "wire/escape.h"
#include "wire/netrc.h"

#include <string.h>

bool login_origin(const struct transfer *t, struct buf *ret)
{
    const struct url *u = &t->url;
    int port = t->hop.port ? (int)t->hop.port : u->port_number;

    buf_append_text(ret, u->scheme);
    buf_append_char(ret, ' ');
    for (const char *at = u->host ? u->host : ""; *at; at++)
        buf_append_char(ret, ascii_lower(*at));
    buf_append_char(ret, ' ');
    return buf_append_number(ret, port ? port : url_default_port(u->scheme));
}

/* A part of the URL, decoded. A NUL would end it early for whoever reads it as C text. */
static CURLcode decode(struct transfer *t, const char *part, struct buf *ret)
{
    if (!unescape_append(ret, str_of(part)))
        return CURLE_OUT_OF_MEMORY;
    if (ret->len != strlen(buf_text(ret)))
        return transfer_fail(t, CURLE_URL_MALFORMAT, "URL rejected: %s",
                             "a NUL in the user name or password");
    return CURLE_OK;
}

static struct str str_of_buf(const struct buf *b)
{
    return (struct str){buf_text(b), b->len};
}

/* What the .netrc file has for the host; `user` is wanted if not NULL. */
static CURLcode ask_netrc(struct transfer *t, const struct buf *user, struct login *l)
{
    const struct rstr *file = t->exchange->request->netrc;
    scoped(netrc_login) found = {0};
    struct str wanted = user ? str_of_buf(user) : (struct str){NULL, 0};
    enum netrc_outcome outcome =
        netrc_find((struct str){file->bytes, file->len}, str_of(t->url.host), wanted, &found);

    if (outcome == NETRC_NO_MEMORY)
        return CURLE_OUT_OF_MEMORY;
    if (outcome == NETRC_SYNTAX && t->settings->netrc == CURL_NETRC_REQUIRED)
        return transfer_fail(t, CURLE_READ_ERROR, ".netrc parser error: %s", "syntax error");
    if (outcome != NETRC_FOUND) {
        const char *name = rstr_text(t->settings->netrc_file);

        if (t->hooks.log)
            t->hooks.log(t->hooks.owner, "Could not find host %s in the %s file; using defaults",
                         t->url.host, name ? name : ".netrc");
        return CURLE_OK;
    }
    if (!login_set(l, user ? wanted : str_of_buf(&found.user), str_of_buf(&found.password)))
        return CURLE_OUT_OF_MEMORY;
    return CURLE_OK;
}

/* The URL names somebody. An "@" with nothing in front of it does not. */
static bool url_names(const struct url *u)
{
    return (u->user && *u->user) || u->password;
}

/* The URL's, and the .netrc file's. */
static CURLcode find_elsewhere(struct transfer *t, struct login *l)
{
    const struct url *u = &t->url;
    bool has_file = t->exchange->request->netrc != NULL;
    bool required = t->settings->netrc == CURL_NETRC_REQUIRED;
    scoped(buf) user = {0}, password = {0};
    CURLcode result = CURLE_OK;

    if (u->user)
        result = decode(t, u->user, &user);
    if (!result && u->password && !(has_file && required))
        result = decode(t, u->password, &password);
    if (result)
        return result;
    if (url_names(u) && !login_set(l, str_of_buf(&user), str_of_buf(&password)))
        return CURLE_OUT_OF_MEMORY;
    if (has_file && (required || !u->password))
        return ask_netrc(t, user.len ? &user : NULL, l);
    return CURLE_OK;
}

static bool is_http(const struct transfer *t)
{
    return (t->protocol->number & (CURLPROTO_HTTP | CURLPROTO_HTTPS)) != 0;
}

/* Whose password it is, if nobody says so; NULL: nobody's. */
static const char *nameless(const struct transfer *t)
{
    if (is_http(t))
        return "";
    return t->protocol->number & (CURLPROTO_FTP | CURLPROTO_FTPS) ? "anonymous" : NULL;
}

/* An empty name of theirs is none where there is another. */
static bool options_count(const struct transfer *t, const struct login *l)
{
    const struct settings *s = t->settings;

    if (s->username)
        return s->username->len || !l->given;
    return s->password && (l->given || nameless(t));
}

/* The options' over what was found. A name of theirs goes with no other password. */
static CURLcode apply_options(struct transfer *t, struct login *l)
{
    const struct settings *s = t->settings;
    struct str name = {buf_text(&l->user), l->user.len};
    struct str password = {buf_text(&l->password), l->password.len};
    scoped(buf) kept = {0};

    if (!options_count(t, l))
        return CURLE_OK;
    if (!s->username && !l->given)
        name = str_of(nameless(t));
    if (s->username) {
        struct str theirs = {s->username->bytes, s->username->len};
        if (!str_equal(theirs, name))
            password = STR("");
        name = theirs;
    }
    if (s->password)
        password = (struct str){s->password->bytes, s->password->len};
    /* The texts may be the login's own. */
    if (!buf_append(&kept, name.at, name.len) || !buf_append(&kept, password.at, password.len))
        return CURLE_OUT_OF_MEMORY;
    if (!login_set(l, (struct str){kept.bytes, name.len},
                   (struct str){kept.bytes + name.len, password.len}))
        return CURLE_OUT_OF_MEMORY;
    return CURLE_OK;
}

/* Whoever gave what no protocol can send. */
static CURLcode blame(const struct transfer *t)
{
    if (t->exchange->request->netrc)
        return CURLE_READ_ERROR;
    return t->settings->username || t->settings->password ? CURLE_BAD_FUNCTION_ARGUMENT
                                                          : CURLE_URL_MALFORMAT;
}

/* Line ends and the like are for HTTP only, which encodes them. */
static CURLcode check_bytes(struct transfer *t, const struct buf *part)
{
    for (size_t i = 0; i < part->len && !is_http(t); i++) {
        if ((unsigned char)part->bytes[i] < ' ' || part->bytes[i] == 0x7f)
            return transfer_fail(t, blame(t), "A control byte in the user name or password");
    }
    return CURLE_OK;
}

/* The next hop is the first one, or to where the program may be known. */
static bool is_trusted(const struct transfer *t, const struct buf *origin)
{
    return t->settings->unrestricted_auth || !t->first_origin.len ||
           str_equal(str_of_buf(origin), str_of_buf(&t->first_origin));
}

static CURLcode find(struct transfer *t, bool trusted)
{
    struct login *l = &t->login;
    CURLcode result;

    *l = (struct login){.trusted = trusted,
                        .bearer = trusted ? rstr_text(t->settings->bearer) : NULL};
    result = find_elsewhere(t, l);
    if (!result && trusted)
        result = apply_options(t, l);
    if (!result)
        result = check_bytes(t, &l->user);
    return result ? result : check_bytes(t, &l->password);
}

/* Nothing that could name the program, here or after a redirect without a name in its URL. */
static bool has_nothing(const struct transfer *t)
{
    const struct settings *s = t->settings;

    return !s->username && !s->password && !s->bearer && !t->exchange->request->netrc &&
           !t->url.user && !t->url.password && !t->origin.len &&
           !(s->http_auth & (long)CURLAUTH_NEGOTIATE);
}

static bool is_same_login(const struct login *a, const struct login *b)
{
    return a->given == b->given && str_equal(str_of_buf(&a->user), str_of_buf(&b->user)) &&
           str_equal(str_of_buf(&a->password), str_of_buf(&b->password));
}

CURLcode login_find(struct transfer *t)
{
    scoped(buf) origin = {0};
    scoped(login) before = {0};
    bool same, named = url_names(&t->url);
    CURLcode result;

    if (t->exchange->request->netrc_unreadable)
        return transfer_fail(t, CURLE_READ_ERROR, ".netrc error: the file cannot be read");
    if (has_nothing(t))
        return CURLE_OK;
    if (!login_origin(t, &origin))
        return CURLE_OUT_OF_MEMORY;
    same = str_equal(str_of_buf(&origin), str_of_buf(&t->origin));
    if (same && !named) { /* the same server goes on with the same names */
        http_auth_restart(&t->auth[AUTH_SERVER]);
        return CURLE_OK;
    }
    before = t->login;
    t->login = (struct login){0};
    result = find(t, is_trusted(t, &origin));
    if (result)
        return result;
    if (same && is_same_login(&before, &t->login)) {
        http_auth_restart(&t->auth[AUTH_SERVER]);
        return CURLE_OK;
    }
    if (!t->first_origin.len && !buf_append(&t->first_origin, origin.bytes, origin.len))
        return CURLE_OUT_OF_MEMORY;
    buf_clear(&t->origin);
    if (!buf_append(&t->origin, origin.bytes, origin.len))
        return CURLE_OUT_OF_MEMORY;
    /* A program that trusts all servers has the method that was agreed on with the first used at
     * once. */
    if (!t->settings->unrestricted_auth || t->auth[AUTH_SERVER].login != &t->login)
        http_auth_use(&t->auth[AUTH_SERVER], &t->login);
    return CURLE_OK;
}
