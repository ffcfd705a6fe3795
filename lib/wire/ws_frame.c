/* SPDX-License-Identifier: MIT */
#include "wire/ws_frame.h"

#include "wire/base64.h"
#include "wire/sum.h"

#include <stdint.h>
#include <string.h>

enum {
    FINAL = 0x80, /* of the first byte */
    RESERVED = 0x70,
    OPCODE = 0x0f,
    MASKED = 0x80, /* of the second */
    LENGTH = 0x7f,
    LENGTH_16 = 126,
    LENGTH_64 = 127,
};

enum opcode {
    OP_CONTINUATION = 0,
    OP_TEXT = 1,
    OP_BINARY = 2,
    OP_CLOSE = 8,
    OP_PING = 9,
    OP_PONG = 10,
};

static const struct {
    enum opcode opcode;
    int flag;
} types[] = {
    {OP_TEXT,   CURLWS_TEXT  },
    {OP_BINARY, CURLWS_BINARY},
    {OP_CLOSE,  CURLWS_CLOSE },
    {OP_PING,   CURLWS_PING  },
    {OP_PONG,   CURLWS_PONG  },
};

enum {
    TYPES = sizeof(types) / sizeof(types[0]),
    MESSAGES = CURLWS_TEXT | CURLWS_BINARY,
    CONTROLS = CURLWS_CLOSE | CURLWS_PING | CURLWS_PONG,
};

static CURLcode refuse(CURLcode code, const char *reason, const char **ret_reason)
{
    *ret_reason = reason;
    return code;
}

/* ---- Reading ---- */

/* Bytes of the head, as far as those that are here tell. */
static size_t head_size(const struct ws_decoder *d)
{
    int length = d->head_len < 2 ? 0 : d->head[1] & LENGTH;

    return length == LENGTH_64 ? 10 : length == LENGTH_16 ? 4 : 2;
}

/* The flag of an opcode that begins a frame of its own; 0 for others. */
static int flag_of(int opcode)
{
    for (size_t i = 0; i < TYPES; i++) {
        if ((int)types[i].opcode == opcode)
            return types[i].flag;
    }
    return 0;
}

static CURLcode check_data_frame(struct ws_decoder *d, int opcode, const char **ret_reason)
{
    if (opcode != OP_CONTINUATION && d->message)
        return refuse(CURLE_RECV_ERROR, "new message before the one before had its end",
                      ret_reason);
    if (opcode == OP_CONTINUATION && !d->message)
        return refuse(CURLE_RECV_ERROR, "continuation of no message", ret_reason);
    return CURLE_OK;
}

/* The first two bytes, as soon as they are here. */
static CURLcode check_head(struct ws_decoder *d, const char **ret_reason)
{
    int opcode = d->head[0] & OPCODE, flag = flag_of(opcode);

    if (d->head[0] & RESERVED)
        return refuse(CURLE_RECV_ERROR, "reserved bits in a frame", ret_reason);
    if (!flag && opcode != OP_CONTINUATION)
        return refuse(CURLE_RECV_ERROR, "frame of an unknown type", ret_reason);
    if (d->head[1] & MASKED)
        return refuse(CURLE_RECV_ERROR, "masked frame from the server", ret_reason);
    if (!(flag & CONTROLS))
        return check_data_frame(d, opcode, ret_reason);
    if (!(d->head[0] & FINAL))
        return refuse(CURLE_RECV_ERROR, "fragmented control frame", ret_reason);
    if ((d->head[1] & LENGTH) > WS_CONTROL_MAX)
        return refuse(CURLE_RECV_ERROR, "control frame of more than 125 bytes", ret_reason);
    return CURLE_OK;
}

/* The payload's size; -1 for one that is none (RFC 6455 5.2). */
static curl_off_t payload_size(const struct ws_decoder *d)
{
    size_t end = head_size(d);
    uint64_t size = 0;

    if (end == 2)
        return d->head[1] & LENGTH;
    for (size_t i = 2; i < end; i++)
        size = size << 8 | d->head[i];
    return size > INT64_MAX ? -1 : (curl_off_t)size;
}

static CURLcode begin_frame(struct ws_decoder *d, const char **ret_reason)
{
    bool final = d->head[0] & FINAL;
    int flag = flag_of(d->head[0] & OPCODE);

    d->size = payload_size(d);
    if (d->size < 0)
        return refuse(CURLE_RECV_ERROR, "frame of more than 2^63 bytes", ret_reason);
    d->taken = 0;
    d->head_len = 0;
    d->in_frame = true;
    if (flag & CONTROLS) {
        d->flags = flag;
        return CURLE_OK;
    }
    if (flag)
        d->message = flag;
    d->flags = d->message | (final ? 0 : CURLWS_CONT);
    if (final)
        d->message = 0;
    return CURLE_OK;
}

/* Takes bytes of the head, until it is complete. */
static CURLcode read_head(struct ws_decoder *d, struct str bytes, size_t *ret_used,
                          const char **ret_reason)
{
    while (*ret_used < bytes.len && d->head_len < head_size(d)) {
        d->head[d->head_len++] = (unsigned char)bytes.at[(*ret_used)++];
        if (d->head_len == 2) {
            CURLcode result = check_head(d, ret_reason);

            if (result)
                return result;
        }
    }
    return d->head_len == head_size(d) ? begin_frame(d, ret_reason) : CURLE_OK;
}

