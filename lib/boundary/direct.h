/* SPDX-License-Identifier: MIT */
/* The way of the data to the program when its data callbacks run on the worker
 * (CURLMOPT_X_CALLBACKS_ON_WORKERS): nothing is copied or handed over. Worker side, the transfer's
 * fiber. */
#ifndef BOUNDARY_DIRECT_H
#define BOUNDARY_DIRECT_H

#include "boundary/exchange.h"

/* Returns when the program has taken all of it, or with what ends the transfer. */
WAITS CURLcode direct_body(struct exchange *, const char *bytes, size_t len);

/* The same for the lines of a head, which is sent on afterwards: it stays the caller's. */
WAITS CURLcode direct_head(struct exchange *, struct event_head *);

#endif
