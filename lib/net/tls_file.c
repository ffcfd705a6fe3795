/* SPDX-License-Identifier: MIT */
/* Files that TLS is configured with. */
#include "net/tls_state.h"

#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct tls_stamp tls_stamp_of(const char *path)
{
    struct stat s;

    if (!path || stat(path, &s))
        return (struct tls_stamp){0};
    return (struct tls_stamp){.device = s.st_dev,
                              .inode = s.st_ino,
                              .size = s.st_size,
                              .seconds = s.st_mtim.tv_sec,
                              .nanoseconds = s.st_mtim.tv_nsec,
                              .changed_seconds = s.st_ctim.tv_sec,
                              .changed_nanoseconds = s.st_ctim.tv_nsec};
}

bool tls_stamp_equal(const struct tls_stamp *a, const struct tls_stamp *b)
{
    return memcmp(a, b, sizeof(*a)) == 0; /* without padding */
}

_Static_assert(sizeof(struct tls_stamp) == 7 * sizeof(long long), "compared as bytes");

bool tls_file_read(const char *path, size_t most, struct buf *bytes)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t got = -1;

    if (fd < 0)
        return false;
    while (bytes->len <= most && buf_reserve(bytes, 4096)) {
        got = read(fd, bytes->bytes + bytes->len, 4096);
        if (got <= 0)
            break;
        bytes->len += (size_t)got;
    }
    close(fd);
    return got == 0 && buf_append(bytes, "", 0);
}

BIO *tls_bytes_open(const struct rstr *bytes)
{
    return bytes->len > INT_MAX ? NULL : BIO_new_mem_buf(bytes->bytes, (int)bytes->len);
}
