/* SPDX-License-Identifier: MIT */
/* file:// (RFC 8089): a local file or directory to the program.
 *
 * The worker reads it itself, in pieces of a chunk, and lets its other fibers have their turn
 * between two: memory that the system has is faster than any hand-over, and for the rest the kernel
 * reads ahead. Where a read could take for ever (pipes, terminals) the descriptor does not block
 * and the fiber waits for it as for a socket. */
#include "protocols/file.h"

#include "base/buf.h"
#include "base/clock.h"
#include "protocols/body.h"
#include "protocols/http.h"
#include "wire/byte_range.h"
#include "wire/date.h"
#include "wire/escape.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static CURLcode fail(struct hop *hop, CURLcode code, const char *text)
{
    return hop->hooks->fail(hop->hooks->owner, code, "%s", text);
}

/* ---- Descriptors that may block ---- */

CURLcode file_watch(struct file *f)
{
    struct stat about;
    CURLcode result;

    if (fstat(f->fd, &about) || S_ISREG(about.st_mode) || S_ISDIR(about.st_mode))
        return CURLE_OK;
    result = watch_open(&f->watch, f->fd);
    if (result == CURLE_FAILED_INIT)
        return CURLE_OK; /* one that is always ready, such as /dev/zero */
    if (result)
        return result;
    f->is_watched = true;
    if (S_ISFIFO(about.st_mode)) /* without a writer yet it looks as if it were at its end */
        watch_blocked(&f->watch, WAIT_READ);
    return CURLE_OK;
}

CURLcode file_wait(struct file *f, unsigned direction)
{
    if (!f->is_watched)
        return CURLE_OK;
    return exchange_result(f->hop->exchange,
                           wait_fd(&f->watch, direction, f->hop->exchange->deadline));
}

static void close_file(struct file *f)
{
    if (f->is_watched)
        watch_close(&f->watch);
    if (f->fd >= 0)
        close(f->fd);
}

/* ---- What it is ---- */

static CURLcode decode_path(struct hop *hop, struct buf *ret)
{
    const char *path = hop->url->path ? hop->url->path : "/";

    if (!unescape_append(ret, str_of(path)))
        return CURLE_OUT_OF_MEMORY;
    if (memchr(ret->bytes, '\0', ret->len))
        return fail(hop, CURLE_URL_MALFORMAT, "URL rejected: a NUL in the path");
    return CURLE_OK;
}

/* With CURLOPT_HEADER each line is part of the body, too. */
static WAITS CURLcode tell_lines(struct hop *hop, struct str lines)
{
    CURLcode result = CURLE_OK;

    if (!hop->settings->include_header)
        return send_head(hop->exchange, lines.at, lines.len, 0, hop->request_number, hop->facts);
    while (!result && lines.len) {
        const char *end = memchr(lines.at, '\n', lines.len);
        size_t len = (size_t)(end - lines.at) + 1;

        result = send_body_copy(hop->exchange, lines.at, len);
        if (!result)
            result = send_head(hop->exchange, lines.at, len, 0, hop->request_number, hop->facts);
        lines.at += len;
        lines.len -= len;
    }
    return result;
}

/* What the program gets in place of a head. */
static WAITS CURLcode tell_head(struct hop *hop, const struct stat *about)
{
    char date[DATE_TEXT_SIZE];
    scoped(buf) lines = {0};

    date_format(about->st_mtime, date);
    if (!S_ISDIR(about->st_mode))
        buf_printf(&lines, "Content-Length: %lld\r\nAccept-ranges: bytes\r\n",
                   (long long)about->st_size);
    buf_printf(&lines, "Last-Modified: %s\r\n\r\n", date);
    if (buf_failed(&lines))
        return CURLE_OUT_OF_MEMORY;
    return tell_lines(hop, (struct str){lines.bytes, lines.len});
}

