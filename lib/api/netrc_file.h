/* SPDX-License-Identifier: MIT */
#ifndef API_NETRC_FILE_H
#define API_NETRC_FILE_H

#include "boundary/settings.h"

/* Reads the .netrc file if a transfer with these settings may look into it: CURLOPT_NETRC_FILE, or
 * what $NETRC names, or ~/.netrc. *ret_text NULL: none is used, or an optional one cannot be read.
 * CURLE_READ_ERROR when a required one cannot; CURLE_OUT_OF_MEMORY. The caller's thread, which the
 * reading may hold up. */
CURLcode netrc_file_read(const struct settings *, struct rstr **ret_text);

#endif
