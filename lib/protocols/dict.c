/* SPDX-License-Identifier: MIT */
/* dict:// (RFC 2229): who we are, the command, good-bye; then all that the server says. */
#include "wire/dict.h"
#include "base/buf.h"
#include "protocols/http.h"
#include "protocols/talk.h"

CURLcode dict_run(struct hop *hop)
{
    scoped(buf) lines = {0};
    CURLcode result;

    buf_append_text(&lines, "CLIENT libcurl " LIBCURL_VERSION "\r\n");
    result = dict_append_command(&lines, str_of(hop->url->path));
    if (result == CURLE_URL_MALFORMAT)
        return hop->hooks->fail(hop->hooks->owner, result,
                                "Control characters in what is looked up");
    if (!result && !buf_append_text(&lines, "QUIT\r\n"))
        result = CURLE_OUT_OF_MEMORY;
    if (!result)
        result = hop_ask_program(hop);
    if (!result)
        result = talk_send(hop, lines.bytes, lines.len, CURLINFO_HEADER_OUT);
    return result || http_is_head(hop) ? result : talk_receive_all(hop);
}
