/* SPDX-License-Identifier: MIT */
/* Lists and files from the server, once there is something for the data to come through. */
#include "protocols/ftp.h"

#include "base/mem.h"

#include <stdio.h>
#include <string.h>

/* ---- Lists ---- */

const char *ftp_list_command(const struct ftp *f)
{
    const struct settings *s = f->hop->settings;

    if (f->hop->own_method)
        return rstr_text(s->custom_request);
    return s->dir_list_only || f->path.type == 'D' ? "NLST" : "LIST";
}

CURLcode ftp_list(struct ftp *f, struct buf *into)
{
    bool stays = f->hop->settings->ftp_file_method == CURLFTPMETHOD_NOCWD;
    struct str directory = f->path.directory;
    char *where = stays && directory.len ? mem_memdup0(directory.at, directory.len) : NULL;
    CURLcode result = CURLE_OUT_OF_MEMORY;

    if (where || !stays || !directory.len)
        result = ftp_command(f, ftp_list_command(f), where);
    mem_free(where);
    if (result)
        return result;
    f->nothing = f->reply.code == 450; /* no files */
    if (f->nothing)
        return CURLE_OK;
    if (!ftp_begins(f))
        return ftp_fail(f, CURLE_FTP_COULDNT_RETR_FILE, "RETR response: %03d", f->reply.code);
    result = ftp_open_data(f);
    return result ? result : ftp_receive(f, into);
}

/* ---- Downloads ---- */

CURLcode ftp_wanted_range(struct ftp *f, struct byte_range *ret)
{
    const struct settings *s = f->hop->settings;
    const char *range = rstr_text(s->range);

    *ret = (struct byte_range){.first = s->resume_from, .count = -1};
    if (s->resume_from || !range || f->lists || f->hop->method == METHOD_PUT)
        return CURLE_OK;
    if (!byte_range_parse(str_of(range), ret))
        return ftp_fail(f, CURLE_RANGE_ERROR, "The range is none: %s", range);
    f->nothing = ret->first == INT64_MAX; /* behind all that any file has */
    return CURLE_OK;
}

/* Where to begin and how much to take, by the size as far as that is known. */
static CURLcode find_place(struct ftp *f, const struct byte_range *range)
{
    curl_off_t first = range->first;

    f->most = range->count;
    if (first < 0 && f->size < 0)
        return ftp_fail(f, CURLE_BAD_DOWNLOAD_RESUME, "The server does not tell the file's size");
    if (f->size >= 0 && (first < 0 ? -first : first) > f->size)
        return ftp_fail(f, CURLE_BAD_DOWNLOAD_RESUME,
                        "Offset (%" CURL_FORMAT_CURL_OFF_T
                        ") was beyond file size (%" CURL_FORMAT_CURL_OFF_T ")",
                        first, f->size);
    if (first < 0) {
        f->most = -first;
        first += f->size;
    }
    f->offset = first;
    f->nothing = first && first == f->size;
    if (f->nothing)
        ftp_log(f, "File already completely received");
    if (f->size >= 0)
        f->size -= first;
    return CURLE_OK;
}

static WAITS CURLcode set_offset(struct ftp *f)
{
    char number[24];
    CURLcode result;

    if (!f->offset)
        return CURLE_OK;
    snprintf(number, sizeof(number), "%" CURL_FORMAT_CURL_OFF_T, f->offset);
    result = ftp_command(f, "REST", number);
    if (!result && f->reply.code != 350)
        result = ftp_fail(f, CURLE_FTP_COULDNT_USE_REST, "Could not use REST");
    return result;
}

static CURLcode check_size(struct ftp *f)
{
    curl_off_t most = f->hop->settings->max_filesize;

    if (!most || f->size <= most)
        return CURLE_OK;
    return ftp_fail(f, CURLE_FILESIZE_EXCEEDED, "Maximum file size exceeded");
}

CURLcode ftp_retrieve(struct ftp *f)
{
    bool counts = !f->is_ascii && !f->hop->settings->ignore_content_length;
    int64_t size;
    CURLcode result = ftp_command(f, "RETR", f->name);

    if (result)
        return result;
    if (!ftp_begins(f))
        return ftp_fail(
            f, f->reply.code == 550 ? CURLE_REMOTE_FILE_NOT_FOUND : CURLE_FTP_COULDNT_RETR_FILE,
            "RETR response: %03d", f->reply.code);
    if (f->size < 0 && counts && ftp_parse_bytes(ftp_reply_text(&f->reply), &size))
        f->size = size;
    f->hop->facts->content_length =
        f->most >= 0 && (f->size < 0 || f->most < f->size) ? f->most : f->size;
    result = ftp_open_data(f);
    if (!result)
        result = send_facts(f->hop->exchange, f->hop->facts);
    return result ? result : ftp_receive(f, NULL);
}

CURLcode ftp_download(struct ftp *f, const struct byte_range *range)
{
    bool counts = !f->is_ascii && !f->hop->settings->ignore_content_length;
    CURLcode result = counts ? ftp_size_of_file(f, &f->size) : CURLE_OK;

    if (!result)
        result = check_size(f);
    if (!result)
        result = find_place(f, range);
    if (result || f->nothing)
        return result;
    result = set_offset(f);
    return result ? result : ftp_retrieve(f);
}

/* ---- The end of a transfer ---- */

static CURLcode check_received(struct ftp *f)
{
    if (f->hop->method == METHOD_PUT || f->lists || f->size < 0 || f->received == f->size)
        return CURLE_OK;
    return ftp_fail(f, CURLE_PARTIAL_FILE,
                    "Received only partial file: %" CURL_FORMAT_CURL_OFF_T " bytes", f->received);
}

/* The last reply of a transfer, which may be here already. */
static WAITS CURLcode read_last_reply(struct ftp *f)
{
    CURLcode result = ftp_begins(f) || !f->reply.code ? ftp_read_reply(f) : CURLE_OK;

    if (result)
        return result;
    if (f->reply.code == 552)
        return ftp_fail(f, CURLE_REMOTE_DISK_FULL, "The server's disk is full");
    if (f->reply.code != 226 && f->reply.code != 250)
        return ftp_fail(f, CURLE_WEIRD_SERVER_REPLY, "server did not report OK, got %d",
                        f->reply.code);
    return check_received(f);
}

/* Of a range with an end the server sends more. What it then says to ABOR depends on how far it
 * was, so the connection is of no more use. */
CURLcode ftp_finish(struct ftp *f)
{
    ftp_close_data(f);
    if (f->most < 0)
        return read_last_reply(f);
    f->aborted = true;
    return ftp_send(f, "ABOR", NULL);
}

/* One is about the transfer, however far it came; the other one about ABOR itself (RFC 959 4.1.3).
 */
CURLcode ftp_end_abort(struct ftp *f)
{
    CURLcode result = ftp_read_reply(f);

    if (!result)
        result = ftp_read_reply(f);
    f->aborted = result != CURLE_OK;
    return result;
}
