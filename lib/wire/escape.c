/* SPDX-License-Identifier: MIT */
#include "wire/escape.h"

static bool is_unreserved(char c)
{
    return ascii_is_alpha(c) || ascii_is_digit(c) || c == '-' || c == '.' || c == '_' || c == '~';
}

bool escape_append_char(struct buf *b, char c)
{
    static const char digits[] = "0123456789ABCDEF";
    unsigned char byte = (unsigned char)c;
    char encoded[3] = {'%', digits[byte >> 4], digits[byte & 15]};

    return buf_append(b, encoded, sizeof(encoded));
}

bool escape_append_except(struct buf *b, struct str s, const char *kept)
{
    size_t start = 0;

    for (size_t i = 0; i < s.len; i++) {
        if (is_unreserved(s.at[i]) || (s.at[i] && strchr(kept, s.at[i])))
            continue;
        if (!buf_append(b, s.at + start, i - start) || !escape_append_char(b, s.at[i]))
            return false;
        start = i + 1;
    }
    return buf_append(b, s.at + start, s.len - start);
}

bool escape_append(struct buf *b, struct str s)
{
    return escape_append_except(b, s, "");
}

static bool is_escape(struct str s, size_t i)
{
    return s.at[i] == '%' && s.len - i > 2 && ascii_is_hex(s.at[i + 1]) &&
           ascii_is_hex(s.at[i + 2]);
}

bool unescape_append(struct buf *b, struct str s)
{
    if (!buf_reserve(b, s.len))
        return false;
    for (size_t i = 0; i < s.len; i++) {
        char c = s.at[i];

        if (is_escape(s, i)) {
            c = (char)(ascii_hex_value(s.at[i + 1]) << 4 | ascii_hex_value(s.at[i + 2]));
            i += 2;
        }
        if (!buf_append_char(b, c))
            return false;
    }
    return buf_append(b, "", 0);
}
