/* SPDX-License-Identifier: MIT */
/* Asking the library which easy options it knows.
 * curl.h comes first, also when this header is included by itself: it includes this one in turn. */
#include "curl.h"

#ifndef CURLINC_OPTIONS_H
#define CURLINC_OPTIONS_H

#ifdef __cplusplus
extern "C" {
#endif

/* What an option's argument is. */
typedef enum {
    CURLOT_LONG,
    CURLOT_VALUES,
    CURLOT_OFF_T,
    CURLOT_OBJECT,
    CURLOT_STRING,
    CURLOT_SLIST,
    CURLOT_CBPTR,
    CURLOT_BLOB,
    CURLOT_FUNCTION
} curl_easytype;

/* An older name of an option that has another one. */
#define CURLOT_FLAG_ALIAS (1 << 0)

struct curl_easyoption {
    const char *name; /* without "CURLOPT_" */
    CURLoption id;
    curl_easytype type;
    unsigned int flags; /* CURLOT_FLAG_* */
};

/* By name without regard to case, by number, and one after the other (NULL for the first; NULL
 * behind the last). */
CURL_EXTERN const struct curl_easyoption *curl_easy_option_by_name(const char *name);
CURL_EXTERN const struct curl_easyoption *curl_easy_option_by_id(CURLoption id);
CURL_EXTERN const struct curl_easyoption *
curl_easy_option_next(const struct curl_easyoption *previous);

#ifdef __cplusplus
}
#endif

#endif
