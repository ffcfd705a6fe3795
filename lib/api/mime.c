/* SPDX-License-Identifier: MIT */
/* curl_mime_*: building MIME structures. */
#include "api/mime.h"

#include "api/global.h"
#include "base/mem.h"
#include "base/rand.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- Content ---- */

/* The program's resource is freed with the part that it was given to, whoever else looks at it. */
static void callback_drop(struct mime_callback *c)
{
    if (!c)
        return;
    if (c->free)
        c->free(c->user);
    c->read = NULL;
    c->free = NULL;
    mime_callback_unref(c);
}

void mime_callback_unref(struct mime_callback *c)
{
    if (c && --c->references == 0)
        mem_free(c);
}

static void part_drop_content(struct curl_mimepart *part)
{
    struct curl_mime *parts = part->parts;

    rstr_unref(part->bytes);
    part->bytes = NULL;
    callback_drop(part->callback);
    part->callback = NULL;
    part->parts = NULL;
    part->kind = MIME_EMPTY;
    part->length = 0;
    if (!parts)
        return;
    parts->holder = NULL;
    if (part->owns_parts)
        curl_mime_free(parts);
}

static void part_release(struct curl_mimepart *part)
{
    part_drop_content(part);
    mem_free(part->name);
    mem_free(part->filename);
    mem_free(part->type);
    if (part->owns_headers)
        curl_slist_free_all(part->headers);
}

struct curl_mimepart *mime_root_new(void)
{
    return mem_calloc(1, sizeof(struct curl_mimepart));
}

void mime_root_free(struct curl_mimepart *part)
{
    if (!part)
        return;
    part_release(part);
    mem_free(part);
}

/* ---- Structures ---- */

curl_mime *curl_mime_init(CURL *handle)
{
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    struct curl_mime *mime;

    (void)handle;
    global_init_if_needed();
    mime = mem_calloc(1, sizeof(*mime));
    if (!mime)
        return NULL;
    memset(mime->boundary, '-', MIME_DASHES);
    for (int i = 0; i < MIME_RANDOM; i++)
        mime->boundary[MIME_DASHES + i] = alphabet[rand_below(sizeof(alphabet) - 1)];
    return mime;
}

/* A structure that is a part's content leaves it: the part is empty then. */
void curl_mime_free(curl_mime *mime)
{
    if (!mime)
        return;
    if (mime->holder) {
        mime->holder->owns_parts = false;
        part_drop_content(mime->holder);
    }
    while (mime->first) {
        struct curl_mimepart *part = mime->first;
        mime->first = part->next;
        mime_root_free(part);
    }
    mem_free(mime);
}

curl_mimepart *curl_mime_addpart(curl_mime *mime)
{
    struct curl_mimepart *part = mime ? mime_root_new() : NULL;

    if (!part)
        return NULL;
    part->in = mime;
    if (mime->last)
        mime->last->next = part;
    else
        mime->first = part;
    mime->last = part;
    return part;
}

/* ---- A part's head ---- */

static CURLcode put_text(char **field, const char *text)
{
    char *copy = text ? mem_strdup(text) : NULL;

    if (text && !copy)
        return CURLE_OUT_OF_MEMORY;
    mem_free(*field);
    *field = copy;
    return CURLE_OK;
}

CURLcode curl_mime_name(curl_mimepart *part, const char *name)
{
    return part ? put_text(&part->name, name) : CURLE_BAD_FUNCTION_ARGUMENT;
}

CURLcode curl_mime_filename(curl_mimepart *part, const char *filename)
{
    return part ? put_text(&part->filename, filename) : CURLE_BAD_FUNCTION_ARGUMENT;
}

CURLcode curl_mime_type(curl_mimepart *part, const char *mimetype)
{
    return part ? put_text(&part->type, mimetype) : CURLE_BAD_FUNCTION_ARGUMENT;
}

/* An encoding that there isn't takes the part's away, too. */
CURLcode curl_mime_encoder(curl_mimepart *part, const char *encoding)
{
    if (!part)
        return CURLE_BAD_FUNCTION_ARGUMENT;
    part->encoding = encoding ? mime_encoding_named(encoding) : MIME_UNENCODED;
    return encoding && !part->encoding ? CURLE_BAD_FUNCTION_ARGUMENT : CURLE_OK;
}

CURLcode curl_mime_headers(curl_mimepart *part, struct curl_slist *headers, int take_ownership)
{
    if (!part)
        return CURLE_BAD_FUNCTION_ARGUMENT;
    if (part->owns_headers && part->headers != headers)
        curl_slist_free_all(part->headers);
    part->headers = headers;
    part->owns_headers = headers && take_ownership;
    return CURLE_OK;
}

/* ---- A part's content ---- */

CURLcode curl_mime_data(curl_mimepart *part, const char *bytes, size_t len)
{
    struct rstr *copy;

    if (!part)
        return CURLE_BAD_FUNCTION_ARGUMENT;
    if (!bytes) {
        part_drop_content(part);
        return CURLE_OK;
    }
    if (len == CURL_ZERO_TERMINATED)
        len = strlen(bytes);
    copy = rstr_new(bytes, len);
    if (!copy)
        return CURLE_OUT_OF_MEMORY;
    part_drop_content(part);
    part->kind = MIME_BYTES;
    part->bytes = copy;
    part->length = (curl_off_t)len;
    return CURLE_OK;
}

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? slash + 1 : path;
}

