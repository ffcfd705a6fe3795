/* SPDX-License-Identifier: MIT */
#ifndef NET_ARES_LIBRARY_H
#define NET_ARES_LIBRARY_H

#include <stdbool.h>

/* c-ares' own initialisation, once a process. Any thread. */
bool ares_library_ready(void);

/* Undoes it (curl_global_cleanup, when no worker runs). */
void ares_library_forget(void);

#endif
