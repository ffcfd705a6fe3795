/* SPDX-License-Identifier: MIT */
/* Reading a MIME structure as one run of bytes: see mime.h. The list of *segments* is made once; an
 * encoded structure is one segment with a reader of its own inside. */
#include "api/mime.h"

#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

enum { RAW_ROOM = 4096 };

enum source {
    FROM_BYTES,
    FROM_FILE,
    FROM_CALLBACK,
    FROM_READER,
};

struct segment {
    enum source source;
    enum mime_encoding encoding;
    struct rstr *bytes;             /* counted; FROM_FILE: the path */
    struct mime_callback *callback; /* counted */
    struct mime_reader *inner;      /* owned */
    curl_off_t length;              /* before encoding; -1: unknown */
};

/* Content that waits to be encoded. */
struct raw {
    size_t start, end;
    bool complete; /* nothing comes behind it */
    char bytes[RAW_ROOM];
};

struct mime_reader {
    struct segment *segments;
    size_t count, capacity;
    curl_off_t length; /* of all; -1: unknown */
    struct buf text;   /* collected for the next segment, while the list is made */

    /* Where it stands. */
    size_t at;
    curl_off_t taken; /* of the segment's content */
    int fd;           /* of the segment's file; -1: not open */
    struct mime_encoder encoder;
    struct raw *raw; /* NULL until something is encoded */
    bool asked;      /* a file or callback, in this call */
    bool paused;     /* a callback paused, behind what was given */
};

/* ---- The list ---- */

static void add_length(curl_off_t *sum, curl_off_t length)
{
    if (*sum >= 0)
        *sum = length < 0 || length > INT64_MAX - *sum ? -1 : *sum + length;
}

static void segment_release(struct segment *s)
{
    rstr_unref(s->bytes);
    mime_callback_unref(s->callback);
    mime_reader_free(s->inner);
}

/* Takes over what the segment owns, also without memory. */
static CURLcode add_segment(struct mime_reader *r, struct segment s)
{
    size_t capacity = r->capacity ? r->capacity * 2 : 8;
    struct segment *longer = r->segments;

    if (r->count == r->capacity)
        longer = mem_realloc(r->segments, capacity * sizeof(*longer));
    if (!longer) {
        segment_release(&s);
        return CURLE_OUT_OF_MEMORY;
    }
    if (r->count == r->capacity)
        r->capacity = capacity;
    r->segments = longer;
    r->segments[r->count++] = s;
    add_length(&r->length, mime_encoded_length(s.encoding, s.length));
    return CURLE_OK;
}

static CURLcode add_text(struct mime_reader *r)
{
    struct segment s = {.source = FROM_BYTES, .length = (curl_off_t)r->text.len};

    if (buf_failed(&r->text))
        return CURLE_OUT_OF_MEMORY;
    if (!r->text.len)
        return CURLE_OK;
    s.bytes = rstr_new(r->text.bytes, r->text.len);
    buf_clear(&r->text);
    return s.bytes ? add_segment(r, s) : CURLE_OUT_OF_MEMORY;
}

static struct mime_reader *reader_alloc(void)
{
    struct mime_reader *r = mem_calloc(1, sizeof(*r));

    if (r)
        r->fd = -1;
    return r;
}

static CURLcode add_parts(struct mime_reader *, const struct curl_mime *, const struct mime_style *,
                          bool are_form);

/* A structure that is encoded as a whole. */
static CURLcode add_encoded_parts(struct mime_reader *r, const struct curl_mimepart *part,
                                  const struct mime_style *style, bool are_form)
{
    struct segment s = {.source = FROM_READER, .encoding = part->encoding};
    CURLcode result;

    s.inner = reader_alloc();
    if (!s.inner)
        return CURLE_OUT_OF_MEMORY;
    result = add_parts(s.inner, part->parts, style, are_form);
    s.length = s.inner->length;
    if (!result)
        return add_segment(r, s);
    segment_release(&s);
    return result;
}

static CURLcode add_content(struct mime_reader *r, const struct curl_mimepart *part,
                            const struct mime_style *style, bool holds_form)
{
    struct segment s = {.encoding = part->encoding, .length = part->length};

    if (part->kind == MIME_EMPTY)
        return CURLE_OK;
    if (part->kind == MIME_PARTS && !part->encoding)
        return add_parts(r, part->parts, style, holds_form);
    if (add_text(r))
        return CURLE_OUT_OF_MEMORY;
    if (part->kind == MIME_PARTS)
        return add_encoded_parts(r, part, style, holds_form);
    s.source = part->kind == MIME_FILE       ? FROM_FILE
               : part->kind == MIME_CALLBACK ? FROM_CALLBACK
                                             : FROM_BYTES;
    s.bytes = rstr_ref(part->bytes);
    s.callback = part->callback;
    if (s.callback)
        s.callback->references++;
    return add_segment(r, s);
}

