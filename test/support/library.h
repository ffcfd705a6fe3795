/* SPDX-License-Identifier: MIT */
/* Which library the test program runs on, and the functions that an old one lacks.
 *
 * One test program is loaded with curlpool or, through LD_PRELOAD, with the system's libcurl. What
 * the latter need not have is therefore found at run time, and a test that wants it is skipped
 * there. */
#ifndef TEST_SUPPORT_LIBRARY_H
#define TEST_SUPPORT_LIBRARY_H

#include <curl/curl.h>
#include <stdbool.h>
#include <stddef.h>

/* Functions added after 7.88.1; NULL where the library has none. */
struct library {
    bool is_curlpool;
    unsigned version; /* 0x080b00 is 8.11.0 */
    __typeof__(curl_multi_get_handles) *multi_get_handles;
    __typeof__(curl_multi_get_offt) *multi_get_offt;
    __typeof__(curl_multi_notify_disable) *multi_notify_disable;
    __typeof__(curl_multi_notify_enable) *multi_notify_enable;
    __typeof__(curl_multi_waitfds) *multi_waitfds;
    __typeof__(curl_ws_start_frame) *ws_start_frame;
};

/* Filled by the first call. */
const struct library *library(void);

/* Ends the test as skipped: on any library but curlpool, or on one older than `version`. */
void only_curlpool_promises_this(void);
void needs_libcurl(unsigned version);

#endif
