/* SPDX-License-Identifier: MIT */
#include "wire/mqtt.h"

#include "wire_test.h"

#define CHECK(b, wanted)                                                                           \
    do {                                                                                           \
        assert_int_equal((b).len, sizeof(wanted) - 1);                                             \
        assert_memory_equal((b).bytes, wanted, (b).len);                                           \
    } while (0)

static void connect_tells_who_we_are(void **state)
{
    scoped(buf) b = {0};

    (void)state;
    assert_true(mqtt_append_connect(&b, STR("me"), STR(""), STR("")));
    CHECK(b, "\20\16\0\4MQTT\4\2\0\74\0\2me");
    buf_clear(&b);
    assert_true(mqtt_append_connect(&b, STR("me"), STR("us"), STR("")));
    CHECK(b, "\20\22\0\4MQTT\4\202\0\74\0\2me\0\2us");
    buf_clear(&b);
    assert_true(mqtt_append_connect(&b, STR("me"), STR("us"), STR("pw")));
    CHECK(b, "\20\26\0\4MQTT\4\302\0\74\0\2me\0\2us\0\2pw");
    buf_clear(&b);
    assert_true(mqtt_append_connect(&b, STR("me"), STR(""), STR("pw")));
    CHECK(b, "\20\16\0\4MQTT\4\2\0\74\0\2me");
}

static void other_packets_are_written(void **state)
{
    scoped(buf) b = {0};

    (void)state;
    assert_true(mqtt_append_subscribe(&b, STR("a/b")));
    CHECK(b, "\202\10\0\1\0\3a/b\0");
    buf_clear(&b);
    assert_true(mqtt_append_publish(&b, STR("a"), 4));
    CHECK(b, "\60\7\0\1a");
    buf_clear(&b);
    assert_true(mqtt_append_empty(&b, MQTT_PINGREQ));
    assert_true(mqtt_append_empty(&b, MQTT_DISCONNECT));
    CHECK(b, "\300\0\340\0");
}

static void lengths_have_up_to_four_digits(void **state)
{
    static const struct {
        uint64_t len;
        const char *digits;
        size_t count;
    } lengths[] = {
        {127,             "\177",             1},
        {128,             "\200\1",           2},
        {16383,           "\377\177",         2},
        {16384,           "\200\200\1",       3},
        {2097152,         "\200\200\200\1",   4},
        {MQTT_LENGTH_MAX, "\377\377\377\177", 4},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
        scoped(buf) b = {0};

        assert_true(mqtt_append_publish(&b, STR(""), lengths[i].len - 2));
        assert_int_equal(b.len, 1 + lengths[i].count + 2);
        assert_memory_equal(b.bytes + 1, lengths[i].digits, lengths[i].count);
        WITH_ALL_SPLITS(step)
        {
            struct mqtt_head h = {0};
            size_t at = 0;

            while (!h.complete) {
                size_t part = split_len(b.len - at, step);
                struct str offered = {b.bytes + at, part};

                assert_true(mqtt_read_head(&h, &offered));
                at += part - offered.len;
            }
            assert_int_equal(h.len, lengths[i].len);
            assert_int_equal(at, 1 + lengths[i].count);
            assert_int_equal(mqtt_type(&h), MQTT_PUBLISH);
        }
    }
}

static void longer_lengths_are_refused(void **state)
{
    struct mqtt_head h = {0};
    struct str bytes = STR("\60\377\377\377\200\0");

    (void)state;
    assert_false(mqtt_read_head(&h, &bytes));
}

static void what_is_too_long_is_not_written(void **state)
{
    static char text[MQTT_TEXT_MAX + 1];
    struct str most = {text, MQTT_TEXT_MAX}, more = {text, MQTT_TEXT_MAX + 1};
    scoped(buf) b = {0};

    (void)state;
    assert_false(mqtt_append_connect(&b, STR("me"), more, STR("")));
    assert_false(mqtt_append_connect(&b, STR("me"), STR("a"), more));
    assert_false(mqtt_append_publish(&b, more, 0));
    assert_false(mqtt_append_publish(&b, STR("a"), MQTT_LENGTH_MAX - 2));
    assert_false(mqtt_append_publish(&b, STR("a"), UINT64_MAX));
    assert_int_equal(b.len, 0);
    assert_false(buf_failed(&b));
    assert_true(mqtt_append_connect(&b, STR("me"), most, most));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(connect_tells_who_we_are),
        cmocka_unit_test(other_packets_are_written),
        cmocka_unit_test(lengths_have_up_to_four_digits),
        cmocka_unit_test(longer_lengths_are_refused),
        cmocka_unit_test(what_is_too_long_is_not_written),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
