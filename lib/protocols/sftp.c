/* SPDX-License-Identifier: MIT */
/* sftp:// (draft-ietf-secsh-filexfer-02): a transfer from top to bottom. */
#include "protocols/ssh.h"

#include "base/mem.h"
#include "protocols/http.h"
#include "wire/ssh_path.h"

#include <string.h>

/* ---- Failures ---- */

struct status {
    unsigned long number;
    CURLcode code;
    const char *text;
};

static const struct status statuses[] = {
    {LIBSSH2_FX_OK,                     CURLE_OK,                    "No error"                              },
    {LIBSSH2_FX_EOF,                    CURLE_SSH,                   "End of file"                           },
    {LIBSSH2_FX_NO_SUCH_FILE,           CURLE_REMOTE_FILE_NOT_FOUND, "No such file or directory"             },
    {LIBSSH2_FX_PERMISSION_DENIED,      CURLE_REMOTE_ACCESS_DENIED,  "Permission denied"                     },
    {LIBSSH2_FX_FAILURE,                CURLE_SSH,                   "Operation failed"                      },
    {LIBSSH2_FX_BAD_MESSAGE,            CURLE_SSH,                   "Bad message from SFTP server"          },
    {LIBSSH2_FX_NO_CONNECTION,          CURLE_SSH,                   "Not connected to SFTP server"          },
    {LIBSSH2_FX_CONNECTION_LOST,        CURLE_SSH,                   "Connection to SFTP server lost"        },
    {LIBSSH2_FX_OP_UNSUPPORTED,         CURLE_SSH,                   "Operation not supported by SFTP server"},
    {LIBSSH2_FX_INVALID_HANDLE,         CURLE_SSH,                   "Invalid handle"                        },
    {LIBSSH2_FX_NO_SUCH_PATH,           CURLE_REMOTE_FILE_NOT_FOUND, "No such file or directory"             },
    {LIBSSH2_FX_FILE_ALREADY_EXISTS,    CURLE_REMOTE_FILE_EXISTS,    "File already exists"                   },
    {LIBSSH2_FX_WRITE_PROTECT,          CURLE_REMOTE_ACCESS_DENIED,  "File is write protected"               },
    {LIBSSH2_FX_NO_MEDIA,               CURLE_SSH,                   "No media"                              },
    {LIBSSH2_FX_NO_SPACE_ON_FILESYSTEM, CURLE_REMOTE_DISK_FULL,      "Disk full"                             },
    {LIBSSH2_FX_QUOTA_EXCEEDED,         CURLE_REMOTE_DISK_FULL,      "User quota exceeded"                   },
    {LIBSSH2_FX_UNKNOWN_PRINCIPAL,      CURLE_SSH,                   "Unknown principle"                     },
    {LIBSSH2_FX_LOCK_CONFLICT,          CURLE_REMOTE_ACCESS_DENIED,  "File lock conflict"                    },
    {LIBSSH2_FX_DIR_NOT_EMPTY,          CURLE_QUOTE_ERROR,           "Directory not empty"                   },
    {LIBSSH2_FX_NOT_A_DIRECTORY,        CURLE_SSH,                   "Not a directory"                       },
    {LIBSSH2_FX_INVALID_FILENAME,       CURLE_SSH,                   "Invalid filename"                      },
    {LIBSSH2_FX_LINK_LOOP,              CURLE_SSH,                   "Link points to itself"                 },
};

static const struct status *find_status(unsigned long number)
{
    for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++) {
        if (statuses[i].number == number)
            return &statuses[i];
    }
    return NULL;
}

unsigned long sftp_status(const struct ssh *f)
{
    if (libssh2_session_last_errno(f->memory->session) != LIBSSH2_ERROR_SFTP_PROTOCOL)
        return 0;
    return libssh2_sftp_last_error(f->memory->sftp);
}

const char *sftp_status_text(unsigned long number)
{
    const struct status *s = find_status(number);

    return s ? s->text : "Unknown error in libssh2";
}

CURLcode sftp_error(const struct ssh *f)
{
    unsigned long number = sftp_status(f);
    const struct status *s = find_status(number);

    if (!number)
        return ssh_error(f);
    return s ? s->code : CURLE_SSH;
}

/* ---- The beginning ---- */

