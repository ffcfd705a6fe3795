/* SPDX-License-Identifier: MIT */
/* See file.h. */
#include "out/file.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A device, a pipe or the like cannot be renamed over. */
static bool is_special(const char *path)
{
    struct stat about;

    return stat(path, &about) == 0 && !S_ISREG(about.st_mode);
}

bool whole_file_open(struct whole_file *whole, const char *path)
{
    whole->path = path;
    whole->beside[0] = '\0';
    if (strcmp(path, "-") == 0) {
        whole->file = stdout;
        return true;
    }
    if (is_special(path)) {
        whole->file = fopen(path, "we");
        return whole->file != NULL;
    }
    int len = snprintf(whole->beside, sizeof(whole->beside), "%s.part", path);
    if (len < 0 || (size_t)len >= sizeof(whole->beside)) {
        errno = ENAMETOOLONG;
        return false;
    }
    whole->file = fopen(whole->beside, "we");
    return whole->file != NULL;
}

bool whole_file_close(struct whole_file *whole, bool works)
{
    works = works && fflush(whole->file) == 0 && ferror(whole->file) == 0;
    if (whole->file == stdout) {
        return works;
    }
    works = fclose(whole->file) == 0 && works;
    if (whole->beside[0] == '\0') {
        return works;
    }
    if (works && rename(whole->beside, whole->path) == 0) {
        return true;
    }
    int error = errno;
    unlink(whole->beside);
    errno = error;
    return false;
}
