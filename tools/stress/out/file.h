/* SPDX-License-Identifier: MIT */
/* Files that appear whole or not at all: written under another name beside, then renamed. */
#ifndef STRESS_FILE_H
#define STRESS_FILE_H

#include <limits.h>
#include <stdbool.h>
#include <stdio.h>

struct whole_file {
    FILE *file;
    const char *path;
    char beside[PATH_MAX];
};

/* "-" is stdout. False with errno set. */
bool whole_file_open(struct whole_file *whole, const char *path);

/* Ends it; without `works` nothing of it remains. False with errno set when it is not there. */
bool whole_file_close(struct whole_file *whole, bool works);

#endif
