/* SPDX-License-Identifier: MIT */
/* Bytes of a response's body on their way to the program: counted, limited in size and speed. */
#ifndef PROTOCOLS_BODY_H
#define PROTOCOLS_BODY_H

#include "base/chunk.h"
#include "protocols/hop.h"

/* Hands the chunk on (it is not the caller's any more). CURLE_FILESIZE_EXCEEDED over
 * CURLOPT_MAXFILESIZE. Waits where CURLOPT_MAX_RECV_SPEED_LARGE or the window ask for it. */
WAITS CURLcode body_write(struct hop *, struct chunk *);

/* The same for bytes that stay the caller's. */
WAITS CURLcode body_write_bytes(struct hop *, const char *bytes, size_t len);

/* What came out of hop->decoding. CURLE_FILESIZE_EXCEEDED, as above. */
WAITS CURLcode body_write_decoded(struct hop *, const char *bytes, size_t len);

/* The same after `len` bytes were given to the program by other ways, with
 * CURLOPT_MAX_RECV_SPEED_LARGE. */
WAITS CURLcode body_received(struct hop *, size_t len);

/* After `len` bytes of upload were sent: counts, and waits for CURLOPT_MAX_SEND_SPEED_LARGE. */
WAITS CURLcode body_sent(struct hop *, size_t len);

#endif
