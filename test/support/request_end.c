/* SPDX-License-Identifier: MIT */
/* Where a request ends: see request_end.h. */
#include "request_end.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

void request_end_init(struct request_end *end)
{
    memset(end, 0, sizeof *end);
    end->first_line = true;
}

/* "GET /path HTTP/1.1": the middle word. */
static void take_target(struct request_end *end)
{
    const char *from = strchr(end->line, ' ');
    size_t len;

    if (!from) {
        return;
    }
    from++;
    len = strcspn(from, " ");
    if (len >= sizeof end->target) {
        len = sizeof end->target - 1;
    }
    memcpy(end->target, from, len);
    end->target[len] = 0;
}

static void head_is_over(struct request_end *end)
{
    end->left = end->content_length;
    end->part = end->chunked || end->left > 0 ? REQUEST_END_BODY : REQUEST_END_DONE;
}

static void take_head_line(struct request_end *end)
{
    static const char length[] = "Content-Length:", coding[] = "Transfer-Encoding: chunked";

    if (end->first_line) {
        end->first_line = false;
        take_target(end);
    } else if (strncasecmp(end->line, length, sizeof length - 1) == 0) {
        end->content_length = strtoull(end->line + sizeof length - 1, NULL, 10);
    } else if (strncasecmp(end->line, coding, sizeof coding - 1) == 0) {
        end->chunked = true;
    } else if (end->line_len == 0) {
        head_is_over(end);
    }
}

/* A size line gives the bytes up to the next one: the chunk and the line end after it. */
static void take_chunk_line(struct request_end *end)
{
    uint64_t size;

    if (end->trailer) {
        end->part = end->line_len == 0 ? REQUEST_END_DONE : REQUEST_END_BODY;
        return;
    }
    size = strtoull(end->line, NULL, 16);
    end->trailer = size == 0;
    end->left = size > 0 ? size + 2 : 0;
}

static void take_line(struct request_end *end)
{
    if (end->line_len > 0 && end->line_len <= sizeof end->line &&
        end->line[end->line_len - 1] == '\r') {
        end->line_len--;
    }
    end->line[end->line_len < sizeof end->line ? end->line_len : sizeof end->line - 1] = 0;
    if (end->part == REQUEST_END_HEAD) {
        take_head_line(end);
    } else {
        take_chunk_line(end);
    }
    end->line_len = 0;
}

void request_end_take(struct request_end *end, char byte)
{
    if (end->part == REQUEST_END_BODY && end->left > 0) {
        end->left--;
        if (end->left == 0 && !end->chunked) {
            end->part = REQUEST_END_DONE;
        }
        return;
    }
    if (byte == '\n') {
        take_line(end);
        return;
    }
    if (end->line_len < sizeof end->line) {
        end->line[end->line_len] = byte;
    }
    end->line_len++;
}
