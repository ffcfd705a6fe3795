/* SPDX-License-Identifier: MIT */
/* curl_slist_*: the public list of strings. */
#include "base/mem.h"

#include <curl/curl.h>

static struct curl_slist *slist_node(const char *string)
{
    struct curl_slist *node = mem_alloc(sizeof(*node));

    if (!node)
        return NULL;
    *node = (struct curl_slist){.data = mem_strdup(string)};
    if (node->data)
        return node;
    mem_free(node);
    return NULL;
}

struct curl_slist *curl_slist_append(struct curl_slist *list, const char *string)
{
    struct curl_slist *node = string ? slist_node(string) : NULL, *last = list;

    if (!node)
        return NULL;
    if (!list)
        return node;
    while (last->next)
        last = last->next;
    last->next = node;
    return list;
}

void curl_slist_free_all(struct curl_slist *list)
{
    while (list) {
        struct curl_slist *next = list->next;
        mem_free(list->data);
        mem_free(list);
        list = next;
    }
}
