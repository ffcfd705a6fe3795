/* SPDX-License-Identifier: MIT */
/* A form of curl_formadd as a MIME structure; curl_formget prints it. */
#include "api/form.h"

#include "api/mime.h"

#include <stdio.h>
#include <string.h>

static int seek_stdin(void *file, curl_off_t offset, int origin)
{
    return fseeko(file, offset, origin) == 0 ? CURL_SEEKFUNC_OK : CURL_SEEKFUNC_CANTSEEK;
}

static size_t read_stdin(char *bytes, size_t size, size_t count, void *file)
{
    return fread(bytes, size, count, file);
}

/* "-" is the standard input. */
static CURLcode put_file(struct curl_mimepart *part, const struct curl_httppost *file)
{
    CURLcode result;

    if (!strcmp(file->contents, "-"))
        result = curl_mime_data_cb(part, -1, read_stdin, seek_stdin, NULL, stdin);
    else
        result = curl_mime_filedata(part, file->contents);
    if (!result && (file->flags & CURL_HTTPPOST_READFILE))
        result = curl_mime_filename(part, NULL);
    return result;
}

static CURLcode put_content(struct curl_mimepart *part, const struct curl_httppost *file,
                            curl_read_callback read)
{
    curl_off_t len = file->flags & CURL_HTTPPOST_LARGE ? file->contentlen : file->contentslength;

    if (file->flags & (CURL_HTTPPOST_FILENAME | CURL_HTTPPOST_READFILE))
        return put_file(part, file);
    if (file->flags & CURL_HTTPPOST_BUFFER)
        return curl_mime_data(part, file->buffer,
                              file->bufferlength > 0 ? (size_t)file->bufferlength
                                                     : CURL_ZERO_TERMINATED);
    if (file->flags & CURL_HTTPPOST_CALLBACK)
        return curl_mime_data_cb(part, len ? len : -1, read, NULL, NULL, file->userp);
    return curl_mime_data(part, file->contents, len > 0 ? (size_t)len : CURL_ZERO_TERMINATED);
}

/* One file of a part, or all of it. */
static CURLcode put_one(struct curl_mimepart *part, const struct curl_httppost *file, bool of_many,
                        curl_read_callback read)
{
    const long named = CURL_HTTPPOST_FILENAME | CURL_HTTPPOST_BUFFER | CURL_HTTPPOST_CALLBACK;
    CURLcode result = curl_mime_headers(part, file->contentheader, 0);

    if (!result)
        result = curl_mime_type(part, file->contenttype);
    if (!result)
        result = put_content(part, file, read);
    if (!result && file->showfilename && (of_many || (file->flags & named)))
        result = curl_mime_filename(part, file->showfilename);
    return result;
}

static CURLcode put_name(struct curl_mimepart *part, const struct curl_httppost *post)
{
    scoped(buf) name = {0};

    if (!post->name)
        return CURLE_OK;
    if (post->namelength <= 0)
        return curl_mime_name(part, post->name);
    if (!buf_append(&name, post->name, (size_t)post->namelength))
        return CURLE_OUT_OF_MEMORY;
    return curl_mime_name(part, name.bytes);
}

/* Several files in one part are a structure of their own (RFC 2388 4.2). */
static CURLcode put_files(struct curl_mimepart *part, const struct curl_httppost *post,
                          curl_read_callback read)
{
    struct curl_mime *files = curl_mime_init(NULL);
    CURLcode result = files ? curl_mime_subparts(part, files) : CURLE_OUT_OF_MEMORY;

    for (const struct curl_httppost *file = post; file && !result; file = file->more) {
        struct curl_mimepart *one = curl_mime_addpart(files);
        result = one ? put_one(one, file, true, read) : CURLE_OUT_OF_MEMORY;
    }
    return result;
}

CURLcode form_to_parts(const struct curl_httppost *post, struct curl_mimepart *root,
                       curl_read_callback read)
{
    struct curl_mime *form = post ? curl_mime_init(NULL) : NULL;
    CURLcode result = CURLE_OK;

    if (!post)
        return CURLE_OK;
    if (!form)
        return CURLE_OUT_OF_MEMORY;
    mime_set_parts(root, form, true);
    for (; post && !result; post = post->next) {
        struct curl_mimepart *part = curl_mime_addpart(form);
        result = part ? put_name(part, post) : CURLE_OUT_OF_MEMORY;
        if (!result)
            result = post->more ? put_files(part, post, read) : put_one(part, post, false, read);
    }
    return result;
}

/* ---- curl_formget ---- */

static CURLcode print(struct mime_reader *r, const struct buf *head, void *user,
                      curl_formget_callback append)
{
    char bytes[2048];
    size_t len;
    CURLcode result = CURLE_OK;

    if (head->len && append(user, head->bytes, head->len) != head->len)
        return CURLE_READ_ERROR;
    if (head->len && append(user, "\r\n", 2) != 2)
        return CURLE_READ_ERROR;
    do {
        result = mime_reader_read(r, bytes, sizeof(bytes), &len);
        if (!result && len && append(user, bytes, len) != len)
            result = CURLE_READ_ERROR;
    } while (!result && len);
    return result;
}

/* Of no form there is the head only. */
static CURLcode print_nothing(void *user, curl_formget_callback append)
{
    const struct str head = STR("Content-Type: multipart/form-data\r\n\r\n");

    return append(user, head.at, head.len) == head.len ? CURLE_OK : CURLE_READ_ERROR;
}

int curl_formget(struct curl_httppost *form, void *user, curl_formget_callback append)
{
    const struct mime_style style = {.escape = MIME_BY_PERCENT};
    struct curl_mimepart *root = mime_root_new();
    struct mime_reader *r = NULL;
    scoped(buf) head = {0};
    CURLcode result = root ? form_to_parts(form, root, NULL) : CURLE_OUT_OF_MEMORY;

    if (!result)
        result = mime_reader_new(root, &style, NULL, &head, &r);
    if (!result && !form)
        result = print_nothing(user, append);
    else if (!result)
        result = print(r, &head, user, append);
    mime_reader_free(r);
    mime_root_free(root);
    return (int)result;
}
