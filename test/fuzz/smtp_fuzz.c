/* SPDX-License-Identifier: MIT */
/* What a server says stays in bounds; a message is the same however its bytes are cut, none of its
 * lines is a dot alone, and its end is at its end. */
#include "fuzz.h"

#include "wire/sasl.h"
#include "wire/smtp.h"

const char *const fuzz_seeds[] = {
    "250-AUTH PLAIN LOGIN CRAM-MD5",
    "<a@b.test> NOTIFY=SUCCESS",
    "a\r\n.\r\n..b\r\n.\r.\n.",
    "\xc3\xa4@\xc3\xa4.test",
    NULL,
};

static void send_message(const char *bytes, size_t len, size_t step, struct buf *out)
{
    struct smtp_stuffing s = {0};

    for (size_t at = 0; at < len; at += step) {
        assert(smtp_stuff(&s, bytes + at, len - at < step ? len - at : step, out));
        if (step == SIZE_MAX)
            break;
    }
    assert(smtp_stuff_end(&s, out));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    static const char end[] = "\r\n.\r\n";
    struct str text = {(const char *)bytes, len};
    struct smtp_abilities abilities = {0};
    scoped(buf) whole = {0}, cut = {0}, mailbox = {0};
    struct smtp_address a;
    struct smtp_line line;

    if (smtp_read_line(text, &line)) {
        assert(line.code >= 0 && line.code < 1000 && line.text.len <= len);
        smtp_read_ability(line.text, &abilities);
        assert(!(abilities.sasl & ~(unsigned)SASL_ALL));
    }
    smtp_read_address(text, &a);
    assert(a.local.len + a.host.len + a.parameters.len <= len);
    assert(smtp_append_mailbox(&mailbox, &a));
    send_message(text.at, len, SIZE_MAX, &whole);
    send_message(text.at, len, 1, &cut);
    assert(whole.len == cut.len && !memcmp(whole.bytes, cut.bytes, cut.len));
    if (len) {
        const char *first = memmem(whole.bytes, whole.len, end, sizeof(end) - 1);
        assert(first && (size_t)(first - whole.bytes) + sizeof(end) - 1 == whole.len);
        assert(whole.len < 3 || memcmp(whole.bytes, ".\r\n", 3));
    }
    return 0;
}
