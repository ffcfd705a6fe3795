/* SPDX-License-Identifier: MIT */
/* Sockets whose CURLOPT_CLOSESOCKETFUNCTION must run on the application's side though the
 * connection ended on a worker: they come back through the multi handle's mailbox and are closed in
 * the next driving pass. */
#ifndef API_CLOSER_H
#define API_CLOSER_H

#include "boundary/event.h"
#include "net/hooks.h"
#include "runtime/mailbox.h"

struct closer;

/* A multi handle's; NULL when memory is short. */
struct closer *closer_new(struct mailbox *events);

/* The one for connections that a transfer with this callback opens; counted, NULL when memory is
 * short. */
struct socket_closer *closer_for(struct closer *, curl_closesocket_callback, void *argument);

/* A drained event: kept for closer_run. Under the multi's lock. */
void closer_keep(struct closer *, struct event_close *);
bool closer_has_some(const struct closer *);

/* What was kept, to be run without the lock. Under the multi's lock. */
struct event_close *closer_take(struct closer *);

/* Runs the callbacks of a list that closer_take gave. The performer, without locks. */
void closer_run(struct event_close *);

/* The multi handle goes: runs what is left; sockets that come later are closed plainly. Takes NULL.
 */
void closer_retire(struct closer *);

#endif
