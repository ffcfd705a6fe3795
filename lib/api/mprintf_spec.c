/* SPDX-License-Identifier: MIT */
#include "api/mprintf_spec.h"

#include <limits.h>
#include <string.h>

void spec_start(struct spec_reader *r, const char *format)
{
    *r = (struct spec_reader){.at = format};
}

/* A decimal number; -1 if it is none or too large. */
static int take_int(const char **at)
{
    const char *p = *at;
    int number = 0;

    if (!ascii_is_digit(*p))
        return -1;
    for (; ascii_is_digit(*p); p++) {
        int digit = *p - '0';

        if (number > (INT_MAX - digit) / 10)
            return -1;
        number = number * 10 + digit;
    }
    *at = p;
    return number;
}

/* "3$": the position of an argument, from 0; -1 if there is none. */
static int take_position(const char **at)
{
    const char *p = *at;
    int number = take_int(&p);

    if (*p != '$' || number < 1 || number > SPEC_ARGUMENTS_MAX)
        return -1;
    *at = p + 1;
    return number - 1;
}

/* How a conversion is going. */
struct parse {
    struct spec *spec;
    bool by_position;
    bool star_width, star_precision; /* taken from the arguments */
    bool twice;                      /* and given as a number, too */
};

/* What stands behind a '*': with arguments by position, which one. */
static bool take_star(struct parse *parse, const char **at, int *ret_position)
{
    if (!parse->by_position)
        return true;
    *ret_position = take_position(at);
    return *ret_position >= 0;
}

static bool take_precision(struct parse *parse, const char **at)
{
    bool negative;

    if (**at == '*') {
        ++*at;
        parse->twice |= parse->spec->precision >= 0;
        parse->star_precision = true;
        return take_star(parse, at, &parse->spec->precision_at);
    }
    parse->twice |= parse->star_precision;
    negative = **at == '-';
    *at += negative;
    if (!ascii_is_digit(**at)) {
        parse->spec->precision = negative ? -1 : 0;
        return true;
    }
    parse->spec->precision = take_int(at);
    if (parse->spec->precision < 0)
        return false;
    if (negative)
        parse->spec->precision = -1;
    return true;
}

static bool take_size(struct spec *spec, char c)
{
    switch (c) {
    case 'h':
        spec->is_short = true;
        return true;
    case 'l':
        spec->is_llong = spec->is_long;
        spec->is_long = true;
        return true;
    case 'L':
        spec->is_long_double = true;
        spec->is_llong = true;
        return true;
    case 'q':
    case 'O': /* curl_off_t */
        spec->is_llong = true;
        return true;
    case 'z':
        spec->is_long = true;
        spec->is_llong = sizeof(size_t) > sizeof(long);
        return true;
    default:
        return false;
    }
}

static bool take_flag(struct spec *spec, char c)
{
    switch (c) {
    case ' ':
        spec->space = true;
        return true;
    case '+':
        spec->plus = true;
        return true;
    case '-':
        spec->left = true;
        return true;
    case '#':
        spec->alternate = true;
        return true;
    default:
        return take_size(spec, c);
    }
}

/* All between the % and the letter; false if it is malformed. */
static bool take_modifiers(struct parse *parse, const char **at)
{
    for (;;) {
        if (take_flag(parse->spec, **at)) {
            ++*at;
        } else if (**at == '*') {
            ++*at;
            parse->star_width = true;
            if (!take_star(parse, at, &parse->spec->width_at))
                return false;
        } else if (**at == '.') {
            ++*at;
            if (!take_precision(parse, at))
                return false;
        } else if (ascii_is_digit(**at)) { /* a leading zero is a flag, too */
            parse->spec->zero |= **at == '0';
            parse->spec->width = take_int(at);
            if (parse->spec->width < 0)
                return false;
            parse->twice |= parse->star_width && parse->spec->width;
        } else {
            return true;
        }
    }
}

static enum spec_type integer_type(const struct spec *spec, bool is_unsigned)
{
    enum spec_type type = SPEC_INT;

    if (spec->is_llong)
        type = SPEC_LLONG;
    else if (spec->is_long)
        type = SPEC_LONG;
    return is_unsigned ? type + 1 : type;
}

static enum spec_type type_of(const struct spec *spec)
{
    switch (spec->letter) {
    case 'd':
    case 'i':
        return integer_type(spec, false);
    case 'o':
    case 'u':
    case 'x':
    case 'X':
        return integer_type(spec, true);
    case 'c':
        return SPEC_INT;
    case 'e':
    case 'E':
    case 'f':
    case 'g':
    case 'G':
        return spec->is_long_double ? SPEC_LONG_DOUBLE : SPEC_DOUBLE;
    case 's':
    case 'S':
    case 'p':
    case 'n':
        return SPEC_POINTER;
    default:
        return SPEC_UNUSED;
    }
}

/* Numbers the arguments of a conversion that takes them in order. */
static void number_arguments(struct spec_reader *r, const struct parse *parse)
{
    if (parse->star_width)
        parse->spec->width_at = r->arguments++;
    if (parse->star_precision)
        parse->spec->precision_at = r->arguments++;
    parse->spec->value_at = r->arguments++;
}

/* Reads what stands behind a %. SPEC_END: it is no conversion; `*at` is behind it in any case. */
static enum spec_result take_spec(struct spec_reader *r, const char **at, struct spec *spec)
{
    struct parse parse = {.spec = spec};

    *spec = (struct spec){.width = -1, .precision = -1, .width_at = -1, .precision_at = -1};
    spec->value_at = r->in_order ? -1 : take_position(at);
    parse.by_position = spec->value_at >= 0;
    if (r->by_position && !parse.by_position)
        return SPEC_BAD;
    r->by_position = parse.by_position;
    r->in_order = !parse.by_position;
    if (!take_modifiers(&parse, at))
        return SPEC_BAD;
    spec->letter = **at;
    *at += spec->letter != '\0' && spec->letter != '%'; /* which begins the next one */
    spec->type = type_of(spec);
    if (spec->type == SPEC_UNUSED)
        return SPEC_END;
    if (parse.twice)
        return SPEC_BAD;
    if (r->in_order)
        number_arguments(r, &parse);
    return r->arguments > SPEC_ARGUMENTS_MAX ? SPEC_BAD : SPEC_PIECE;
}

enum spec_result spec_next(struct spec_reader *r, struct str *ret_text, struct spec *ret_spec)
{
    const char *start = r->at, *p = start + r->percent, *percent;
    enum spec_result result = SPEC_END;

    r->percent = false;
    while (result == SPEC_END) {
        percent = p = strchrnul(p, '%');
        *ret_text = (struct str){start, (size_t)(percent - start)};
        ret_spec->letter = '\0';
        if (!*p || (p[1] == '%' && p > start)) {
            r->at = *p ? p + 1 : p;
            r->percent = *p != '\0';
            result = p > start ? SPEC_PIECE : SPEC_END;
            break;
        }
        if (p[1] == '%') {
            start = p + 1;
            p += 2;
            continue;
        }
        p++;
        result = take_spec(r, &p, ret_spec);
        r->at = p;
    }
    return result == SPEC_PIECE && r->pieces++ == SPEC_PIECES_MAX ? SPEC_BAD : result;
}
