/* SPDX-License-Identifier: MIT */
#include "wire/mqtt.h"

enum {
    LEVEL = 4, /* 3.1.1 */
    CLEAN_SESSION = 0x02,
    HAS_PASSWORD = 0x40,
    HAS_USER = 0x80,
    SUBSCRIBE_FLAGS = 0x02,
    DIGITS_MAX = 4,
};

static void append_head(struct buf *b, enum mqtt_type type, unsigned flags, uint64_t len)
{
    buf_append_char(b, (char)(type << 4 | flags));
    do {
        unsigned digit = len & 0x7f;

        len >>= 7;
        buf_append_char(b, (char)(len ? digit | 0x80 : digit));
    } while (len);
}

static void append_number(struct buf *b, size_t number)
{
    buf_append_char(b, (char)(number >> 8));
    buf_append_char(b, (char)number);
}

static void append_text(struct buf *b, struct str text)
{
    append_number(b, text.len);
    buf_append(b, text.at, text.len);
}

bool mqtt_append_connect(struct buf *b, struct str client, struct str user, struct str password)
{
    const struct str protocol = STR("MQTT");
    size_t len = 2 + protocol.len + 1 + 1 + 2 + 2 + client.len;
    unsigned flags = CLEAN_SESSION;

    if (client.len > MQTT_TEXT_MAX || user.len > MQTT_TEXT_MAX || password.len > MQTT_TEXT_MAX)
        return false;
    if (user.len) {
        flags |= HAS_USER;
        len += 2 + user.len;
    }
    if (user.len && password.len) { /* none without a name (3.1.2.9) */
        flags |= HAS_PASSWORD;
        len += 2 + password.len;
    }
    append_head(b, MQTT_CONNECT, 0, len);
    append_text(b, protocol);
    buf_append_char(b, LEVEL);
    buf_append_char(b, (char)flags);
    append_number(b, MQTT_KEEP_ALIVE_S);
    append_text(b, client);
    if (flags & HAS_USER)
        append_text(b, user);
    if (flags & HAS_PASSWORD)
        append_text(b, password);
    return !buf_failed(b);
}

bool mqtt_append_subscribe(struct buf *b, struct str topic)
{
    append_head(b, MQTT_SUBSCRIBE, SUBSCRIBE_FLAGS, 2 + 2 + topic.len + 1);
    append_number(b, 1);
    append_text(b, topic);
    buf_append_char(b, 0);
    return !buf_failed(b);
}

bool mqtt_append_publish(struct buf *b, struct str topic, uint64_t len)
{
    size_t head = 2 + topic.len;

    if (topic.len > MQTT_TEXT_MAX || len > MQTT_LENGTH_MAX - head)
        return false;
    append_head(b, MQTT_PUBLISH, 0, head + len);
    append_text(b, topic);
    return !buf_failed(b);
}

bool mqtt_append_empty(struct buf *b, enum mqtt_type type)
{
    append_head(b, type, 0, 0);
    return !buf_failed(b);
}

bool mqtt_read_head(struct mqtt_head *h, struct str *bytes)
{
    while (bytes->len && !h->complete) {
        unsigned char c = (unsigned char)bytes->at[0];

        *bytes = (struct str){bytes->at + 1, bytes->len - 1};
        if (!h->begun) {
            h->begun = true;
            h->first = c;
            continue;
        }
        if (h->digits == DIGITS_MAX)
            return false;
        h->len |= (uint32_t)(c & 0x7f) << (7 * h->digits++);
        h->complete = !(c & 0x80);
        if (!h->complete && h->digits == DIGITS_MAX)
            return false;
    }
    return true;
}
