/* SPDX-License-Identifier: MIT */
/* The options of an easy handle: a table with a row an option (option_rows.inc), and what reads it.
 * A row says what the argument is, which values are good, and where in the settings they go; a
 * setter of its own (option_setters.h) only where a value means more than itself. curl_easy_setopt
 * and its checks and curl_easy_option_* read the rows. */
#ifndef API_OPTIONS_H
#define API_OPTIONS_H

#include "boundary/settings.h"

#include <curl/curl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

/* Strings and blobs may not be longer, in bytes. */
enum { OPTION_STRING_LIMIT = 8000000 };

/* What becomes of the argument. */
enum option_store {
    STORE_FLAG = 1,  /* bool: true for any number but 0 */
    STORE_NUMBER,    /* long */
    STORE_LARGE,     /* curl_off_t, from a long or a curl_off_t */
    STORE_POINTER,   /* a pointer of any type, as it is */
    STORE_FUNCTION,  /* a function, as it is */
    STORE_STRING,    /* struct rstr *: a copy; NULL takes it away */
    STORE_BLOB,      /* struct rstr *: a copy; NULL takes it away */
    STORE_BY_SETTER, /* whatever `setter` makes of it */
    STORE_NOTHING,   /* accepted, a number from `min` to `max`: the option has no effect, as
                        documented */
    STORE_UNBUILT,   /* its feature is not built: accepted from `min` to `max`, or NULL: these ask
                        for nothing; otherwise `refusal` */
    STORE_REMOVED,   /* the option was taken out of libcurl: CURLE_UNKNOWN_OPTION */
    STORE_IN_HANDLE, /* acts on the handle: curl_easy_setopt does it itself */
};

/* The argument, by its kind. */
union option_value {
    curl_off_t number; /* a long or a curl_off_t */
    const void *pointer;
    void (*function)(void);
};

struct option_row;

/* Checks and stores. The settings are writable; they are unchanged after an error. */
typedef CURLcode option_setter(const struct option_row *, struct settings *,
                               const union option_value *);

struct option_row {
    struct curl_easyoption public;
    size_t offset;         /* of the field in struct settings */
    option_setter *setter; /* STORE_BY_SETTER */
    enum option_store store;
    CURLcode refusal; /* of what is not built; CURLE_OK: CURLE_NOT_BUILT_IN */

    /* Of numbers. */
    curl_off_t min, max;    /* good values, inclusive */
    curl_off_t unbuilt_max; /* values above `max` up to this are libcurl's, and not built */
    curl_off_t zero;        /* what 0 stands for, where not for itself */
    curl_off_t unit;        /* the field's units in one of the argument; 0: one */
    bool to_min, to_max; /* a value beyond is brought back instead of refused; not a negative one */
};

/* The row of an option under any of its names; NULL when there is none. */
const struct option_row *option_find(CURLoption);

/* Sets an option from the next one of `arguments`. `*settings` is replaced by a copy of its own
 * when others have it too. CURLE_UNKNOWN_OPTION; CURLE_NOT_BUILT_IN (or what the row says) for a
 * value that asks for a feature this library lacks; CURLE_BAD_FUNCTION_ARGUMENT for one out of its
 * range; CURLE_OUT_OF_MEMORY. Nothing is changed then. An option that acts on the handle is unknown
 * here. The caller's thread. */
CURLcode options_set(struct settings **settings, CURLoption, va_list arguments);

#endif
