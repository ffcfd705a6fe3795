/* SPDX-License-Identifier: MIT */
/* Names outside ASCII (IDNA 2008), where the library was built with libidn2. */
#ifndef WIRE_IDN_H
#define WIRE_IDN_H

#include "base/str.h"

#include <curl/curl.h>
#include <stdbool.h>

/* True when a name has bytes outside ASCII. */
bool idn_is_needed(struct str name);

/* True when a name has a label in punycode. */
bool idn_is_punycode(struct str name);

/* The name (UTF-8) in punycode, to be freed with mem_free. CURLUE_LACKS_IDN, CURLUE_BAD_HOSTNAME,
 * CURLUE_OUT_OF_MEMORY. */
CURLUcode idn_to_ascii(const char *name, char **ret_ascii);

/* A name with labels in punycode as UTF-8, to be freed with mem_free. Errors as above. */
CURLUcode idn_to_unicode(const char *name, char **ret_unicode);

#endif
