/* SPDX-License-Identifier: MIT */
/* The beginning of a control connection: welcome, TLS, who we are, where we are. */
#include "protocols/ftp.h"

#include "base/clock.h"
#include "base/mem.h"
#include "base/test_hooks.h"
#include "net/tls.h"
#include "protocols/login.h"

#include <stdatomic.h>
#include <string.h>

/* ---- TLS (RFC 4217) ---- */

/* AUTH with one word; *ret_agreed: TLS begins. */
static WAITS CURLcode ask_tls(struct ftp *f, const char *kind, bool *ret_agreed)
{
    CURLcode result = ftp_command(f, "AUTH", kind);

    if (result)
        return result;
    /* What came before TLS may be anybody's: it must not be taken for an answer. */
    if (ftp_has_more(f))
        return ftp_fail(f, CURLE_WEIRD_SERVER_REPLY, "Bytes behind the reply to AUTH");
    *ret_agreed = f->reply.code == 234 || f->reply.code == 334;
    return CURLE_OK;
}

static WAITS CURLcode start_tls(struct ftp *f)
{
    const struct settings *s = f->hop->settings;
    bool tls_first = s->ftp_ssl_auth == CURLFTPAUTH_TLS, agreed = false;
    CURLcode result;

    if (!s->use_ssl || f->c->is_tls)
        return CURLE_OK;
    result = ask_tls(f, tls_first ? "TLS" : "SSL", &agreed);
    if (!result && !agreed)
        result = ask_tls(f, tls_first ? "SSL" : "TLS", &agreed);
    if (!result && agreed)
        return hop_secure(f->hop, f->c);
    if (!result && s->use_ssl != CURLUSESSL_TRY)
        result = ftp_fail(f, CURLE_USE_SSL_FAILED, "The server does not start TLS");
    return result;
}

/* What data connections will have: PBSZ and PROT (RFC 2228). */
static WAITS CURLcode protect_data(struct ftp *f)
{
    const struct settings *s = f->hop->settings;
    bool clear = s->use_ssl == CURLUSESSL_CONTROL;
    CURLcode result = ftp_command(f, "PBSZ", "0");

    if (!result)
        result = ftp_command(f, "PROT", clear ? "C" : "P");
    if (result)
        return result;
    if (ftp_class(f) == 2)
        f->memory->private_data = !clear;
    else if (s->use_ssl > CURLUSESSL_CONTROL)
        return ftp_fail(f, CURLE_USE_SSL_FAILED, "The server does not protect the data");
    return CURLE_OK;
}

/* CURLOPT_FTP_SSL_CCC: the control connection goes on in the clear. */
static WAITS CURLcode clear_control(struct ftp *f)
{
    const struct settings *s = f->hop->settings;
    int64_t deadline = clock_after(clock_now(), s->response_timeout_ms * CLOCK_MS);
    CURLcode result;

    if (!s->ftp_ssl_ccc)
        return CURLE_OK;
    result = ftp_command(f, "CCC", NULL);
    if (result || f->reply.code >= 500)
        return result;
    if (ftp_has_more(f))
        return ftp_fail(f, CURLE_WEIRD_SERVER_REPLY, "Bytes behind the reply to CCC");
    result = tls_unwrap(&f->c->stream, s->ftp_ssl_ccc == CURLFTPSSL_CCC_ACTIVE, deadline);
    if (result)
        return ftp_fail(f, exchange_result(f->hop->exchange, result),
                        "Failed to clear the command channel (CCC)");
    f->c->is_tls = false;
    f->c->ssl = NULL;
    return CURLE_OK;
}

/* ---- Who we are ---- */

static bool has_control(const char *text)
{
    for (; *text; text++) {
        if ((unsigned char)*text < ' ' || *text == 0x7f)
            return true;
    }
    return false;
}

static CURLcode denied(struct ftp *f)
{
    return ftp_fail(f, CURLE_LOGIN_DENIED, "Access denied: %03d", f->reply.code);
}

static WAITS CURLcode send_account(struct ftp *f)
{
    const char *account = rstr_text(f->hop->settings->ftp_account);
    CURLcode result;

    if (!account)
        return ftp_fail(f, CURLE_LOGIN_DENIED, "ACCT requested but none available");
    if (has_control(account))
        return ftp_fail(f, CURLE_BAD_FUNCTION_ARGUMENT, "A control byte in the account");
    result = ftp_command(f, "ACCT", account);
    if (!result && f->reply.code != 230)
        result =
            ftp_fail(f, CURLE_FTP_WEIRD_PASS_REPLY, "ACCT rejected by server: %03d", f->reply.code);
    return result;
}

static WAITS CURLcode send_password(struct ftp *f)
{
    const struct login *l = f->hop->login;
    CURLcode result = ftp_command(f, "PASS", l->given ? buf_text(&l->password) : "ftp@example.com");

    if (result || ftp_class(f) == 2)
        return result;
    return f->reply.code == 332 ? send_account(f) : denied(f);
}

