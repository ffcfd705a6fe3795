/* SPDX-License-Identifier: MIT */
/* The lines of CURLOPT_QUOTE for SFTP: a word, and names that may stand in quotes. */
#ifndef WIRE_SFTP_LINE_H
#define WIRE_SFTP_LINE_H

#include "base/buf.h"
#include "base/str.h"

#include <stdbool.h>

enum sftp_name_error { SFTP_NAME_FINE, SFTP_NAME_MEMORY, SFTP_NAME_MISSING, SFTP_NAME_BAD };

/* Takes the next name from the line: up to a blank, or between quotes of either kind, where a
 * backslash stands before \ " and '. One that begins with "/~/" begins in the home folder.
 * SFTP_NAME_BAD: quotes that do not end, another character behind the backslash. */
enum sftp_name_error sftp_take_name(struct str *line, struct str home, struct buf *ret_name);

#endif
