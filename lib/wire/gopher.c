/* SPDX-License-Identifier: MIT */
#include "wire/gopher.h"

#include "wire/escape.h"

#include <string.h>

enum { TYPE = 2 }; /* a slash and a letter in front: for whoever shows the item */

static bool has(const struct buf *b, char c)
{
    return b->len && memchr(b->bytes, c, b->len);
}

CURLcode gopher_append_selector(struct buf *to, struct str path, struct str query)
{
    scoped(buf) whole = {0}, selector = {0};

    buf_append(&whole, path.at, path.len);
    if (query.len) {
        buf_append_char(&whole, '?');
        buf_append(&whole, query.at, query.len);
    }
    if (buf_failed(&whole))
        return CURLE_OUT_OF_MEMORY;
    if (whole.len > TYPE &&
        !unescape_append(&selector, (struct str){whole.bytes + TYPE, whole.len - TYPE}))
        return CURLE_OUT_OF_MEMORY;
    if (has(&selector, '\r') || has(&selector, '\n') || has(&selector, '\0'))
        return CURLE_URL_MALFORMAT;
    buf_append(to, buf_text(&selector), selector.len);
    buf_append_text(to, "\r\n");
    return buf_failed(to) ? CURLE_OUT_OF_MEMORY : CURLE_OK;
}
