/* SPDX-License-Identifier: MIT */
/* A file to the server: new, behind what is there, or from where it stopped. */
#include "protocols/ssh.h"

#include "base/clock.h"

#include <string.h>

/* ---- Opening ---- */

static WAITS CURLcode try_open(struct ssh *f, unsigned long flags)
{
    struct ssh_memory *m = f->memory;
    CURLcode result;

    ssh_begin(f);
    do {
        m->handle = libssh2_sftp_open_ex(m->sftp, f->path.bytes, (unsigned)f->path.len, flags,
                                         f->hop->settings->new_file_perms, LIBSSH2_SFTP_OPENFILE);
    } while (ssh_waits(f, !m->handle && ssh_wants(f), &result));
    return result;
}

/* The folders on the way to the file, as far as they are missing. */
static WAITS CURLcode make_folders(struct ssh *f)
{
    const char *path = f->path.bytes;

    for (size_t len = 1; len < f->path.len; len++) {
        unsigned long status;
        CURLcode result;
        int rc;

        if (path[len] != '/')
            continue;
        ssh_log(f, "Creating directory '%.*s'", (int)len, path);
        ssh_begin(f);
        do {
            rc = libssh2_sftp_mkdir_ex(f->memory->sftp, path, (unsigned)len,
                                       f->hop->settings->new_directory_perms);
        } while (ssh_waits(f, rc == LIBSSH2_ERROR_EAGAIN, &result));
        if (result)
            return result;
        status = rc ? sftp_status(f) : LIBSSH2_FX_OK;
        /* It may be there, and whether it is of use the next one shows. */
        if (rc && status != LIBSSH2_FX_FILE_ALREADY_EXISTS && status != LIBSSH2_FX_FAILURE &&
            status != LIBSSH2_FX_PERMISSION_DENIED)
            return ssh_fail(f, sftp_error(f), "mkdir %.*s failed: %s", (int)len, path,
                            sftp_status_text(status));
    }
    return CURLE_OK;
}

static bool may_make_folders(const struct ssh *f)
{
    unsigned long status = sftp_status(f);

    return f->hop->settings->ftp_create_dirs &&
           (status == LIBSSH2_FX_NO_SUCH_FILE || status == LIBSSH2_FX_FAILURE ||
            status == LIBSSH2_FX_NO_SUCH_PATH);
}

static WAITS CURLcode open_file(struct ssh *f, unsigned long flags)
{
    CURLcode result = try_open(f, flags);

    if (!result && !f->memory->handle && may_make_folders(f)) {
        result = make_folders(f);
        if (!result)
            result = try_open(f, flags);
    }
    if (!result && !f->memory->handle)
        result = ssh_fail(f, sftp_error(f) == CURLE_OK ? CURLE_SSH : sftp_error(f),
                          "Upload failed: %s", sftp_status_text(sftp_status(f)));
    return result;
}

/* ---- Where to begin ---- */

/* A file that is not there is begun anew. */
static WAITS CURLcode find_offset(struct ssh *f, curl_off_t *ret_skip)
{
    LIBSSH2_SFTP_ATTRIBUTES attributes = {0};
    curl_off_t skip = f->hop->settings->resume_from;
    CURLcode result = CURLE_OK;
    int rc;

    *ret_skip = skip > 0 ? skip : 0;
    if (skip >= 0)
        return CURLE_OK;
    ssh_begin(f);
    do {
        rc = libssh2_sftp_stat_ex(f->memory->sftp, f->path.bytes, (unsigned)f->path.len,
                                  LIBSSH2_SFTP_STAT, &attributes);
    } while (ssh_waits(f, rc == LIBSSH2_ERROR_EAGAIN, &result));
    if (result || rc || !(attributes.flags & LIBSSH2_SFTP_ATTR_SIZE))
        return result;
    if (attributes.filesize > INT64_MAX)
        return ssh_fail(f, CURLE_BAD_DOWNLOAD_RESUME, "Bad file size");
    *ret_skip = (curl_off_t)attributes.filesize;
    return CURLE_OK;
}

static unsigned long flags_for(const struct ssh *f, curl_off_t skip)
{
    if (f->hop->settings->append)
        return LIBSSH2_FXF_WRITE | LIBSSH2_FXF_CREAT | LIBSSH2_FXF_APPEND;
    if (skip)
        return LIBSSH2_FXF_WRITE;
    return LIBSSH2_FXF_WRITE | LIBSSH2_FXF_CREAT | LIBSSH2_FXF_TRUNC;
}

/* ---- All of it ---- */

static ssize_t write_file(struct ssh_memory *m, const char *bytes, size_t len)
{
    return libssh2_sftp_write(m->handle, bytes, len);
}

static void note_length(struct ssh *f, curl_off_t skip)
{
    curl_off_t size = f->hop->settings->infile_size;

    if (size >= 0)
        size = size > skip ? size - skip : 0;
    f->hop->facts->upload_length = size;
}

CURLcode sftp_upload(struct ssh *f)
{
    curl_off_t skip = 0;
    CURLcode result = find_offset(f, &skip);

    if (!result)
        result = open_file(f, flags_for(f, skip));
    if (!result)
        result = ssh_skip_source(f, skip);
    if (result)
        return result;
    note_length(f, skip);
    result = send_facts(f->hop->exchange, f->hop->facts);
    if (result)
        return result;
    if (skip)
        libssh2_sftp_seek64(f->memory->handle, (libssh2_uint64_t)skip);
    result = ssh_send_all(f, write_file);
    f->hop->facts->posttransfer_time =
        hop_add_time(f->hop, f->hop->earlier.posttransfer, clock_now());
    return result;
}
