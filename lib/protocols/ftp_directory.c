/* SPDX-License-Identifier: MIT */
/* The way to a file: CWD for each directory, for all at once, or never (CURLOPT_FTP_FILEMETHOD).
 * The connection remembers where it is, so that the next transfer from there needs none. */
#include "protocols/ftp.h"

#include "base/mem.h"

#include <string.h>

static bool is_absolute(struct str directory)
{
    return directory.len && directory.at[0] == '/';
}

static struct str str_of_buf(const struct buf *b)
{
    return (struct str){buf_text(b), b->len};
}

/* ---- One directory ---- */

static CURLcode no_way(struct ftp *f)
{
    return ftp_fail(f, CURLE_REMOTE_ACCESS_DENIED,
                    "Server denied you to change to the given directory");
}

/* CURLOPT_FTP_CREATE_MISSING_DIRS: once more behind MKD. */
static WAITS CURLcode make(struct ftp *f, const char *directory)
{
    bool insists = f->hop->settings->ftp_create_dirs == CURLFTP_CREATE_DIR_RETRY;
    CURLcode result = ftp_command(f, "MKD", directory);

    if (result)
        return result;
    if (ftp_class(f) != 2 && !insists)
        return ftp_fail(f, CURLE_REMOTE_ACCESS_DENIED, "Failed to MKD dir: %03d", f->reply.code);
    result = ftp_command(f, "CWD", directory);
    return !result && ftp_class(f) != 2 ? no_way(f) : result;
}

static WAITS CURLcode enter(struct ftp *f, struct str directory)
{
    char *text = mem_memdup0(directory.at, directory.len);
    CURLcode result = text ? ftp_command(f, "CWD", text) : CURLE_OUT_OF_MEMORY;

    if (!result && ftp_class(f) != 2)
        result = f->hop->settings->ftp_create_dirs ? make(f, text) : no_way(f);
    mem_free(text);
    return result;
}

/* ---- All of them ---- */

static WAITS CURLcode enter_each(struct ftp *f, struct str directory)
{
    struct str part;
    CURLcode result = is_absolute(directory) ? enter(f, STR("/")) : CURLE_OK;

    while (!result && ftp_path_next(&directory, &part))
        result = enter(f, part);
    return result;
}

/* Back to where relative paths begin; from a place that is not known as far as possible. */
static WAITS CURLcode go_home(struct ftp *f)
{
    const struct ftp_memory *m = f->memory;

    if ((!m->lost && !m->directory.len) || !m->entry_path.len)
        return CURLE_OK;
    return enter(f, str_of_buf(&m->entry_path));
}

static WAITS CURLcode move_to(struct ftp *f, struct str directory)
{
    struct ftp_memory *m = f->memory;
    bool one_step = f->hop->settings->ftp_file_method == CURLFTPMETHOD_SINGLECWD;
    CURLcode result;

    if (!m->lost && str_equal(directory, str_of_buf(&m->directory))) {
        ftp_log(f, "Request has same path as previous transfer");
        return CURLE_OK;
    }
    result = is_absolute(directory) ? CURLE_OK : go_home(f);
    m->lost = true;
    if (!result && directory.len)
        result = one_step ? enter(f, directory) : enter_each(f, directory);
    if (result)
        return result;
    buf_clear(&m->directory);
    if (!buf_append(&m->directory, directory.at, directory.len))
        return CURLE_OUT_OF_MEMORY;
    m->lost = false;
    return CURLE_OK;
}

/* What a command without CWDs in front of it names: the whole path, without a slash at its end. */
static struct str whole_path(const struct ftp *f)
{
    struct str all = str_of_buf(&f->path.text);

    return f->path.file.len ? all : f->path.directory;
}

CURLcode ftp_change_directory(struct ftp *f)
{
    bool none = f->hop->settings->ftp_file_method == CURLFTPMETHOD_NOCWD;
    struct str name = none ? whole_path(f) : f->path.file;
    struct str directory = none ? STR("") : f->path.directory;

    f->name = mem_memdup0(name.at, name.len);
    if (!f->name)
        return CURLE_OUT_OF_MEMORY;
    return none && is_absolute(name) ? CURLE_OK : move_to(f, directory);
}
