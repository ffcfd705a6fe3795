/* SPDX-License-Identifier: MIT */
/* Intrusive doubly linked lists. A `struct list` is a head; a `struct list_link` is a member's
 * place. A zeroed link is in no list. */
#ifndef BASE_LIST_H
#define BASE_LIST_H

#include "base/scope.h"

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>

struct list_link {
    struct list_link *next, *prev;
};

struct list {
    struct list_link head;
};

static inline void list_init(struct list *l)
{
    l->head.next = l->head.prev = &l->head;
}

static inline bool list_empty(const struct list *l)
{
    return l->head.next == &l->head;
}

static inline bool list_linked(const struct list_link *link)
{
    return link->next != NULL;
}

static inline void list_insert_before(struct list_link *place, struct list_link *link)
{
    assert(place->prev); /* the list was initialised */
    link->prev = place->prev;
    link->next = place;
    place->prev->next = link;
    place->prev = link;
}

static inline void list_append(struct list *l, struct list_link *link)
{
    list_insert_before(&l->head, link);
}

static inline void list_prepend(struct list *l, struct list_link *link)
{
    list_insert_before(l->head.next, link);
}

/* Takes the link out of whatever list it is in; nothing if it is in none. */
static inline void list_remove(struct list_link *link)
{
    if (!link->next)
        return;
    link->prev->next = link->next;
    link->next->prev = link->prev;
    link->next = link->prev = NULL;
}

/* The first link, still linked; NULL when empty. */
static inline struct list_link *list_first(struct list *l)
{
    return list_empty(l) ? NULL : l->head.next;
}

static inline struct list_link *list_last(struct list *l)
{
    return list_empty(l) ? NULL : l->head.prev;
}

/* Takes the first link out; NULL when empty. */
static inline struct list_link *list_take_first(struct list *l)
{
    struct list_link *link = list_first(l);

    if (link)
        list_remove(link);
    return link;
}

/* Moves all of `from` behind what `to` holds. */
static inline void list_splice(struct list *to, struct list *from)
{
    if (list_empty(from))
        return;
    from->head.next->prev = to->head.prev;
    to->head.prev->next = from->head.next;
    from->head.prev->next = &to->head;
    to->head.prev = from->head.prev;
    list_init(from);
}

/* Walks the list; `link` itself may be removed on the way. */
/* NOLINTBEGIN(bugprone-macro-parentheses): the names are declared */
#define list_for_each(link, list)                                                                  \
    for (struct list_link *link = (list)->head.next, *link##_next = link->next;                    \
         link != &(list)->head; link = link##_next, link##_next = link->next)
/* NOLINTEND(bugprone-macro-parentheses) */

#endif