/* Where the server has put us. */
static WAITS CURLcode ask_home(struct ssh *f)
{
    struct ssh_memory *m = f->memory;
    char *name = mem_alloc(PATH_MAX + 1);
    CURLcode result;
    int rc;

    if (!name)
        return CURLE_OUT_OF_MEMORY;
    do {
        rc = libssh2_sftp_symlink_ex(m->sftp, ".", 1, name, PATH_MAX, LIBSSH2_SFTP_REALPATH);
    } while (ssh_waits(f, rc == LIBSSH2_ERROR_EAGAIN, &result));
    if (!result && rc < 0)
        result = ssh_fail(f, sftp_error(f), "The server does not tell its folder");
    if (!result && rc >= 0) {
        m->home = mem_memdup0(name, strnlen(name, (size_t)rc));
        result = m->home ? CURLE_OK : CURLE_OUT_OF_MEMORY;
    }
    mem_free(name);
    return result;
}

static WAITS CURLcode begin(struct ssh *f)
{
    struct ssh_memory *m = f->memory;
    CURLcode result = CURLE_OK;

    ssh_begin(f);
    if (!m->sftp) {
        do {
            m->sftp = libssh2_sftp_init(m->session);
        } while (ssh_waits(f, !m->sftp && ssh_wants(f), &result));
        if (!result && !m->sftp)
            result = ssh_say_error(f, "Failure initializing sftp session");
    }
    if (!result && !m->home)
        result = ask_home(f);
    if (!result && m->home &&
        !facts_set_text(&f->hop->facts->ftp_entry_path, m->home, strlen(m->home)))
        result = CURLE_OUT_OF_MEMORY;
    return result;
}

static CURLcode understand_path(struct ssh *f)
{
    switch (ssh_path_parse(&f->path, str_of(f->hop->url->path), str_of(f->memory->home))) {
    case SSH_PATH_MEMORY:
        return CURLE_OUT_OF_MEMORY;
    case SSH_PATH_BAD:
        return ssh_fail(f, CURLE_URL_MALFORMAT, "A NUL in the path");
    case SSH_PATH_FINE:
        break;
    }
    return CURLE_OK;
}

/* ---- All of it ---- */

CURLcode sftp_close(struct ssh *f)
{
    struct ssh_memory *m = f->memory;
    CURLcode result;
    int rc;

    if (!m->handle)
        return CURLE_OK;
    ssh_begin(f);
    do {
        rc = libssh2_sftp_close_handle(m->handle);
    } while (ssh_waits(f, rc == LIBSSH2_ERROR_EAGAIN, &result));
    if (result)
        return result;
    m->handle = NULL;
    if (rc < 0)
        ssh_log(f, "Failed to close libssh2 file: %d", rc);
    return CURLE_OK;
}

static WAITS CURLcode note_time(struct ssh *f)
{
    LIBSSH2_SFTP_ATTRIBUTES attributes = {0};
    CURLcode result;
    int rc;

    if (!f->hop->settings->filetime)
        return CURLE_OK;
    ssh_begin(f);
    do {
        rc = libssh2_sftp_stat_ex(f->memory->sftp, f->path.bytes, (unsigned)f->path.len,
                                  LIBSSH2_SFTP_STAT, &attributes);
    } while (ssh_waits(f, rc == LIBSSH2_ERROR_EAGAIN, &result));
    if (!result && !rc && attributes.flags & LIBSSH2_SFTP_ATTR_ACMODTIME)
        f->hop->facts->filetime = (curl_off_t)attributes.mtime;
    return result;
}

static WAITS CURLcode move(struct ssh *f)
{
    if (f->hop->method == METHOD_PUT)
        return sftp_upload(f);
    if (http_is_head(f->hop))
        return CURLE_OK;
    return f->path.bytes[f->path.len - 1] == '/' ? sftp_list(f) : sftp_download(f);
}

static WAITS CURLcode transfer(struct ssh *f)
{
    const struct settings *s = f->hop->settings;
    CURLcode result = begin(f), closed;

    if (!result)
        result = understand_path(f);
    if (!result)
        result = hop_ask_program(f->hop);
    if (!result)
        result = sftp_quotes(f, s->quote);
    if (!result)
        result = note_time(f);
    if (!result)
        result = move(f);
    if (result && (result == CURLE_ABORTED_BY_CALLBACK || result == CURLE_OPERATION_TIMEDOUT))
        return result;
    closed = f->memory->handle ? sftp_close(f) : CURLE_OK;
    if (!result)
        result = closed;
    return result ? result : sftp_quotes(f, s->postquote);
}

CURLcode sftp_run(struct hop *hop)
{
    return ssh_run(hop, transfer);
}
