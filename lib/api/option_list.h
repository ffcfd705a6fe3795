/* SPDX-License-Identifier: MIT */
/* The options of multi handles and share objects and the infos as lists, as far as the reference in
 * docs/ prints them. (The options of easy handles: options.h.) */
#ifndef API_OPTION_LIST_H
#define API_OPTION_LIST_H

#include <stddef.h>

enum option_mark {
    MARK_WORKS,
    MARK_NO_EFFECT, /* accepted: it changes nothing, as documented */
    MARK_UNBUILT,   /* an info whose feature is not built: 0 or NULL */
};

struct option_entry {
    const char *name; /* whole */
    const char *type; /* of the argument */
    int id;
    enum option_mark mark;
};

/* The entry at a place; NULL behind the last one. Any thread. */
const struct option_entry *multi_option_entry(size_t place);
const struct option_entry *share_option_entry(size_t place);
const struct option_entry *info_entry(size_t place);

#endif
