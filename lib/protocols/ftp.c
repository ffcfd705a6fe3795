/* SPDX-License-Identifier: MIT */
/* ftp:// and ftps://: a transfer from top to bottom. */
#include "protocols/ftp.h"

#include "base/clock.h"
#include "base/mem.h"
#include "protocols/http.h"
#include "wire/byte_range.h"
#include "wire/date.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const char farewell[] = "QUIT\r\n";

/* ---- Small commands ---- */

CURLcode ftp_set_type(struct ftp *f, char type)
{
    const char text[] = {type, '\0'};
    CURLcode result;

    if (f->memory->type == type)
        return CURLE_OK;
    f->memory->type = 0;
    result = ftp_command(f, "TYPE", text);
    if (!result && ftp_class(f) != 2)
        result = ftp_fail(f, CURLE_FTP_COULDNT_SET_TYPE, "Could not set desired mode");
    if (!result)
        f->memory->type = type;
    return result;
}

CURLcode ftp_ask_size(struct ftp *f, curl_off_t *ret)
{
    int64_t size;
    CURLcode result = ftp_command(f, "SIZE", f->name);

    *ret = -1;
    if (!result && f->reply.code == 213 && ftp_parse_size(ftp_reply_text(&f->reply), &size))
        *ret = size;
    return result;
}

CURLcode ftp_size_of_file(struct ftp *f, curl_off_t *ret)
{
    CURLcode result = ftp_ask_size(f, ret);

    if (!result && f->reply.code == 550)
        result = ftp_fail(f, CURLE_REMOTE_FILE_NOT_FOUND, "The file does not exist");
    return result;
}

/* The program's own commands; "*" in front: whatever comes of it. */
static WAITS CURLcode send_quotes(struct ftp *f, const struct curl_slist *list)
{
    CURLcode result = CURLE_OK;

    for (; list && !result; list = list->next) {
        bool may_fail = list->data[0] == '*';

        result = ftp_command(f, list->data + may_fail, NULL);
        if (!result && f->reply.code >= 400 && !may_fail)
            result = ftp_fail(f, CURLE_QUOTE_ERROR, "QUOT command failed with %03d", f->reply.code);
    }
    return result;
}

/* ---- What is asked for ---- */

static CURLcode understand_path(struct ftp *f)
{
    const struct settings *s = f->hop->settings;

    switch (ftp_path_parse(&f->path, str_of(f->hop->url->path))) {
    case FTP_PATH_MEMORY:
        return CURLE_OUT_OF_MEMORY;
    case FTP_PATH_CONTROL:
        return ftp_fail(f, CURLE_URL_MALFORMAT, "path contains control characters");
    case FTP_PATH_FINE:
        break;
    }
    f->lists = !f->path.file.len || s->dir_list_only || f->path.type == 'D';
    f->is_ascii = f->path.type ? f->path.type == 'A' : s->transfer_text;
    if (f->hop->method == METHOD_PUT && !f->path.file.len)
        return ftp_fail(f, CURLE_URL_MALFORMAT, "Uploading to a URL without a file name");
    return CURLE_OK;
}

static char type_of(const struct ftp *f)
{
    return f->lists || f->is_ascii ? 'A' : 'I';
}

/* ---- What is known of the file without it ---- */

