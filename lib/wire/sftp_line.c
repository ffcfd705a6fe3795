/* SPDX-License-Identifier: MIT */
#include "wire/sftp_line.h"

#include <string.h>

static void skip(struct str *line, size_t len)
{
    *line = (struct str){line->at + len, line->len - len};
}

static void skip_blanks(struct str *line)
{
    while (line->len && ascii_is_blank(line->at[0]))
        skip(line, 1);
}

/* What stands between quotes, of which the first is at the start. */
static enum sftp_name_error take_quoted(struct str *line, struct buf *ret)
{
    char quote = line->at[0];

    skip(line, 1);
    while (line->len && line->at[0] != quote) {
        if (line->at[0] == '\\') {
            skip(line, 1);
            if (!line->len || !strchr("\\\"'", line->at[0]))
                return SFTP_NAME_BAD;
        }
        buf_append_char(ret, line->at[0]);
        skip(line, 1);
    }
    if (!line->len)
        return SFTP_NAME_BAD;
    skip(line, 1);
    return ret->len ? SFTP_NAME_FINE : SFTP_NAME_BAD;
}

static void take_word(struct str *line, struct str home, struct buf *ret)
{
    if (line->len >= 3 && !memcmp(line->at, "/~/", 3)) {
        buf_append(ret, home.at, home.len);
        buf_append_char(ret, '/');
        skip(line, 3);
    }
    while (line->len && !ascii_is_blank(line->at[0])) {
        buf_append_char(ret, line->at[0]);
        skip(line, 1);
    }
}

enum sftp_name_error sftp_take_name(struct str *line, struct str home, struct buf *ret_name)
{
    enum sftp_name_error result = SFTP_NAME_FINE;

    buf_clear(ret_name);
    skip_blanks(line);
    if (!line->len)
        return SFTP_NAME_MISSING;
    if (line->at[0] == '"' || line->at[0] == '\'')
        result = take_quoted(line, ret_name);
    else
        take_word(line, home, ret_name);
    skip_blanks(line);
    return buf_failed(ret_name) ? SFTP_NAME_MEMORY : result;
}
