/* SPDX-License-Identifier: MIT */
/* The options: a row each. */
#ifndef STRESS_ROWS_H
#define STRESS_ROWS_H

#include <stdbool.h>
#include <stddef.h>

#include "cli/options.h"

enum row_kind {
    ROW_FLAG,    /* bool */
    ROW_COUNT,   /* int64_t, at least 1, at most `most` */
    ROW_SECONDS, /* double */
    ROW_BYTES,   /* int64_t */
    ROW_TEXT,    /* const char * */
    ROW_LIST,    /* struct options_list: may be given again */
    ROW_RANGE,   /* struct options_range of seconds */
    ROW_ACTION,  /* enum options_action: the row's own */
    ROW_SPECIAL, /* `read` knows */
};

enum row_group {
    GROUP_LOAD,
    GROUP_REQUEST,
    GROUP_CONNECTION,
    GROUP_CHECK,
    GROUP_OUTPUT,
    GROUP_ELSE,
    GROUP_COUNT, /* of none: the program's own, not for people */
};

struct row {
    const char *name;     /* without "--" */
    char letter;          /* 0: none */
    const char *argument; /* its word in the help; NULL: it has none */
    enum row_group group;
    enum row_kind kind;
    size_t offset;                                            /* in struct options */
    long most;                                                /* ROW_COUNT; ROW_ACTION: which */
    bool (*read)(struct options *options, const char *value); /* ROW_SPECIAL */
    const char *help;      /* NULL: another name of the row before */
    const char *completes; /* "file", or words with blanks between; NULL: nothing */
};

extern const struct row rows[];
extern const size_t row_count;

const char *row_group_title(enum row_group group);

/* Says on stderr what is wrong with the command line; returns false. */
bool row_complain(const char *what, const char *value);

/* Appends to a list; false (said) when there is no memory. */
bool row_append(struct options_list *list, const char *value);

#endif
