/* SPDX-License-Identifier: MIT */
#include "wire/ftp_reply.h"

#include "wire/date.h"

#include <stdio.h>
#include <string.h>

void ftp_reply_release(struct ftp_reply *r)
{
    buf_release(&r->lines);
    *r = (struct ftp_reply){0};
}

void ftp_reply_clear(struct ftp_reply *r)
{
    buf_clear(&r->lines);
    r->last = 0;
    r->code = r->opened = 0;
}

/* ---- Lines ---- */

/* The code that a line begins with; 0 for none. */
static int code_of(struct str line)
{
    if (line.len < 3 || !ascii_is_digit(line.at[0]) || !ascii_is_digit(line.at[1]) ||
        !ascii_is_digit(line.at[2]))
        return 0;
    return (line.at[0] - '0') * 100 + (line.at[1] - '0') * 10 + (line.at[2] - '0');
}

/* Looks at a line that is complete, without its end; true for a reply's last one. */
static bool take_line(struct ftp_reply *r, struct str line)
{
    int code = code_of(line);

    if (!code)
        return false;
    if (line.len > 3 && line.at[3] == '-') {
        r->opened = r->opened ? r->opened : code;
        return false;
    }
    if ((line.len > 3 && line.at[3] != ' ') || (r->opened && code != r->opened))
        return false;
    r->code = code;
    return true;
}

static struct str without_end(const char *line, size_t len)
{
    if (len && line[len - 1] == '\n')
        len--;
    if (len && line[len - 1] == '\r')
        len--;
    return (struct str){line, len};
}

enum ftp_reply_state ftp_reply_feed(struct ftp_reply *r, const char *bytes, size_t len,
                                    size_t *ret_used)
{
    *ret_used = 0;
    while (*ret_used < len) {
        const char *at = bytes + *ret_used;
        const char *end = memchr(at, '\n', len - *ret_used);
        size_t part = end ? (size_t)(end - at) + 1 : len - *ret_used;

        if (memchr(at, '\0', part))
            return FTP_REPLY_BAD;
        if (r->lines.len - r->last + part > FTP_LINE_MAX || r->lines.len + part > FTP_REPLY_MAX)
            return FTP_REPLY_LONG;
        if (!buf_append(&r->lines, at, part))
            return FTP_REPLY_NO_MEMORY;
        *ret_used += part;
        if (!end)
            return FTP_REPLY_MORE;
        if (take_line(r, without_end(r->lines.bytes + r->last, r->lines.len - r->last)))
            return FTP_REPLY_DONE;
        r->last = r->lines.len;
    }
    return FTP_REPLY_MORE;
}

struct str ftp_reply_text(const struct ftp_reply *r)
{
    struct str line;

    if (!r->code)
        return STR("");
    line = without_end(r->lines.bytes + r->last, r->lines.len - r->last);
    return line.len > 4 ? (struct str){line.at + 4, line.len - 4} : STR("");
}

/* ---- Texts ---- */

bool ftp_parse_epsv(struct str text, int *ret_port)
{
    const char *open = text.len ? memchr(text.at, '(', text.len) : NULL;
    struct str s;
    int64_t port;

    if (!open)
        return false;
    s = (struct str){open + 1, text.len - (size_t)(open + 1 - text.at)};
    if (s.len < 3 || ascii_is_digit(s.at[0]) || s.at[1] != s.at[0] || s.at[2] != s.at[0])
        return false;
    open = s.at;
    s = (struct str){s.at + 3, s.len - 3};
    if (!str_take_number(&s, 65535, &port) || !port || !s.len || s.at[0] != *open)
        return false;
    *ret_port = (int)port;
    return true;
}

/* Six numbers of a byte each at the start of `s`. */
static bool take_six(struct str s, int numbers[6])
{
    for (int i = 0; i < 6; i++) {
        int64_t number;

        if (i && (!s.len || s.at[0] != ','))
            return false;
        if (i)
            s = (struct str){s.at + 1, s.len - 1};
        if (!str_take_number(&s, 255, &number))
            return false;
        numbers[i] = (int)number;
    }
    return true;
}

bool ftp_parse_pasv(struct str text, struct ftp_pasv *ret)
{
    int n[6];

    for (size_t i = 0; i < text.len; i++) {
        if (!ascii_is_digit(text.at[i]) || (i && ascii_is_digit(text.at[i - 1])))
            continue;
        if (!take_six((struct str){text.at + i, text.len - i}, n))
            continue;
        for (int part = 0; part < 4; part++)
            ret->ip[part] = (unsigned char)n[part];
        ret->port = n[4] * 256 + n[5];
        return ret->port != 0;
    }
    return false;
}

enum ftp_path_state ftp_parse_path(struct str text, struct buf *ret)
{
    const char *at = text.len ? memchr(text.at, '"', text.len) : NULL;
    const char *end = text.at + text.len;

    if (!at)
        return FTP_PATH_NONE;
    for (at++; at < end; at++) {
        if (*at == '"' && (at + 1 == end || at[1] != '"'))
            return buf_append(ret, "", 0) ? FTP_PATH_OK : FTP_PATH_NO_MEMORY;
        if ((unsigned char)*at < ' ' || *at == 0x7f)
            return FTP_PATH_BAD;
        if (*at == '"')
            at++;
        if (!buf_append_char(ret, *at))
            return FTP_PATH_NO_MEMORY;
    }
    return FTP_PATH_BAD;
}

bool ftp_parse_size(struct str text, int64_t *ret_size)
{
    size_t end = text.len, start;
    struct str digits;

    while (end && !ascii_is_digit(text.at[end - 1]))
        end--;
    for (start = end; start && ascii_is_digit(text.at[start - 1]);)
        start--;
    digits = (struct str){text.at + start, end - start};
    return str_take_number(&digits, INT64_MAX, ret_size);
}

/* Two digits. */
static int pair(const char *at)
{
    return (at[0] - '0') * 10 + (at[1] - '0');
}

bool ftp_parse_time(struct str text, int64_t *ret_seconds)
{
    char date[] = "YYYYMMDD hh:mm:ss GMT";
    size_t digits = 0;

    while (digits < text.len && ascii_is_digit(text.at[digits]))
        digits++;
    if (digits != 14 || pair(text.at + 4) > 12 || !pair(text.at + 4) || pair(text.at + 6) > 31 ||
        !pair(text.at + 6) || pair(text.at + 8) > 23 || pair(text.at + 10) > 59 ||
        pair(text.at + 12) > 60)
        return false;
    memcpy(date, text.at, 8);
    for (size_t i = 0; i < 3; i++)
        memcpy(date + 9 + i * 3, text.at + 8 + i * 2, 2);
    return date_parse(str_of(date), ret_seconds);
}

bool ftp_parse_bytes(struct str text, int64_t *ret_size)
{
    for (size_t i = 0; i < text.len; i++) {
        struct str s = {text.at + i + 1, text.len - i - 1};

        if (text.at[i] == '(' && str_take_number(&s, INT64_MAX, ret_size) &&
            str_starts_nocase(s, STR(" byte")))
            return true;
    }
    return false;
}
