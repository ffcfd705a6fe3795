/* SPDX-License-Identifier: MIT */
/* Reading a format of the curl_mprintf family: pieces of text, each with a conversion behind it.
 * What is no conversion is text, as it stands. Flags, width, precision and size come in any order.
 */
#ifndef API_MPRINTF_SPEC_H
#define API_MPRINTF_SPEC_H

#include "base/str.h"

#include <stdbool.h>

/* A format has at most so many arguments, and at most so many pieces. */
enum { SPEC_ARGUMENTS_MAX = 128, SPEC_PIECES_MAX = 128 };

/* What is taken from the arguments. */
enum spec_type {
    SPEC_UNUSED, /* nothing: the format never names it */
    SPEC_INT,
    SPEC_UNSIGNED,
    SPEC_LONG,
    SPEC_UNSIGNED_LONG,
    SPEC_LLONG,
    SPEC_UNSIGNED_LLONG,
    SPEC_DOUBLE,
    SPEC_LONG_DOUBLE,
    SPEC_POINTER,
};

struct spec {
    char letter; /* of the conversion; NUL: there is none behind the text */
    bool left, plus, space, alternate, zero;
    bool is_short, is_long, is_llong, is_long_double;
    int width, precision; /* -1: not given */

    /* Which argument, from 0; -1: none. */
    int value_at, width_at, precision_at;
    enum spec_type type; /* of the value */
};

struct spec_reader {
    const char *at;
    bool percent; /* the first byte is a % of the text */
    bool by_position, in_order;
    int arguments, pieces;
};

enum spec_result { SPEC_END, SPEC_PIECE, SPEC_BAD };

/* Starts at the beginning of a format. */
void spec_start(struct spec_reader *, const char *format);

/* The next piece: its text, and the conversion behind it. SPEC_BAD: the format is malformed, mixes
 * arguments in order with arguments by position, or has too many of them. */
enum spec_result spec_next(struct spec_reader *, struct str *ret_text, struct spec *ret_spec);

#endif
