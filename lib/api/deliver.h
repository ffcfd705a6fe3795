/* SPDX-License-Identifier: MIT */
/* Questions of a worker to the program. */
#ifndef API_DELIVER_H
#define API_DELIVER_H

#include "boundary/exchange.h"

struct ask;
struct easy;

/* Data callbacks on workers: for exchange->direct. */
extern const struct direct direct_callbacks;

/* The program's callback for bytes of a body, or the file behind it; and the one for a header line:
 * CURLOPT_HEADERFUNCTION, or with only CURLOPT_HEADERDATA set the write callback with that. They
 * return what the callback did. */
size_t deliver_write(const struct settings *, char *bytes, size_t len);
size_t deliver_header(const struct settings *, char *line, size_t len);

/* What that means: CURLE_OK, CURLE_AGAIN for a pause, or CURLE_WRITE_ERROR with its text. */
CURLcode deliver_judge(size_t returned, size_t len, bool is_header, char text[CURL_ERROR_SIZE]);

/* Runs the callback that the ask is for, and sends the answer back. A read callback that pauses
 * leaves the ask held by the handle. Performer, without locks; the ask is not the caller's any
 * more. */
void deliver_ask(struct easy *, struct ask *);

/* The calls that were put off until the program resumed, if it has. Performer, without locks. */
void deliver_held_calls(struct easy *);

#endif
