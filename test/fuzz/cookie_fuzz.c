/* SPDX-License-Identifier: MIT */
/* Any Set-Cookie field and any line of a file: what is taken holds its bounds, is written as one
 * line of seven fields, and is read back the same. */
#include "fuzz.h"

#include "wire/cookie.h"

const char *const fuzz_seeds[] = {
    "n=v; path=/p/; domain=.b.example; secure; httponly; max-age=60; SameSite=Lax",
    "__Host-n=v; secure; path=\"/\"; expires=Sun, 09-Sep-2031 01:47:40 GMT",
    "#HttpOnly_.b.example\tTRUE\t/p\tTRUE\t22147483647\tn\tv",
    "b.example\tFALSE\tFALSE\t0\t\tn",
    NULL,
};

static void check(const struct cookie *c)
{
    scoped(buf) line = {0};
    struct cookie again;
    size_t tabs = 0;

    assert(c->name.len <= COOKIE_PART_MAX && c->value.len <= COOKIE_PART_MAX);
    assert(c->name.len + c->value.len <= COOKIE_PAIR_MAX);
    if (!c->domain.len || !cookie_append_line(&line, c))
        return;
    for (size_t i = 0; i < line.len; i++) {
        assert(line.bytes[i] != '\n' && line.bytes[i] != '\r');
        tabs += line.bytes[i] == '\t';
    }
    assert(tabs == 6);
    if (line.len > COOKIE_LINE_MAX)
        return;
    assert(!cookie_parse_line((struct str){line.bytes, line.len}, &again));
    assert(cookie_same(c, &again) && str_equal(c->value, again.value));
    assert(c->expires == again.expires && c->secure == again.secure);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct str text = {(const char *)bytes, len}, value;
    struct cookie_origin from = {
        .host = STR("a.b.example"), .path = STR("/p/q"), .secure = len % 2};
    struct cookie c;

    if (!cookie_parse_field(text, &from, 1000000000, &c)) {
        check(&c);
        from.secure = true;
        assert(c.tail ? cookie_domain_has(c.domain, from.host)
                      : str_equal_nocase(c.domain, from.host));
    }
    if (!cookie_parse_line(text, &c))
        check(&c);
    cookie_is_field(text, &value);
    return 0;
}