static CURLcode add_part(struct mime_reader *r, const struct curl_mimepart *part,
                         const struct mime_style *style, bool in_form)
{
    struct mime_head head = {0};
    CURLcode result = mime_head_write(part, style, in_form, NULL, &head);

    buf_append(&r->text, head.text.bytes, head.text.len);
    buf_append_text(&r->text, "\r\n");
    buf_release(&head.text);
    return result ? result : add_content(r, part, style, head.holds_form);
}

/* RFC 2046 5.1.1. */
static CURLcode add_parts(struct mime_reader *r, const struct curl_mime *mime,
                          const struct mime_style *style, bool are_form)
{
    const char *delimiter = "--";
    CURLcode result = CURLE_OK;

    for (const struct curl_mimepart *p = mime->first; p && !result; p = p->next) {
        buf_append_text(&r->text, delimiter);
        buf_append_text(&r->text, mime->boundary);
        buf_append_text(&r->text, "\r\n");
        result = add_part(r, p, style, are_form);
        delimiter = "\r\n--";
    }
    if (result)
        return result;
    buf_append_text(&r->text, delimiter);
    buf_append_text(&r->text, mime->boundary);
    buf_append_text(&r->text, "--\r\n");
    return add_text(r);
}

void mime_reader_free(struct mime_reader *r)
{
    if (!r)
        return;
    for (size_t i = 0; i < r->count; i++)
        segment_release(&r->segments[i]);
    if (r->fd >= 0)
        close(r->fd);
    mem_free(r->segments);
    mem_free(r->raw);
    buf_release(&r->text);
    mem_free(r);
}

CURLcode mime_reader_new(const struct curl_mimepart *root, const struct mime_style *style,
                         const struct curl_slist *fields, struct buf *ret_head,
                         struct mime_reader **ret)
{
    struct mime_reader *r = reader_alloc();
    struct mime_head head = {0};
    CURLcode result = r ? CURLE_OK : CURLE_OUT_OF_MEMORY;

    if (!result && root->kind != MIME_EMPTY)
        result = mime_head_write(root, style, false, fields, &head);
    if (!result && style->mail && root->kind != MIME_EMPTY) {
        buf_append(&r->text, head.text.bytes, head.text.len);
        buf_append_text(&r->text, "\r\n");
    }
    if (!result)
        result = add_content(r, root, style, head.holds_form);
    if (!result && head.text.len && !buf_append(ret_head, head.text.bytes, head.text.len))
        result = CURLE_OUT_OF_MEMORY;
    buf_release(&head.text);
    if (!result && mime_reader_rewind(r))
        result = CURLE_SEND_FAIL_REWIND;
    if (result)
        mime_reader_free(r);
    else
        *ret = r;
    return result;
}

curl_off_t mime_reader_length(const struct mime_reader *r)
{
    return r->length;
}

/* ---- Contents ---- */

static CURLcode read_bytes(struct mime_reader *r, struct segment *s, char *to, size_t room,
                           size_t *ret_len)
{
    size_t left = s->bytes->len - (size_t)r->taken;
    size_t len = left < room ? left : room;

    memcpy(to, s->bytes->bytes + r->taken, len);
    *ret_len = len;
    return CURLE_OK;
}

static CURLcode read_file(struct mime_reader *r, struct segment *s, char *to, size_t room,
                          size_t *ret_len)
{
    ssize_t got;

    if (r->fd < 0)
        r->fd = open(s->bytes->bytes, O_RDONLY | O_CLOEXEC);
    if (r->fd < 0)
        return CURLE_READ_ERROR;
    do
        got = read(r->fd, to, room);
    while (got < 0 && errno == EINTR);
    *ret_len = got < 0 ? 0 : (size_t)got;
    return got < 0 ? CURLE_READ_ERROR : CURLE_OK;
}

static CURLcode read_callback(struct segment *s, char *to, size_t room, size_t *ret_len)
{
    struct mime_callback *c = s->callback;
    size_t got;

    if (!c->read)
        return CURLE_READ_ERROR; /* its part was freed */
    c->references++;
    c->consumed = true;
    got = c->read(to, 1, room, c->user);
    mime_callback_unref(c);
    if (got == CURL_READFUNC_PAUSE)
        return CURLE_AGAIN;
    if (got == CURL_READFUNC_ABORT)
        return CURLE_ABORTED_BY_CALLBACK;
    if (got > room)
        return CURLE_READ_ERROR;
    *ret_len = got;
    return CURLE_OK;
}

