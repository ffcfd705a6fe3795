/* SPDX-License-Identifier: MIT */
/* mqtt:// and mqtts:// (MQTT 3.1.1): CONNECT, and then POSTFIELDS go out as one PUBLISH, or the
 * topic is subscribed to, and each PUBLISH that comes is given to the program as it is behind its
 * head: the topic, with its length in front, and the payload. */
#include "wire/mqtt.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/rand.h"
#include "boundary/request.h"
#include "protocols/body.h"
#include "protocols/http.h"
#include "protocols/login.h"
#include "protocols/talk.h"
#include "runtime/fiber.h"
#include "wire/escape.h"

#include <string.h>

enum { CLIENT_RANDOM = 8 };

struct mqtt {
    struct hop *hop;
    int64_t ping_at; /* when nothing has come; CLOCK_NEVER: no pings */
};

static CURLcode fail(struct mqtt *m, CURLcode code, const char *text)
{
    return m->hop->hooks->fail(m->hop->hooks->owner, code, "%s", text);
}

static CURLcode weird(struct mqtt *m, const char *text)
{
    return fail(m, CURLE_WEIRD_SERVER_REPLY, text);
}

static WAITS CURLcode send_packet(struct mqtt *m, const struct buf *packet)
{
    return talk_send(m->hop, packet->bytes, packet->len, CURLINFO_HEADER_OUT);
}

static WAITS CURLcode send_empty(struct mqtt *m, enum mqtt_type type)
{
    scoped(buf) packet = {0};

    return mqtt_append_empty(&packet, type) ? send_packet(m, &packet) : CURLE_OUT_OF_MEMORY;
}

/* ---- Receiving ---- */

/* Both sides of a connection without traffic want a sign of life. */
static void set_ping(struct mqtt *m)
{
    long ms = m->hop->settings->upkeep_interval_ms;

    m->ping_at = ms > 0 ? clock_after(clock_now(), ms * CLOCK_MS) : CLOCK_NEVER;
}

/* Received bytes are at hand; pings as long as there are none. */
static WAITS CURLcode fill(struct mqtt *m, bool *ret_end)
{
    for (;;) {
        CURLcode result = talk_fill(m->hop, m->ping_at, ret_end);

        if (result != CURLE_OPERATION_TIMEDOUT || fiber_cancelled()) {
            set_ping(m);
            return result;
        }
        result = send_empty(m, MQTT_PINGREQ);
        set_ping(m);
        if (result)
            return result;
    }
}

static struct str at_hand(const struct mqtt *m)
{
    struct chunk *c = m->hop->connection->unread;

    return (struct str){chunk_at(c), chunk_len(c)};
}

static CURLcode disconnected(struct mqtt *m)
{
    return fail(m, CURLE_RECV_ERROR, "Connection disconnected");
}

static WAITS CURLcode read_head(struct mqtt *m, struct mqtt_head *ret)
{
    *ret = (struct mqtt_head){0};
    while (!ret->complete) {
        bool end = false;
        CURLcode result = fill(m, &end);
        struct str bytes;
        size_t len;

        if (result)
            return result;
        if (end)
            return disconnected(m);
        bytes = at_hand(m);
        len = bytes.len;
        if (!mqtt_read_head(ret, &bytes))
            return weird(m, "MQTT packet length of more than four bytes");
        connection_used(m->hop->connection, len - bytes.len);
    }
    return CURLE_OK;
}

/* The few bytes of an answer. */
static WAITS CURLcode read_bytes(struct mqtt *m, unsigned char *to, size_t len)
{
    while (len) {
        bool end = false;
        CURLcode result = fill(m, &end);
        struct str bytes;
        size_t part;

        if (result)
            return result;
        if (end)
            return disconnected(m);
        bytes = at_hand(m);
        part = bytes.len < len ? bytes.len : len;
        memcpy(to, bytes.at, part);
        to += part;
        len -= part;
        connection_used(m->hop->connection, part);
    }
    return CURLE_OK;
}

/* ---- CONNECT ---- */

