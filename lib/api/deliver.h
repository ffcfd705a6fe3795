/* SPDX-License-Identifier: MIT */
/* Questions of a worker to the program. */
#ifndef API_DELIVER_H
#define API_DELIVER_H

struct ask;
struct easy;

/* Runs the callback that the ask is for, and sends the answer back. A read callback that pauses
 * leaves the ask held by the handle. Performer, without locks; the ask is not the caller's any
 * more. */
void deliver_ask(struct easy *, struct ask *);

#endif