/* What the segment has, not encoded yet; not more than was announced. */
static CURLcode read_raw(struct mime_reader *r, struct segment *s, char *to, size_t room,
                         size_t *ret_len)
{
    CURLcode result;

    *ret_len = 0;
    if (s->length >= 0 && (curl_off_t)room > s->length - r->taken)
        room = (size_t)(s->length - r->taken);
    if (!room)
        return CURLE_OK;
    r->asked = r->asked || s->source != FROM_BYTES;
    if (s->source == FROM_BYTES)
        result = read_bytes(r, s, to, room, ret_len);
    else if (s->source == FROM_FILE)
        result = read_file(r, s, to, room, ret_len);
    else if (s->source == FROM_CALLBACK)
        result = read_callback(s, to, room, ret_len);
    else
        result = mime_reader_read(s->inner, to, room, ret_len);
    r->taken += (curl_off_t)*ret_len;
    return result;
}

/* Fills up what is to be encoded. */
static CURLcode fill(struct mime_reader *r, struct segment *s)
{
    struct raw *raw = r->raw;
    size_t len;
    CURLcode result;

    memmove(raw->bytes, raw->bytes + raw->start, raw->end - raw->start);
    raw->end -= raw->start;
    raw->start = 0;
    result = read_raw(r, s, raw->bytes + raw->end, RAW_ROOM - raw->end, &len);
    raw->end += len;
    raw->complete = !result && !len;
    return result;
}

/* Files and callbacks may be slow, so one question is asked for what is given at a time, unless
 * there is nothing to give yet. That shows in the chunks of a body of unknown length. */
static bool has_to_stop(const struct mime_reader *r, const struct segment *s, bool have)
{
    if (!have || !r->asked || s->source == FROM_BYTES || (r->raw && r->raw->complete))
        return false;
    return s->length < 0 || r->taken < s->length;
}

/* `have`: there is something to give already. */
static CURLcode read_encoded(struct mime_reader *r, struct segment *s, bool have, char *to,
                             size_t room, size_t *ret_len)
{
    *ret_len = 0;
    if (!r->raw && !(r->raw = mem_calloc(1, sizeof(*r->raw))))
        return CURLE_OUT_OF_MEMORY;
    r->encoder.encoding = s->encoding;
    for (;;) {
        struct raw *raw = r->raw;
        struct str from = {raw->bytes + raw->start, raw->end - raw->start};
        CURLcode result;

        if (!mime_encode(&r->encoder, &from, raw->complete, to, room, ret_len))
            return CURLE_READ_ERROR;
        raw->start = raw->end - from.len;
        if (*ret_len || raw->complete || has_to_stop(r, s, have))
            return CURLE_OK;
        result = fill(r, s);
        if (result)
            return result;
    }
}

/* ---- All of it ---- */

static void leave_segment(struct mime_reader *r)
{
    if (r->fd >= 0)
        close(r->fd);
    r->fd = -1;
    r->taken = 0;
    r->encoder = (struct mime_encoder){0};
    if (r->raw) {
        r->raw->start = r->raw->end = 0;
        r->raw->complete = false;
    }
}

static CURLcode read_segments(struct mime_reader *r, char *to, size_t room, size_t *ret_len)
{
    while (*ret_len < room && r->at < r->count) {
        struct segment *s = &r->segments[r->at];
        size_t len = 0;
        CURLcode result;

        if (has_to_stop(r, s, *ret_len))
            break;
        if (s->encoding)
            result = read_encoded(r, s, *ret_len, to + *ret_len, room - *ret_len, &len);
        else
            result = read_raw(r, s, to + *ret_len, room - *ret_len, &len);
        if (result)
            return result;
        *ret_len += len;
        if (!len && s->encoding && !r->raw->complete)
            break;
        if (!len) {
            leave_segment(r);
            r->at++;
        }
    }
    return CURLE_OK;
}

CURLcode mime_reader_read(struct mime_reader *r, char *to, size_t room, size_t *ret_len)
{
    CURLcode result = r->paused ? CURLE_AGAIN : CURLE_OK;

    *ret_len = 0;
    r->paused = r->asked = false;
    if (!result)
        result = read_segments(r, to, room, ret_len);
    if (result != CURLE_AGAIN || !*ret_len)
        return result;
    r->paused = true; /* behind what there is */
    return CURLE_OK;
}

static int rewind_callback(struct mime_callback *c)
{
    int answer = CURL_SEEKFUNC_OK;

    if (!c->consumed)
        return CURL_SEEKFUNC_OK;
    answer = c->seek && c->read ? c->seek(c->user, 0, SEEK_SET) : CURL_SEEKFUNC_CANTSEEK;
    c->consumed = answer != CURL_SEEKFUNC_OK;
    return answer;
}

int mime_reader_rewind(struct mime_reader *r)
{
    int answer = CURL_SEEKFUNC_OK;

    leave_segment(r);
    r->at = 0;
    r->paused = false;
    for (size_t i = 0; i < r->count && answer == CURL_SEEKFUNC_OK; i++) {
        struct segment *s = &r->segments[i];

        if (s->callback)
            answer = rewind_callback(s->callback);
        else if (s->inner)
            answer = mime_reader_rewind(s->inner);
    }
    return answer;
}
