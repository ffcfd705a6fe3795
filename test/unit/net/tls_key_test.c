/* SPDX-License-Identifier: MIT */
/* A connection, and a session, is for the TLS settings that it was made with: each of them tells
 * two keys apart. */
#include "../wire/wire_test.h"

#include "base/buf.h"
#include "net/dial_key.h"
#include "net/tls.h"

#include <stddef.h>
#include <string.h>

#define BOOL(name) offsetof(struct tls_settings, name)

static const size_t flags[] = {
    BOOL(verify_peer), BOOL(verify_host), BOOL(verify_status), BOOL(session_cache),
    BOOL(alpn),        BOOL(certinfo),    BOOL(ca_file_set),   BOOL(ca_path_set),
};
static const size_t numbers[] = {
    offsetof(struct tls_settings, version_min),
    offsetof(struct tls_settings, version_max),
    offsetof(struct tls_settings, options),
};
static const size_t texts[] = {
    offsetof(struct tls_settings, ca_file),
    offsetof(struct tls_settings, ca_path),
    offsetof(struct tls_settings, ca_blob),
    offsetof(struct tls_settings, crl_file),
    offsetof(struct tls_settings, issuer_file),
    offsetof(struct tls_settings, issuer_blob),
    offsetof(struct tls_settings, cert),
    offsetof(struct tls_settings, cert_type),
    offsetof(struct tls_settings, cert_blob),
    offsetof(struct tls_settings, key),
    offsetof(struct tls_settings, key_type),
    offsetof(struct tls_settings, key_blob),
    offsetof(struct tls_settings, key_password),
    offsetof(struct tls_settings, ciphers),
    offsetof(struct tls_settings, ciphers13),
    offsetof(struct tls_settings, curves),
    offsetof(struct tls_settings, signature_algorithms),
    offsetof(struct tls_settings, pinned_key),
};

enum {
    FLAGS = sizeof(flags) / sizeof(flags[0]),
    NUMBERS = sizeof(numbers) / sizeof(numbers[0]),
    TEXTS = sizeof(texts) / sizeof(texts[0]),
    KEYS = 1 + FLAGS + NUMBERS + 2 * TEXTS,
};

/* Change number `i`: none, a flag, a number, a text, or an empty one. */
static void change(struct tls_settings *s, int i, struct rstr *some, struct rstr *empty)
{
    char *place = (char *)s;

    if (i == 0)
        return;
    i--;
    if (i < FLAGS)
        *(bool *)(place + flags[i]) = true;
    else if (i < FLAGS + NUMBERS)
        *(long *)(place + numbers[i - FLAGS]) = 1;
    else if (i < FLAGS + NUMBERS + TEXTS)
        *(struct rstr **)(place + texts[i - FLAGS - NUMBERS]) = some;
    else
        *(struct rstr **)(place + texts[i - FLAGS - NUMBERS - TEXTS]) = empty;
}

static struct str str_of_buf(const struct buf *b)
{
    return (struct str){b->bytes, b->len};
}

/* All keys of settings that differ in one thing, by whatever makes keys. */
static void expect_all_different(bool (*make)(const struct tls_settings *, struct buf *))
{
    struct rstr *some = rstr_new("x", 1), *empty = rstr_new("", 0);
    struct buf keys[KEYS] = {{0}};

    for (int i = 0; i < KEYS; i++) {
        struct tls_settings s = {0};

        change(&s, i, some, empty);
        assert_true(make(&s, &keys[i]));
        for (int j = 0; j < i; j++) {
            if (str_equal(str_of_buf(&keys[i]), str_of_buf(&keys[j])))
                fail_msg("changes %d and %d have one key", i, j);
        }
    }
    for (int i = 0; i < KEYS; i++)
        buf_release(&keys[i]);
    rstr_unref(some);
    rstr_unref(empty);
}

static void each_setting_tells_keys_apart(void **state)
{
    (void)state;
    expect_all_different(tls_settings_key);
}

static bool key_of_origin(const struct tls_settings *s, struct buf *key)
{
    struct dial_target t = {
        .scheme = "https", .host = STR("h"), .port = 1, .connect_host = STR("h"), .tls = s};

    return dial_key(&t, key);
}

static bool key_of_proxy(const struct tls_settings *s, struct buf *key)
{
    struct proxy p = {.type = CURLPROXY_HTTPS, .host = STR("p"), .port = 1, .tls = s};
    struct dial_target t = {
        .scheme = "http",
        .host = STR("h"),
        .port = 1,
        .connect_host = STR("h"),
        .proxies = {.http = &p, .tunnel = true}
    };

    return dial_key(&t, key);
}

static void connection_is_for_the_settings_of_its_server_and_proxy(void **state)
{
    (void)state;
    expect_all_different(key_of_origin);
    expect_all_different(key_of_proxy);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_setting_tells_keys_apart),
        cmocka_unit_test(connection_is_for_the_settings_of_its_server_and_proxy),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
