/* SPDX-License-Identifier: MIT */
/* Who the program is to an SSH server (RFC 4252, 4256): what the server takes is tried in turn. */
#include "protocols/ssh.h"

#include "base/mem.h"
#include "protocols/login.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct ssh_try {
    const char *user, *password;
    unsigned user_len;
    char *offered; /* what the server takes, by commas; the session's */
};

static bool may(const struct ssh *f, const struct ssh_try *t, unsigned long kind, const char *name)
{
    unsigned long allowed = (unsigned long)f->hop->settings->ssh_auth;

    return (allowed & kind) != 0 && strstr(t->offered, name);
}

/* ---- Public keys ---- */

static bool add_home(struct buf *path, const char *name)
{
    const char *home = getenv("HOME"); /* NOLINT(concurrency-mt-unsafe): like the C library */

    if (home && home[0])
        buf_printf(path, "%s/.ssh/%s", home, name);
    else
        buf_append_text(path, name);
    return !buf_failed(path);
}

/* The first of the usual private keys that is there; none: the name that it would have here. */
static CURLcode find_private_key(struct buf *ret)
{
    static const char *const names[] = {"id_rsa", "id_dsa"};

    for (size_t i = 0; i < 2; i++) {
        buf_clear(ret);
        if (!add_home(ret, names[i]))
            return CURLE_OUT_OF_MEMORY;
        if (!access(ret->bytes, R_OK))
            return CURLE_OK;
    }
    for (size_t i = 0; i < 2; i++) {
        buf_clear(ret);
        if (!buf_append_text(ret, names[i]))
            return CURLE_OUT_OF_MEMORY;
        if (!access(ret->bytes, R_OK))
            return CURLE_OK;
    }
    buf_clear(ret);
    return CURLE_OK;
}

static WAITS CURLcode by_key(struct ssh *f, const struct ssh_try *t, bool *ret_done)
{
    const struct settings *s = f->hop->settings;
    const char *passphrase = s->tls.key_password ? rstr_text(s->tls.key_password) : "";
    const char *public_file = rstr_text(s->ssh_public_key_file);
    scoped(buf) private = {0};
    CURLcode result = CURLE_OK;
    int rc;

    if (!may(f, t, CURLSSH_AUTH_PUBLICKEY, "publickey"))
        return CURLE_OK;
    if (s->ssh_private_key_file)
        buf_append_text(&private, rstr_text(s->ssh_private_key_file));
    else
        result = find_private_key(&private);
    if (result || buf_failed(&private))
        return CURLE_OUT_OF_MEMORY;
    if (!private.len)
        return CURLE_OK;
    if (public_file && !public_file[0])
        public_file = NULL;
    if (public_file)
        ssh_log(f, "Using SSH public key file '%s'", public_file);
    ssh_log(f, "Using SSH private key file '%s'", private.bytes);
    ssh_begin(f);
    do {
        rc = libssh2_userauth_publickey_fromfile_ex(f->memory->session, t->user, t->user_len,
                                                    public_file, private.bytes, passphrase);
    } while (ssh_waits(f, rc == LIBSSH2_ERROR_EAGAIN, &result));
    *ret_done = !result && !rc;
    if (!result && rc)
        ssh_log(f, "SSH public key authentication failed");
    return result;
}

static WAITS CURLcode by_agent(struct ssh *f, const struct ssh_try *t, bool *ret_done)
{
    if (!may(f, t, CURLSSH_AUTH_AGENT, "publickey"))
        return CURLE_OK;
    return ssh_log_in_by_agent(f, t->user, ret_done);
}

/* ---- Passwords ---- */

static WAITS CURLcode by_password(struct ssh *f, const struct ssh_try *t, bool *ret_done)
{
    CURLcode result;
    int rc;

    if (!may(f, t, CURLSSH_AUTH_PASSWORD, "password"))
        return CURLE_OK;
    ssh_begin(f);
    do {
        rc = libssh2_userauth_password_ex(f->memory->session, t->user, t->user_len, t->password,
                                          (unsigned)strlen(t->password), NULL);
    } while (ssh_waits(f, rc == LIBSSH2_ERROR_EAGAIN, &result));
    *ret_done = !result && !rc;
    return result;
}

/* One question is the password's; others get nothing. */
static LIBSSH2_USERAUTH_KBDINT_RESPONSE_FUNC(answer_question)
{
    struct ssh_memory *m = *abstract;
    size_t size;

    (void)name;
    (void)name_len;
    (void)instruction;
    (void)instruction_len;
    (void)prompts;
    if (num_prompts != 1 || !m->password)
        return;
    size = strlen(m->password) + 1;
    responses[0].text = ssh_take_memory(m, size);
    if (responses[0].text) {
        memcpy(responses[0].text, m->password, size);
        responses[0].length = (unsigned)(size - 1);
    }
}

static WAITS CURLcode by_questions(struct ssh *f, const struct ssh_try *t, bool *ret_done)
{
    CURLcode result;
    int rc;

    if (!may(f, t, CURLSSH_AUTH_KEYBOARD, "keyboard-interactive"))
        return CURLE_OK;
    f->memory->password = t->password;
    ssh_begin(f);
    do {
        rc = libssh2_userauth_keyboard_interactive_ex(f->memory->session, t->user, t->user_len,
                                                      answer_question);
    } while (ssh_waits(f, rc == LIBSSH2_ERROR_EAGAIN, &result));
    f->memory->password = NULL;
    *ret_done = !result && !rc;
    return result;
}

/* ---- All of them ---- */

/* What the server takes; NULL: it takes everybody. */
static WAITS CURLcode ask_methods(struct ssh *f, struct ssh_try *t)
{
    LIBSSH2_SESSION *session = f->memory->session;
    CURLcode result;

    ssh_begin(f);
    do {
        t->offered = libssh2_userauth_list(session, t->user, t->user_len);
    } while (ssh_waits(f, !t->offered && ssh_wants(f), &result));
    if (result || t->offered)
        return result;
    if (libssh2_userauth_authenticated(session)) {
        ssh_log(f, "SSH user accepted with no authentication");
        return CURLE_OK;
    }
    return ssh_say_error(f, "Asking for methods of authentication failed");
}

CURLcode ssh_log_in(struct ssh *f)
{
    static CURLcode (*const ways[])(struct ssh *, const struct ssh_try *,
                                    bool *) = {by_key, by_password, by_agent, by_questions};
    const struct login *login = f->hop->login;
    struct ssh_try t = {.user = buf_text(&login->user), .password = buf_text(&login->password)};
    bool done = false;
    CURLcode result;

    t.user_len = (unsigned)strlen(t.user);
    result = ask_methods(f, &t);
    if (result || !t.offered)
        return result;
    ssh_log(f, "SSH authentication methods available: %s", t.offered);
    for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]) && !result && !done; i++) {
        result = ways[i](f, &t, &done);
        if (!result && !done && ssh_error(f) == CURLE_OUT_OF_MEMORY)
            return CURLE_OUT_OF_MEMORY;
    }
    if (result)
        return result;
    if (!done)
        return ssh_fail(f, CURLE_LOGIN_DENIED, "Authentication failure");
    ssh_log(f, "Authentication complete");
    return CURLE_OK;
}
