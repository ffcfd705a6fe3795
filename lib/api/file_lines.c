/* SPDX-License-Identifier: MIT */
#include "api/file_lines.h"

#include "base/mem.h"
#include "base/rand.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- Reading ---- */

struct reader {
    size_t most;
    CURLcode (*take)(void *, struct str);
    void *argument;
    struct buf line;
    bool too_long; /* the rest of this line is skipped */
};

static CURLcode end_line(struct reader *r)
{
    struct str line = {buf_text(&r->line), r->line.len};
    CURLcode result = CURLE_OK;

    if (line.len && line.at[line.len - 1] == '\r')
        line.len--;
    if (!r->too_long)
        result = r->take(r->argument, line);
    buf_clear(&r->line);
    r->too_long = false;
    return result;
}

static CURLcode take_piece(struct reader *r, const char *at, size_t len)
{
    while (len) {
        const char *end = memchr(at, '\n', len);
        size_t part = end ? (size_t)(end - at) : len;
        CURLcode result = CURLE_OK;

        r->too_long = r->too_long || r->line.len + part > r->most + 1;
        if (!r->too_long && !buf_append(&r->line, at, part))
            return CURLE_OUT_OF_MEMORY;
        if (end)
            result = end_line(r);
        if (result)
            return result;
        part += end ? 1 : 0;
        at += part;
        len -= part;
    }
    return CURLE_OK;
}

static CURLcode read_from(int fd, struct reader *r)
{
    for (;;) {
        char piece[2048];
        ssize_t len = read(fd, piece, sizeof(piece));
        CURLcode result;

        if (len < 0 && errno == EINTR)
            continue;
        if (len < 0)
            return CURLE_READ_ERROR; /* a folder, too */
        if (!len)
            return r->line.len ? end_line(r) : CURLE_OK;
        result = take_piece(r, piece, (size_t)len);
        if (result)
            return result;
    }
}

CURLcode file_lines_read(const char *path, bool has_stdin, size_t most,
                         CURLcode (*take)(void *, struct str), void *argument)
{
    struct reader r = {.most = most, .take = take, .argument = argument};
    bool is_stdin = has_stdin && !strcmp(path, "-");
    int fd = is_stdin ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    CURLcode result;

    if (fd < 0)
        return CURLE_READ_ERROR;
    result = read_from(fd, &r);
    if (!is_stdin)
        close(fd);
    buf_release(&r.line);
    return result;
}

/* ---- Writing ---- */

static CURLcode write_all(int fd, struct str text)
{
    while (text.len) {
        ssize_t len = write(fd, text.at, text.len);

        if (len < 0 && errno == EINTR)
            continue;
        if (len < 0)
            return CURLE_WRITE_ERROR;
        text.at += len;
        text.len -= (size_t)len;
    }
    return CURLE_OK;
}

static CURLcode write_and_close(int fd, struct str text)
{
    CURLcode result = write_all(fd, text);

    if (close(fd) && !result)
        result = CURLE_WRITE_ERROR;
    return result;
}

/* A name beside the file that nobody has. */
static bool spare_name(const char *path, struct buf *name)
{
    unsigned char noise[6];

    rand_bytes(noise, sizeof(noise));
    buf_append_text(name, path);
    buf_append_char(name, '.');
    for (size_t i = 0; i < sizeof(noise); i++)
        buf_printf(name, "%02x", noise[i]);
    return buf_append_text(name, ".tmp");
}

static CURLcode write_beside(const char *path, mode_t mode, struct str text)
{
    scoped(buf) name = {0};
    CURLcode result;
    int fd;

    if (!spare_name(path, &name))
        return CURLE_OUT_OF_MEMORY;
    fd = open(name.bytes, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    if (fd < 0)
        return CURLE_WRITE_ERROR;
    result = write_and_close(fd, text);
    if (!result && rename(name.bytes, path))
        result = CURLE_WRITE_ERROR;
    if (result) {
        int reason = errno;
        unlink(name.bytes);
        errno = reason;
    }
    return result;
}

static CURLcode write_stdout(struct str text)
{
    if (fwrite(text.at, 1, text.len, stdout) != text.len || fflush(stdout))
        return CURLE_WRITE_ERROR;
    return CURLE_OK;
}

CURLcode file_replace(const char *path, bool has_stdout, struct str text)
{
    struct stat status;
    int fd;

    if (has_stdout && !strcmp(path, "-"))
        return write_stdout(text);
    if (lstat(path, &status))
        return write_beside(path, 0666, text);
    if (S_ISREG(status.st_mode))
        return write_beside(path, (status.st_mode & 0666) | 0600, text);
    fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOCTTY, 0666);
    return fd < 0 ? CURLE_WRITE_ERROR : write_and_close(fd, text);
}
