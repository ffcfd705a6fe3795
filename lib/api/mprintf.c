/* SPDX-License-Identifier: MIT */
#include "api/mprintf.h"

#include "api/mprintf_spec.h"

#include <float.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

union argument {
    int64_t number;
    double real;
    long double long_real;
    void *pointer;
};

struct arguments {
    unsigned char types[SPEC_ARGUMENTS_MAX]; /* enum spec_type */
    union argument values[SPEC_ARGUMENTS_MAX];
};

/* A number's characters at most: digits, and what a float has around them. */
enum { NUMBER_MAX = 325 };

/* ---- Writing ---- */

static bool put(struct mprintf_sink *sink, const char *text, size_t len)
{
    return !len || (sink->count < INT_MAX && sink->put(sink, text, len));
}

static bool put_many(struct mprintf_sink *sink, char c, int count)
{
    char block[32];

    memset(block, c, sizeof(block));
    for (; count > 0; count -= (int)sizeof(block)) {
        if (!put(sink, block, count < (int)sizeof(block) ? (size_t)count : sizeof(block)))
            return false;
    }
    return true;
}

/* Text in its field. */
static bool put_padded(struct mprintf_sink *sink, const struct spec *spec, struct str text)
{
    int len = text.len > INT_MAX ? INT_MAX : (int)text.len;
    int room = spec->width > len ? spec->width - len : 0;

    return put_many(sink, ' ', spec->left ? 0 : room) && put(sink, text.at, text.len) &&
           put_many(sink, ' ', spec->left ? room : 0);
}

/* ---- Whole numbers ---- */

/* The digits of a number as they stand at the end of `room`; returns how many. */
static int write_digits(char room[NUMBER_MAX], uint64_t number, unsigned base, bool upper,
                        int precision)
{
    const char *letters = upper ? "0123456789ABCDEF" : "0123456789abcdef";
    char *p = room + NUMBER_MAX;

    if (precision < 0)
        precision = 1;
    for (; number; number /= base)
        *--p = letters[number % base];
    while (room + NUMBER_MAX - p < precision && p > room)
        *--p = '0';
    return (int)(room + NUMBER_MAX - p);
}

static bool put_number(struct mprintf_sink *sink, const struct spec *spec, uint64_t number,
                       bool negative)
{
    char room[NUMBER_MAX], prefix[4] = "";
    bool hex = spec->letter == 'x' || spec->letter == 'X' || spec->letter == 'p';
    unsigned base = hex ? 16 : spec->letter == 'o' ? 8 : 10;
    int len = write_digits(room, number, base, spec->letter == 'X', spec->precision);
    const char *digits = room + NUMBER_MAX - len;
    size_t n = 0;
    int pad, zeros;

    if (negative || spec->plus || spec->space)
        prefix[n++] = (char)(negative ? '-' : spec->plus ? '+' : ' ');
    if (spec->alternate && (hex || (base == 8 && (!len || *digits != '0'))))
        prefix[n++] = '0';
    if (spec->alternate && hex)
        prefix[n++] = (char)(spec->letter == 'X' ? 'X' : 'x');
    pad = spec->width - len - (int)n;
    zeros = spec->zero && !spec->left ? pad : 0;
    pad -= zeros > 0 ? zeros : 0;
    return put_many(sink, ' ', spec->left ? 0 : pad) && put(sink, prefix, n) &&
           put_many(sink, '0', zeros) && put(sink, digits, (size_t)len) &&
           put_many(sink, ' ', spec->left ? pad : 0);
}

static bool put_signed(struct mprintf_sink *sink, const struct spec *spec, int64_t number)
{
    return put_number(sink, spec, number < 0 ? 0 - (uint64_t)number : (uint64_t)number, number < 0);
}

/* ---- Floats: printf's, brought to a length that is bounded ---- */

/* The precision that leaves room for the field, and for the digits in front of the point. */
static int bounded_precision(int precision, int width, double number)
{
    int most = NUMBER_MAX - (precision > width ? 0 : width);

    for (; number >= 10 && number <= DBL_MAX; number /= 10)
        most--;
    if (precision <= most)
        return precision;
    return most > 1 ? most - 1 : 0;
}

static bool put_float(struct mprintf_sink *sink, const struct spec *spec,
                      const union argument *value)
{
    bool is_long = spec->type == SPEC_LONG_DOUBLE;
    char room[NUMBER_MAX + 1], format[16];
    int width = spec->width > NUMBER_MAX ? NUMBER_MAX : spec->width;
    int precision = spec->precision > NUMBER_MAX ? NUMBER_MAX - 1 : spec->precision;
    int len;

    snprintf(format, sizeof(format), "%%%s%s%s%s*.*%s%c", spec->left ? "-" : "",
             spec->plus ? "+" : "", spec->space ? " " : "", spec->alternate ? "#" : "",
             is_long ? "L" : "", spec->letter);
    width = width < 0 ? 0 : width;
    if (precision >= 0)
        precision =
            bounded_precision(precision, width, is_long ? (double)value->long_real : value->real);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    if (is_long)
        len = snprintf(room, sizeof(room), format, width, precision, value->long_real);
    else
        len = snprintf(room, sizeof(room), format, width, precision, value->real);
#pragma GCC diagnostic pop
    return put(sink, room, len < 0 ? 0 : len > NUMBER_MAX ? NUMBER_MAX : (size_t)len);
}

/* ---- Strings, pointers, counts ---- */

