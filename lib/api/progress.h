/* SPDX-License-Identifier: MIT */
/* How far a transfer is from the program's point of view, and its progress callbacks. */
#ifndef API_PROGRESS_H
#define API_PROGRESS_H

#include <curl/curl.h>
#include <stdbool.h>
#include <stdint.h>

struct easy;

enum { PROGRESS_BETWEEN_US = 100000 }; /* without news a callback is not called more often */

struct progress {
    int64_t started;      /* us: the transfer's clock begins; 0: never */
    int64_t called;       /* us: the callback's last call; before the first one, the start */
    int64_t meter_shown;  /* us: the built-in meter's last line */
    curl_off_t delivered; /* body bytes given to the write callback */
    bool told;            /* the callback was called */
    bool ended;
    bool meter_begun;
};

void progress_start(struct easy *, int64_t now);

/* Takes over what the worker has given to the write callback by itself. Performer. */
void progress_look(struct easy *);

/* True when the program wants to be called (CURLOPT_NOPROGRESS is 0). */
bool progress_wanted(const struct easy *);

/* Calls the program's callback, or draws the meter. CURLE_ABORTED_BY_CALLBACK when it says so.
 * Performer, without locks. */
CURLcode progress_call(struct easy *, int64_t now);

/* When the callback is due again without news: a second after the last call, or soon after the
 * start: what fails at once makes no progress. us */
int64_t progress_due(const struct easy *);

#endif
