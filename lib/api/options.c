/* SPDX-License-Identifier: MIT */
#include "api/options.h"

#include "api/option_setters.h"
#include "base/str.h"

#include <limits.h>
#include <string.h>

/* ---- The table ---- */

#define OFF_T_MIN INT64_MIN
#define OFF_T_MAX INT64_MAX

/* Spans are bounded so that they can be added to a time in microseconds: 68 years. */
#define MS_MAX (INT_MAX * (curl_off_t)1000)

/* The place of a field, whose type is checked. */
#define FIELD(field, type)                                                                         \
    (offsetof(struct settings, field) +                                                            \
     0 * sizeof(char[__builtin_types_compatible_p(__typeof__(((struct settings *)0)->field), type) \
                         ? 1                                                                       \
                         : -1]))
#define ANY_FIELD(field)                                                                           \
    (offsetof(struct settings, field) +                                                            \
     0 * sizeof(char[sizeof(((struct settings *)0)->field) == sizeof(void *) ? 1 : -1]))

/* clang-format off */
/* A row stands at its number, without its kind. */
#define PLACE(id) ((id) % 10000)
#define PUBLIC(type, name) {#name, CURLOPT_##name, CURLOT_##type, 0}
#define ROW(type, name, how, ...)                                                                  \
    [PLACE(CURLOPT_##name)] = {.public = PUBLIC(type, name), .store = (how), __VA_ARGS__}
/* clang-format on */

#define NUMBER_ROW(type, name, how, place, least, greatest, ...)                                   \
    ROW(type, name, how, .offset = (place), .min = (least), .max = (greatest), __VA_ARGS__)

#define FLAG(name, field) ROW(LONG, name, STORE_FLAG, .offset = FIELD(field, bool))
#define NUMBER(name, field, ...)                                                                   \
    NUMBER_ROW(LONG, name, STORE_NUMBER, FIELD(field, long), __VA_ARGS__, )
#ifdef HAVE_NGHTTP2
#define HTTP_VERSION_MOST CURL_HTTP_VERSION_2_PRIOR_KNOWLEDGE
#else
#define HTTP_VERSION_MOST CURL_HTTP_VERSION_1_1
#endif
#define CHOICE(name, field, ...)                                                                   \
    NUMBER_ROW(VALUES, name, STORE_NUMBER, FIELD(field, long), __VA_ARGS__, )
#define SIZE(name, field, ...)                                                                     \
    NUMBER_ROW(LONG, name, STORE_LARGE, FIELD(field, curl_off_t), __VA_ARGS__, )
#define LARGE(name, field, ...)                                                                    \
    NUMBER_ROW(OFF_T, name, STORE_LARGE, FIELD(field, curl_off_t), __VA_ARGS__, )
#define STRING(name, field) ROW(STRING, name, STORE_STRING, .offset = FIELD(field, struct rstr *))
#define BLOB(name, field)   ROW(BLOB, name, STORE_BLOB, .offset = FIELD(field, struct rstr *))
#define SLIST(name, field)                                                                         \
    ROW(SLIST, name, STORE_POINTER, .offset = FIELD(field, struct curl_slist *))
#define CBPTR(name, field)        ROW(CBPTR, name, STORE_POINTER, .offset = FIELD(field, void *))
#define OBJECT(name, field)       ROW(OBJECT, name, STORE_POINTER, .offset = ANY_FIELD(field))
#define FUNCTION(name, field)     ROW(FUNCTION, name, STORE_FUNCTION, .offset = ANY_FIELD(field))
#define SETTER(type, name, which) ROW(type, name, STORE_BY_SETTER, .setter = (which))
#define NOTHING(type, name)       ROW(type, name, STORE_NOTHING, )
#define NOTHING_NUMBER(type, name, least, greatest)                                                \
    ROW(type, name, STORE_NOTHING, .min = (least), .max = (greatest))
#define REMOVED(type, name)   ROW(type, name, STORE_REMOVED, )
#define IN_HANDLE(type, name) ROW(type, name, STORE_IN_HANDLE, )

/* The first is for pointers; the second has the numbers that ask for nothing. */
#define UNBUILT(type, ...)           UNBUILT_ROW(type, __VA_ARGS__, )
#define UNBUILT_ROW(type, name, ...) ROW(type, name, STORE_UNBUILT, __VA_ARGS__)
#define UNBUILT_NUMBER(type, name, least, greatest)                                                \
    ROW(type, name, STORE_UNBUILT, .min = (least), .max = (greatest))

static const struct option_row rows[PLACE(CURLOPT_LASTENTRY)] = {
#include "api/option_rows.inc"
};

enum { ROW_COUNT = sizeof(rows) / sizeof(rows[0]) };

/* Older names; the option itself has another one. */
/* clang-format off */
#define ALIAS(type, name) {#name, CURLOPT_##name, CURLOT_##type, CURLOT_FLAG_ALIAS}
/* clang-format on */
static const struct curl_easyoption aliases[] = {
    ALIAS(STRING, ENCODING),
    ALIAS(CBPTR, FILE),
    ALIAS(LONG, FTPAPPEND),
    ALIAS(LONG, FTPLISTONLY),
    ALIAS(LONG, FTP_RESPONSE_TIMEOUT),
    ALIAS(VALUES, FTP_SSL),
    ALIAS(CBPTR, INFILE),
    ALIAS(STRING, KRB4LEVEL),
    ALIAS(LONG, MAIL_RCPT_ALLLOWFAILS),
    ALIAS(VALUES, POST301),
    ALIAS(CBPTR, PROGRESSDATA),
    ALIAS(SLIST, RTSPHEADER),
    ALIAS(STRING, SSLCERTPASSWD),
    ALIAS(STRING, SSLKEYPASSWD),
    ALIAS(CBPTR, WRITEHEADER),
};

enum { ALIAS_COUNT = sizeof(aliases) / sizeof(aliases[0]) };

const struct option_row *option_find(CURLoption id)
{
    const struct option_row *row;

    if ((unsigned)id % 10000 >= ROW_COUNT)
        return NULL;
    row = &rows[(unsigned)id % 10000];
    return row->store && row->public.id == id ? row : NULL;
}

/* ---- Arguments ---- */

/* Many programs pass an int where a long is read; a negative one then arrives without its upper
 * half on 64-bit systems. It is taken for what it was where a number of that size is no value of
 * the option, and for -1 where that is one. */
static curl_off_t read_long(const struct option_row *row, long number)
{
    const curl_off_t int_sign = 0x80000000, int_all = 0xffffffff;

    if (row->store == STORE_FLAG)
        return (int)number;
    if (number < int_sign || number > int_all)
        return number;
    if (number == int_all && (row->min == -1 || row->setter))
        return -1;
    return row->max && row->max <= INT_MAX ? (int)number : number;
}

static union option_value read_value(const struct option_row *row, va_list *arguments)
{
    union option_value v = {0};

    switch (row->public.type) {
    case CURLOT_LONG:
    case CURLOT_VALUES:
        v.number = read_long(row, va_arg(*arguments, long));
        break;
    case CURLOT_OFF_T:
        v.number = va_arg(*arguments, curl_off_t);
        break;
    case CURLOT_FUNCTION:
        v.function = va_arg(*arguments, void (*)(void));
        break;
    default:
        v.pointer = va_arg(*arguments, void *);
        break;
    }
    return v;
}

static bool is_number(const struct option_row *row)
{
    return row->public.type == CURLOT_LONG || row->public.type == CURLOT_VALUES ||
           row->public.type == CURLOT_OFF_T;
}

/* ---- Storing ---- */

static void *field_of(const struct option_row *row, struct settings *s)
{
    return (char *)s + row->offset;
}

static CURLcode refuse(const struct option_row *row)
{
    return row->refusal ? row->refusal : CURLE_NOT_BUILT_IN;
}

/* The number in the field's units, when it is a good one. */
static CURLcode check_number(const struct option_row *row, curl_off_t number, curl_off_t *ret)
{
    if (!number && row->zero)
        number = row->zero;
    if (number >= 0 && number < row->min && row->to_min)
        number = row->min;
    if (number > row->max && row->to_max)
        number = row->max;
    if (number > row->max && number <= row->unbuilt_max)
        return refuse(row);
    if (number < row->min || number > row->max)
        return CURLE_BAD_FUNCTION_ARGUMENT;
    *ret = row->unit ? number * row->unit : number;
    return CURLE_OK;
}

static CURLcode store_number(const struct option_row *row, struct settings *s, curl_off_t number)
{
    CURLcode result = check_number(row, number, &number);

    if (result)
        return result;
    if (row->store == STORE_LARGE)
        *(curl_off_t *)field_of(row, s) = number;
    else
        *(long *)field_of(row, s) = (long)number;
    return CURLE_OK;
}

/* The bytes are copied whether the flags ask for it or not: the worker has them then as long as it
 * needs them. */
static CURLcode store_blob(const struct option_row *row, struct settings *s,
                           const struct curl_blob *blob)
{
    if (!blob)
        return option_put_string(field_of(row, s), NULL);
    if (!blob->data || !blob->len || blob->len > OPTION_STRING_LIMIT)
        return CURLE_BAD_FUNCTION_ARGUMENT;
    return option_put_bytes(field_of(row, s), blob->data, blob->len);
}

static CURLcode check_unbuilt(const struct option_row *row, const union option_value *v)
{
    bool asks_for_nothing;

    if (is_number(row))
        asks_for_nothing = v->number >= row->min && v->number <= row->max;
    else if (row->public.type == CURLOT_FUNCTION)
        asks_for_nothing = !v->function;
    else
        asks_for_nothing = !v->pointer;
    return asks_for_nothing ? CURLE_OK : refuse(row);
}

static CURLcode store(const struct option_row *row, struct settings *s, const union option_value *v)
{
    switch (row->store) {
    case STORE_FLAG:
        *(bool *)field_of(row, s) = v->number != 0;
        return CURLE_OK;
    case STORE_NUMBER:
    case STORE_LARGE:
        return store_number(row, s, v->number);
    case STORE_POINTER:
        memcpy(field_of(row, s), &v->pointer, sizeof(v->pointer));
        return CURLE_OK;
    case STORE_FUNCTION:
        memcpy(field_of(row, s), &v->function, sizeof(v->function));
        return CURLE_OK;
    case STORE_STRING:
        return option_put_string(field_of(row, s), v->pointer);
    case STORE_BLOB:
        return store_blob(row, s, v->pointer);
    case STORE_BY_SETTER:
        return row->setter(row, s, v);
    case STORE_NOTHING:
        return row->max ? check_number(row, v->number, &(curl_off_t){0}) : CURLE_OK;
    case STORE_UNBUILT:
        return check_unbuilt(row, v);
    case STORE_REMOVED:
    case STORE_IN_HANDLE:
        break;
    }
    return CURLE_UNKNOWN_OPTION;
}

static bool is_too_long(const struct option_row *row, const union option_value *v)
{
    return row->public.type == CURLOT_STRING && v->pointer &&
           strnlen(v->pointer, OPTION_STRING_LIMIT + 1) > OPTION_STRING_LIMIT;
}

CURLcode options_set(struct settings **settings, CURLoption id, va_list arguments)
{
    const struct option_row *row = option_find(id);
    union option_value value;
    va_list own;

    if (!row)
        return CURLE_UNKNOWN_OPTION;
    va_copy(own, arguments);
    value = read_value(row, &own);
    va_end(own);
    if (is_too_long(row, &value))
        return CURLE_BAD_FUNCTION_ARGUMENT;
    if (!settings_writable(settings))
        return CURLE_OUT_OF_MEMORY;
    return store(row, *settings, &value);
}

/* ---- Asking for options ---- */

/* The next option at or behind a place in the table, then the older names. */
static const struct curl_easyoption *option_from(size_t place)
{
    for (; place < ROW_COUNT; place++)
        if (rows[place].store)
            return &rows[place].public;
    return aliases;
}

const struct curl_easyoption *curl_easy_option_next(const struct curl_easyoption *previous)
{
    if (!previous)
        return option_from(0);
    if (!(previous->flags & CURLOT_FLAG_ALIAS))
        return option_from(PLACE((size_t)previous->id) + 1);
    for (size_t i = 0; i + 1 < ALIAS_COUNT; i++)
        if (previous == &aliases[i])
            return &aliases[i + 1];
    return NULL;
}

const struct curl_easyoption *curl_easy_option_by_name(const char *name)
{
    const struct curl_easyoption *o = NULL;

    if (!name)
        return NULL;
    while ((o = curl_easy_option_next(o)))
        if (text_equal_nocase(o->name, name))
            return o;
    return NULL;
}

const struct curl_easyoption *curl_easy_option_by_id(CURLoption id)
{
    const struct option_row *row = option_find(id);

    return row ? &row->public : NULL;
}
