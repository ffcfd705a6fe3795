/* SPDX-License-Identifier: MIT */
/* What this library has beyond libcurl's interface. The numbers are clear of libcurl's; a program
 * that runs on another library gets CURLM_UNKNOWN_OPTION for them. */
#ifndef CURLINC_CURLPOOL_H
#define CURLINC_CURLPOOL_H

#include "curl.h"

/* long: the greatest number of worker threads that the process's pool may have; 0: the default, the
 * number of processors that the process may use. The pool is the process's: the value set last, by
 * any multi handle, counts. Threads that already run are kept. */
#define CURLMOPT_X_WORKERS_MAX ((CURLMoption)(CURLOPTTYPE_LONG + 9001))

/* long: reserved for running the data callbacks of a multi handle's transfers on the workers. */
#define CURLMOPT_X_CALLBACKS_ON_WORKERS ((CURLMoption)(CURLOPTTYPE_LONG + 9002))

#endif
