/* SPDX-License-Identifier: MIT */
/* What a server says stays in bounds, what a URL asks for can be said in a line, and a text in
 * quotes ends where they do. */
#include "fuzz.h"

#include "wire/imap.h"
#include "wire/sasl.h"

const char *const fuzz_seeds[] = {
    "A001 OK [UIDVALIDITY 12] done",
    "* 1 FETCH (BODY[] {12}",
    "CAPABILITY IMAP4rev1 STARTTLS AUTH=PLAIN SASL-IR",
    "/box%20;UIDVALIDITY=12/;MAILINDEX=3/;SECTION=1.2;PARTIAL=0.100",
    "a \"b\\c\"",
    NULL,
};

static void quote(struct str text)
{
    scoped(buf) out = {0};
    size_t at = 1;

    assert(imap_append_quoted(&out, text));
    for (; at + 1 < out.len && out.bytes[at] != '"'; at++)
        at += out.bytes[at] == '\\';
    assert(at + 1 == out.len);
}

static void ask(const char *path)
{
    struct imap_place p = {0};

    if (!imap_read_place(path, path, &p))
        assert(!strpbrk(buf_text(&p.mailbox), "\r\n") && !strpbrk(buf_text(&p.section), "\r\n"));
    imap_place_release(&p);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct str line = {(const char *)bytes, len};
    struct imap_abilities abilities = {0};
    struct imap_line got;
    scoped(buf) text = {0};
    int64_t literal;

    imap_read_line(line, STR("A001"), &got);
    assert(got.text.len <= len);
    imap_read_abilities(got.text, &abilities);
    assert(!(abilities.sasl & ~(unsigned)SASL_ALL));
    (void)imap_answers(got.text, STR("FETCH"));
    assert(imap_find_uidvalidity(got.text).len <= len);
    if (imap_has_literal(line, &literal))
        assert(literal >= 0);
    quote(line);
    if (buf_append(&text, line.at, len) && len)
        ask(text.bytes);
    return 0;
}
