/* SPDX-License-Identifier: MIT */
/* Taking URLs apart and putting them together.
 * curl.h comes first, also when this header is included by itself: it includes this one in turn. */
#include "curl.h"

#ifndef CURLINC_URLAPI_H
#define CURLINC_URLAPI_H

#ifdef __cplusplus
extern "C" {
#endif

typedef enum {
    CURLUE_OK = 0,
    CURLUE_BAD_HANDLE = 1,
    CURLUE_BAD_PARTPOINTER = 2,
    CURLUE_MALFORMED_INPUT = 3,
    CURLUE_BAD_PORT_NUMBER = 4,
    CURLUE_UNSUPPORTED_SCHEME = 5,
    CURLUE_URLDECODE = 6,
    CURLUE_OUT_OF_MEMORY = 7,
    CURLUE_USER_NOT_ALLOWED = 8,
    CURLUE_UNKNOWN_PART = 9,
    CURLUE_NO_SCHEME = 10,
    CURLUE_NO_USER = 11,
    CURLUE_NO_PASSWORD = 12,
    CURLUE_NO_OPTIONS = 13,
    CURLUE_NO_HOST = 14,
    CURLUE_NO_PORT = 15,
    CURLUE_NO_QUERY = 16,
    CURLUE_NO_FRAGMENT = 17,
    CURLUE_NO_ZONEID = 18,
    CURLUE_BAD_FILE_URL = 19,
    CURLUE_BAD_FRAGMENT = 20,
    CURLUE_BAD_HOSTNAME = 21,
    CURLUE_BAD_IPV6 = 22,
    CURLUE_BAD_LOGIN = 23,
    CURLUE_BAD_PASSWORD = 24,
    CURLUE_BAD_PATH = 25,
    CURLUE_BAD_QUERY = 26,
    CURLUE_BAD_SCHEME = 27,
    CURLUE_BAD_SLASHES = 28,
    CURLUE_BAD_USER = 29,
    CURLUE_LACKS_IDN = 30,
    CURLUE_TOO_LARGE = 31,
    CURLUE_BACKSLASH = 32,
    CURLUE_LAST /* not a code */
} CURLUcode;

/* The parts of a URL. */
typedef enum {
    CURLUPART_URL,
    CURLUPART_SCHEME,
    CURLUPART_USER,
    CURLUPART_PASSWORD,
    CURLUPART_OPTIONS,
    CURLUPART_HOST,
    CURLUPART_PORT,
    CURLUPART_PATH,
    CURLUPART_QUERY,
    CURLUPART_FRAGMENT,
    CURLUPART_ZONEID
} CURLUPart;

/* Flags of curl_url_get and curl_url_set. */
#define CURLU_DEFAULT_PORT       (1 << 0)
#define CURLU_NO_DEFAULT_PORT    (1 << 1)
#define CURLU_DEFAULT_SCHEME     (1 << 2)
#define CURLU_NON_SUPPORT_SCHEME (1 << 3)
#define CURLU_PATH_AS_IS         (1 << 4)
#define CURLU_DISALLOW_USER      (1 << 5)
#define CURLU_URLDECODE          (1 << 6)
#define CURLU_URLENCODE          (1 << 7)
#define CURLU_APPENDQUERY        (1 << 8)
#define CURLU_GUESS_SCHEME       (1 << 9)
#define CURLU_NO_AUTHORITY       (1 << 10)
#define CURLU_ALLOW_SPACE        (1 << 11)
#define CURLU_PUNYCODE           (1 << 12)
#define CURLU_PUNY2IDN           (1 << 13)
#define CURLU_GET_EMPTY          (1 << 14)
#define CURLU_NO_GUESS_SCHEME    (1 << 15)

/* A URL handle. */
typedef struct Curl_URL CURLU;

CURL_EXTERN CURLU *curl_url(void);
CURL_EXTERN void curl_url_cleanup(CURLU *url);
CURL_EXTERN CURLU *curl_url_dup(const CURLU *url);

/* A part as text, to be freed with curl_free(). */
CURL_EXTERN CURLUcode curl_url_get(const CURLU *url, CURLUPart part, char **text,
                                   unsigned int flags);

/* Changes a part; NULL removes it. The text is copied. */
CURL_EXTERN CURLUcode curl_url_set(CURLU *url, CURLUPart part, const char *text,
                                   unsigned int flags);

CURL_EXTERN const char *curl_url_strerror(CURLUcode code);

#ifdef __cplusplus
}
#endif

#endif