static bool put_string(struct mprintf_sink *sink, const struct spec *spec, const char *string)
{
    struct str text = {"(nil)", 5};
    bool quoted = spec->alternate || spec->letter == 'S';

    if (string && spec->precision >= 0)
        text = (struct str){string, strnlen(string, (size_t)spec->precision)};
    else if (string)
        text = str_of(string);
    else if (spec->precision >= 0 && (size_t)spec->precision < text.len)
        text.len = 0;
    else
        quoted = false;
    return put(sink, "\"", quoted) && put_padded(sink, spec, text) && put(sink, "\"", quoted);
}

/* A pointer that is NULL stands at the other end of its field, as in libcurl. */
static bool put_pointer(struct mprintf_sink *sink, const struct spec *spec, const void *pointer)
{
    struct spec hex = *spec;

    if (!pointer) {
        hex.left = !spec->left;
        return put_padded(sink, &hex, STR("(nil)"));
    }
    hex.alternate = true;
    return put_number(sink, &hex, (uintptr_t)pointer, false);
}

static void store_count(const struct spec *spec, void *to, int count)
{
    if (spec->is_llong)
        *(long long *)to = count;
    else if (spec->is_long)
        *(long *)to = count;
    else if (spec->is_short)
        *(short *)to = (short)count;
    else
        *(int *)to = count;
}

static bool put_value(struct mprintf_sink *sink, const struct spec *spec,
                      const union argument *value)
{
    char c = (char)value->number;

    switch (spec->letter) {
    case 'd':
    case 'i':
        return put_signed(sink, spec, value->number);
    case 'o':
    case 'u':
    case 'x':
    case 'X':
        return put_number(sink, spec, (uint64_t)value->number, false);
    case 'c':
        return put_padded(sink, spec, (struct str){&c, 1});
    case 's':
    case 'S':
        return put_string(sink, spec, value->pointer);
    case 'p':
        return put_pointer(sink, spec, value->pointer);
    case 'n':
        store_count(spec, value->pointer, sink->count);
        return true;
    default:
        return put_float(sink, spec, value);
    }
}

/* ---- The arguments ---- */

/* Whether two conversions may share an argument: whole numbers of any size do. */
static bool is_compatible(enum spec_type one, enum spec_type other)
{
    return one == SPEC_UNUSED || one == other || (one < SPEC_DOUBLE && other < SPEC_DOUBLE);
}

static bool note_type(struct arguments *a, int at, enum spec_type type)
{
    if (at < 0)
        return true;
    if (!is_compatible(a->types[at], type))
        return false;
    a->types[at] = (unsigned char)type;
    return true;
}

/* Which arguments the format takes. False if it is malformed, leaves one out before another, or
 * takes one for different things. */
static bool find_types(struct arguments *a, const char *format, int *ret_count)
{
    struct spec_reader reader;
    enum spec_result result;
    struct str text;
    struct spec spec;
    int count = SPEC_ARGUMENTS_MAX;

    spec_start(&reader, format);
    while ((result = spec_next(&reader, &text, &spec)) == SPEC_PIECE) {
        if (spec.letter &&
            !(note_type(a, spec.width_at, SPEC_INT) && note_type(a, spec.precision_at, SPEC_INT) &&
              note_type(a, spec.value_at, spec.type)))
            return false;
    }
    while (count && a->types[count - 1] == SPEC_UNUSED)
        count--;
    *ret_count = count;
    return result == SPEC_END && !memchr(a->types, SPEC_UNUSED, (size_t)count);
}

/* Types of different sizes, and so of different places. NOLINTBEGIN(bugprone-branch-clone) */
static void take_value(union argument *value, enum spec_type type, va_list *arguments)
{
    switch (type) {
    case SPEC_INT:
        value->number = va_arg(*arguments, int);
        break;
    case SPEC_UNSIGNED:
        value->number = va_arg(*arguments, unsigned);
        break;
    case SPEC_LONG:
        value->number = va_arg(*arguments, long);
        break;
    case SPEC_UNSIGNED_LONG:
        value->number = (int64_t)va_arg(*arguments, unsigned long);
        break;
    case SPEC_LLONG:
    case SPEC_UNSIGNED_LLONG:
        value->number = va_arg(*arguments, long long);
        break;
    case SPEC_DOUBLE:
        value->real = va_arg(*arguments, double);
        break;
    case SPEC_LONG_DOUBLE:
        value->long_real = va_arg(*arguments, long double);
        break;
    default:
        value->pointer = va_arg(*arguments, void *);
        break;
    }
}
/* NOLINTEND(bugprone-branch-clone) */

/* Width and precision that are arguments: a negative width means the left, a negative precision
 * none. */
static void resolve(struct spec *spec, const union argument *values)
{
    if (spec->width_at >= 0) {
        int64_t width = values[spec->width_at].number;

        spec->left = spec->left || width < 0;
        width = width < 0 ? -width : width;
        spec->width = width > INT_MAX ? INT_MAX : (int)width;
    }
    if (spec->precision_at >= 0)
        spec->precision = (int)values[spec->precision_at].number;
}

int mprintf_write(struct mprintf_sink *sink, const char *format, va_list arguments)
{
    struct arguments a = {.types = {SPEC_UNUSED}};
    struct spec_reader reader;
    struct str text;
    struct spec spec;
    va_list own;
    int count;

    sink->count = 0;
    if (!find_types(&a, format, &count))
        return 0;
    va_copy(own, arguments);
    for (int i = 0; i < count; i++)
        take_value(&a.values[i], a.types[i], &own);
    va_end(own);
    spec_start(&reader, format);
    while (spec_next(&reader, &text, &spec) == SPEC_PIECE) {
        if (!put(sink, text.at, text.len))
            break;
        if (!spec.letter)
            continue;
        resolve(&spec, a.values);
        if (!put_value(sink, &spec, &a.values[spec.value_at]))
            break;
    }
    return sink->count;
}
