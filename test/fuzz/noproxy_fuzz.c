/* SPDX-License-Identifier: MIT */
/* A host that is its own entry is covered, whatever else the list says. */
#include "fuzz.h"

#include "base/buf.h"
#include "wire/noproxy.h"

#include <string.h>

const char *const fuzz_seeds[] = {
    "a.b,.example.com, 192.168.0.0/16,2001:db8::/32,*",
    "[::1]/128,fe80::1%x,1.2.3.4/,/8,,.",
    NULL,
};

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    static const char *const hosts[] = {"www.example.com", "192.0.2.1", "2001:db8::1"};

    for (int i = 0; i < 3; i++) {
        scoped(buf) list = {0};

        buf_append(&list, bytes, len);
        if (memchr(buf_text(&list), '\0', list.len))
            return 0;
        (void)noproxy_covers(buf_text(&list), str_of(hosts[i]));
        (void)noproxy_covers(hosts[i], (struct str){(const char *)bytes, len});
        buf_append_char(&list, ',');
        buf_append_text(&list, hosts[i]);
        assert(!buf_failed(&list) && noproxy_covers(list.bytes, str_of(hosts[i])));
    }
    return 0;
}
