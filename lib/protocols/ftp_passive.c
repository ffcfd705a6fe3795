/* SPDX-License-Identifier: MIT */
/* Passive mode: the server names a port, and we connect to it. EPSV first (RFC 2428), which leaves
 * the address out; PASV where that does not work. */
#include "protocols/ftp.h"

#include <stdio.h>
#include <string.h>

static bool is_ip6(const struct ftp *f)
{
    return strchr(f->c->remote_ip, ':') != NULL;
}

/* *ret_port 0: the server has no EPSV. */
static WAITS CURLcode ask_extended(struct ftp *f, int *ret_port)
{
    CURLcode result = ftp_command(f, "EPSV", NULL);

    *ret_port = 0;
    if (result)
        return result;
    if (f->reply.code != 229)
        return CURLE_OK;
    if (!ftp_parse_epsv(ftp_reply_text(&f->reply), ret_port))
        return ftp_fail(f, CURLE_FTP_WEIRD_PASV_REPLY, "Weirdly formatted EPSV reply");
    return CURLE_OK;
}

static void give_up_extended(struct ftp *f)
{
    ftp_log(f, "Failed EPSV attempt. Disabling EPSV");
    f->memory->no_epsv = true;
}

static WAITS CURLcode use_pasv(struct ftp *f)
{
    char host[16];
    struct ftp_pasv at;
    bool named = !f->hop->settings->ftp_skip_pasv_ip;
    CURLcode result = ftp_command(f, "PASV", NULL);

    if (result)
        return result;
    if (f->reply.code != 227)
        return ftp_fail(f, CURLE_FTP_WEIRD_PASV_REPLY, "Bad PASV/EPSV response: %03d",
                        f->reply.code);
    if (!ftp_parse_pasv(ftp_reply_text(&f->reply), &at))
        return ftp_fail(f, CURLE_FTP_WEIRD_227_FORMAT, "Could not interpret the 227-reply");
    snprintf(host, sizeof(host), "%d.%d.%d.%d", at.ip[0], at.ip[1], at.ip[2], at.ip[3]);
    if (!named)
        ftp_log(f, "Skip %s for data connection, uses %s instead", host, f->c->remote_ip);
    return hop_connect_beside(f->hop, named ? str_of(host) : STR(""), at.port, &f->data);
}

/* Whether the other command may do better. */
static bool may_fall_back(const struct ftp *f, CURLcode result)
{
    return result == CURLE_COULDNT_CONNECT && !is_ip6(f);
}

CURLcode ftp_passive(struct ftp *f)
{
    bool extended = is_ip6(f) || (f->hop->settings->ftp_use_epsv && !f->memory->no_epsv);
    int port = 0;
    CURLcode result;

    if (!extended)
        return use_pasv(f);
    result = ask_extended(f, &port);
    if (result)
        return result;
    if (!port && is_ip6(f))
        return ftp_fail(f, CURLE_FTP_WEIRD_PASV_REPLY, "Failed EPSV attempt, exiting");
    if (port)
        result = hop_connect_beside(f->hop, STR(""), port, &f->data);
    if (port && !may_fall_back(f, result))
        return result;
    give_up_extended(f);
    hop_forget_failure(f->hop);
    return use_pasv(f);
}