/* A line of what a head would say: the whole of a transfer without a body. */
static WAITS CURLcode tell_line(struct ftp *f, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
static WAITS CURLcode tell_line(struct ftp *f, const char *format, ...)
{
    struct hop *hop = f->hop;
    scoped(buf) line = {0};
    va_list arguments;
    CURLcode result;

    va_start(arguments, format);
    buf_vprintf(&line, format, arguments);
    va_end(arguments);
    if (!buf_append_text(&line, "\r\n"))
        return CURLE_OUT_OF_MEMORY;
    result = send_body_copy(hop->exchange, line.bytes, line.len);
    if (result)
        return result;
    return send_head(hop->exchange, line.bytes, line.len, 0, hop->request_number, hop->facts);
}

static CURLcode check_time(struct ftp *f, int64_t time)
{
    const struct settings *s = f->hop->settings;

    if (!s->time_condition || http_condition_met(s, time))
        return CURLE_OK;
    ftp_log(f, s->time_condition == CURL_TIMECOND_IFUNMODSINCE
                   ? "The requested document is not old enough"
                   : "The requested document is not new enough");
    f->nothing = true;
    f->hop->facts->condition_unmet = 1;
    return CURLE_OK;
}

static WAITS CURLcode ask_time(struct ftp *f)
{
    const struct settings *s = f->hop->settings;
    char date[DATE_TEXT_SIZE];
    int64_t time;
    CURLcode result;

    if ((!s->filetime && !s->time_condition) || !f->path.file.len)
        return CURLE_OK;
    result = ftp_command(f, "MDTM", f->name);
    if (result)
        return result;
    if (f->reply.code != 213 || !ftp_parse_time(ftp_reply_text(&f->reply), &time)) {
        ftp_log(f, "MDTM failed: file does not exist or permission problem, continuing");
        return CURLE_OK;
    }
    f->hop->facts->filetime = time;
    date_format(time, date);
    if (http_is_head(f->hop) && s->filetime)
        result = tell_line(f, "Last-Modified: %s", date);
    return result ? result : check_time(f, time);
}

/* CURLOPT_NOBODY. */
static WAITS CURLcode describe_file(struct ftp *f)
{
    curl_off_t size = -1;
    CURLcode result;

    if (f->lists)
        return CURLE_OK;
    result = ftp_set_type(f, type_of(f));
    if (!result)
        result = ftp_size_of_file(f, &size);
    f->hop->facts->content_length = size;
    if (!result && size >= 0)
        result = tell_line(f, "Content-Length: %" CURL_FORMAT_CURL_OFF_T, size);
    if (!result)
        result = ftp_command(f, "REST", "0");
    if (!result && f->reply.code == 350)
        result = tell_line(f, "Accept-ranges: bytes");
    return result;
}

/* ---- All of it ---- */

/* CURLOPT_FTP_USE_PRET: what is to come, for servers that choose a machine by it. */
static WAITS CURLcode announce(struct ftp *f)
{
    scoped(buf) what = {0};
    CURLcode result;

    if (f->lists)
        buf_append_text(&what, ftp_list_command(f));
    else
        buf_printf(&what, "%s %s", f->hop->method == METHOD_PUT ? "STOR" : "RETR", f->name);
    if (buf_failed(&what))
        return CURLE_OUT_OF_MEMORY;
    result = ftp_command(f, "PRET", what.bytes);
    if (!result && f->reply.code != 200)
        result =
            ftp_fail(f, CURLE_FTP_PRET_FAILED, "PRET command not accepted: %03d", f->reply.code);
    return result;
}

CURLcode ftp_prepare_data(struct ftp *f)
{
    const struct settings *s = f->hop->settings;
    CURLcode result;

    if (s->ftp_port)
        return ftp_active(f);
    result = s->ftp_use_pret ? announce(f) : CURLE_OK;
    return result ? result : ftp_passive(f);
}

static WAITS CURLcode move_data(struct ftp *f)
{
    struct byte_range range = {0};
    CURLcode result = ftp_prepare_data(f);

    if (!result)
        result = ftp_wanted_range(f, &range);
    if (result || f->nothing)
        return result;
    result = ftp_set_type(f, type_of(f));
    if (!result)
        result = ftp_accept_early(f);
    if (!result)
        result = send_quotes(f, f->hop->settings->prequote);
    if (result)
        return result;
    if (f->hop->method == METHOD_PUT)
        result = ftp_upload(f);
    else
        result = f->lists ? ftp_list(f, NULL) : ftp_download(f, &range);
    return result || f->nothing ? result : ftp_finish(f);
}

static WAITS CURLcode move_or_describe(struct ftp *f)
{
    if (http_is_head(f->hop))
        return describe_file(f);
    return ftp_is_wildcard(f) ? ftp_wildcard(f) : move_data(f);
}

static WAITS CURLcode transfer(struct ftp *f)
{
    const struct settings *s = f->hop->settings;
    CURLcode result = understand_path(f);

    if (!result)
        result = hop_ask_program(f->hop);
    if (!result)
        result = send_quotes(f, s->quote);
    if (!result)
        result = ftp_change_directory(f);
    if (!result)
        result = ask_time(f);
    if (!result && !f->nothing)
        result = move_or_describe(f);
    ftp_close_data(f);
    if (!result && s->postquote && f->aborted)
        result = ftp_end_abort(f);
    return result ? result : send_quotes(f, s->postquote);
}

/* ---- The connection's part ---- */

static CURLcode note_entry_path(struct ftp *f)
{
    const struct buf *path = &f->memory->entry_path;

    if (!path->len)
        return CURLE_OK;
    return facts_set_text(&f->hop->facts->ftp_entry_path, path->bytes, path->len)
               ? CURLE_OK
               : CURLE_OUT_OF_MEMORY;
}

static WAITS CURLcode begin(struct ftp *f)
{
    CURLcode result;

    f->memory = f->c->memory.state;
    f->c->memory.farewell = NULL;
    result = f->memory ? CURLE_OK : ftp_log_in(f);
    return result ? result : note_entry_path(f);
}

/* Failures of a file, behind which the server listens as before. */
static bool is_harmless(CURLcode result)
{
    switch (result) {
    case CURLE_OK:
    case CURLE_REMOTE_ACCESS_DENIED:
    case CURLE_FTP_ACCEPT_FAILED:
    case CURLE_FTP_ACCEPT_TIMEOUT:
    case CURLE_FTP_WEIRD_PASV_REPLY:
    case CURLE_FTP_COULDNT_SET_TYPE:
    case CURLE_FTP_COULDNT_RETR_FILE:
    case CURLE_UPLOAD_FAILED:
    case CURLE_FTP_PORT_FAILED:
    case CURLE_BAD_DOWNLOAD_RESUME:
    case CURLE_FILESIZE_EXCEEDED:
    case CURLE_REMOTE_DISK_FULL:
    case CURLE_REMOTE_FILE_NOT_FOUND:
        return true;
    default:
        return false;
    }
}

/* What becomes of the connection. */
static void leave(struct ftp *f, CURLcode result)
{
    bool waits = f->aborted || ftp_begins(f) || !f->reply.code || f->c->unread;

    if (f->memory && is_harmless(result)) {
        f->c->memory.farewell = farewell;
        f->hop->reusable = !waits;
    }
    /* A kept connection that the server had closed meanwhile. */
    if (f->hop->reused && !f->answered &&
        (result == CURLE_SEND_ERROR || result == CURLE_RECV_ERROR))
        f->hop->retry = f->hop->on_new_connection = true;
}

static struct ftp *ftp_new(struct hop *hop)
{
    struct ftp *f = mem_calloc(1, sizeof(*f));

    if (!f)
        return NULL;
    f->hop = hop;
    f->c = hop->connection;
    f->listener.fd = CURL_SOCKET_BAD;
    f->size = f->most = -1;
    return f;
}

static void ftp_free(struct ftp *f)
{
    ftp_close_data(f);
    ftp_reply_release(&f->reply);
    ftp_path_release(&f->path);
    mem_free(f->name);
    mem_free(f);
}

CURLcode ftp_run(struct hop *hop)
{
    struct ftp *f = ftp_new(hop);
    const char *method = http_method(hop);
    CURLcode result;

    if (!f)
        return CURLE_OUT_OF_MEMORY;
    result = begin(f);
    if (!result && !facts_set_text(&hop->facts->method, method, strlen(method)))
        result = CURLE_OUT_OF_MEMORY;
    if (!result)
        result = transfer(f);
    leave(f, result);
    ftp_free(f);
    return result;
}

CURLcode ftp_greet(struct hop *hop)
{
    struct ftp *f = ftp_new(hop);
    CURLcode result;

    if (!f)
        return CURLE_OUT_OF_MEMORY;
    result = begin(f);
    ftp_free(f);
    return result;
}
