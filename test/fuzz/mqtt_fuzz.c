/* SPDX-License-Identifier: MIT */
/* A head takes five bytes at most, the same ones however they are split; what is written has the
 * length that its head says. */
#include "fuzz.h"

#include "wire/mqtt.h"

const char *const fuzz_seeds[] = {"\60\14more", "\60\377\377\377\177x", "\60\377\377\377\200\1",
                                  NULL};

static void check_written(const struct buf *b, uint64_t more)
{
    struct mqtt_head h = {0};
    struct str rest = {b->bytes, b->len};

    assert(mqtt_read_head(&h, &rest) && h.complete && rest.len + more == h.len);
}

static void read_by_bytes(struct str text, struct mqtt_head *h, bool *fine)
{
    *fine = true;
    for (size_t i = 0; i < text.len && *fine && !h->complete; i++) {
        struct str one = {text.at + i, 1};

        *fine = mqtt_read_head(h, &one);
        assert(!one.len || h->complete);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct str text = {(const char *)bytes, len}, rest = text;
    struct mqtt_head whole = {0}, single = {0};
    scoped(buf) connect = {0}, subscribe = {0}, publish = {0};
    bool fine = mqtt_read_head(&whole, &rest), also;

    read_by_bytes(text, &single, &also);
    assert(fine == also && len - rest.len <= 6);
    if (fine)
        assert(whole.len == single.len && whole.complete == single.complete &&
               whole.len <= MQTT_LENGTH_MAX);
    if (mqtt_append_connect(&connect, text, text, text))
        check_written(&connect, 0);
    if (len <= MQTT_TEXT_MAX && mqtt_append_subscribe(&subscribe, text))
        check_written(&subscribe, 0);
    if (mqtt_append_publish(&publish, text, 1000000))
        check_written(&publish, 1000000);
    return 0;
}
