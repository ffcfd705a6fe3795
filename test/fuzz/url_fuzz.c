/* SPDX-License-Identifier: MIT */
/* A URL that was accepted is accepted again as it is given back, and then stays as it is. The first
 * two bytes are flags; a line feed separates the URL from one that is relative to it and from a
 * part. */
#include "fuzz.h"

#include "base/mem.h"
#include "wire/url.h"

#include <string.h>

const char *const fuzz_seeds[] = {
    "\x08\x00https://user:pass@Host.example:0443/a/../b?q=1&r=%aa#f\n../c d?e#f\nx=y z",
    "\x08\x02"
    "ftp.host/x\n//other/y\n%41",
    "\x18\x00imap://u:p;o@[fe80::1%25eth0]:81/./a\n#z\n[::1%lo]",
    "\x08\x00"
    "file:///etc/../x?q\n/y\n127.1",
    "\x08\x04"
    "at:///did:plc:x\n?\nhost",
    "\x88\x08http://0x7f.1/a b?c d#e f\n;x\n80",
    "\x08\x00http://%68ost.:/%2e%2e/%2E/..\n.\nh..",
    "\x08\x00http://2130706433./\n\nxn--hst-ula",
    "\x08\x00http://h\xc3\xa5st\\x:1\\\nhttp:\\\\x\na|b",
    NULL,
};

enum {
    AGAIN = CURLU_NON_SUPPORT_SCHEME | CURLU_NO_AUTHORITY | CURLU_ALLOW_SPACE | CURLU_PATH_AS_IS
};

static void get_all_parts(const struct url *u)
{
    static const unsigned flags[] = {
        0, CURLU_URLDECODE, CURLU_URLENCODE, CURLU_PUNYCODE, CURLU_PUNY2IDN, CURLU_DEFAULT_PORT,
    };

    for (int part = CURLUPART_URL; part <= CURLUPART_ZONEID; part++) {
        for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
            char *text = NULL;
            CURLUcode result = url_get_part(u, (CURLUPart)part, &text, flags[i]);

            assert(!result == (text != NULL));
            mem_free(text);
        }
    }
}

static void check_stable(const struct url *u)
{
    struct url again = {0};
    char *text = NULL, *second = NULL;

    assert(!url_get_part(u, CURLUPART_URL, &text, CURLU_GET_EMPTY));
    assert(!url_set_whole(&again, text, AGAIN));
    assert(!url_get_part(&again, CURLUPART_URL, &second, CURLU_GET_EMPTY));
    assert(!strcmp(text, second));
    mem_free(text);
    mem_free(second);
    url_release(&again);
}

static void set_all_parts(struct url *u, const char *value, unsigned flags)
{
    for (int part = CURLUPART_SCHEME; part <= CURLUPART_ZONEID; part++)
        (void)url_set_part(u, (CURLUPart)part, value, flags);
    get_all_parts(u);
}

static void run(char *text, unsigned flags)
{
    struct url u = {0}, copy = {0};
    char *relative = strchr(text, '\n'), *value = NULL;

    if (relative) {
        *relative++ = '\0';
        value = strchr(relative, '\n');
        if (value)
            *value++ = '\0';
    }
    if (!url_set_whole(&u, text, flags)) {
        check_stable(&u);
        get_all_parts(&u);
        assert(!url_copy(&u, &copy));
    }
    if (relative && !url_set_whole(&u, relative, flags))
        check_stable(&u);
    if (value)
        set_all_parts(&u, value, flags);
    url_release(&u);
    url_release(&copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    char *text;

    if (len < 2)
        return 0;
    text = mem_memdup0(bytes + 2, len - 2);
    assert(text);
    run(text, bytes[0] | (unsigned)bytes[1] << 8);
    mem_free(text);
    return 0;
}
