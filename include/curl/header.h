/* SPDX-License-Identifier: MIT */
/* Reading the headers of a response: curl_easy_header, curl_easy_nextheader.
 * curl.h comes first, also when this header is included by itself: it includes this one in turn. */
#include "curl.h"

#ifndef CURLINC_HEADER_H
#define CURLINC_HEADER_H

#ifdef __cplusplus
extern "C" {
#endif

/* One header. It and its strings are the easy handle's, valid until the next call of the same
 * function or until the handle does another transfer. */
struct curl_header {
    char *name;
    char *value;
    size_t amount;       /* headers of this name in the response */
    size_t index;        /* which of them this is, from 0 */
    unsigned int origin; /* CURLH_* */
    void *anchor;
};

/* Where a header came from; a mask in the calls. */
#define CURLH_HEADER  (1 << 0)
#define CURLH_TRAILER (1 << 1)
#define CURLH_CONNECT (1 << 2)
#define CURLH_1XX     (1 << 3)
#define CURLH_PSEUDO  (1 << 4)

typedef enum {
    CURLHE_OK = 0,
    CURLHE_BADINDEX = 1,
    CURLHE_MISSING = 2,
    CURLHE_NOHEADERS = 3,
    CURLHE_NOREQUEST = 4,
    CURLHE_OUT_OF_MEMORY = 5,
    CURLHE_BAD_ARGUMENT = 6,
    CURLHE_NOT_BUILT_IN = 7
} CURLHcode;

CURL_EXTERN CURLHcode curl_easy_header(CURL *easy, const char *name, size_t index,
                                       unsigned int origin, int request,
                                       struct curl_header **header);
CURL_EXTERN struct curl_header *curl_easy_nextheader(CURL *easy, unsigned int origin, int request,
                                                     struct curl_header *previous);

#ifdef __cplusplus
}
#endif

#endif
