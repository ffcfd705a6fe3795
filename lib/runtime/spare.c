/* SPDX-License-Identifier: MIT */
#include "runtime/spare.h"

#include "base/clock.h"

#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

enum {
    SPAN = 50 * 1000,        /* us between two looks */
    SPAN_MOST = 1000 * 1000, /* us: a longer one says nothing of the present */
    LINE = 256,
    THOUSANDTHS = 1000,
};

/* The first line is "cpu  user nice system idle iowait ..." in ticks of all processors. */
static bool read_idle_ticks(int64_t *ret_ticks)
{
    char line[LINE];
    long long idle, iowait;
    int fd = open("/proc/stat", O_RDONLY | O_CLOEXEC);
    ssize_t len = fd < 0 ? -1 : read(fd, line, sizeof(line) - 1);

    if (fd >= 0)
        close(fd);
    if (len <= 0)
        return false;
    line[len] = '\0';
    if (sscanf(line, "cpu %*d %*d %*d %lld %lld", &idle, &iowait) != 2)
        return false;
    *ret_ticks = idle + iowait;
    return true;
}

int spare_processors_look(struct spare_processors *s)
{
    int64_t now = clock_now(), span = now - s->looked, ticks;
    int64_t tick_us = CLOCK_SECOND / sysconf(_SC_CLK_TCK);

    if (s->looked && span < SPAN)
        return s->spare;
    if (!read_idle_ticks(&ticks))
        return INT_MAX;
    /* After a long one this look only begins the next. */
    if (s->looked && span < SPAN_MOST)
        s->spare = (int)((ticks - s->idle_ticks) * tick_us * THOUSANDTHS / span);
    else
        s->spare = 0;
    s->looked = now;
    s->idle_ticks = ticks;
    return s->spare;
}
