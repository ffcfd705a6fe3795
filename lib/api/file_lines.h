/* SPDX-License-Identifier: MIT */
/* The files that a handle reads when a transfer starts and writes when it is closed (cookies,
 * HSTS). The caller's thread, which they may hold up. */
#ifndef API_FILE_LINES_H
#define API_FILE_LINES_H

#include "base/buf.h"
#include "base/str.h"

#include <curl/curl.h>
#include <stdbool.h>

/* Gives each line of at most `most` bytes, without its line end, to `take`, until that fails;
 * longer ones are skipped. "-" is the standard input if `has_stdin`. CURLE_READ_ERROR when there is
 * no such file or it is a folder; CURLE_OUT_OF_MEMORY; what `take` returned. */
CURLcode file_lines_read(const char *path, bool has_stdin, size_t most,
                         CURLcode (*take)(void *argument, struct str line), void *argument);

/* Puts the text in the place of the file, so that whoever reads it meanwhile sees one or the other;
 * what is no plain file is written to as it is. "-" is the standard output if `has_stdout`.
 * CURLE_WRITE_ERROR with errno; CURLE_OUT_OF_MEMORY. */
CURLcode file_replace(const char *path, bool has_stdout, struct str text);

#endif
