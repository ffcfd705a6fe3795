/* SPDX-License-Identifier: MIT */
/* The printf family under names of its own: as the C library's, with the program's locale. Strings
 * that curl_maprintf and curl_mvaprintf return are freed with curl_free().
 * curl.h comes first, also when this header is included by itself: it includes this one in turn. */
#include "curl.h"

#ifndef CURLINC_MPRINTF_H
#define CURLINC_MPRINTF_H

#include <stdarg.h>
#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__) && !defined(CURL_NO_FMT_CHECKS)
#define CURL_TEMP_PRINTF(format_at, arguments_at)                                                  \
    __attribute__((format(printf, format_at, arguments_at)))
#else
#define CURL_TEMP_PRINTF(format_at, arguments_at)
#endif

CURL_EXTERN int curl_mprintf(const char *format, ...) CURL_TEMP_PRINTF(1, 2);
CURL_EXTERN int curl_mfprintf(FILE *out, const char *format, ...) CURL_TEMP_PRINTF(2, 3);
CURL_EXTERN int curl_msprintf(char *buffer, const char *format, ...) CURL_TEMP_PRINTF(2, 3);
CURL_EXTERN int curl_msnprintf(char *buffer, size_t size, const char *format, ...)
    CURL_TEMP_PRINTF(3, 4);
CURL_EXTERN char *curl_maprintf(const char *format, ...) CURL_TEMP_PRINTF(1, 2);

CURL_EXTERN int curl_mvprintf(const char *format, va_list arguments) CURL_TEMP_PRINTF(1, 0);
CURL_EXTERN int curl_mvfprintf(FILE *out, const char *format, va_list arguments)
    CURL_TEMP_PRINTF(2, 0);
CURL_EXTERN int curl_mvsprintf(char *buffer, const char *format, va_list arguments)
    CURL_TEMP_PRINTF(2, 0);
CURL_EXTERN int curl_mvsnprintf(char *buffer, size_t size, const char *format, va_list arguments)
    CURL_TEMP_PRINTF(3, 0);
CURL_EXTERN char *curl_mvaprintf(const char *format, va_list arguments) CURL_TEMP_PRINTF(1, 0);

#undef CURL_TEMP_PRINTF

#ifdef __cplusplus
}
#endif

#endif
