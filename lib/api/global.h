/* SPDX-License-Identifier: MIT */
#ifndef API_GLOBAL_H
#define API_GLOBAL_H

/* curl_easy_init of a program that has not called curl_global_init: counts as that call. Any
 * thread. */
void global_init_if_needed(void);

#endif
