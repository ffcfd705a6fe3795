/* SPDX-License-Identifier: MIT */
/* Forms of the older interface (curl_formadd), and the form that a transfer sends. Application
 * side. */
#ifndef API_FORM_H
#define API_FORM_H

#include "boundary/settings.h"

struct easy;
struct request;
struct curl_mimepart;

/* ---- form_parts.c ---- */

/* Makes the root's content of a list of curl_formadd. `read` serves CURLFORM_STREAM; NULL: there is
 * nothing to read. CURLE_OUT_OF_MEMORY, CURLE_READ_ERROR. */
CURLcode form_to_parts(const struct curl_httppost *, struct curl_mimepart *root,
                       curl_read_callback read);

/* ---- form_send.c ---- */

/* CURLOPT_MIMEPOST and CURLOPT_HTTPPOST. */
CURLcode form_set_mime(struct easy *, curl_mime *);
CURLcode form_set_list(struct easy *, struct curl_httppost *);

/* The copy's structure for curl_easy_duphandle. CURLE_OUT_OF_MEMORY. */
CURLcode form_copy(const struct easy *from, struct easy *to);

/* The handle lets go of the program's structure. */
void form_forget(struct easy *);

/* At a transfer's start: makes ready what it sends, if it is a form. Errors of
 * mime_reader_new(). */
CURLcode form_start(struct easy *, struct request *);

/* What was made ready goes; nothing is fine. */
void form_stop(struct easy *);

#endif
