/* SPDX-License-Identifier: MIT */
/* Packets of MQTT 3.1.1, as a client that publishes or listens needs them. */
#ifndef WIRE_MQTT_H
#define WIRE_MQTT_H

#include "base/buf.h"
#include "base/str.h"

#include <stdbool.h>
#include <stdint.h>

enum {
    MQTT_LENGTH_MAX = 268435455, /* bytes behind a head (2.2.3) */
    MQTT_TEXT_MAX = 65535,       /* bytes of a text (1.5.3) */
    MQTT_KEEP_ALIVE_S = 60,
    MQTT_CONNACK_LEN = 2,
    MQTT_SUBACK_LEN = 3,
};

enum mqtt_type {
    MQTT_CONNECT = 1,
    MQTT_CONNACK,
    MQTT_PUBLISH,
    MQTT_SUBSCRIBE = 8,
    MQTT_SUBACK,
    MQTT_PINGREQ = 12,
    MQTT_PINGRESP,
    MQTT_DISCONNECT,
};

/* Appends CONNECT with a clean session. False when a text is too long, or memory short
 * (buf_failed). */
bool mqtt_append_connect(struct buf *, struct str client, struct str user, struct str password);

/* Appends SUBSCRIBE to one topic, as packet 1, with QoS 0. The topic has MQTT_TEXT_MAX bytes at
 * most. False when memory is short. */
bool mqtt_append_subscribe(struct buf *, struct str topic);

/* Appends PUBLISH up to its payload of `len` bytes. False when it is too long, or memory short
 * (buf_failed). */
bool mqtt_append_publish(struct buf *, struct str topic, uint64_t len);

/* A packet without anything in it. */
bool mqtt_append_empty(struct buf *, enum mqtt_type);

/* A packet's head while its bytes come; zeroed for the next one. */
struct mqtt_head {
    unsigned char first;
    unsigned digits; /* that were read of the length */
    bool begun, complete;
    uint32_t len; /* bytes behind it */
};

/* Takes bytes up to the end of the head, and cuts them off. False for a length of more than four
 * bytes. */
bool mqtt_read_head(struct mqtt_head *, struct str *bytes);

static inline enum mqtt_type mqtt_type(const struct mqtt_head *h)
{
    return (enum mqtt_type)(h->first >> 4);
}

#endif
