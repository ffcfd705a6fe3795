/* SPDX-License-Identifier: MIT */
/* Reads /proc and getrusage; see usage.h. */
#include "run/usage.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

void usage_reset_peak(void)
{
    int fd = open("/proc/self/clear_refs", O_WRONLY | O_CLOEXEC);

    if (fd >= 0) {
        if (write(fd, "5", 1) != 1) {
            /* Then the peak is that of the whole run. */
        }
        close(fd);
    }
}

/* The number behind a name in /proc/self/status; 0 when there is none. */
static uint64_t status_number(const char *text, const char *name)
{
    const char *line = strstr(text, name);

    return line == NULL ? 0 : strtoull(line + strlen(name), NULL, 10);
}

void usage_read(struct usage *usage)
{
    char text[3072]; /* twice what the file has */
    struct rusage used;
    size_t len = 0;

    getrusage(RUSAGE_SELF, &used);
    usage->user_s = (double)used.ru_utime.tv_sec + (double)used.ru_utime.tv_usec / 1e6;
    usage->system_s = (double)used.ru_stime.tv_sec + (double)used.ru_stime.tv_usec / 1e6;
    FILE *file = fopen("/proc/self/status", "re");
    if (file != NULL) {
        len = fread(text, 1, sizeof(text) - 1, file);
        fclose(file);
    }
    text[len] = '\0';
    usage->memory_bytes = status_number(text, "\nVmRSS:") * 1024;
    usage->memory_peak_bytes = status_number(text, "\nVmHWM:") * 1024;
    usage->threads = (unsigned)status_number(text, "\nThreads:");
}

uint64_t usage_raise_descriptors(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) {
        return 0;
    }
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    getrlimit(RLIMIT_NOFILE, &limit);
    return limit.rlim_cur;
}