static void new_client_name(char name[CLIENT_RANDOM])
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
    unsigned char bytes[CLIENT_RANDOM];

    rand_bytes(bytes, sizeof(bytes));
    for (size_t i = 0; i < sizeof(bytes); i++)
        name[i] = letters[bytes[i] % (sizeof(letters) - 1)];
}

static WAITS CURLcode say_hello(struct mqtt *m)
{
    const struct login *login = m->hop->login;
    bool known = login->given && login->trusted;
    struct str user = {login->user.bytes, known ? login->user.len : 0};
    struct str password = {login->password.bytes, known ? login->password.len : 0};
    char name[] = "curl........";
    scoped(buf) packet = {0};

    new_client_name(name + sizeof(name) - 1 - CLIENT_RANDOM);
    if (mqtt_append_connect(&packet, str_of(name), user, password))
        return send_packet(m, &packet);
    return buf_failed(&packet) ? CURLE_OUT_OF_MEMORY
                               : weird(m, "Too long MQTT user name or password");
}

static WAITS CURLcode connect_to_broker(struct mqtt *m)
{
    unsigned char answer[MQTT_CONNACK_LEN] = {0};
    struct mqtt_head h;
    CURLcode result = say_hello(m);

    if (!result)
        result = read_head(m, &h);
    if (result)
        return result;
    if (mqtt_type(&h) != MQTT_CONNACK)
        return weird(m, "Not a CONNACK in answer to CONNECT");
    if (h.len != sizeof(answer))
        return weird(m, "CONNACK with a wrong length");
    result = read_bytes(m, answer, sizeof(answer));
    if (result || (!answer[0] && !answer[1]))
        return result;
    return m->hop->hooks->fail(m->hop->hooks->owner, CURLE_WEIRD_SERVER_REPLY,
                               "Expected 0000 but got %02x%02x", answer[0], answer[1]);
}

/* ---- What it is about ---- */

static CURLcode find_topic(struct mqtt *m, struct buf *ret)
{
    struct str path = str_of(m->hop->url->path);

    if (path.len)
        path = (struct str){path.at + 1, path.len - 1};
    if (!unescape_append(ret, path))
        return CURLE_OUT_OF_MEMORY;
    if (!ret->len)
        return fail(m, CURLE_URL_MALFORMAT, "No MQTT topic found. Forgot to URL encode it?");
    if (ret->len > MQTT_TEXT_MAX)
        return fail(m, CURLE_URL_MALFORMAT, "Too long MQTT topic");
    for (size_t i = 0; i < ret->len; i++) {
        if ((unsigned char)ret->bytes[i] < ' ')
            return fail(m, CURLE_URL_MALFORMAT, "Control characters in the MQTT topic");
    }
    return CURLE_OK;
}

/* ---- PUBLISH ---- */

/* The packet behind its head: what is small goes in one piece with that. */
static WAITS CURLcode send_publish(struct mqtt *m, struct buf *packet, const char *bytes,
                                   size_t len)
{
    enum { SMALL = 16 * 1024 };
    bool together = len <= SMALL;
    CURLcode result;

    m->hop->facts->upload_length = (curl_off_t)len;
    if (together && !buf_append(packet, bytes, len))
        return CURLE_OUT_OF_MEMORY;
    result = send_packet(m, packet);
    if (!result && !together)
        result = talk_send(m->hop, bytes, len, CURLINFO_HEADER_OUT);
    if (!result && len)
        result = body_sent(m->hop, len);
    return result ? result : send_facts(m->hop->exchange, m->hop->facts);
}

static WAITS CURLcode publish(struct mqtt *m, struct str topic)
{
    const struct settings *s = m->hop->settings;
    const char *bytes = s->post_fields;
    scoped(buf) packet = {0};
    size_t len;
    CURLcode result;

    if (!bytes)
        return fail(m, CURLE_BAD_FUNCTION_ARGUMENT,
                    "No MQTT payload: CURLOPT_POSTFIELDS is not set");
    len = s->post_field_size >= 0 ? (size_t)s->post_field_size : strlen(bytes);
    if (!mqtt_append_publish(&packet, topic, len))
        return buf_failed(&packet) ? CURLE_OUT_OF_MEMORY
                                   : fail(m, CURLE_TOO_LARGE, "Too long MQTT payload");
    result = send_publish(m, &packet, bytes, len);
    return result ? result : send_empty(m, MQTT_DISCONNECT);
}

