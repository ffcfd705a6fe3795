/* SPDX-License-Identifier: MIT */
/* Each step of a field gets on, hosts lie within their text, and a line that is read is written as
 * one that is read the same. */
#include "fuzz.h"

#include "wire/altsvc.h"

#include <string.h>

const char *const fuzz_seeds[] = {
    "h1=\"a.test:81\"; ma=60; persist=1, h2=\":443\"",
    "http%2F1.1=\"[ffff::1]:8181\";x=\"y\",clear",
    "h2 example.com 443 h3 shiny.example.com 8443 \"20991231 00:00:00\" 0 0",
    "# comment",
    NULL,
};

static void read_line(struct str line)
{
    struct altsvc_entry e, again;
    scoped(buf) b = {0};

    if (!altsvc_parse_line(line, &e))
        return;
    assert(e.from_host.at >= line.at && e.host.at + e.host.len <= line.at + line.len);
    assert(altsvc_append_line(&b, &e));
    assert(memchr(b.bytes, '\n', b.len) == b.bytes + b.len - 1);
    assert(altsvc_parse_line((struct str){b.bytes, b.len}, &again));
    assert(again.expires == e.expires && again.port == e.port && again.persist == e.persist);
    assert(str_equal(again.host, e.host) && str_equal(again.from_host, e.from_host));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct str field = {(const char *)bytes, len};
    struct altsvc_offer offer;
    enum altsvc_part part;
    size_t left = len;

    read_line(field);
    while ((part = altsvc_next(&field, &offer)) != ALTSVC_END) {
        assert(field.len < left);
        left = field.len;
        if (part == ALTSVC_CLEAR)
            continue;
        assert(offer.port > 0 && offer.port < 65536 && offer.age_s >= 0);
        assert(!offer.host.len || (offer.host.at >= (const char *)bytes &&
                                   offer.host.at + offer.host.len <= (const char *)bytes + len));
    }
    return 0;
}
