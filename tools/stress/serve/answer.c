/* SPDX-License-Identifier: MIT */
/* Answers of the loopback server; see answer.h. */
#include "serve/answer.h"

#include <stdio.h>
#include <string.h>

#include "base/pattern.h"

enum {
    CHUNK = 2048,
    CHUNK_CODED = 5 + CHUNK + 2, /* "800\r\n", the bytes, "\r\n" */
};

static const int64_t bytes_max = INT64_C(1) << 56;
static const int64_t delay_max_ms = INT64_C(3600000);

/* Pieces of the chunked coding; not strings. */
static const char chunk_head[5] = "800\r\n";
static const char chunk_end[2] = "\r\n";
static const char last_chunk[5] = "0\r\n\r\n";

/* Writes what is left after the whole chunks, and the last chunk; returns the length. */
static size_t write_tail(uint64_t rest, uint64_t offset, char *out)
{
    size_t len = 0;

    if (rest > 0) {
        len = (size_t)snprintf(out, 16, "%x\r\n", (unsigned)rest);
        pattern_fill(out + len, rest, offset);
        memcpy(out + len + rest, chunk_end, sizeof(chunk_end));
        len += rest + 2;
    }
    memcpy(out + len, last_chunk, sizeof(last_chunk));
    return len + sizeof(last_chunk);
}

static uint64_t chunked_len(uint64_t pattern_len)
{
    char tail[16 + CHUNK + 16];

    return pattern_len / CHUNK * CHUNK_CODED + write_tail(pattern_len % CHUNK, 0, tail);
}

/* One chunk's bytes from position `at` of the coded body on. */
static size_t read_chunked(const struct answer *answer, uint64_t at, char *out, size_t size)
{
    char coded[16 + CHUNK + 16];
    uint64_t chunk = at / CHUNK_CODED;
    size_t coded_len = CHUNK_CODED;

    if (chunk < answer->pattern_len / CHUNK) {
        memcpy(coded, chunk_head, sizeof(chunk_head));
        pattern_fill(coded + sizeof(chunk_head), CHUNK, chunk * CHUNK);
        memcpy(coded + sizeof(chunk_head) + CHUNK, chunk_end, sizeof(chunk_end));
    } else {
        chunk = answer->pattern_len / CHUNK;
        coded_len = write_tail(answer->pattern_len % CHUNK, chunk * CHUNK, coded);
    }
    size_t skip = (size_t)(at - chunk * CHUNK_CODED);
    size_t part = coded_len - skip < size ? coded_len - skip : size;
    memcpy(out, coded + skip, part);
    return part;
}

static const char *reason_of(int status)
{
    static const struct {
        int status;
        const char *reason;
    } reasons[] = {
        {200, "OK"                   },
        {204, "No Content"           },
        {301, "Moved Permanently"    },
        {304, "Not Modified"         },
        {400, "Bad Request"          },
        {401, "Unauthorized"         },
        {404, "Not Found"            },
        {429, "Too Many Requests"    },
        {500, "Internal Server Error"},
        {503, "Service Unavailable"  },
    };

    for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
        if (reasons[i].status == status) {
            return reasons[i].reason;
        }
    }
    return "Chosen";
}

static void write_head(struct answer *answer, int status, const char *length_field, uint64_t length)
{
    char number[32] = "";

    if (!answer->chunked) {
        snprintf(number, sizeof(number), "%llu", (unsigned long long)length);
    }
    int len = snprintf(answer->head, sizeof(answer->head),
                       "HTTP/1.1 %d %s\r\n"
                       "Server: curlpool-stress\r\n"
                       "Content-Type: text/plain\r\n"
                       "%s%s\r\n"
                       "%s\r\n",
                       status, reason_of(status), length_field, number,
                       answer->keep_alive ? "" : "Connection: close\r\n");
    answer->head_len = (uint64_t)len;
}

/* A status with a line of text; 204 and 304 have none (RFC 9110, 6.4.1). */
static void give_text(struct answer *answer, const struct request *request, int status)
{
    char text[64];
    int len = snprintf(text, sizeof(text), "%d %s\n", status, reason_of(status));

    if (status == 204 || status == 304) {
        len = snprintf(answer->head, sizeof(answer->head),
                       "HTTP/1.1 %d %s\r\nServer: curlpool-stress\r\n%s\r\n", status,
                       reason_of(status), answer->keep_alive ? "" : "Connection: close\r\n");
        answer->head_len = (uint64_t)len;
        return;
    }
    write_head(answer, status, "Content-Length: ", (uint64_t)len);
    if (request == NULL || !request->is_head) {
        memcpy(answer->head + answer->head_len, text, (size_t)len);
        answer->head_len += (uint64_t)len;
    }
}

static void give_pattern(struct answer *answer, const struct request *request, uint64_t length)
{
    answer->pattern_len = length;
    if (answer->chunked) {
        write_head(answer, 200, "Transfer-Encoding: chunked", 0);
        answer->body_len = chunked_len(length);
    } else {
        write_head(answer, 200, "Content-Length: ", length);
        answer->body_len = answer->cut || answer->stall ? length / 2 : length;
    }
    if (request->is_head) {
        answer->body_len = 0;
    }
}

