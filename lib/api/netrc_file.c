/* SPDX-License-Identifier: MIT */
#include "api/netrc_file.h"

#include "base/buf.h"
#include "wire/netrc.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdlib.h>
#include <unistd.h>

static bool is_looked_into(const struct settings *s)
{
    return s->netrc != CURL_NETRC_IGNORED && !s->username && !s->bearer;
}

/* The user's home by the system's list; false when there is none. */
static bool append_home(struct buf *path)
{
    char storage[1024];
    struct passwd entry, *found = NULL;
    const char *home = getenv("HOME"); /* NOLINT(concurrency-mt-unsafe): the program sees to it */

    if (home && *home)
        return buf_append_text(path, home);
    if (getpwuid_r(geteuid(), &entry, storage, sizeof(storage), &found) || !found)
        return false;
    return buf_append_text(path, found->pw_dir);
}

static CURLcode find_path(const struct settings *s, struct buf *path)
{
    const char *named = rstr_text(s->netrc_file);

    if (!named)
        named = getenv("NETRC"); /* NOLINT(concurrency-mt-unsafe): the program sees to it */
    if (named && *named)
        buf_append_text(path, named);
    else if (append_home(path))
        buf_append_text(path, "/.netrc");
    else if (!buf_failed(path))
        return CURLE_READ_ERROR;
    return buf_failed(path) ? CURLE_OUT_OF_MEMORY : CURLE_OK;
}

/* All of it; a pipe or a device does not hold the caller up. */
static CURLcode read_all(const char *path, struct buf *text)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    CURLcode result = fd < 0 ? CURLE_READ_ERROR : CURLE_OK;

    while (!result) {
        char piece[2048];
        ssize_t len = read(fd, piece, sizeof(piece));

        if (len < 0 && errno == EINTR)
            continue;
        if (!len)
            break;
        if (len < 0 || text->len + (size_t)len > NETRC_SIZE_MAX)
            result = CURLE_READ_ERROR;
        else if (!buf_append(text, piece, (size_t)len))
            result = CURLE_OUT_OF_MEMORY;
    }
    if (fd >= 0)
        close(fd);
    return result;
}

CURLcode netrc_file_read(const struct settings *s, struct rstr **ret_text)
{
    scoped(buf) path = {0};
    scoped(buf) text = {0};
    CURLcode result;

    *ret_text = NULL;
    if (!is_looked_into(s))
        return CURLE_OK;
    result = find_path(s, &path);
    if (!result)
        result = read_all(path.bytes, &text);
    if (result == CURLE_READ_ERROR && s->netrc == CURL_NETRC_OPTIONAL)
        return CURLE_OK;
    if (result)
        return result;
    *ret_text = rstr_new(buf_text(&text), text.len);
    return *ret_text ? CURLE_OK : CURLE_OUT_OF_MEMORY;
}
