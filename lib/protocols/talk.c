/* SPDX-License-Identifier: MIT */
#include "protocols/talk.h"

#include "base/clock.h"
#include "protocols/body.h"
#include "protocols/http.h"

CURLcode talk_receive(struct hop *hop, struct chunk **ret_chunk)
{
    struct connection *c = hop->connection;
    struct chunk *got = c->unread;
    CURLcode result = CURLE_OK;

    c->unread = NULL;
    if (!got)
        result = http_receive(c->stream, CHUNK_SMALL, CLOCK_NEVER, &got);
    if (result == CURLE_RECV_ERROR)
        return http_say_failed(hop, c->stream, result, "Recv");
    if (result)
        return exchange_result(hop->exchange, result);
    if (!chunk_len(got)) {
        chunk_drop(got);
        got = NULL;
    } else if (!hop->facts->starttransfer_time) {
        hop->facts->starttransfer_time = hop_elapsed(hop);
    }
    *ret_chunk = got;
    return CURLE_OK;
}

CURLcode talk_receive_all(struct hop *hop)
{
    for (;;) {
        struct chunk *c = NULL;
        CURLcode result = talk_receive(hop, &c);

        if (result || !c)
            return result;
        result = body_write(hop, c);
        if (result)
            return result;
    }
}

CURLcode talk_send(struct hop *hop, const char *bytes, size_t len, curl_infotype kind)
{
    struct stream *s = hop->connection->stream;
    CURLcode result = stream_send_all(s, bytes, len, CLOCK_NEVER);

    if (result == CURLE_SEND_ERROR)
        return http_say_failed(hop, s, result, "Send");
    if (result)
        return exchange_result(hop->exchange, result);
    send_log(hop->exchange, kind, bytes, len);
    return CURLE_OK;
}
