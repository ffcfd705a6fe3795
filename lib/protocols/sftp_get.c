/* SPDX-License-Identifier: MIT */
/* A file from the server, or the part of it that is wanted. */
#include "protocols/ssh.h"

#include "wire/byte_range.h"

static WAITS CURLcode open_file(struct ssh *f)
{
    struct ssh_memory *m = f->memory;
    CURLcode result;

    ssh_begin(f);
    do {
        m->handle =
            libssh2_sftp_open_ex(m->sftp, f->path.bytes, (unsigned)f->path.len, LIBSSH2_FXF_READ,
                                 f->hop->settings->new_file_perms, LIBSSH2_SFTP_OPENFILE);
    } while (ssh_waits(f, !m->handle && ssh_wants(f), &result));
    if (!result && !m->handle)
        result = ssh_fail(f, sftp_error(f), "Could not open remote file for reading: %s",
                          sftp_status_text(sftp_status(f)));
    return result;
}

/* -1: unknown. */
static WAITS CURLcode ask_size(struct ssh *f, curl_off_t *ret)
{
    LIBSSH2_SFTP_ATTRIBUTES attributes = {0};
    CURLcode result;
    int rc;

    *ret = -1;
    do {
        rc = libssh2_sftp_stat_ex(f->memory->sftp, f->path.bytes, (unsigned)f->path.len,
                                  LIBSSH2_SFTP_STAT, &attributes);
    } while (ssh_waits(f, rc == LIBSSH2_ERROR_EAGAIN, &result));
    if (result || rc || !(attributes.flags & LIBSSH2_SFTP_ATTR_SIZE) || !attributes.filesize)
        return result;
    if (attributes.filesize > INT64_MAX)
        return ssh_fail(f, CURLE_BAD_DOWNLOAD_RESUME, "Bad file size");
    *ret = (curl_off_t)attributes.filesize;
    return CURLE_OK;
}

static CURLcode wanted_range(struct ssh *f, struct byte_range *ret)
{
    const struct settings *s = f->hop->settings;
    const char *range = rstr_text(s->range);

    *ret = (struct byte_range){.first = s->resume_from, .count = -1};
    if (!s->resume_from && range && !byte_range_parse(str_of(range), ret))
        return ssh_fail(f, CURLE_RANGE_ERROR, "The range is none: %s", range);
    return CURLE_OK;
}

/* How many bytes from where, of a file of this size. */
static CURLcode find_place(struct ssh *f, curl_off_t size, curl_off_t *ret_first,
                           curl_off_t *ret_most)
{
    bool resumes = f->hop->settings->resume_from != 0;
    struct byte_range range;
    CURLcode result = wanted_range(f, &range);

    *ret_first = 0;
    *ret_most = size;
    if (result || (!range.first && range.count < 0))
        return result;
    if (size < 0) {
        *ret_first = range.first > 0 ? range.first : 0;
        *ret_most = range.count;
        return CURLE_OK;
    }
    if (range.first < 0 && resumes && -range.first > size)
        return ssh_fail(f, CURLE_BAD_DOWNLOAD_RESUME,
                        "Offset (%" CURL_FORMAT_CURL_OFF_T
                        ") was beyond file size (%" CURL_FORMAT_CURL_OFF_T ")",
                        (curl_off_t)range.first, size);
    if (range.first < 0)
        range.first = -range.first > size ? 0 : range.first + size;
    if (range.first > size)
        return ssh_fail(f, resumes ? CURLE_BAD_DOWNLOAD_RESUME : CURLE_RANGE_ERROR,
                        "Offset (%" CURL_FORMAT_CURL_OFF_T
                        ") was beyond file size (%" CURL_FORMAT_CURL_OFF_T ")",
                        (curl_off_t)range.first, size);
    *ret_first = range.first;
    *ret_most = size - range.first;
    if (range.count >= 0 && range.count < *ret_most)
        *ret_most = range.count;
    return CURLE_OK;
}

static CURLcode check_size(struct ssh *f, curl_off_t size)
{
    curl_off_t most = f->hop->settings->max_filesize;

    if (!most || size <= most)
        return CURLE_OK;
    return ssh_fail(f, CURLE_FILESIZE_EXCEEDED, "Maximum file size exceeded");
}

static ssize_t read_file(struct ssh_memory *m, char *bytes, size_t len)
{
    return libssh2_sftp_read(m->handle, bytes, len);
}

/* Files of the system's say that they are empty, and are not. */
CURLcode sftp_download(struct ssh *f)
{
    curl_off_t size, first = 0, most = -1, got;
    CURLcode result = open_file(f);

    if (!result)
        result = ask_size(f, &size);
    if (!result)
        result = find_place(f, size, &first, &most);
    if (!result)
        result = check_size(f, most);
    if (result)
        return result;
    f->hop->facts->content_length = most;
    result = send_facts(f->hop->exchange, f->hop->facts);
    if (result)
        return result;
    if (first)
        libssh2_sftp_seek64(f->memory->handle, (libssh2_uint64_t)first);
    result = ssh_receive_all(f, read_file, most, &got);
    if (!result && most >= 0 && got < most)
        result = ssh_fail(f, CURLE_PARTIAL_FILE,
                          "Received only partial file: %" CURL_FORMAT_CURL_OFF_T " bytes", got);
    return result;
}
