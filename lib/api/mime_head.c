/* SPDX-License-Identifier: MIT */
/* The head of a MIME part: Content-Disposition, Content-Type and Content-Transfer-Encoding, as far
 * as the program has none of its own, and what it adds (RFC 2045, 2183, 7578). */
#include "api/mime.h"

#include "base/str.h"

/* The value, if this line is the field ("Name: value", "Name;"); otherwise NULL. */
static const char *field_value(const char *line, struct str name)
{
    const char *rest = line + name.len;

    if (!str_starts_nocase(str_of(line), name) || (*rest != ':' && *rest != ';'))
        return NULL;
    return rest + 1 + strspn(rest + 1, " \t");
}

/* The value of the program's field of this name, or NULL. */
static const char *find_field(const struct curl_slist *fields, struct str name)
{
    const char *value = NULL;

    for (; fields && !value; fields = fields->next)
        value = field_value(fields->data, name);
    return value;
}

/* What the program says. */
static const char *given_type(const struct curl_mimepart *part, const struct curl_slist *fields)
{
    const char *type = part->type;

    if (!type)
        type = find_field(part->headers, STR("Content-Type"));
    return type ? type : find_field(fields, STR("Content-Type"));
}

/* What the content says; NULL: nothing, which is a plain text. */
static const char *own_type(const struct curl_mimepart *part, bool mail)
{
    const char *type = mime_type_of_file(part->filename);

    if (!type && part->kind == MIME_FILE)
        type = mime_type_of_file(rstr_text(part->bytes));
    if (!type && part->kind == MIME_FILE && part->filename)
        type = "application/octet-stream";
    if (mime_type_is(type, "text/plain") && (mail || !part->filename))
        type = NULL;
    return type;
}

static void write_parameter(struct buf *to, const char *name, const char *value,
                            enum mime_escape escape)
{
    if (!value)
        return;
    buf_append_text(to, "; ");
    buf_append_text(to, name);
    buf_append_text(to, "=\"");
    mime_append_quoted(to, value, escape);
    buf_append_char(to, '"');
}

static void write_disposition(const struct curl_mimepart *part, const struct mime_style *style,
                              bool in_form, struct buf *to)
{
    if (find_field(part->headers, STR("Content-Disposition")))
        return;
    if (!in_form && !part->name && !part->filename)
        return;
    buf_append_text(to, "Content-Disposition: ");
    buf_append_text(to, in_form ? "form-data" : "attachment");
    write_parameter(to, "name", part->name, style->escape);
    write_parameter(to, "filename", part->filename, style->escape);
    buf_append_text(to, "\r\n");
}

static void write_type(const struct curl_mimepart *part, const char *type, struct buf *to)
{
    if (!type)
        return;
    buf_append_text(to, "Content-Type: ");
    buf_append_text(to, type);
    if (part->kind == MIME_PARTS) {
        buf_append_text(to, "; boundary=");
        buf_append_text(to, part->parts->boundary);
    }
    buf_append_text(to, "\r\n");
}

static void write_encoding(const struct curl_mimepart *part, bool mail, const char *type,
                           struct buf *to)
{
    const char *encoding = mime_encoding_name(part->encoding);

    if (find_field(part->headers, STR("Content-Transfer-Encoding")))
        return;
    if (!encoding && mail && type && part->kind != MIME_PARTS)
        encoding = "8bit";
    if (!encoding)
        return;
    buf_append_text(to, "Content-Transfer-Encoding: ");
    buf_append_text(to, encoding);
    buf_append_text(to, "\r\n");
}

static void write_others(const struct curl_slist *fields, struct buf *to)
{
    for (; fields; fields = fields->next) {
        if (field_value(fields->data, STR("Content-Type")))
            continue;
        buf_append_text(to, fields->data);
        buf_append_text(to, "\r\n");
    }
}

CURLcode mime_head_write(const struct curl_mimepart *part, const struct mime_style *style,
                         bool in_form, const struct curl_slist *fields, struct mime_head *ret)
{
    const char *type = given_type(part, fields);

    if (!type && part->kind == MIME_PARTS)
        type = part->in || style->mail ? "multipart/mixed" : "multipart/form-data";
    else if (!type)
        type = own_type(part, style->mail);
    ret->holds_form = mime_type_is(type, "multipart/form-data");
    if (part->in)
        write_disposition(part, style, in_form, &ret->text);
    write_type(part, type, &ret->text);
    write_encoding(part, style->mail, type, &ret->text);
    write_others(part->headers, &ret->text);
    if (!part->in && style->mail) {
        if (!find_field(fields, STR("Mime-Version")))
            buf_append_text(&ret->text, "Mime-Version: 1.0\r\n");
        write_others(fields, &ret->text);
    }
    return buf_failed(&ret->text) ? CURLE_OUT_OF_MEMORY : CURLE_OK;
}
