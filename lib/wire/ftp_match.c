/* SPDX-License-Identifier: MIT */
#include "wire/ftp_match.h"

#include "base/str.h"

#include <stddef.h>
#include <string.h>

/* ---- Classes, without regard to the locale ---- */

static bool is_graph(char c)
{
    return c > ' ' && c < 0x7f;
}

static bool is_alnum(char c)
{
    return ascii_is_alpha(c) || ascii_is_digit(c);
}

static bool is_lower(char c)
{
    return c >= 'a' && c <= 'z';
}

static bool is_upper(char c)
{
    return c >= 'A' && c <= 'Z';
}

static bool is_print(char c)
{
    return c == ' ' || is_graph(c);
}

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static const struct {
    const char *name;
    bool (*has)(char);
} classes[] = {
    {"[:alnum:]",  is_alnum      },
    {"[:alpha:]",  ascii_is_alpha},
    {"[:blank:]",  ascii_is_blank},
    {"[:digit:]",  ascii_is_digit},
    {"[:graph:]",  is_graph      },
    {"[:lower:]",  is_lower      },
    {"[:print:]",  is_print      },
    {"[:space:]",  is_space      },
    {"[:upper:]",  is_upper      },
    {"[:xdigit:]", ascii_is_hex  },
};

enum { CLASSES = sizeof(classes) / sizeof(classes[0]) };

/* The class that begins here; CLASSES for none. */
static size_t find_class(const char *at)
{
    size_t i = 0;

    while (i < CLASSES && strncmp(at, classes[i].name, strlen(classes[i].name)) != 0)
        i++;
    return i;
}

/* ---- Brackets ---- */

/* One character of a bracket expression, which a backslash may stand before; what follows it. */
static const char *take_char(const char *at, char *ret)
{
    if (*at == '\\' && at[1])
        at++;
    *ret = *at;
    return at + 1;
}

/* One member at `at`: a class, a range, a character. A range that would end before it begins is
 * three characters. *ret_has: `c` is in it. */
static const char *take_member(const char *at, char c, bool *ret_has)
{
    size_t class = find_class(at);
    char first, last;
    const char *behind;

    if (class < CLASSES) {
        *ret_has = *ret_has || classes[class].has(c);
        return at + strlen(classes[class].name);
    }
    at = take_char(at, &first);
    *ret_has = *ret_has || c == first;
    if (at[0] != '-' || !at[1] || at[1] == ']')
        return at;
    behind = take_char(at + 1, &last);
    if ((unsigned char)last < (unsigned char)first)
        return at;
    *ret_has = *ret_has || ((unsigned char)c >= (unsigned char)first &&
                            (unsigned char)c <= (unsigned char)last);
    return behind;
}

/* Behind the bracket expression that begins at `at`; NULL when it has no end. "]" is a member where
 * it stands first. */
static const char *match_bracket(const char *at, char c, bool *ret_matches)
{
    bool negated, has = false;

    at++;
    negated = *at == '^' || *at == '!';
    if (negated)
        at++;
    do {
        if (!*at)
            return NULL;
        at = take_member(at, c, &has);
    } while (*at != ']');
    *ret_matches = has != negated;
    return at + 1;
}

/* ---- Patterns ---- */

/* Behind the one element at `at`, which is no "*", if it matches `c`; NULL otherwise. */
static const char *match_one(const char *at, char c)
{
    const char *behind = NULL;
    bool matches = false;
    char wanted;

    if (*at == '?')
        return at + 1;
    if (*at == '[')
        behind = match_bracket(at, c, &matches);
    if (behind)
        return matches ? behind : NULL;
    at = take_char(at, &wanted);
    return wanted == c ? at : NULL;
}

/* Only the last "*" is ever tried again: what the ones before it took can stay as it is. */
bool ftp_match(const char *pattern, const char *name)
{
    const char *star = NULL, *retry = NULL;

    while (*name) {
        const char *behind;

        if (*pattern == '*') {
            star = ++pattern;
            retry = name;
            continue;
        }
        behind = *pattern ? match_one(pattern, *name) : NULL;
        if (behind) {
            pattern = behind;
            name++;
        } else if (star) {
            pattern = star;
            name = ++retry;
        } else {
            return false;
        }
    }
    while (*pattern == '*')
        pattern++;
    return !*pattern;
}
