/* SPDX-License-Identifier: MIT */
/* curl_formadd and curl_formfree: the older way to build a form. The options of a call describe one
 * part, which may be a row of files: an *item* each. All is looked at first and copied at the end,
 * so a call that is refused leaves nothing behind. */
#include "base/mem.h"
#include "base/str.h"
#include "wire/mime_type.h"

#include <curl/curl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <string.h>

/* What the options said so far; the program's memory. */
struct item {
    struct item *more;
    const char *name, *value, *type, *shown;
    char *buffer;
    struct curl_slist *headers;
    void *stream;
    long name_len, buffer_len, flags;
    curl_off_t len;
};

/* Where the options come from: the call, or an array in it. */
struct arguments {
    va_list list;
    const struct curl_forms *array; /* NULL: the call */
};

struct form {
    struct item first, *last;
    struct arguments from;
};

/* ---- Memory ---- */

static void node_release(struct curl_httppost *n)
{
    const long lent = CURL_HTTPPOST_PTRCONTENTS | CURL_HTTPPOST_BUFFER | CURL_HTTPPOST_CALLBACK;

    if (!(n->flags & CURL_HTTPPOST_PTRNAME))
        mem_free(n->name);
    if (!(n->flags & lent))
        mem_free(n->contents);
    mem_free(n->contenttype);
    mem_free(n->showfilename);
}

static void files_free(struct curl_httppost *file)
{
    while (file) {
        struct curl_httppost *more = file->more;

        node_release(file);
        mem_free(file);
        file = more;
    }
}

void curl_formfree(struct curl_httppost *form)
{
    while (form) {
        struct curl_httppost *next = form->next;

        files_free(form);
        form = next;
    }
}

static void items_free(struct item *item)
{
    while (item) {
        struct item *more = item->more;

        mem_free(item);
        item = more;
    }
}

/* ---- Arguments ---- */

static CURLformoption take_option(struct arguments *a)
{
    if (a->array && a->array->option != CURLFORM_END)
        return a->array->option;
    a->array = NULL;
    return (CURLformoption)va_arg(a->list, int);
}

static const char *take_from_array(struct arguments *a)
{
    const struct curl_forms *at = a->array;

    a->array = at + 1;
    return at->value;
}

static char *take_pointer(struct arguments *a)
{
    return a->array ? (char *)(uintptr_t)take_from_array(a) : va_arg(a->list, char *);
}

static long take_long(struct arguments *a)
{
    return a->array ? (long)(intptr_t)take_from_array(a) : va_arg(a->list, long);
}

static curl_off_t take_length(struct arguments *a)
{
    return a->array ? (curl_off_t)(intptr_t)take_from_array(a) : va_arg(a->list, curl_off_t);
}

/* ---- Options ---- */

/* A text that may be given once. */
static CURLFORMcode put_text(const char **field, const char *text)
{
    if (*field)
        return CURL_FORMADD_OPTION_TWICE;
    *field = text;
    return text ? CURL_FORMADD_OK : CURL_FORMADD_NULL;
}

static CURLFORMcode put_number(long *field, long number)
{
    if (*field)
        return CURL_FORMADD_OPTION_TWICE;
    *field = number;
    return CURL_FORMADD_OK;
}

/* Another file of the same part. */
static struct item *add_item(struct form *f)
{
    struct item *item = mem_calloc(1, sizeof(*item));

    if (!item)
        return NULL;
    item->flags = CURL_HTTPPOST_FILENAME;
    f->last->more = item;
    f->last = item;
    return item;
}

static CURLFORMcode put_file(struct form *f, const char *path)
{
    struct item *item = f->last;

    if (item->value && !(item->flags & CURL_HTTPPOST_FILENAME))
        return CURL_FORMADD_OPTION_TWICE;
    if (!path)
        return CURL_FORMADD_NULL;
    if (item->value)
        item = add_item(f);
    if (!item)
        return CURL_FORMADD_MEMORY;
    item->value = path;
    item->flags |= CURL_HTTPPOST_FILENAME;
    return CURL_FORMADD_OK;
}

static CURLFORMcode put_type(struct form *f, const char *type)
{
    struct item *item = f->last;

    if (item->type && !(item->value && (item->flags & CURL_HTTPPOST_FILENAME)))
        return CURL_FORMADD_OPTION_TWICE;
    if (!type)
        return CURL_FORMADD_NULL;
    if (item->type)
        item = add_item(f);
    if (!item)
        return CURL_FORMADD_MEMORY;
    item->type = type;
    return CURL_FORMADD_OK;
}

