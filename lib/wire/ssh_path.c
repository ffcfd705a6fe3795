/* SPDX-License-Identifier: MIT */
#include "wire/ssh_path.h"

#include "wire/escape.h"

#include <string.h>

/* The home folder in place of "/~", and what follows of `text` behind it. */
static bool expand(struct buf *ret, const struct buf *text, struct str home)
{
    const char *rest = text->bytes + 3;
    size_t len = text->len - 3;

    buf_append(ret, home.at, home.len);
    if (home.len && home.at[home.len - 1] != '/')
        buf_append_char(ret, '/');
    if (!home.len && !len)
        buf_append_char(ret, '.');
    return buf_append(ret, rest, len);
}

enum ssh_path_error ssh_path_parse(struct buf *ret, struct str path, struct str home)
{
    scoped(buf) text = {0};

    buf_clear(ret);
    if (!unescape_append(&text, path))
        return SSH_PATH_MEMORY;
    if (text.len && memchr(text.bytes, '\0', text.len))
        return SSH_PATH_BAD;
    if (text.len == 2 && !memcmp(text.bytes, "/~", 2)) {
        buf_append(ret, home.len ? home.at : ".", home.len ? home.len : 1);
    } else if (text.len > 2 && !memcmp(text.bytes, "/~/", 3)) {
        expand(ret, &text, home);
    } else {
        buf_append(ret, buf_text(&text), text.len);
    }
    return buf_failed(ret) ? SSH_PATH_MEMORY : SSH_PATH_FINE;
}