CURLcode ws_decode(struct ws_decoder *d, struct str bytes, size_t most, size_t *ret_used,
                   bool *ret_found, struct ws_piece *ret_piece, const char **ret_reason)
{
    curl_off_t left;
    size_t len;

    *ret_used = 0;
    *ret_found = false;
    if (!d->in_frame) {
        CURLcode result = read_head(d, bytes, ret_used, ret_reason);

        if (result || !d->in_frame)
            return result;
    }
    left = d->size - d->taken;
    len = bytes.len - *ret_used;
    if (len > most)
        len = most;
    if ((curl_off_t)len > left)
        len = (size_t)left;
    if (!len && left && most)
        return CURLE_OK; /* nothing of it is here yet */
    *ret_found = true;
    *ret_piece = (struct ws_piece){
        .flags = d->flags,
        .offset = d->taken,
        .left = left - (curl_off_t)len,
        .bytes = {bytes.at + *ret_used, len},
    };
    d->taken += (curl_off_t)len;
    *ret_used += len;
    d->in_frame = d->taken < d->size;
    return CURLE_OK;
}

/* ---- Writing ---- */

/* The type that flags name, or of the message that goes on; 0 for none. */
static int type_of(const struct ws_encoder *e, unsigned flags)
{
    int type = (int)flags & (MESSAGES | CONTROLS);

    return type ? type : e->message;
}

static const char *why_refused(const struct ws_encoder *e, unsigned flags, curl_off_t size)
{
    const unsigned known = MESSAGES | CONTROLS | CURLWS_CONT | CURLWS_OFFSET;
    int type = type_of(e, flags);

    if (flags & ~known || !type || type & (type - 1))
        return "flags that no frame has";
    if (size < 0)
        return "frame of a negative size";
    if (type & CONTROLS && flags & CURLWS_CONT)
        return "fragmented control frame";
    if (type & CONTROLS && size > WS_CONTROL_MAX)
        return "control frame of more than 125 bytes";
    if (type & MESSAGES && e->message && type != e->message)
        return "message of another type before the one before had its end";
    return NULL;
}

static int opcode_of(const struct ws_encoder *e, int type)
{
    if (type & MESSAGES && e->message)
        return OP_CONTINUATION;
    for (size_t i = 0; i < TYPES; i++) {
        if (types[i].flag == type)
            return (int)types[i].opcode;
    }
    return OP_CONTINUATION;
}

static void append_size(struct buf *to, curl_off_t size)
{
    int bytes = size > UINT16_MAX ? 8 : size > WS_CONTROL_MAX ? 2 : 0;

    buf_append_char(to, (char)(MASKED | (bytes == 8 ? LENGTH_64 : bytes ? LENGTH_16 : size)));
    for (int i = bytes - 1; i >= 0; i--)
        buf_append_char(to, (char)(size >> (8 * i) & 0xff));
}

CURLcode ws_encode_head(struct ws_encoder *e, unsigned flags, curl_off_t size,
                        const unsigned char mask[WS_MASK_LEN], struct buf *to,
                        const char **ret_reason)
{
    bool final = !(flags & CURLWS_CONT);
    const char *reason = why_refused(e, flags, size);
    int type = type_of(e, flags);

    if (e->left)
        return refuse(CURLE_SEND_ERROR, "frame begun before the one before was complete",
                      ret_reason);
    if (reason)
        return refuse(CURLE_BAD_FUNCTION_ARGUMENT, reason, ret_reason);
    if (!buf_reserve(to, WS_HEAD_MAX))
        return CURLE_OUT_OF_MEMORY;
    buf_append_char(to, (char)((final ? FINAL : 0) | opcode_of(e, type)));
    append_size(to, size);
    buf_append(to, mask, WS_MASK_LEN);
    memcpy(e->mask, mask, WS_MASK_LEN);
    e->mask_at = 0;
    e->left = size;
    if (type & MESSAGES)
        e->message = final ? 0 : type;
    return CURLE_OK;
}

bool ws_encode_payload(struct ws_encoder *e, struct str bytes, struct buf *to)
{
    char *at;

    if (!buf_reserve(to, bytes.len + 1))
        return false;
    at = to->bytes + to->len;
    for (size_t i = 0; i < bytes.len; i++)
        at[i] = (char)((unsigned char)bytes.at[i] ^ e->mask[(e->mask_at + i) % WS_MASK_LEN]);
    to->len += bytes.len;
    to->bytes[to->len] = '\0';
    e->mask_at = (unsigned)((e->mask_at + bytes.len) % WS_MASK_LEN);
    e->left -= (curl_off_t)bytes.len;
    return true;
}

bool ws_encode_pong(struct str payload, const unsigned char mask[WS_MASK_LEN], struct buf *to)
{
    struct ws_encoder pong = {0};
    const char *reason;

    return buf_reserve(to, WS_HEAD_MAX + payload.len + 1) &&
           !ws_encode_head(&pong, CURLWS_PONG, (curl_off_t)payload.len, mask, to, &reason) &&
           ws_encode_payload(&pong, payload, to);
}

/* ---- The opening handshake ---- */

bool ws_accept_append(struct buf *to, struct str key)
{
    static const char guid[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    unsigned char sum[SUM_SIZE_MAX];
    scoped(buf) text = {0};

    buf_append(&text, key.at, key.len);
    buf_append(&text, guid, sizeof(guid) - 1);
    return !buf_failed(&text) && sum_of(SUM_SHA1, text.bytes, text.len, sum) &&
           base64_append(to, sum, sum_size(SUM_SHA1));
}