/* ---- SUBSCRIBE ---- */

/* What is at hand of a packet, `*left` bytes of it at most. */
static WAITS CURLcode give_some(struct mqtt *m, size_t *left)
{
    struct connection *c = m->hop->connection;
    struct chunk *chunk = c->unread;
    size_t len = chunk_len(chunk);
    CURLcode result;

    if (len <= *left) {
        *left -= len;
        c->unread = NULL;
        return body_write(m->hop, chunk);
    }
    result = body_write_bytes(m->hop, chunk_at(chunk), *left);
    connection_used(c, *left);
    *left = 0;
    return result;
}

static WAITS CURLcode take_publish(struct mqtt *m, const struct mqtt_head *h)
{
    curl_off_t most = m->hop->settings->max_filesize;
    size_t left = h->len;
    CURLcode result = CURLE_OK;

    if (most && (curl_off_t)left > most)
        return fail(m, CURLE_FILESIZE_EXCEEDED, "Maximum file size exceeded");
    while (left && !result) {
        bool end = false;

        result = fill(m, &end);
        if (!result && end)
            result = fail(m, CURLE_PARTIAL_FILE, "Connection disconnected within a message");
        if (!result)
            result = give_some(m, &left);
    }
    return result;
}

static WAITS CURLcode take_suback(struct mqtt *m, const struct mqtt_head *h)
{
    unsigned char answer[MQTT_SUBACK_LEN] = {0};
    CURLcode result;

    if (h->len != sizeof(answer))
        return weird(m, "SUBACK with a wrong length");
    result = read_bytes(m, answer, sizeof(answer));
    if (!result && (answer[0] || answer[1] != 1 || answer[2]))
        result = weird(m, "The MQTT broker refuses the topic");
    return result;
}

/* Until the server has enough, or the program. *ret_done: it has. */
static WAITS CURLcode take_packet(struct mqtt *m, bool *subscribed, bool *ret_done)
{
    struct mqtt_head h;
    CURLcode result = read_head(m, &h);

    if (result)
        return result;
    switch (mqtt_type(&h)) {
    case MQTT_PUBLISH:
        return take_publish(m, &h);
    case MQTT_SUBACK:
        if (*subscribed)
            break;
        *subscribed = true;
        *ret_done = http_is_head(m->hop);
        return take_suback(m, &h);
    case MQTT_PINGRESP:
        if (h.len)
            break;
        return CURLE_OK;
    case MQTT_DISCONNECT:
        if (h.len)
            break;
        *ret_done = true;
        return CURLE_OK;
    default:
        break;
    }
    return weird(m, "Unexpected MQTT packet");
}

static WAITS CURLcode listen_to(struct mqtt *m, struct str topic)
{
    scoped(buf) packet = {0};
    bool subscribed = false, done = false;
    CURLcode result;

    if (!mqtt_append_subscribe(&packet, topic))
        return CURLE_OUT_OF_MEMORY;
    result = send_packet(m, &packet);
    while (!result && !done)
        result = take_packet(m, &subscribed, &done);
    return result;
}

/* ---- The whole ---- */

static bool publishes(const struct hop *hop)
{
    return hop->method == METHOD_POST && !http_posts_form(hop);
}

CURLcode mqtt_run(struct hop *hop)
{
    struct mqtt m = {.hop = hop};
    scoped(buf) topic = {0};
    CURLcode result = hop_ask_program(hop);
    struct str text;

    set_ping(&m);
    if (!result)
        result = connect_to_broker(&m);
    if (!result)
        result = find_topic(&m, &topic);
    if (result)
        return result;
    text = (struct str){topic.bytes, topic.len};
    return publishes(hop) ? publish(&m, text) : listen_to(&m, text);
}