static CURLFORMcode put_file_content(struct item *item, const char *path)
{
    if (item->flags & (CURL_HTTPPOST_PTRCONTENTS | CURL_HTTPPOST_READFILE))
        return CURL_FORMADD_OPTION_TWICE;
    if (!path)
        return CURL_FORMADD_NULL;
    item->value = path;
    item->flags |= CURL_HTTPPOST_READFILE;
    return CURL_FORMADD_OK;
}

static CURLFORMcode put_buffer(struct item *item, char *buffer)
{
    if (item->buffer)
        return CURL_FORMADD_OPTION_TWICE;
    if (!buffer)
        return CURL_FORMADD_NULL;
    item->buffer = buffer;
    item->value = buffer; /* there is something */
    item->flags |= CURL_HTTPPOST_BUFFER | CURL_HTTPPOST_PTRBUFFER;
    return CURL_FORMADD_OK;
}

static CURLFORMcode put_stream(struct item *item, void *stream)
{
    if (item->stream)
        return CURL_FORMADD_OPTION_TWICE;
    if (!stream)
        return CURL_FORMADD_NULL;
    item->stream = stream;
    item->value = stream;
    item->flags |= CURL_HTTPPOST_CALLBACK;
    return CURL_FORMADD_OK;
}

static CURLFORMcode put_headers(struct item *item, struct curl_slist *headers)
{
    if (item->headers)
        return CURL_FORMADD_OPTION_TWICE;
    item->headers = headers;
    return CURL_FORMADD_OK;
}

static CURLFORMcode begin_array(struct arguments *a)
{
    if (a->array)
        return CURL_FORMADD_ILLEGAL_ARRAY;
    a->array = va_arg(a->list, const struct curl_forms *);
    return a->array ? CURL_FORMADD_OK : CURL_FORMADD_NULL;
}

static CURLFORMcode put_option(struct form *f, CURLformoption option)
{
    struct arguments *a = &f->from;
    struct item *item = f->last;

    switch (option) {
    case CURLFORM_ARRAY:
        return begin_array(a);
    case CURLFORM_PTRNAME:
        item->flags |= CURL_HTTPPOST_PTRNAME;
        return put_text(&item->name, take_pointer(a));
    case CURLFORM_COPYNAME:
        return put_text(&item->name, take_pointer(a));
    case CURLFORM_NAMELENGTH:
        return put_number(&item->name_len, take_long(a));
    case CURLFORM_PTRCONTENTS:
        item->flags |= CURL_HTTPPOST_PTRCONTENTS;
        return put_text(&item->value, take_pointer(a));
    case CURLFORM_COPYCONTENTS:
        return put_text(&item->value, take_pointer(a));
    case CURLFORM_CONTENTSLENGTH:
        item->len = take_long(a);
        return CURL_FORMADD_OK;
    case CURLFORM_CONTENTLEN:
        item->len = take_length(a);
        return CURL_FORMADD_OK;
    case CURLFORM_FILECONTENT:
        return put_file_content(item, take_pointer(a));
    case CURLFORM_FILE:
        return put_file(f, take_pointer(a));
    case CURLFORM_BUFFER:
        item->flags |= CURL_HTTPPOST_BUFFER;
        return put_text(&item->shown, take_pointer(a));
    case CURLFORM_FILENAME:
        return put_text(&item->shown, take_pointer(a));
    case CURLFORM_BUFFERPTR:
        return put_buffer(item, take_pointer(a));
    case CURLFORM_BUFFERLENGTH:
        return put_number(&item->buffer_len, take_long(a));
    case CURLFORM_STREAM:
        return put_stream(item, take_pointer(a));
    case CURLFORM_CONTENTTYPE:
        return put_type(f, take_pointer(a));
    case CURLFORM_CONTENTHEADER:
        return put_headers(item, (struct curl_slist *)(void *)take_pointer(a));
    default:
        return CURL_FORMADD_UNKNOWN_OPTION;
    }
}

static CURLFORMcode read_options(struct form *f)
{
    CURLFORMcode code = CURL_FORMADD_OK;

    while (!code) {
        CURLformoption option = take_option(&f->from);

        if (option == CURLFORM_END)
            break;
        code = put_option(f, option);
    }
    return code;
}

/* ---- The part ---- */

static bool is_complete(const struct form *f, const struct item *item)
{
    const long file = CURL_HTTPPOST_FILENAME, read = CURL_HTTPPOST_READFILE;
    const long buffer = CURL_HTTPPOST_BUFFER | CURL_HTTPPOST_PTRBUFFER;

    if (item == &f->first && (!item->name || !item->value))
        return false;
    if ((item->flags & file) && (item->len || (item->flags & CURL_HTTPPOST_PTRCONTENTS)))
        return false;
    if ((item->flags & buffer) == buffer && !item->buffer)
        return false;
    return !(item->flags & read) || !(item->flags & CURL_HTTPPOST_PTRCONTENTS);
}

