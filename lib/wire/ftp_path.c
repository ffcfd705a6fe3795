/* SPDX-License-Identifier: MIT */
#include "wire/ftp_path.h"

#include "wire/escape.h"

#include <string.h>

void ftp_path_release(struct ftp_path *p)
{
    buf_release(&p->text);
    *p = (struct ftp_path){0};
}

/* ";type=X" at the end is not the path's. */
static char cut_type(struct str *path)
{
    const struct str mark = STR(";type=");
    char type;

    if (path->len < mark.len + 1 ||
        !str_starts_nocase((struct str){path->at + path->len - mark.len - 1, mark.len + 1}, mark))
        return 0;
    type = ascii_upper(path->at[path->len - 1]);
    if (type != 'A' && type != 'I' && type != 'D')
        return 0;
    path->len -= mark.len + 1;
    return type;
}

static bool has_control(const struct buf *b)
{
    for (size_t i = 0; i < b->len; i++) {
        if ((unsigned char)b->bytes[i] < ' ' || b->bytes[i] == 0x7f)
            return true;
    }
    return false;
}

enum ftp_path_error ftp_path_parse(struct ftp_path *p, struct str path)
{
    const char *text;
    size_t file;

    p->type = cut_type(&path);
    if (path.len && path.at[0] == '/')
        path = (struct str){path.at + 1, path.len - 1};
    if (!unescape_append(&p->text, path))
        return FTP_PATH_MEMORY;
    if (has_control(&p->text))
        return FTP_PATH_CONTROL;
    text = buf_text(&p->text);
    for (file = p->text.len; file && text[file - 1] != '/';)
        file--;
    p->file = (struct str){text + file, p->text.len - file};
    p->directory = (struct str){text, file > 1 ? file - 1 : file};
    return FTP_PATH_FINE;
}

bool ftp_path_next(struct str *rest, struct str *ret_part)
{
    size_t len = 0;

    while (rest->len && rest->at[0] == '/')
        *rest = (struct str){rest->at + 1, rest->len - 1};
    while (len < rest->len && rest->at[len] != '/')
        len++;
    *ret_part = (struct str){rest->at, len};
    *rest = (struct str){rest->at + len, rest->len - len};
    return len > 0;
}
