/* SPDX-License-Identifier: MIT */
/* A slice of text that somebody else owns, and locale-free ASCII helpers. */
#ifndef BASE_STR_H
#define BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct str {
    const char *at;
    size_t len;
};

#define STR(literal) ((struct str){(literal), sizeof(literal) - 1})

static inline struct str str_of(const char *text)
{
    return (struct str){text, text ? strlen(text) : 0};
}

static inline char ascii_lower(char c)
{
    return (char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
}

static inline char ascii_upper(char c)
{
    return (char)(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
}

static inline bool ascii_is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static inline bool ascii_is_alpha(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static inline bool ascii_is_hex(char c)
{
    return ascii_is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static inline bool ascii_is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* The value of a hexadecimal digit; 0 for anything else. */
int ascii_hex_value(char c);

bool str_equal(struct str, struct str);
/* Without regard to ASCII case. */
bool str_equal_nocase(struct str, struct str);
bool text_equal_nocase(const char *, const char *);
bool str_starts_nocase(struct str, struct str prefix);
struct str str_trim_blanks(struct str);

/* Reads a decimal number at the start of `s`, at most `max`; false when there is no digit or it is
 * larger. What was read is cut from `s`. */
bool str_take_number(struct str *s, int64_t max, int64_t *ret_number);

#endif