/* A file has a type: its own, else that of the one before. */
static const char *type_of(const struct item *item, const char *before)
{
    const char *type;

    if (item->type || !(item->flags & (CURL_HTTPPOST_FILENAME | CURL_HTTPPOST_BUFFER)))
        return item->type;
    type = mime_type_of_file(item->flags & CURL_HTTPPOST_BUFFER ? item->shown : item->value);
    if (!type)
        type = before;
    return type ? type : "application/octet-stream";
}

static bool copy_text(char **field, const char *text)
{
    *field = text ? mem_strdup(text) : NULL;
    return !text || *field;
}

static bool copy_name(struct curl_httppost *n, const struct item *item)
{
    size_t len;

    if (!item->name)
        return true;
    len = item->name_len > 0 ? strnlen(item->name, (size_t)item->name_len) : strlen(item->name);
    n->namelength = (long)len;
    if (n->flags & CURL_HTTPPOST_PTRNAME)
        n->name = (char *)(uintptr_t)item->name;
    else
        n->name = mem_memdup0(item->name, len);
    return n->name;
}

static bool copy_contents(struct curl_httppost *n, const struct item *item)
{
    if (!item->value || (n->flags & (CURL_HTTPPOST_BUFFER | CURL_HTTPPOST_CALLBACK)))
        return true;
    if (n->flags & CURL_HTTPPOST_PTRCONTENTS)
        n->contents = (char *)(uintptr_t)item->value;
    else if (item->len > 0 && !(n->flags & CURL_HTTPPOST_READFILE))
        n->contents = mem_memdup0(item->value, (size_t)item->len);
    else
        n->contents = mem_strdup(item->value);
    return n->contents;
}

/* A file's contents are those of the file, whatever else was given. */
static long flags_of(const struct item *item)
{
    long flags = item->flags | CURL_HTTPPOST_LARGE;

    if (flags & (CURL_HTTPPOST_FILENAME | CURL_HTTPPOST_READFILE))
        flags &= ~(CURL_HTTPPOST_BUFFER | CURL_HTTPPOST_PTRBUFFER | CURL_HTTPPOST_CALLBACK);
    return flags;
}

static struct curl_httppost *new_node(const struct item *item, const char *type)
{
    struct curl_httppost *n = mem_calloc(1, sizeof(*n));

    if (!n)
        return NULL;
    *n = (struct curl_httppost){
        .flags = flags_of(item),
        .contentslength = (long)item->len,
        .contentlen = item->len,
        .buffer = item->buffer,
        .bufferlength = item->buffer_len,
        .contentheader = item->headers,
        .userp = item->stream,
    };
    if (copy_name(n, item) && copy_contents(n, item) && copy_text(&n->contenttype, type) &&
        copy_text(&n->showfilename, item->shown))
        return n;
    files_free(n);
    return NULL;
}

static bool all_complete(const struct form *f)
{
    for (const struct item *item = &f->first; item; item = item->more)
        if (!is_complete(f, item))
            return false;
    return true;
}

static CURLFORMcode build(const struct form *f, struct curl_httppost **ret)
{
    struct curl_httppost *first = NULL, **end = &first;
    const char *type = NULL;

    if (!all_complete(f))
        return CURL_FORMADD_INCOMPLETE;
    for (const struct item *item = &f->first; item; item = item->more) {
        const char *own = type_of(item, type);

        type = own ? own : type;
        *end = new_node(item, own);
        if (!*end) {
            files_free(first);
            return CURL_FORMADD_MEMORY;
        }
        end = &(*end)->more;
    }
    *ret = first;
    return CURL_FORMADD_OK;
}

#undef curl_formadd
CURLFORMcode curl_formadd(struct curl_httppost **first, struct curl_httppost **last, ...)
{
    struct form f = {0};
    struct curl_httppost *part = NULL;
    CURLFORMcode code;

    if (!first || !last)
        return CURL_FORMADD_NULL;
    f.last = &f.first;
    va_start(f.from.list, last);
    code = read_options(&f);
    va_end(f.from.list);
    if (!code)
        code = build(&f, &part);
    items_free(f.first.more);
    if (code)
        return code;
    if (*last)
        (*last)->next = part;
    else
        *first = part;
    *last = part;
    return CURL_FORMADD_OK;
}
