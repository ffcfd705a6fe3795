/* SPDX-License-Identifier: MIT */
/* What must be equal for a connection to be used again. */
#ifndef NET_DIAL_KEY_H
#define NET_DIAL_KEY_H

#include "base/buf.h"
#include "net/dial.h"

/* Appends the key of a target; false when memory is short. */
bool dial_key(const struct dial_target *, struct buf *key);

/* Appends "scheme://host:port", or the unix socket, for the limit per host. */
bool dial_host_key(const struct dial_target *, struct buf *key);

#endif
