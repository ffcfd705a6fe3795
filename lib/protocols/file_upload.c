/* SPDX-License-Identifier: MIT */
/* Writing to a file:// URL what the program's read callback gives. */
#include "protocols/file.h"

#include "base/clock.h"
#include "protocols/body.h"
#include "protocols/source.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

enum { TRY_AGAIN = 20 * CLOCK_MS }; /* at a pipe that nobody reads yet */

static CURLcode fail(struct hop *hop, CURLcode code, const char *text)
{
    return hop->hooks->fail(hop->hooks->owner, code, "%s", text);
}

/* ---- The file ---- */

/* The descriptor or -errno. */
static int open_once(const struct settings *s, const char *path)
{
    int how = s->resume_from ? O_APPEND : O_TRUNC;
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | how,
                  (mode_t)s->new_file_perms);

    return fd >= 0 ? fd : -errno;
}

static WAITS CURLcode open_file(struct file *f, const char *path, const char *name)
{
    struct hop *hop = f->hop;
    int fd;

    while ((fd = open_once(hop->settings, path)) == -ENXIO) {
        CURLcode result = wait_until(clock_now() + TRY_AGAIN);
        if (result)
            return exchange_result(hop->exchange, result);
    }
    if (fd < 0)
        return hop->hooks->fail(hop->hooks->owner, CURLE_WRITE_ERROR, "cannot open %s for writing",
                                name);
    f->fd = fd;
    return file_watch(f);
}

static WAITS CURLcode write_all(struct file *f, const char *bytes, size_t len)
{
    while (len) {
        CURLcode result = file_wait(f, WAIT_WRITE);
        ssize_t written;

        if (result)
            return result;
        written = write(f->fd, bytes, len);
        if (written > 0) {
            bytes += written;
            len -= (size_t)written;
        } else if (written < 0 && errno == EAGAIN && f->is_watched) {
            watch_blocked(&f->watch, WAIT_WRITE);
        } else if (written == 0 || errno != EINTR) {
            return fail(f->hop, CURLE_SEND_ERROR, "Could not write to the file");
        }
    }
    return CURLE_OK;
}

/* ---- The program's bytes ---- */

static struct ask *ask_piece(struct hop *hop)
{
    struct ask *a = source_ask(hop, 0, 0);

    if (a)
        ask_send(a);
    return a;
}

/* One piece of the program's, without its first *skip bytes, which are there already. */
static WAITS CURLcode write_piece(struct file *f, struct chunk *c, curl_off_t *skip)
{
    size_t len = chunk_len(c), past = *skip < (curl_off_t)len ? (size_t)*skip : len;
    CURLcode result;

    *skip -= (curl_off_t)past;
    c->start += past;
    len -= past;
    if (!len)
        return CURLE_OK;
    result = write_all(f, chunk_at(c), len);
    if (!result)
        result = body_sent(f->hop, len);
    return result ? result : send_facts(f->hop->exchange, f->hop->facts);
}

/* The next piece is asked for while one is being written. */
static WAITS CURLcode copy_in(struct file *f, curl_off_t skip)
{
    struct ask *piece = ask_piece(f->hop);
    CURLcode result = CURLE_OK;

    while (piece) {
        struct ask *next;

        result = ask_wait(piece, CLOCK_NEVER);
        if (result)
            return result;
        if (!chunk_len(piece->chunk)) {
            ask_free(piece);
            return CURLE_OK;
        }
        next = ask_piece(f->hop);
        result = write_piece(f, piece->chunk, &skip);
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

/* How many of the program's bytes the file has: -1 asks the file. */
static CURLcode find_skip(struct file *f, curl_off_t *ret)
{
    struct stat about;

    *ret = f->hop->settings->resume_from;
    if (*ret >= 0)
        return CURLE_OK;
    if (fstat(f->fd, &about))
        return fail(f->hop, CURLE_WRITE_ERROR, "cannot get the size of the file");
    *ret = about.st_size;
    return CURLE_OK;
}

/* Some file systems tell of a full disk only now. */
static CURLcode close_written(struct file *f)
{
    int fd = f->fd;

    if (f->is_watched)
        return CURLE_OK;
    f->fd = -1;
    if (close(fd) && errno != EINTR)
        return fail(f->hop, CURLE_SEND_ERROR, "Could not write to the file");
    return CURLE_OK;
}

CURLcode file_upload(struct file *f, const char *path, const char *name)
{
    struct hop *hop = f->hop;
    curl_off_t skip = 0;
    CURLcode result;

    file_begin(hop);
    result = hop_ask_program(hop);
    if (result || hop->settings->connect_only)
        return result;
    result = open_file(f, path, name);
    if (!result)
        result = find_skip(f, &skip);
    if (result)
        return result;
    hop->facts->upload_length = hop->settings->infile_size;
    result = send_facts(hop->exchange, hop->facts);
    if (!result)
        result = copy_in(f, skip);
    return result ? result : close_written(f);
}
