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

/* long: 1 has the data callbacks (CURLOPT_WRITEFUNCTION, CURLOPT_HEADERFUNCTION, and writing to
 * their FILEs) of transfers that start from now on called on the worker that receives, without a
 * copy and without waiting for curl_multi_perform; 0 (the default) on the thread that performs.
 * Calls for one transfer never overlap, those for several may. Inside such a callback
 * curl_easy_pause for its own transfer is the only function of the library that may be called; the
 * multi functions answer CURLM_RECURSIVE_API_CALL. A slow one holds up the other transfers of its
 * worker. */
#define CURLMOPT_X_CALLBACKS_ON_WORKERS ((CURLMoption)(CURLOPTTYPE_LONG + 9002))

/* long: on how many workers connections to one host may serve several transfers at once (HTTP/2), 1
 * by default: all transfers to a host share a connection, as programs expect of libcurl. With more,
 * a transfer that starts while the workers that have such a connection are busy all the time goes
 * to another one and opens one there; so one host can be served by several processors. */
#define CURLMOPT_X_HOST_WORKERS ((CURLMoption)(CURLOPTTYPE_LONG + 9004))

/* FILE *: writes there, at once, a line for each added transfer: its CURLINFO_XFER_ID, what it is
 * doing, for how long, on which worker, and its URL, separated by tabs. Any thread. */
#define CURLMOPT_X_DUMP ((CURLMoption)(CURLOPTTYPE_OBJECTPOINT + 9003))

/* curl_multi_get_offt: worker threads of the process; connections of the handle, and how many of
 * them are idle. How many transfers wait for a connection is CURLMINFO_XFERS_PENDING. */
#define CURLMINFO_X_WORKERS          ((CURLMinfo_offt)9001)
#define CURLMINFO_X_CONNECTIONS      ((CURLMinfo_offt)9002)
#define CURLMINFO_X_CONNECTIONS_IDLE ((CURLMinfo_offt)9003)

#endif
