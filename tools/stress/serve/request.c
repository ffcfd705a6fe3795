/* SPDX-License-Identifier: MIT */
/* Reads the head of a request, a line at a time; what it does not need to know it skips. */
#include "serve/request.h"

#include <string.h>
#include <strings.h>

/* A piece of the head. */
struct piece {
    const char *start;
    size_t len;
};

static bool piece_is(struct piece piece, const char *word)
{
    return piece.len == strlen(word) && strncasecmp(piece.start, word, piece.len) == 0;
}

/* Takes what stands before `mark` off the front of `rest`, and the mark; false if it is not there.
 */
static bool piece_take(struct piece *rest, const char *mark, struct piece *taken)
{
    size_t mark_len = strlen(mark);
    const char *found = memmem(rest->start, rest->len, mark, mark_len);

    if (found == NULL) {
        return false;
    }
    taken->start = rest->start;
    taken->len = (size_t)(found - rest->start);
    rest->len -= taken->len + mark_len;
    rest->start = found + mark_len;
    return true;
}

static void piece_trim(struct piece *piece)
{
    while (piece->len > 0 && (*piece->start == ' ' || *piece->start == '\t')) {
        piece->start++;
        piece->len--;
    }
    while (piece->len > 0 &&
           (piece->start[piece->len - 1] == ' ' || piece->start[piece->len - 1] == '\t')) {
        piece->len--;
    }
}

static bool read_length(struct request *request, struct piece value)
{
    int64_t length = 0;

    if (value.len == 0 || value.len > 18) {
        return false;
    }
    for (size_t i = 0; i < value.len; i++) {
        if (value.start[i] < '0' || value.start[i] > '9') {
            return false;
        }
        length = length * 10 + (value.start[i] - '0');
    }
    if (request->content_length >= 0 && request->content_length != length) {
        return false;
    }
    request->content_length = length;
    return true;
}

/* "METHOD /path?query HTTP/1.x"; the query is not kept. */
static bool read_request_line(struct request *request, struct piece line)
{
    struct piece method;
    struct piece target;

    if (!piece_take(&line, " ", &method) || !piece_take(&line, " ", &target) || method.len == 0 ||
        target.len == 0 || target.start[0] != '/') {
        return false;
    }
    const char *query = memchr(target.start, '?', target.len);
    if (query != NULL) {
        target.len = (size_t)(query - target.start);
    }
    if (target.len >= sizeof(request->path) || memchr(target.start, 0, target.len) != NULL) {
        return false;
    }
    memcpy(request->path, target.start, target.len);
    request->path[target.len] = '\0';
    request->is_head = method.len == 4 && memcmp(method.start, "HEAD", 4) == 0;
    request->keep_alive = piece_is(line, "HTTP/1.1");
    return request->keep_alive || piece_is(line, "HTTP/1.0");
}

static bool read_field(struct request *request, struct piece line)
{
    struct piece name;

    if (!piece_take(&line, ":", &name) || name.len == 0) {
        return false;
    }
    piece_trim(&line);
    if (piece_is(name, "Content-Length")) {
        return read_length(request, line);
    }
    if (piece_is(name, "Transfer-Encoding")) {
        request->chunked = piece_is(line, "chunked");
        return request->chunked;
    }
    if (piece_is(name, "Connection")) {
        request->keep_alive = request->keep_alive && !piece_is(line, "close");
    } else if (piece_is(name, "Expect")) {
        request->expects_continue = piece_is(line, "100-continue");
    }
    return true;
}

int request_parse(struct request *request, const char *bytes, size_t len)
{
    struct piece rest = {bytes, len};
    struct piece head;
    struct piece line;

    if (!piece_take(&rest, "\r\n\r\n", &head)) {
        return len < REQUEST_HEAD_MAX ? 0 : -1;
    }
    memset(request, 0, sizeof(*request));
    request->content_length = -1;
    rest = (struct piece){head.start, head.len + 2}; /* each line with its end */
    if (!piece_take(&rest, "\r\n", &line) || !read_request_line(request, line)) {
        return -1;
    }
    while (piece_take(&rest, "\r\n", &line)) {
        if (!read_field(request, line)) {
            return -1;
        }
    }
    if (request->chunked && request->content_length >= 0) {
        return -1;
    }
    return (int)(head.len + 4);
}

bool request_has_body(const struct request *request)
{
    return request->chunked || request->content_length > 0;
}
