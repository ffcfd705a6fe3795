/* SPDX-License-Identifier: MIT */
#include "wire/sigv4_headers.h"

#include "base/mem.h"

#include <stdlib.h>

static void header_release(struct sigv4_header *h)
{
    buf_release(&h->name);
    buf_release(&h->value);
}

void sigv4_headers_release(struct sigv4_headers *s)
{
    for (size_t i = 0; i < s->count; i++)
        header_release(&s->list[i]);
    mem_free(s->list);
}

static bool grow(struct sigv4_headers *s)
{
    size_t capacity = s->capacity ? 2 * s->capacity : 8;
    struct sigv4_header *list;

    if (s->count < s->capacity)
        return true;
    list = mem_realloc(s->list, capacity * sizeof(*list));
    if (!list)
        return false;
    s->list = list;
    s->capacity = capacity;
    return true;
}

/* Runs of blanks are one. */
static void add_value(struct buf *to, struct str value)
{
    for (size_t i = 0; i < value.len; i++) {
        bool blank = ascii_is_blank(value.at[i]);
        if (!blank || !ascii_is_blank(value.at[i - 1]))
            buf_append(to, blank ? " " : value.at + i, 1);
    }
}

void sigv4_headers_add(struct sigv4_headers *s, struct str name, struct str value)
{
    struct sigv4_header *h;

    if (!grow(s)) {
        s->failed = true;
        return;
    }
    h = &s->list[s->count++];
    *h = (struct sigv4_header){0};
    name = str_trim_blanks(name);
    for (size_t i = 0; i < name.len; i++)
        buf_append_char(&h->name, ascii_lower(name.at[i]));
    add_value(&h->value, str_trim_blanks(value));
    s->failed = s->failed || buf_failed(&h->name) || buf_failed(&h->value);
}

/* "Name: value" and "Name;" are sent, "Name:" is not. */
void sigv4_headers_add_list(struct sigv4_headers *s, const struct curl_slist *l)
{
    for (; l; l = l->next) {
        struct str line = str_of(l->data), value;
        const char *colon = strchr(l->data, ':'), *semicolon = strchr(l->data, ';');
        const char *end = colon ? colon : semicolon;

        if (!end)
            continue;
        value = str_trim_blanks(str_of(end + 1));
        if (colon ? value.len > 0 : value.len == 0)
            sigv4_headers_add(s, (struct str){line.at, (size_t)(end - line.at)}, value);
    }
}

const struct buf *sigv4_headers_find(const struct sigv4_headers *s, const char *name)
{
    for (size_t i = 0; i < s->count; i++) {
        if (!strcmp(buf_text(&s->list[i].name), name))
            return &s->list[i].value;
    }
    return NULL;
}

/* Insertion keeps lines of one name in their order. */
static void sort(struct sigv4_headers *s)
{
    for (size_t i = 1; i < s->count; i++) {
        struct sigv4_header h = s->list[i];
        size_t j = i;
        for (; j && strcmp(buf_text(&s->list[j - 1].name), buf_text(&h.name)) > 0; j--)
            s->list[j] = s->list[j - 1];
        s->list[j] = h;
    }
}

bool sigv4_headers_write(struct sigv4_headers *s, struct buf *lines, struct buf *names)
{
    if (s->failed)
        return false;
    sort(s);
    for (size_t i = 0; i < s->count; i++) {
        const struct sigv4_header *h = &s->list[i];
        bool first = !i || strcmp(buf_text(&s->list[i - 1].name), buf_text(&h->name)) != 0;
        bool last =
            i + 1 == s->count || strcmp(buf_text(&s->list[i + 1].name), buf_text(&h->name)) != 0;

        if (first) {
            buf_append_text(names, i ? ";" : "");
            buf_append_text(names, buf_text(&h->name));
            buf_append_text(lines, buf_text(&h->name));
        }
        buf_append_char(lines, first ? ':' : ',');
        buf_append(lines, h->value.bytes, h->value.len);
        if (last)
            buf_append_char(lines, '\n');
    }
    return !buf_failed(lines) && !buf_failed(names);
}
