/* SPDX-License-Identifier: MIT */
/* What the url files share. */
#ifndef WIRE_URL_INNER_H
#define WIRE_URL_INNER_H

#include "wire/url.h"

#include "base/str.h"

/* Longest text that is taken in, in bytes. */
enum { URL_INPUT_MAX = 8000000 };

/* Longest scheme, in bytes. */
enum { URL_SCHEME_MAX = 40 };

/* Length of the scheme that `text` begins with, 0 for none. With `guessing` (a URL without a scheme
 * would do) its colon must be followed by a slash. */
size_t url_scheme_len(struct str text, bool guessing);

/* True for a letter and then letters, digits, "+", "-" and ".". */
bool url_scheme_is_good(struct str scheme);

/* Appends `s` with blanks and bytes outside ASCII encoded and existing escapes in upper case. A
 * blank becomes "+" where `plus` says so. Controls stay, to be refused. */
bool url_append_clean(struct buf *, struct str s, bool plus);

/* Appends `path` without its "." and ".." segments (RFC 3986 5.2.4), encoded ones too. */
bool url_append_without_dots(struct buf *, struct str path);

/* The port in all digits of `text`, at most 65535. */
bool url_parse_port(struct str text, int *ret_port);

/* The absolute form of `reference` in `base`, whose URL the flags allow to be read. */
CURLUcode url_resolve(const struct url *base, struct str reference, unsigned flags,
                      struct buf *ret_text);

/* Appends scheme, "://" and authority. CURLUE_NO_HOST, CURLUE_NO_SCHEME, ... */
CURLUcode url_append_origin(struct buf *, const struct url *, unsigned flags);

static inline bool url_is_file(const struct url *u)
{
    return u->scheme && text_equal_nocase(u->scheme, "file");
}

static inline bool url_guesses(unsigned flags)
{
    return (flags & (CURLU_GUESS_SCHEME | CURLU_DEFAULT_SCHEME)) != 0;
}

#endif
