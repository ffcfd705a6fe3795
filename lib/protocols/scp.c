/* SPDX-License-Identifier: MIT */
/* scp://: a file through the server's scp program. */
#include "protocols/ssh.h"

#include "base/clock.h"
#include "base/mem.h"
#include "protocols/http.h"
#include "wire/ssh_path.h"

#include <string.h>
#include <sys/stat.h>

static CURLcode understand_path(struct ssh *f)
{
    const struct str here = {"", 0};

    switch (ssh_path_parse(&f->path, str_of(f->hop->url->path), here)) {
    case SSH_PATH_MEMORY:
        return CURLE_OUT_OF_MEMORY;
    case SSH_PATH_BAD:
        return ssh_fail(f, CURLE_URL_MALFORMAT, "A NUL in the path");
    case SSH_PATH_FINE:
        break;
    }
    return CURLE_OK;
}

/* ---- The bytes ---- */

static ssize_t read_channel(struct ssh_memory *m, char *bytes, size_t len)
{
    return libssh2_channel_read_ex(m->channel, 0, bytes, len);
}

static ssize_t write_channel(struct ssh_memory *m, const char *bytes, size_t len)
{
    return libssh2_channel_write_ex(m->channel, 0, bytes, len);
}

static WAITS CURLcode download(struct ssh *f)
{
    struct ssh_memory *m = f->memory;
    libssh2_struct_stat *stat = mem_calloc(1, sizeof(*stat));
    curl_off_t got, size;
    CURLcode result;

    if (!stat)
        return CURLE_OUT_OF_MEMORY;
    ssh_begin(f);
    do {
        m->channel = libssh2_scp_recv2(m->session, f->path.bytes, stat);
    } while (ssh_waits(f, !m->channel && ssh_wants(f), &result));
    size = stat->st_size;
    f->hop->facts->filetime = f->hop->settings->filetime ? (curl_off_t)stat->st_mtime : -1;
    mem_free(stat);
    if (result)
        return result;
    if (!m->channel)
        return ssh_say_error(f, "SCP download failed");
    if (f->hop->settings->max_filesize && size > f->hop->settings->max_filesize)
        return ssh_fail(f, CURLE_FILESIZE_EXCEEDED, "Maximum file size exceeded");
    f->hop->facts->content_length = size;
    result = send_facts(f->hop->exchange, f->hop->facts);
    if (!result)
        result = ssh_receive_all(f, read_channel, size, &got);
    if (!result && got < size)
        result = ssh_fail(f, CURLE_PARTIAL_FILE,
                          "Received only partial file: %" CURL_FORMAT_CURL_OFF_T " bytes", got);
    return result;
}

static WAITS CURLcode upload(struct ssh *f)
{
    const struct settings *s = f->hop->settings;
    struct ssh_memory *m = f->memory;
    CURLcode result;

    if (s->infile_size < 0)
        return ssh_fail(f, CURLE_UPLOAD_FAILED, "SCP requires a known file size for upload.");
    ssh_begin(f);
    do {
        m->channel = libssh2_scp_send64(m->session, f->path.bytes, (int)s->new_file_perms,
                                        s->infile_size, 0, 0);
    } while (ssh_waits(f, !m->channel && ssh_wants(f), &result));
    if (!result && !m->channel) {
        result = ssh_error(f);
        if (result == CURLE_SSH || result == CURLE_REMOTE_FILE_NOT_FOUND)
            result = CURLE_UPLOAD_FAILED;
        return ssh_fail(f, result, "Failed to send file");
    }
    if (result)
        return result;
    f->hop->facts->upload_length = s->infile_size;
    result = send_facts(f->hop->exchange, f->hop->facts);
    if (!result)
        result = ssh_send_all(f, write_channel);
    f->hop->facts->posttransfer_time =
        hop_add_time(f->hop, f->hop->earlier.posttransfer, clock_now());
    return result;
}

/* ---- The end ---- */

static int send_end(LIBSSH2_CHANNEL *channel)
{
    return libssh2_channel_send_eof(channel);
}

static WAITS CURLcode call(struct ssh *f, int (*function)(LIBSSH2_CHANNEL *))
{
    CURLcode result;
    int rc;

    do {
        rc = function(f->memory->channel);
    } while (ssh_waits(f, rc == LIBSSH2_ERROR_EAGAIN, &result));
    return result;
}

static WAITS CURLcode close_channel(struct ssh *f, bool uploaded)
{
    CURLcode result = CURLE_OK;

    ssh_begin(f);
    if (uploaded) {
        result = call(f, send_end);
        if (!result)
            result = call(f, libssh2_channel_wait_eof);
        if (!result)
            result = call(f, libssh2_channel_wait_closed);
    }
    if (!result)
        result = call(f, libssh2_channel_free);
    if (!result)
        f->memory->channel = NULL;
    return result;
}

static WAITS CURLcode transfer(struct ssh *f)
{
    bool uploads = f->hop->method == METHOD_PUT;
    CURLcode result = understand_path(f), closed;

    if (!result)
        result = hop_ask_program(f->hop);
    if (result || http_is_head(f->hop))
        return result;
    result = uploads ? upload(f) : download(f);
    if (result == CURLE_ABORTED_BY_CALLBACK || result == CURLE_OPERATION_TIMEDOUT)
        return result;
    closed = f->memory->channel ? close_channel(f, uploads && !result) : CURLE_OK;
    return result ? result : closed;
}

CURLcode scp_run(struct hop *hop)
{
    return ssh_run(hop, transfer);
}
