/* SPDX-License-Identifier: MIT */
#include "protocols/talk.h"

#include "base/clock.h"
#include "protocols/body.h"
#include "protocols/http.h"

CURLcode talk_fill(struct hop *hop, int64_t deadline, bool *ret_end)
{
    struct connection *c = hop->connection;
    CURLcode result = CURLE_OK;

    *ret_end = false;
    if (c->unread)
        return CURLE_OK;
    result = http_receive(c->stream, CHUNK_SMALL, deadline, &c->unread);
    if (result == CURLE_RECV_ERROR)
        return http_say_failed(hop, c->stream, result, "Recv");
    if (result)
        return exchange_result(hop->exchange, result);
    *ret_end = !chunk_len(c->unread);
    if (*ret_end) {
        chunk_drop(c->unread);
        c->unread = NULL;
    } else if (!hop->facts->starttransfer_time) {
        hop->facts->starttransfer_time = hop_elapsed(hop);
    }
    return CURLE_OK;
}

CURLcode talk_receive(struct hop *hop, struct chunk **ret_chunk)
{
    bool end;
    CURLcode result = talk_fill(hop, CLOCK_NEVER, &end);

    if (result)
        return result;
    *ret_chunk = hop->connection->unread;
    hop->connection->unread = NULL;
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
