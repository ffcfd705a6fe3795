/* SPDX-License-Identifier: MIT */
/* One transfer from start to end, on a fiber of its worker. */
#ifndef TRANSFER_TRANSFER_H
#define TRANSFER_TRANSFER_H

#include "boundary/exchange.h"

/* The fiber's body: runs the request to its end and tells it (exchange_end). */
WAITS void transfer_run(struct exchange *);

#endif
