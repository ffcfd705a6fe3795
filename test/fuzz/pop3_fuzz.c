/* SPDX-License-Identifier: MIT */
/* A body is the same however its bytes are cut, and not longer than they are; what lines and
 * challenges are taken for stays in bounds. */
#include "fuzz.h"

#include "wire/pop3.h"
#include "wire/sasl.h"

const char *const fuzz_seeds[] = {
    "+OK ready <1972.987654321@host>",
    "a\r\n..b\r\n.\rc\r\n.\r\n+OK",
    "SASL PLAIN LOGIN CRAM-MD5",
    "realm=\"a\",nonce=\"b\\\"\",algorithm=md5-sess,qop=\"auth,auth-int\"",
    NULL,
};

static size_t feed(struct pop3_body *b, const char *bytes, size_t len, size_t step, struct buf *out)
{
    size_t at = 0;

    while (at < len && !b->done) {
        size_t used, part = len - at < step ? len - at : step;

        assert(pop3_body_feed(b, bytes + at, part, &used, out));
        assert(used <= part && (used == part || b->done));
        at += used;
    }
    return at;
}

static void read_body(const char *bytes, size_t len)
{
    struct pop3_body whole = {0}, cut = {0};
    scoped(buf) out = {0}, out_cut = {0};
    size_t used = feed(&whole, bytes, len, SIZE_MAX, &out);

    assert(used == feed(&cut, bytes, len, 1, &out_cut) && whole.done == cut.done);
    assert(out.len == out_cut.len && out.len <= used);
    assert(!out.len || !memcmp(out.bytes, out_cut.bytes, out.len));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct str line = {(const char *)bytes, len}, text;
    struct sasl_who who = {.user = STR("user"), .password = STR("secret"), .host = STR("host")};
    struct pop3_abilities abilities = {0};
    scoped(buf) out = {0};

    read_body(line.at, len);
    pop3_read_status(line, &text);
    assert(text.len <= len);
    text = pop3_find_stamp(line);
    assert(text.len <= len && (!text.len || text.at[text.len - 1] == '>'));
    pop3_read_ability(line, &abilities);
    assert(!(abilities.sasl & ~(unsigned)SASL_ALL));
    (void)pop3_is_multiline(line);
    if (sasl_append_digest(&out, &who, line, STR("cnonce"), STR("pop/host")) == SASL_OK)
        assert(out.len <= 2 * len + 200);
    return 0;
}
