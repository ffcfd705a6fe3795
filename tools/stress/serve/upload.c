/* SPDX-License-Identifier: MIT */
/* Follows the body of a request through its bytes; see upload.h. */
#include "serve/upload.h"

#include <string.h>

#include "base/pattern.h"

enum {
    SIZE_LINE_MAX = 256,
    TRAILER_MAX = 16384,
};

void upload_begin(struct upload *upload, const struct request *request)
{
    memset(upload, 0, sizeof(*upload));
    upload->as_pattern = true;
    upload->chunked = request->chunked;
    upload->left = request->content_length > 0 ? request->content_length : 0;
    upload->part = request->chunked ? UPLOAD_SIZE : UPLOAD_DATA;
    if (!request_has_body(request)) {
        upload->part = UPLOAD_DONE;
    }
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* The number at the start of a chunk's first line; what follows must be an extension or nothing. */
static bool read_size(struct upload *upload, const char *line, size_t len)
{
    int64_t size = 0;
    size_t at = 0;

    for (; at < len && hex_value(line[at]) >= 0; at++) {
        if (at == 15) {
            return false;
        }
        size = size * 16 + hex_value(line[at]);
    }
    if (at == 0 || (at < len && line[at] != ';' && line[at] != ' ')) {
        return false;
    }
    upload->left = size;
    upload->part = size > 0 ? UPLOAD_DATA : UPLOAD_TRAILER;
    return true;
}

static int64_t take_data(struct upload *upload, const char *bytes, size_t len)
{
    size_t part = (int64_t)len < upload->left ? len : (size_t)upload->left;

    upload->as_pattern =
        upload->as_pattern && pattern_matches(bytes, part, (uint64_t)upload->received);
    upload->received += (int64_t)part;
    upload->left -= (int64_t)part;
    if (upload->left == 0) {
        upload->part = upload->chunked ? UPLOAD_CHUNK_END : UPLOAD_DONE;
    }
    return (int64_t)part;
}

/* Takes one line; 0 when its end is not there yet. */
static int64_t take_line(struct upload *upload, const char *bytes, size_t len)
{
    const char *end = memmem(bytes, len, "\r\n", 2);

    if (end == NULL) {
        return len < SIZE_LINE_MAX || (upload->part == UPLOAD_TRAILER && len < TRAILER_MAX / 2)
                   ? 0
                   : -1;
    }
    size_t line_len = (size_t)(end - bytes);
    switch (upload->part) {
    case UPLOAD_SIZE:
        if (!read_size(upload, bytes, line_len)) {
            return -1;
        }
        break;
    case UPLOAD_CHUNK_END:
        if (line_len != 0) {
            return -1;
        }
        upload->part = UPLOAD_SIZE;
        break;
    default:
        upload->trailer += (int64_t)line_len;
        if (upload->trailer > TRAILER_MAX) {
            return -1;
        }
        if (line_len == 0) {
            upload->part = UPLOAD_DONE;
        }
        break;
    }
    return (int64_t)line_len + 2;
}

int64_t upload_take(struct upload *upload, const char *bytes, size_t len)
{
    size_t taken = 0;

    while (upload->part != UPLOAD_DONE && taken < len) {
        int64_t part = upload->part == UPLOAD_DATA ? take_data(upload, bytes + taken, len - taken)
                                                   : take_line(upload, bytes + taken, len - taken);
        if (part < 0) {
            return -1;
        }
        if (part == 0) {
            break;
        }
        taken += (size_t)part;
    }
    return (int64_t)taken;
}