/* Reads "/NUMBER" off the front of `*rest`. */
static bool read_number(const char **rest, int64_t *number)
{
    const char *at = *rest;
    int64_t value = 0;

    if (*at++ != '/' || *at < '0' || *at > '9') {
        return false;
    }
    for (; *at >= '0' && *at <= '9'; at++) {
        value = value * 10 + (*at - '0');
        if (value > bytes_max) {
            return false;
        }
    }
    *rest = at;
    *number = value;
    return true;
}

static bool take_word(const char **rest, const char *word)
{
    size_t len = strlen(word);

    if (strncmp(*rest, word, len) != 0 || (*rest)[len] != '/') {
        return false;
    }
    *rest += len;
    return true;
}

/* The paths "/WORD/N" that give N bytes. */
static bool is_bytes_path(struct answer *answer, const char **rest)
{
    if (take_word(rest, "/bytes")) {
        return true;
    }
    if (take_word(rest, "/chunked")) {
        answer->chunked = true;
        return true;
    }
    if (take_word(rest, "/close")) {
        answer->keep_alive = false;
        return true;
    }
    if (take_word(rest, "/cut")) {
        answer->cut = true;
        answer->keep_alive = false;
        return true;
    }
    if (take_word(rest, "/reset")) {
        answer->cut = true;
        answer->reset = true;
        answer->keep_alive = false;
        return true;
    }
    if (take_word(rest, "/stall")) {
        answer->stall = true;
        return true;
    }
    answer->wrong = take_word(rest, "/wrong");
    return answer->wrong;
}

static void give_delayed(struct answer *answer, const struct request *request, const char *rest)
{
    int64_t delay = 0;
    int64_t number = 0;

    if (!read_number(&rest, &delay) || delay > delay_max_ms) {
        give_text(answer, request, 404);
        return;
    }
    answer->delay_ms = (uint64_t)delay;
    if (*rest == '\0') {
        give_text(answer, request, 200);
    } else if (read_number(&rest, &number) && *rest == '\0') {
        give_pattern(answer, request, (uint64_t)number);
    } else {
        give_text(answer, request, 404);
    }
}

static void give_slow(struct answer *answer, const struct request *request, const char *rest)
{
    int64_t number = 0;
    int64_t pause = 0;

    if (read_number(&rest, &number) && read_number(&rest, &pause) && *rest == '\0' &&
        pause <= delay_max_ms) {
        answer->pause_ms = (uint64_t)pause;
        give_pattern(answer, request, (uint64_t)number);
    } else {
        give_text(answer, request, 404);
    }
}

uint64_t answer_part_end(const struct answer *answer, uint64_t at)
{
    uint64_t whole = answer->head_len + answer->body_len;
    uint64_t part = answer->body_len / 10 + 1;

    if (answer->pause_ms == 0) {
        return whole;
    }
    uint64_t end = answer->head_len + part;
    while (end <= at) {
        end += part;
    }
    return end < whole ? end : whole;
}

void answer_choose(struct answer *answer, const struct request *request,
                   const struct upload *upload)
{
    const char *rest = request->path;
    int64_t number = 0;

    memset(answer, 0, sizeof(*answer));
    answer->keep_alive = request->keep_alive;
    if (is_bytes_path(answer, &rest)) {
        if (read_number(&rest, &number) && *rest == '\0') {
            give_pattern(answer, request, (uint64_t)number);
            return;
        }
    } else if (take_word(&rest, "/status")) {
        if (read_number(&rest, &number) && *rest == '\0' && number >= 200 && number <= 999) {
            give_text(answer, request, (int)number);
            return;
        }
    } else if (take_word(&rest, "/upload")) {
        if (read_number(&rest, &number) && *rest == '\0') {
            bool right = upload->received == number && upload->as_pattern;
            give_text(answer, request, right ? 200 : 400);
            return;
        }
    } else if (take_word(&rest, "/slow")) {
        give_slow(answer, request, rest);
        return;
    } else if (take_word(&rest, "/delay")) {
        give_delayed(answer, request, rest);
        return;
    }
    memset(answer, 0, sizeof(*answer));
    answer->keep_alive = request->keep_alive;
    give_text(answer, request, 404);
}

void answer_refuse(struct answer *answer)
{
    memset(answer, 0, sizeof(*answer));
    give_text(answer, NULL, 400);
}

void answer_continue(struct answer *answer)
{
    static const char line[] = "HTTP/1.1 100 Continue\r\n\r\n";

    memset(answer, 0, sizeof(*answer));
    memcpy(answer->head, line, sizeof(line) - 1);
    answer->head_len = sizeof(line) - 1;
    answer->keep_alive = true;
}

size_t answer_read(const struct answer *answer, uint64_t at, char *out, size_t size)
{
    size_t written = 0;

    if (at < answer->head_len) {
        written = (size_t)(answer->head_len - at) < size ? (size_t)(answer->head_len - at) : size;
        memcpy(out, answer->head + at, written);
        at += written;
    }
    while (written < size && at - answer->head_len < answer->body_len) {
        uint64_t offset = at - answer->head_len;
        size_t part = size - written;
        if (answer->chunked) {
            part = read_chunked(answer, offset, out + written, part);
        } else {
            if (part > answer->body_len - offset) {
                part = (size_t)(answer->body_len - offset);
            }
            pattern_fill(out + written, part, offset + answer->wrong);
        }
        written += part;
        at += part;
    }
    return written;
}