/* CURLOPT_RANGE or CURLOPT_RESUME_FROM, as it is said; the whole file else. */
static CURLcode wanted_range(struct hop *hop, struct byte_range *ret)
{
    const struct settings *s = hop->settings;
    const char *range = rstr_text(s->range);

    *ret = (struct byte_range){.first = s->resume_from, .count = -1};
    if (s->resume_from || !range)
        return CURLE_OK;
    if (!byte_range_parse(str_of(range), ret))
        return fail(hop, CURLE_RANGE_ERROR, "Requested range was not delivered by the server");
    return CURLE_OK;
}

/* Where to begin and how much at most (-1: to the end), by the file's size. */
static CURLcode find_place(struct hop *hop, curl_off_t size, struct byte_range *place)
{
    CURLcode result = wanted_range(hop, place);

    if (result)
        return result;
    if (place->first < 0) {
        place->first += size;
        if (place->first < 0)
            return fail(hop, CURLE_BAD_DOWNLOAD_RESUME, "Could not resume download");
        place->count = -1;
    }
    if (place->first > size)
        return fail(hop, CURLE_BAD_DOWNLOAD_RESUME, "failed to resume file:// transfer");
    if (size && (place->count < 0 || place->count > size - place->first))
        place->count = size - place->first;
    return CURLE_OK;
}

static bool condition_unmet(const struct hop *hop, const struct stat *about)
{
    const struct settings *s = hop->settings;

    if (!s->time_condition || s->range || s->resume_from)
        return false;
    if (s->time_condition == CURL_TIMECOND_IFUNMODSINCE)
        return about->st_mtime >= s->time_value;
    return about->st_mtime <= s->time_value;
}

/* ---- Its bytes ---- */

/* Up to `most` bytes into the chunk; *ret_len 0 at the end. */
static WAITS CURLcode read_some(struct file *f, struct chunk *c, size_t most, size_t *ret_len)
{
    for (;;) {
        CURLcode result = file_wait(f, WAIT_READ);
        ssize_t got;

        if (result)
            return result;
        got = read(f->fd, c->bytes, most);
        if (got >= 0) {
            *ret_len = (size_t)got;
            return CURLE_OK;
        }
        if (errno == EAGAIN && f->is_watched)
            watch_blocked(&f->watch, WAIT_READ);
        else if (errno != EINTR)
            return fail(f->hop, CURLE_READ_ERROR, "Could not read the file");
    }
}

static WAITS CURLcode read_piece(struct file *f, curl_off_t left, size_t *ret_len)
{
    struct chunk *c = chunk_take(left >= 0 && left <= CHUNK_SMALL ? CHUNK_SMALL : CHUNK_LARGE);
    size_t most;
    CURLcode result;

    if (!c)
        return CURLE_OUT_OF_MEMORY;
    most = left >= 0 && left < (curl_off_t)c->size ? (size_t)left : c->size;
    result = read_some(f, c, most, ret_len);
    if (result || !*ret_len) {
        chunk_drop(c);
        return result;
    }
    c->start = 0;
    c->end = *ret_len;
    return body_write(f->hop, c);
}

/* `count` bytes (-1: all), or fewer where the file ends earlier. */
static WAITS CURLcode copy_out(struct file *f, curl_off_t count)
{
    CURLcode result = CURLE_OK;

    while (!result && count) {
        size_t len = 0;
        result = read_piece(f, count, &len);
        if (!len)
            break;
        if (count > 0)
            count -= (curl_off_t)len;
        if (!result && count)
            result = exchange_result(f->hop->exchange, wait_turn());
    }
    return result;
}

static WAITS CURLcode copy_from(struct file *f, const struct byte_range *place)
{
    if (place->first && lseek(f->fd, place->first, SEEK_SET) != place->first)
        return fail(f->hop, CURLE_BAD_DOWNLOAD_RESUME, "failed to resume file:// transfer");
    return copy_out(f, place->count);
}

/* ---- Directories: a name a line, the hidden ones left out ---- */

