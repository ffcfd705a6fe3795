/* SPDX-License-Identifier: MIT */
/* SSLKEYLOGFILE: the secrets of each connection, a line each, for those who look at a capture. A
 * line is written with one call to a descriptor that appends, so lines of threads do not mix. */
#include "net/tls_state.h"

#include "base/lock.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

static struct lock keylog_lock = LOCK_INITIALIZER(LOCK_TRUST);
static bool asked;      /* the environment was; under the lock */
static int keylog = -1; /* under the lock */

static void write_line(const SSL *ssl, const char *secret)
{
    scoped(buf) line = {0};
    int fd;

    (void)ssl;
    lock_take(&keylog_lock);
    fd = keylog;
    lock_drop(&keylog_lock);
    buf_append_text(&line, secret);
    buf_append_char(&line, '\n');
    /* A full disk loses a line and nothing else. */
    if (fd >= 0 && !buf_failed(&line) && write(fd, line.bytes, line.len) < 0)
        return;
}

/* The environment is read when the first context is made. */
static bool is_wanted(void)
{
    const char *path;
    bool wanted;

    lock_take(&keylog_lock);
    if (!asked) {
        asked = true;
        path = getenv("SSLKEYLOGFILE"); /* NOLINT(concurrency-mt-unsafe): once, under the lock */
        if (path && *path)
            keylog = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    }
    wanted = keylog >= 0;
    lock_drop(&keylog_lock);
    return wanted;
}

void tls_keylog_attach(SSL_CTX *context)
{
    if (is_wanted())
        SSL_CTX_set_keylog_callback(context, write_line);
}

void tls_keylog_forget(void)
{
    lock_take(&keylog_lock);
    if (keylog >= 0)
        close(keylog);
    keylog = -1;
    asked = false;
    lock_drop(&keylog_lock);
}
