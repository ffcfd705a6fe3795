/* SPDX-License-Identifier: MIT */
/* File names against a pattern, as CURLOPT_WILDCARDMATCH describes it: "*", "?", "[a-z]", "[^a]",
 * "[[:digit:]]", and a backslash that takes the next character for itself. */
#ifndef WIRE_FTP_MATCH_H
#define WIRE_FTP_MATCH_H

#include <stdbool.h>

/* A "[" without its end is a character like others. The time it takes is bounded by the product of
 * both lengths. */
bool ftp_match(const char *pattern, const char *name);

#endif
