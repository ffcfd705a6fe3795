/* SPDX-License-Identifier: MIT */
#include "api/host_memo.h"

#include "base/mem.h"
#include "net/dial_key.h"
#include "wire/url.h"

#include <curl/curl.h>
#include <string.h>

void host_memo_release(struct host_memo *m)
{
    buf_release(&m->origin);
    buf_release(&m->key);
}

/* What decides on the host: all in front of the path. 0 for a URL where that is not plain to see:
 * it names no scheme, or has more slashes than it should. */
static size_t origin_len(const char *url)
{
    const char *authority = strstr(url, "://");
    size_t len = authority ? strcspn(authority + 3, "/?#\\") : 0;

    return len ? (size_t)(authority - url) + 3 + len : 0;
}

static bool find_key(const char *text, long port, struct buf *ret_key)
{
    scoped(url) url = {0};
    struct dial_target target = {0};
    char *host;
    bool found;

    if (url_set_whole(&url, text, CURLU_GUESS_SCHEME | CURLU_NON_SUPPORT_SCHEME) ||
        url_get_hostname(&url, &host))
        return false;
    target.scheme = url.scheme;
    target.host = str_of(host);
    target.port = port              ? (int)port
                  : url.port_number ? url.port_number
                                    : url_default_port(url.scheme);
    found = dial_host_key(&target, ret_key);
    mem_free(host);
    return found;
}

bool host_memo_key(struct host_memo *m, const char *url, long port, struct str *ret_key)
{
    struct str origin = {url, origin_len(url)};
    bool known = origin.len && m->port == port &&
                 str_equal(origin, (struct str){m->origin.bytes, m->origin.len});

    if (!known) {
        buf_clear(&m->origin);
        buf_clear(&m->key);
        if (!find_key(url, port, &m->key))
            return false;
        m->port = port;
        buf_append(&m->origin, origin.at, origin.len);
        if (buf_failed(&m->origin))
            buf_clear(&m->origin);
    }
    *ret_key = (struct str){m->key.bytes, m->key.len};
    return true;
}
