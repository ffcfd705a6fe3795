/* SPDX-License-Identifier: MIT */
/* A folder's files, a line each: as the server writes them, or their names (CURLOPT_DIRLISTONLY).
 */
#include "protocols/ssh.h"

#include "base/mem.h"
#include "protocols/body.h"

#include <string.h>

/* A name and a line of the server's; too large for a fiber's stack. */
struct entry {
    char name[PATH_MAX + 1];
    char line[PATH_MAX + 1];
    char target[PATH_MAX + 1];
    LIBSSH2_SFTP_ATTRIBUTES attributes;
};

static WAITS CURLcode open_folder(struct ssh *f)
{
    struct ssh_memory *m = f->memory;
    CURLcode result;

    ssh_begin(f);
    do {
        m->handle = libssh2_sftp_open_ex(m->sftp, f->path.bytes, (unsigned)f->path.len, 0, 0,
                                         LIBSSH2_SFTP_OPENDIR);
    } while (ssh_waits(f, !m->handle && ssh_wants(f), &result));
    if (!result && !m->handle)
        result = ssh_fail(f, sftp_error(f), "Could not open directory for reading: %s",
                          sftp_status_text(sftp_status(f)));
    return result;
}

/* Where a link goes; one that nobody can read goes nowhere. */
static WAITS CURLcode add_target(struct ssh *f, struct entry *e, struct buf *line)
{
    scoped(buf) path = {0};
    CURLcode result;
    int rc;

    buf_append(&path, f->path.bytes, f->path.len);
    if (!buf_append_text(&path, e->name))
        return CURLE_OUT_OF_MEMORY;
    do {
        rc = libssh2_sftp_symlink_ex(f->memory->sftp, path.bytes, (unsigned)path.len, e->target,
                                     PATH_MAX, LIBSSH2_SFTP_READLINK);
    } while (ssh_waits(f, rc == LIBSSH2_ERROR_EAGAIN, &result));
    if (!result && rc >= 0) {
        buf_append_text(line, " -> ");
        buf_append(line, e->target, (size_t)rc);
    }
    return result;
}

static bool is_link(const struct entry *e)
{
    return e->attributes.flags & LIBSSH2_SFTP_ATTR_PERMISSIONS &&
           LIBSSH2_SFTP_S_ISLNK(e->attributes.permissions);
}

static WAITS CURLcode give_line(struct ssh *f, struct entry *e, size_t name_len)
{
    scoped(buf) line = {0};
    CURLcode result = CURLE_OK;

    if (f->hop->settings->dir_list_only) {
        buf_append(&line, e->name, name_len);
    } else {
        buf_append_text(&line, e->line);
        if (is_link(e))
            result = add_target(f, e, &line);
    }
    if (result)
        return result;
    if (!buf_append_char(&line, '\n'))
        return CURLE_OUT_OF_MEMORY;
    return body_write_bytes(f->hop, line.bytes, line.len);
}

static WAITS CURLcode read_folder(struct ssh *f, struct entry *e)
{
    for (;;) {
        CURLcode result;
        int rc;

        ssh_begin(f);
        memset(&e->attributes, 0, sizeof(e->attributes));
        do {
            rc = libssh2_sftp_readdir_ex(f->memory->handle, e->name, PATH_MAX, e->line, PATH_MAX,
                                         &e->attributes);
        } while (ssh_waits(f, rc == LIBSSH2_ERROR_EAGAIN, &result));
        if (result || rc == 0)
            return result;
        if (rc < 0)
            return ssh_fail(f, sftp_error(f), "Could not read directory: %s",
                            sftp_status_text(sftp_status(f)));
        e->name[rc] = '\0';
        e->line[PATH_MAX] = '\0';
        result = give_line(f, e, (size_t)rc);
        if (result)
            return result;
    }
}

CURLcode sftp_list(struct ssh *f)
{
    struct entry *e = mem_calloc(1, sizeof(*e));
    CURLcode result;

    if (!e)
        return CURLE_OUT_OF_MEMORY;
    result = open_folder(f);
    if (!result)
        result = read_folder(f, e);
    mem_free(e);
    return result;
}