/* A file that isn't there now may be when it is sent: it is kept, and the program is told. */
CURLcode curl_mime_filedata(curl_mimepart *part, const char *filename)
{
    struct stat about;
    struct rstr *path;
    bool readable;

    if (!part)
        return CURLE_BAD_FUNCTION_ARGUMENT;
    if (!filename) {
        part_drop_content(part);
        return CURLE_OK;
    }
    path = rstr_new(filename, strlen(filename));
    if (!path || put_text(&part->filename, base_name(filename))) {
        rstr_unref(path);
        return CURLE_OUT_OF_MEMORY;
    }
    readable = stat(filename, &about) == 0 && access(filename, R_OK) == 0;
    part_drop_content(part);
    part->kind = MIME_FILE;
    part->bytes = path;
    part->length = readable && S_ISREG(about.st_mode) ? about.st_size : -1;
    return readable ? CURLE_OK : CURLE_READ_ERROR;
}

CURLcode curl_mime_data_cb(curl_mimepart *part, curl_off_t len, curl_read_callback read_function,
                           curl_seek_callback seek_function, curl_free_callback free_function,
                           void *user)
{
    struct mime_callback *c;

    if (!part)
        return CURLE_BAD_FUNCTION_ARGUMENT;
    if (!read_function) {
        part_drop_content(part);
        return CURLE_OK;
    }
    c = mem_alloc(sizeof(*c));
    if (!c)
        return CURLE_OUT_OF_MEMORY;
    *c = (struct mime_callback){
        .references = 1,
        .read = read_function,
        .seek = seek_function,
        .free = free_function,
        .user = user,
    };
    part_drop_content(part);
    part->kind = MIME_CALLBACK;
    part->callback = c;
    part->length = len < 0 ? -1 : len;
    return CURLE_OK;
}

/* ---- Structures inside parts ---- */

/* Structures from the outermost one to that which has the part, this one included. */
static int depth_above(const struct curl_mimepart *part)
{
    int depth = 0;

    for (; part && part->in; part = part->in->holder)
        depth++;
    return depth;
}

static int depth_below(const struct curl_mime *mime)
{
    int most = 0;

    for (const struct curl_mimepart *part = mime->first; part; part = part->next) {
        int depth = part->parts ? depth_below(part->parts) : 0;
        if (depth > most)
            most = depth;
    }
    return most + 1;
}

static bool is_inside(const struct curl_mimepart *part, const struct curl_mime *mime)
{
    for (; part && part->in; part = part->in->holder)
        if (part->in == mime)
            return true;
    return false;
}

CURLcode mime_set_parts(struct curl_mimepart *part, struct curl_mime *mime, bool own)
{
    if (mime && part->parts == mime)
        return CURLE_OK;
    if (mime && (mime->holder || is_inside(part, mime) ||
                 depth_above(part) + depth_below(mime) > MIME_DEPTH))
        return CURLE_BAD_FUNCTION_ARGUMENT;
    part_drop_content(part);
    if (!mime)
        return CURLE_OK;
    part->kind = MIME_PARTS;
    part->parts = mime;
    part->owns_parts = own;
    part->length = -1;
    mime->holder = part;
    return CURLE_OK;
}

CURLcode curl_mime_subparts(curl_mimepart *part, curl_mime *subparts)
{
    return part ? mime_set_parts(part, subparts, true) : CURLE_BAD_FUNCTION_ARGUMENT;
}

/* ---- Copies ---- */

static CURLcode copy_headers(struct curl_mimepart *to, const struct curl_mimepart *from)
{
    to->owns_headers = from->headers != NULL;
    for (const struct curl_slist *l = from->headers; l; l = l->next) {
        struct curl_slist *longer = curl_slist_append(to->headers, l->data);
        if (!longer)
            return CURLE_OUT_OF_MEMORY;
        to->headers = longer;
    }
    return CURLE_OK;
}

static CURLcode copy_parts(struct curl_mimepart *to, const struct curl_mime *from)
{
    struct curl_mime *mime = curl_mime_init(NULL);
    CURLcode result = CURLE_OK;

    if (!mime)
        return CURLE_OUT_OF_MEMORY;
    memcpy(mime->boundary, from->boundary, sizeof(mime->boundary));
    to->kind = MIME_PARTS;
    to->parts = mime;
    to->owns_parts = true;
    mime->holder = to;
    for (const struct curl_mimepart *p = from->first; p && !result; p = p->next) {
        struct curl_mimepart *copy = curl_mime_addpart(mime);
        result = copy ? mime_copy_part(copy, p) : CURLE_OUT_OF_MEMORY;
    }
    return result;
}

CURLcode mime_copy_part(struct curl_mimepart *to, const struct curl_mimepart *from)
{
    const struct mime_callback *c = from->callback;

    if (put_text(&to->name, from->name) || put_text(&to->filename, from->filename) ||
        put_text(&to->type, from->type) || copy_headers(to, from))
        return CURLE_OUT_OF_MEMORY;
    to->encoding = from->encoding;
    if (from->kind == MIME_CALLBACK)
        return curl_mime_data_cb(to, from->length, c->read, c->seek, c->free, c->user);
    if (from->kind == MIME_PARTS)
        return copy_parts(to, from->parts);
    to->kind = from->kind;
    to->bytes = rstr_ref(from->bytes);
    to->length = from->length;
    return CURLE_OK;
}
