/* SPDX-License-Identifier: MIT */
/* The header API: each line of each response is kept until the next transfer starts. */
#include "api/headers.h"

#include "api/handle.h"
#include "base/mem.h"

#include <string.h>

enum { FIRST_CAPACITY = 16 };

void headers_init(struct headers *h)
{
    *h = (struct headers){.last_request = -1};
}

void headers_clear(struct headers *h)
{
    for (size_t i = 0; i < h->count; i++)
        mem_free(h->list[i].name);
    h->count = 0;
    h->last_request = -1;
}

void headers_release(struct headers *h)
{
    headers_clear(h);
    mem_free(h->list);
    headers_init(h);
}

static bool reserve(struct headers *h)
{
    size_t capacity = h->capacity ? h->capacity * 2 : FIRST_CAPACITY;
    struct stored_header *list;

    if (h->count < h->capacity)
        return true;
    list = mem_realloc(h->list, capacity * sizeof(*list));
    if (!list)
        return false;
    h->list = list;
    h->capacity = capacity;
    return true;
}

static struct str without_line_end(struct str line)
{
    while (line.len && (line.at[line.len - 1] == '\n' || line.at[line.len - 1] == '\r'))
        line.len--;
    return line;
}

static bool keep(struct headers *h, struct str name, struct str value, unsigned origin,
                 long request)
{
    struct stored_header *kept;

    if (!reserve(h))
        return false;
    kept = &h->list[h->count];
    kept->name = mem_alloc(name.len + value.len + 2);
    if (!kept->name)
        return false;
    memcpy(kept->name, name.at, name.len);
    kept->name[name.len] = '\0';
    kept->value = kept->name + name.len + 1;
    memcpy(kept->value, value.at, value.len);
    kept->value[value.len] = '\0';
    kept->origin = origin;
    kept->request = request;
    h->count++;
    return true;
}

static bool is_status_line(struct str line)
{
    return line.len > 8 && !memcmp(line.at, "HTTP/", 5) && (line.at[6] == ' ' || line.at[8] == ' ');
}

/* "HTTP/2 200": what came as a pseudo header. The line of HTTP/1 is no header. */
static bool keep_status(struct headers *h, struct str line, long request)
{
    struct str value = {line.at + 7, line.len - 7};

    if (line.at[6] != ' ')
        return true;
    return keep(h, STR(":status"), str_trim_blanks(value), CURLH_PSEUDO, request);
}

bool headers_add(struct headers *h, struct str line, unsigned origin, long request)
{
    const char *colon;
    struct str name, value;

    if (request > h->last_request)
        h->last_request = request;
    line = without_line_end(line);
    if (is_status_line(line))
        return keep_status(h, line, request);
    colon = line.len ? memchr(line.at, ':', line.len) : NULL;
    if (!colon || colon == line.at)
        return true;
    name = (struct str){line.at, (size_t)(colon - line.at)};
    value = str_trim_blanks((struct str){colon + 1, line.len - name.len - 1});
    return keep(h, name, value, origin, request);
}

/* ---- The public functions ---- */

static bool matches(const struct stored_header *s, const char *name, unsigned origin, long request)
{
    return s->request == request && (s->origin & origin) && text_equal_nocase(s->name, name);
}

/* Fills `out` for the header at `at`, the `index`th of `amount` with its name. */
static void fill(struct headers *h, struct curl_header *out, size_t at, size_t index, size_t amount)
{
    struct stored_header *s = &h->list[at];

    *out = (struct curl_header){
        .name = s->name,
        .value = s->value,
        .amount = amount,
        .index = index,
        /* The documentation asks programs to leave the high bits alone: ours are set. */
        .origin = s->origin | (1U << 27),
        .anchor = &h->list[at],
    };
}

static bool bad_origin(unsigned origin)
{
    const unsigned all = CURLH_HEADER | CURLH_TRAILER | CURLH_CONNECT | CURLH_1XX | CURLH_PSEUDO;

    return !origin || origin > all;
}

/* The place behind the header that `previous` shows; at the end for one that is none of ours. */
static size_t place_after(const struct headers *h, const struct curl_header *previous)
{
    const struct stored_header *kept = previous ? previous->anchor : NULL;

    if (!previous)
        return 0;
    if (kept < h->list || kept >= h->list + h->count)
        return h->count;
    return (size_t)(kept - h->list) + 1;
}

CURLHcode curl_easy_header(CURL *handle, const char *name, size_t index, unsigned int origin,
                           int request, struct curl_header **hout)
{
    struct easy *e = easy_of(handle);
    struct headers *h;
    size_t amount = 0, chosen = 0;

    if (!e || !name || !hout || bad_origin(origin) || request < -1)
        return CURLHE_BAD_ARGUMENT;
    h = &e->headers;
    if (!h->count)
        return CURLHE_NOHEADERS;
    if (request > h->last_request)
        return CURLHE_NOREQUEST;
    if (request == -1)
        request = (int)h->last_request;
    for (size_t i = 0; i < h->count; i++) {
        if (!matches(&h->list[i], name, origin, request))
            continue;
        if (amount == index)
            chosen = i;
        amount++;
    }
    if (!amount)
        return CURLHE_MISSING;
    if (index >= amount)
        return CURLHE_BADINDEX;
    fill(h, &h->found, chosen, index, amount);
    *hout = &h->found;
    return CURLHE_OK;
}

struct curl_header *curl_easy_nextheader(CURL *handle, unsigned int origin, int request,
                                         struct curl_header *previous)
{
    struct easy *e = easy_of(handle);
    struct headers *h;
    size_t at, amount = 0, index = 0;

    if (!e)
        return NULL;
    h = &e->headers;
    if (request > h->last_request)
        return NULL;
    if (request == -1)
        request = (int)h->last_request;
    at = place_after(h, previous);
    while (at < h->count && !(h->list[at].request == request && (h->list[at].origin & origin)))
        at++;
    if (at >= h->count)
        return NULL;
    for (size_t i = 0; i < h->count; i++) {
        if (!matches(&h->list[i], h->list[at].name, origin, request))
            continue;
        if (i == at)
            index = amount;
        amount++;
    }
    fill(h, &h->next, at, index, amount);
    return &h->next;
}
