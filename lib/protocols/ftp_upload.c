/* SPDX-License-Identifier: MIT */
/* STOR and APPE: what the program's read callback gives goes to the server. */
#include "protocols/ftp.h"

#include "base/clock.h"
#include "boundary/ask.h"
#include "net/socket.h"
#include "net/tls.h"
#include "protocols/body.h"
#include "protocols/http.h"
#include "protocols/source.h"

#include <string.h>

enum { END_PATIENCE = 2 * CLOCK_SECOND }; /* for the server's end of TLS */

/* ---- The program's reader ---- */

static struct ask *ask_piece(struct ftp *f)
{
    struct ask *a = source_ask(f->hop, 0, 0);

    if (!a)
        return NULL;
    a->as_text = f->is_ascii;
    ask_send(a);
    return a;
}

/* A reader that cannot seek reads what is not sent. */
static WAITS CURLcode skip_source(struct ftp *f, curl_off_t skip)
{
    int answer;
    CURLcode result;

    if (!skip)
        return CURLE_OK;
    f->hop->upload_begun = true;
    result = source_seek(f->hop, skip, &answer);
    if (result || answer == CURL_SEEKFUNC_OK)
        return result;
    if (answer == CURL_SEEKFUNC_FAIL)
        return ftp_fail(f, CURLE_FTP_COULDNT_USE_REST, "Could not seek stream");
    result = source_read_past(f->hop, &skip);
    if (!result && skip)
        result = ftp_fail(f, CURLE_FTP_COULDNT_USE_REST, "Failed to read data");
    return result;
}

/* ---- Its bytes ---- */

static WAITS CURLcode send_piece(struct ftp *f, struct chunk *c)
{
    struct stream *s = f->data->stream;
    CURLcode result = stream_send_all(s, chunk_at(c), chunk_len(c), CLOCK_NEVER);

    if (result == CURLE_SEND_ERROR)
        return http_say_failed(f->hop, s, result, "Send");
    if (result)
        return exchange_result(f->hop->exchange, result);
    send_log(f->hop->exchange, CURLINFO_DATA_OUT, chunk_at(c), chunk_len(c));
    result = body_sent(f->hop, chunk_len(c));
    return result ? result : send_facts(f->hop->exchange, f->hop->facts);
}

/* The next piece is asked for while one is being sent. */
static WAITS CURLcode send_all(struct ftp *f)
{
    struct ask *piece = ask_piece(f);
    CURLcode result;

    f->hop->upload_begun = true;
    while (piece) {
        struct ask *next;

        result = ask_wait(piece, CLOCK_NEVER);
        if (result)
            return result;
        if (!chunk_len(piece->chunk)) {
            ask_free(piece);
            return CURLE_OK;
        }
        next = ask_piece(f);
        result = next ? send_piece(f, piece->chunk) : CURLE_OUT_OF_MEMORY;
        ask_free(piece);
        if (result) {
            if (next)
                ask_abandon(next);
            return result;
        }
        piece = next;
    }
    return CURLE_OUT_OF_MEMORY;
}

/* Says the end so that the server gets it: over TLS with a close_notify, and without the reset that
 * bytes of the server's which nobody reads would make of it. */
static WAITS void end_data(struct ftp *f)
{
    int64_t deadline = clock_now() + END_PATIENCE;
    char rest[256];
    size_t len = 1;

    if (!f->data->is_tls || tls_say_end(f->data->stream, deadline))
        return;
    socket_finish(f->data->fd);
    while (len && !stream_recv(f->data->stream, rest, sizeof(rest), deadline, &len))
        ;
}

/* ---- All of it ---- */

/* Where in the source to begin; what is left of it goes to the facts. */
static WAITS CURLcode find_offset(struct ftp *f, curl_off_t *ret_skip)
{
    const struct settings *s = f->hop->settings;
    curl_off_t skip = s->resume_from;
    CURLcode result = CURLE_OK;

    if (skip < 0)
        result = ftp_ask_size(f, &skip);
    if (result)
        return result;
    *ret_skip = skip > 0 ? skip : 0;
    f->hop->facts->upload_length = s->infile_size;
    if (*ret_skip && s->infile_size >= 0) {
        f->nothing = s->infile_size <= *ret_skip;
        f->hop->facts->upload_length = f->nothing ? 0 : s->infile_size - *ret_skip;
    }
    return CURLE_OK;
}

static WAITS CURLcode check_length(struct ftp *f)
{
    const struct settings *s = f->hop->settings;
    curl_off_t length = f->hop->facts->upload_length, sent = f->hop->facts->uploaded;

    if (s->infile_size < 0 || s->crlf || f->is_ascii || sent == length)
        return CURLE_OK;
    return ftp_fail(f, CURLE_PARTIAL_FILE,
                    "Uploaded unaligned file size (%" CURL_FORMAT_CURL_OFF_T
                    " out of %" CURL_FORMAT_CURL_OFF_T " bytes)",
                    sent, length);
}

/* A full disk is told while we send, or behind it. */
static WAITS CURLcode judge_failure(struct ftp *f, CURLcode result)
{
    if (result != CURLE_SEND_ERROR || ftp_try_reply(f))
        return result;
    return f->reply.code == 552 || f->reply.code == 452 ? CURLE_REMOTE_DISK_FULL : result;
}

static WAITS CURLcode send_file(struct ftp *f)
{
    CURLcode result = ftp_open_data(f);

    if (!result)
        result = send_facts(f->hop->exchange, f->hop->facts);
    if (!result)
        result = send_all(f);
    if (result)
        return judge_failure(f, result);
    end_data(f);
    f->hop->facts->posttransfer_time =
        hop_add_time(f->hop, f->hop->earlier.posttransfer, clock_now());
    return check_length(f);
}

CURLcode ftp_upload(struct ftp *f)
{
    curl_off_t skip = 0;
    CURLcode result = find_offset(f, &skip);

    if (!result && f->nothing)
        ftp_log(f, "File already completely uploaded");
    if (result || f->nothing)
        return result;
    result = skip_source(f, skip);
    if (!result)
        result = ftp_command(f, skip || f->hop->settings->append ? "APPE" : "STOR", f->name);
    if (result)
        return result;
    if (f->reply.code == 552)
        return ftp_fail(f, CURLE_REMOTE_DISK_FULL, "Failed FTP upload: %0d", f->reply.code);
    if (ftp_class(f) != 1)
        return ftp_fail(f, CURLE_UPLOAD_FAILED, "Failed FTP upload: %0d", f->reply.code);
    return send_file(f);
}
