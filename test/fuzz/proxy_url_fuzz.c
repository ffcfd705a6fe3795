/* SPDX-License-Identifier: MIT */
/* What is taken has a host, a port and a type, and no NUL within its texts. */
#include "fuzz.h"

#include "wire/proxy_url.h"

#include <string.h>

const char *const fuzz_seeds[] = {
    "socks5h://us%65r:pw@localhost/run/sock%20et",
    "https://[fe80::1%25eth0]:443/",
    "host:3128",
    NULL,
};

static bool is_text(const struct buf *b)
{
    return strlen(buf_text(b)) == b->len;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    scoped(proxy_url) p = {0};
    scoped(buf) text = {0};

    buf_append(&text, bytes, len);
    if (proxy_url_parse(buf_text(&text), (long)(len % 8), 0, &p) != PROXY_URL_OK)
        return 0;
    assert(p.host.len && p.port > 0 && p.port <= 65535 && p.type >= 0 && p.type <= 7);
    assert(is_text(&p.host) && is_text(&p.user) && is_text(&p.password) && is_text(&p.unix_path));
    assert(!p.unix_path.len || proxy_is_socks(p.type));
    return 0;
}
