/* SPDX-License-Identifier: MIT */
/* gopher:// and gophers://: a line to the server, and what it says until it ends. */
#include "wire/gopher.h"
#include "base/buf.h"
#include "protocols/http.h"
#include "protocols/talk.h"

CURLcode gopher_run(struct hop *hop)
{
    scoped(buf) line = {0};
    CURLcode result =
        gopher_append_selector(&line, str_of(hop->url->path), str_of(hop->url->query));

    if (result == CURLE_URL_MALFORMAT)
        return hop->hooks->fail(hop->hooks->owner, result,
                                "Bad gopher selector, CR or LF not allowed");
    if (!result)
        result = hop_ask_program(hop);
    if (!result)
        result = talk_send(hop, line.bytes, line.len, CURLINFO_HEADER_OUT);
    return result || http_is_head(hop) ? result : talk_receive_all(hop);
}
