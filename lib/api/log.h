/* SPDX-License-Identifier: MIT */
/* What a transfer says: CURLOPT_VERBOSE through the debug callback or to stderr, and the error
 * buffer. */
#ifndef API_LOG_H
#define API_LOG_H

#include <curl/curl.h>
#include <stdarg.h>
#include <stddef.h>

struct easy;

/* Bytes of one kind, if the program wants to hear. Performer. The bytes may be shown to the
 * callback as writable: they are a buffer of ours. */
void log_bytes(struct easy *, curl_infotype, char *bytes, size_t len);

/* The transfer's error: into CURLOPT_ERRORBUFFER (the code's own text where `text` is empty), and
 * to the verbose log. */
void log_error(struct easy *, CURLcode, const char *text);

/* A fresh transfer: the error buffer is emptied. */
void log_begin(struct easy *);

#endif
