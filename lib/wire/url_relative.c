/* SPDX-License-Identifier: MIT */
/* A reference in a base URL becomes an absolute URL, as text (RFC 3986 5.2). That text is parsed
 * again, which removes dot segments and checks what is new. */
#include "wire/url_inner.h"

/* The reference, cleaned of what servers put into Location fields. An authority is left as it is:
 * nothing is forgiven there. */
static bool append_reference(struct buf *b, struct str reference, size_t authority_len)
{
    size_t query = authority_len;

    while (query < reference.len && reference.at[query] != '?')
        query++;
    return buf_append(b, reference.at, authority_len) &&
           url_append_clean(b, (struct str){reference.at + authority_len, query - authority_len},
                            false) &&
           url_append_clean(b, (struct str){reference.at + query, reference.len - query}, true);
}

/* Bytes of "//authority" at the reference's start. */
static size_t authority_in(struct str reference)
{
    size_t len = 2;

    if (reference.len < 2 || reference.at[0] != '/' || reference.at[1] != '/')
        return 0;
    while (len < reference.len && reference.at[len] == '/')
        len++;
    while (len < reference.len && !strchr("/?#", reference.at[len]))
        len++;
    return len;
}

/* The base's path up to and with its last slash. */
static bool append_folder(struct buf *b, struct str path)
{
    while (path.len && path.at[path.len - 1] != '/')
        path.len--;
    return path.len ? buf_append(b, path.at, path.len) : buf_append_char(b, '/');
}

static bool append_path(struct buf *b, struct str path)
{
    return (path.len && path.at[0] == '/') || buf_append_char(b, '/')
               ? buf_append(b, path.at, path.len)
               : false;
}

/* What the reference leaves of the base behind its authority. */
static bool append_base_rest(struct buf *b, const struct url *base, struct str reference)
{
    struct str path = str_of(base->path);
    char first = (char)(reference.len ? reference.at[0] : 0);

    if (first == '/')
        return true;
    if (path.len && path.at[0] != '/' && !buf_append_char(b, '/'))
        return false;
    if (first != '\0' && first != '?' && first != '#')
        return append_folder(b, path);
    if (!append_path(b, path))
        return false;
    if (first == '?' || !base->query)
        return true;
    return buf_append_char(b, '?') && buf_append_text(b, base->query);
}

CURLUcode url_resolve(const struct url *base, struct str reference, unsigned flags,
                      struct buf *ret_text)
{
    size_t authority_len = authority_in(reference);
    CURLUcode result;
    bool done;

    result = url_append_origin(ret_text, base, flags & CURLU_DEFAULT_SCHEME);
    if (result)
        return result;
    if (authority_len) {
        const char *slashes = strstr(ret_text->bytes, "//");

        ret_text->len = (size_t)(slashes - ret_text->bytes);
    }
    done = append_base_rest(ret_text, base, reference) &&
           append_reference(ret_text, reference, authority_len);
    return done ? CURLUE_OK : CURLUE_OUT_OF_MEMORY;
}