static WAITS CURLcode list_names(struct hop *hop, DIR *dir)
{
    scoped(buf) names = {0};
    const struct dirent *entry;
    CURLcode result = CURLE_OK;

    /* NOLINTNEXTLINE(concurrency-mt-unsafe): nobody else reads this directory */
    while (!result && (entry = readdir(dir)) != NULL) {
        if (entry->d_name[0] == '.')
            continue;
        buf_append_text(&names, entry->d_name);
        if (!buf_append_char(&names, '\n'))
            return CURLE_OUT_OF_MEMORY;
        if (names.len < CHUNK_SMALL)
            continue;
        result = body_write_bytes(hop, names.bytes, names.len);
        buf_clear(&names);
    }
    if (!result && names.len)
        result = body_write_bytes(hop, names.bytes, names.len);
    return result;
}

static WAITS CURLcode list_directory(struct file *f)
{
    DIR *dir = fdopendir(f->fd);
    CURLcode result;

    if (!dir)
        return fail(f->hop, CURLE_READ_ERROR, "Could not read the directory");
    f->fd = -1; /* the directory's now */
    result = list_names(f->hop, dir);
    closedir(dir);
    return result;
}

/* ---- All of it ---- */

static WAITS CURLcode download_opened(struct file *f)
{
    struct hop *hop = f->hop;
    struct byte_range place = {0};
    struct stat about;
    CURLcode result;

    if (fstat(f->fd, &about))
        return fail(hop, CURLE_READ_ERROR, "Could not look at the file");
    hop->facts->filetime = about.st_mtime;
    if (condition_unmet(hop, &about)) {
        hop->facts->condition_unmet = 1;
        return CURLE_OK;
    }
    if (!S_ISDIR(about.st_mode))
        hop->facts->content_length = about.st_size;
    result = tell_head(hop, &about);
    if (result || http_is_head(hop))
        return result;
    hop->facts->starttransfer_time = hop_add_time(hop, hop->earlier.starttransfer, clock_now());
    if (S_ISDIR(about.st_mode))
        return list_directory(f);
    result = find_place(hop, about.st_size, &place);
    if (result)
        return result;
    if (place.count >= 0)
        hop->facts->content_length = place.count;
    if (hop->settings->max_filesize && place.count > hop->settings->max_filesize)
        return fail(hop, CURLE_FILESIZE_EXCEEDED, "Maximum file size exceeded");
    result = send_facts(hop->exchange, hop->facts);
    return result ? result : copy_from(f, &place);
}

void file_begin(struct hop *hop)
{
    int64_t now = clock_now();

    hop->facts->namelookup_time = hop_add_time(hop, hop->earlier.namelookup, now);
    hop->facts->pretransfer_time = hop_add_time(hop, hop->earlier.pretransfer, now);
}

static WAITS CURLcode download(struct file *f, const char *path, const char *name)
{
    struct hop *hop = f->hop;
    CURLcode result;

    f->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (f->fd < 0)
        return hop->hooks->fail(hop->hooks->owner, CURLE_FILE_COULDNT_READ_FILE,
                                "Could not open file %s", name);
    file_begin(hop);
    result = file_watch(f);
    if (!result)
        result = hop_ask_program(hop);
    if (result || hop->settings->connect_only)
        return result;
    return download_opened(f);
}

CURLcode file_run(struct hop *hop)
{
    const char *method = http_method(hop), *name = hop->url->path ? hop->url->path : "/";
    struct file f = {.hop = hop, .fd = -1};
    scoped(buf) path = {0};
    CURLcode result = decode_path(hop, &path);

    hop->logs_body_itself = true; /* nothing comes from a peer */
    if (!result && !facts_set_text(&hop->facts->method, method, strlen(method)))
        result = CURLE_OUT_OF_MEMORY;
    if (!result && hop->method == METHOD_PUT)
        result = file_upload(&f, path.bytes, name);
    else if (!result)
        result = download(&f, path.bytes, name);
    close_file(&f);
    return result;
}
