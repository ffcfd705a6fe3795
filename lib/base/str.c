/* SPDX-License-Identifier: MIT */
#include "base/str.h"

int ascii_hex_value(char c)
{
    if (ascii_is_digit(c))
        return c - '0';
    c = ascii_lower(c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : 0;
}

bool str_equal(struct str a, struct str b)
{
    return a.len == b.len && (!a.len || !memcmp(a.at, b.at, a.len));
}

bool str_equal_nocase(struct str a, struct str b)
{
    if (a.len != b.len)
        return false;
    for (size_t i = 0; i < a.len; i++) {
        if (ascii_lower(a.at[i]) != ascii_lower(b.at[i]))
            return false;
    }
    return true;
}

bool text_equal_nocase(const char *a, const char *b)
{
    return str_equal_nocase(str_of(a), str_of(b));
}

bool str_starts_nocase(struct str s, struct str prefix)
{
    return s.len >= prefix.len && str_equal_nocase((struct str){s.at, prefix.len}, prefix);
}

struct str str_trim_blanks(struct str s)
{
    while (s.len && ascii_is_blank(s.at[0])) {
        s.at++;
        s.len--;
    }
    while (s.len && ascii_is_blank(s.at[s.len - 1]))
        s.len--;
    return s;
}

bool str_take_number(struct str *s, int64_t max, int64_t *ret_number)
{
    struct str rest = *s;
    int64_t number = 0;

    if (!rest.len || !ascii_is_digit(rest.at[0]))
        return false;
    while (rest.len && ascii_is_digit(rest.at[0])) {
        int digit = rest.at[0] - '0';
        if (digit > max || number > (max - digit) / 10)
            return false;
        number = number * 10 + digit;
        rest.at++;
        rest.len--;
    }
    *s = rest;
    *ret_number = number;
    return true;
}