/* CURLOPT_FTP_ALTERNATIVE_TO_USER: another line than USER. */
static WAITS CURLcode send_alternative(struct ftp *f)
{
    const char *line = rstr_text(f->hop->settings->ftp_alternative);

    if (!line)
        return CURLE_OK;
    if (has_control(line))
        return ftp_fail(f, CURLE_BAD_FUNCTION_ARGUMENT, "A control byte in the line for USER");
    return ftp_command(f, line, NULL);
}

static WAITS CURLcode send_user(struct ftp *f)
{
    const struct login *l = f->hop->login;
    CURLcode result = ftp_command(f, "USER", l->given ? buf_text(&l->user) : "anonymous");

    if (!result && f->reply.code != 331 && f->reply.code != 332 && ftp_class(f) != 2)
        result = send_alternative(f);
    if (result || ftp_class(f) == 2)
        return result;
    if (f->reply.code == 331)
        return send_password(f);
    return f->reply.code == 332 ? send_account(f) : denied(f);
}

/* ---- Where we are ---- */

/* The hook CURL_FTP_PWD_STOP: the process's first transfer stays here until it is taken away. */
static WAITS CURLcode stop_for_hook(void)
{
    static atomic_bool stopped;

    if (!test_hook("CURL_FTP_PWD_STOP") || atomic_exchange(&stopped, true))
        return CURLE_OK;
    return wait_until(CLOCK_NEVER);
}

static WAITS CURLcode ask_path(struct ftp *f)
{
    struct buf *path = &f->memory->entry_path;
    CURLcode result = stop_for_hook();

    if (!result)
        result = ftp_command(f, "PWD", NULL);
    if (result || f->reply.code != 257)
        return result;
    buf_clear(path);
    switch (ftp_parse_path(ftp_reply_text(&f->reply), path)) {
    case FTP_PATH_NO_MEMORY:
        return CURLE_OUT_OF_MEMORY;
    case FTP_PATH_BAD:
        return ftp_fail(f, CURLE_WEIRD_SERVER_REPLY, "The server's directory is no path");
    case FTP_PATH_NONE:
        ftp_log(f, "Failed to figure out path");
        return CURLE_OK;
    case FTP_PATH_OK:
        ftp_log(f, "Entry path is '%s'", path->bytes);
        return CURLE_OK;
    }
    return CURLE_OK;
}

/* A system whose paths are of another kind can be asked for those with slashes. */
static WAITS CURLcode ask_system(struct ftp *f)
{
    struct str name;
    CURLcode result = ftp_command(f, "SYST", NULL);

    if (result || f->reply.code != 215)
        return result;
    name = ftp_reply_text(&f->reply);
    while (name.len && name.at[0] == ' ')
        name = (struct str){name.at + 1, name.len - 1};
    if (!str_starts_nocase(name, STR("OS/400")) || (name.len > 6 && name.at[6] != ' '))
        return CURLE_OK;
    result = ftp_command(f, "SITE", "NAMEFMT 1");
    if (!result && f->reply.code == 250)
        result = ask_path(f);
    return result;
}

static WAITS CURLcode find_place(struct ftp *f)
{
    struct ftp_memory *m = f->memory;
    CURLcode result = ask_path(f);

    if (!result && m->entry_path.len && m->entry_path.bytes[0] != '/')
        result = ask_system(f);
    return result;
}

/* ---- All of it ---- */

static WAITS CURLcode read_welcome(struct ftp *f, bool *ret_logged_in)
{
    CURLcode result = ftp_read_reply(f);

    if (result)
        return result;
    *ret_logged_in = f->reply.code == 230;
    if (f->reply.code != 220 && f->reply.code != 230)
        return ftp_fail(f, CURLE_WEIRD_SERVER_REPLY,
                        "Got a %03d ftp-server response when 220 was expected", f->reply.code);
    return CURLE_OK;
}

static WAITS CURLcode converse(struct ftp *f)
{
    bool logged_in = false;
    CURLcode result = read_welcome(f, &logged_in);

    if (!result)
        result = start_tls(f);
    if (!result && !logged_in)
        result = send_user(f);
    if (!result && f->c->is_tls)
        result = protect_data(f);
    if (!result && f->c->is_tls)
        result = clear_control(f);
    return result ? result : find_place(f);
}

static void memory_free(void *state)
{
    struct ftp_memory *m = state;

    buf_release(&m->entry_path);
    buf_release(&m->directory);
    mem_free(m);
}

CURLcode ftp_log_in(struct ftp *f)
{
    struct ftp_memory *m = mem_calloc(1, sizeof(*m));

    if (!m)
        return CURLE_OUT_OF_MEMORY;
    f->memory = m;
    f->c->memory.state = m;
    f->c->memory.release = memory_free;
    return converse(f);
}
