/* SPDX-License-Identifier: MIT */
#include "wire/head_reader.h"

#include "base/str.h"

void head_reader_release(struct head_reader *r)
{
    buf_release(&r->line);
    *r = (struct head_reader){0};
}

void head_reader_reset(struct head_reader *r, bool expects_status)
{
    buf_clear(&r->line);
    r->piece_start = 0;
    r->handed_out = r->has_line = r->has_field = false;
    r->first_done = !expects_status;
}

static CURLcode refuse(CURLcode result, const char **ret_reason, const char *reason)
{
    *ret_reason = reason;
    return result;
}

static void forget_line(struct head_reader *r)
{
    buf_clear(&r->line);
    r->piece_start = 0;
    r->handed_out = false;
}

/* Bytes of `b` without the line end. */
static size_t text_len(const struct buf *b)
{
    size_t len = b->len;

    if (len && b->bytes[len - 1] == '\n')
        len--;
    if (len && b->bytes[len - 1] == '\r')
        len--;
    return len;
}

/* Cuts line end and blanks off what was collected and puts the one space there. */
static bool begin_fold(struct head_reader *r)
{
    size_t len = text_len(&r->line);

    while (len && ascii_is_blank(r->line.bytes[len - 1]))
        len--;
    r->line.len = len;
    r->has_line = false;
    if (!buf_append_char(&r->line, ' '))
        return false;
    r->piece_start = r->line.len;
    return true;
}

/* Appends bytes of one physical line while the limits allow. */
static CURLcode append(struct head_reader *r, const char *bytes, size_t len,
                       const char **ret_reason)
{
    size_t line_room = HEAD_LINE_MAX > r->line.len ? HEAD_LINE_MAX - r->line.len : 0;
    size_t total_room = HEAD_TOTAL_MAX - r->total;

    if (len > line_room && line_room <= total_room)
        return refuse(CURLE_TOO_LARGE, ret_reason, "Too large header line");
    if (len > total_room)
        return refuse(CURLE_RECV_ERROR, ret_reason, "Too large response headers");
    if (!buf_append(&r->line, bytes, len))
        return refuse(CURLE_OUT_OF_MEMORY, ret_reason, "Out of memory");
    r->total += len;
    return CURLE_OK;
}

/* Blanks in front of a continuation count but are not kept. */
static size_t skip_blanks(struct head_reader *r, const char *bytes, size_t len)
{
    size_t used = 0;

    if (!r->piece_start || r->line.len != r->piece_start)
        return 0;
    while (used < len && ascii_is_blank(bytes[used]) && r->total < HEAD_TOTAL_MAX) {
        used++;
        r->total++;
    }
    return used;
}

static CURLcode check_piece(const struct head_reader *r, const char **ret_reason)
{
    const char *piece = r->line.bytes + r->piece_start;
    size_t len = text_len(&r->line);

    len = len > r->piece_start ? len - r->piece_start : 0;
    if (memchr(piece, '\0', len))
        return refuse(CURLE_WEIRD_SERVER_REPLY, ret_reason, "Nul byte in header");
    if (memchr(piece, '\r', len))
        return refuse(CURLE_WEIRD_SERVER_REPLY, ret_reason, "Invalid CR in header");
    return CURLE_OK;
}

static enum head_step hand_out(struct head_reader *r, enum head_step step, struct str *ret_line)
{
    r->handed_out = true;
    r->has_line = false;
    *ret_line = (struct str){r->line.bytes, r->line.len};
    return step;
}

static CURLcode hand_out_field(struct head_reader *r, enum head_step *ret_step,
                               struct str *ret_line, const char **ret_reason)
{
    if (r->count >= HEAD_COUNT_MAX)
        return refuse(CURLE_TOO_LARGE, ret_reason, "Too many response headers");
    r->count++;
    *ret_step = hand_out(r, HEAD_LINE, ret_line);
    return CURLE_OK;
}

/* A physical line is complete in r->line: what is it? */
static void sort_line(struct head_reader *r, enum head_step *ret_step, struct str *ret_line)
{
    if (!r->first_done) {
        r->first_done = true;
        *ret_step = hand_out(r, HEAD_LINE, ret_line);
    } else if (!r->piece_start && !text_len(&r->line)) {
        *ret_step = hand_out(r, HEAD_END, ret_line);
    } else if (!r->has_field && ascii_is_blank(r->line.bytes[0])) {
        forget_line(r);
    } else {
        r->has_field = true;
        r->has_line = true;
    }
}

/* Takes bytes of one physical line, at most up to its end. */
static CURLcode take_piece(struct head_reader *r, const char *bytes, size_t len, size_t *ret_used,
                           enum head_step *ret_step, struct str *ret_line, const char **ret_reason)
{
    size_t skipped = skip_blanks(r, bytes, len);
    const char *lf;
    CURLcode result;

    bytes += skipped;
    len -= skipped;
    lf = len ? memchr(bytes, '\n', len) : NULL;
    if (lf)
        len = (size_t)(lf - bytes) + 1;
    result = append(r, bytes, len, ret_reason);
    if (result)
        return result;
    *ret_used = skipped + len;
    if (!lf)
        return CURLE_OK;
    result = check_piece(r, ret_reason);
    if (!result)
        sort_line(r, ret_step, ret_line);
    return result;
}

CURLcode head_reader_take(struct head_reader *r, const char *bytes, size_t len, size_t *ret_used,
                          enum head_step *ret_step, struct str *ret_line, const char **ret_reason)
{
    size_t used = 0;

    *ret_used = 0;
    *ret_step = HEAD_MORE;
    *ret_line = (struct str){NULL, 0};
    if (r->handed_out)
        forget_line(r);
    while (used < len && *ret_step == HEAD_MORE) {
        size_t piece = 0;
        CURLcode result;

        if (r->has_line && !ascii_is_blank(bytes[used])) {
            *ret_used = used;
            return hand_out_field(r, ret_step, ret_line, ret_reason);
        }
        if (r->has_line && !begin_fold(r))
            return refuse(CURLE_OUT_OF_MEMORY, ret_reason, "Out of memory");
        result = take_piece(r, bytes + used, len - used, &piece, ret_step, ret_line, ret_reason);
        if (result)
            return result;
        used += piece;
    }
    *ret_used = used;
    return CURLE_OK;
}

bool head_reader_take_last(struct head_reader *r, struct str *ret_line)
{
    if (!r->has_line)
        return false;
    (void)hand_out(r, HEAD_LINE, ret_line);
    return true;
}
