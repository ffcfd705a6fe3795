/* SPDX-License-Identifier: MIT */
#include "wire/ftp_list.h"

#include <string.h>

enum { LETTERS = 9 }; /* of permissions */

static const char types[] = {
    [FTP_LIST_FILE] = '-',
    [FTP_LIST_DIRECTORY] = 'd',
    [FTP_LIST_LINK] = 'l',
    [FTP_LIST_BLOCK_DEVICE] = 'b',
    [FTP_LIST_CHARACTER_DEVICE] = 'c',
    [FTP_LIST_PIPE] = 'p',
    [FTP_LIST_SOCKET] = 's',
    [FTP_LIST_DOOR] = 'D',
};

static struct str from(struct str s, size_t start)
{
    return (struct str){s.at + start, s.len - start};
}

static void skip_spaces(struct str *s)
{
    while (s->len && s->at[0] == ' ')
        *s = from(*s, 1);
}

/* The next word; the spaces behind it stay. */
static bool take_word(struct str *s, struct str *ret)
{
    size_t len = 0;

    skip_spaces(s);
    while (len < s->len && s->at[len] != ' ')
        len++;
    *ret = (struct str){s->at, len};
    *s = from(*s, len);
    return len > 0;
}

static bool take_whole_number(struct str *s, int64_t *ret)
{
    struct str word;

    return take_word(s, &word) && str_take_number(&word, INT64_MAX, ret) && !word.len;
}

static bool is_good_name(struct str name)
{
    for (size_t i = 0; i < name.len; i++) {
        if ((unsigned char)name.at[i] < ' ' || name.at[i] == 0x7f || name.at[i] == '/')
            return false;
    }
    return name.len > 0;
}

/* ---- ls -l ---- */

static bool read_type(char letter, enum ftp_list_type *ret)
{
    const char *at = letter ? memchr(types, letter, sizeof(types)) : NULL;

    if (at)
        *ret = (enum ftp_list_type)(at - types);
    return at != NULL;
}

/* The third letter of three: may it be executed, and more. *ret gets the bits of 1 and 010. */
static bool read_last(char letter, char special, unsigned *ret)
{
    switch (letter) {
    case '-':
        *ret = 0;
        return true;
    case 'x':
        *ret = 1;
        return true;
    default:
        if (ascii_lower(letter) != special)
            return false;
        *ret = letter == special ? 011 : 010;
        return true;
    }
}

/* "rwxr-s--T": s and t are also x; S and T are not. */
static bool read_mode(struct str letters, unsigned *ret_mode)
{
    static const char specials[] = {'s', 's', 't'};
    unsigned mode = 0;

    for (int i = 0; i < 3; i++) {
        const char *at = letters.at + (ptrdiff_t)3 * i;
        unsigned last;

        if ((at[0] != 'r' && at[0] != '-') || (at[1] != 'w' && at[1] != '-') ||
            !read_last(at[2], specials[i], &last))
            return false;
        mode |= ((at[0] == 'r' ? 4u : 0) | (at[1] == 'w' ? 2u : 0) | (last & 1)) << (6 - 3 * i);
        mode |= last & 010 ? 01000u << (2 - i) : 0;
    }
    *ret_mode = mode;
    return true;
}

/* "Apr 27  5:12", "Apr 27  2010" or "2010-04-27 05:12". */
static bool take_time(struct str *s, struct str *ret)
{
    struct str word;
    const char *start;
    int words;

    if (!take_word(s, &word))
        return false;
    start = word.at;
    for (words = ascii_is_digit(*start) ? 1 : 2; words; words--) {
        if (!take_word(s, &word))
            return false;
    }
    *ret = (struct str){start, (size_t)(word.at + word.len - start)};
    return true;
}

/* Of devices it is two numbers, which are no size. */
static bool take_size(struct str *s, int64_t *ret)
{
    struct str word;

    if (!take_word(s, &word) || !str_take_number(&word, INT64_MAX, ret))
        return false;
    if (!word.len)
        return true;
    if (word.len > 1 || word.at[0] != ',')
        return false;
    return take_whole_number(s, ret) && (*ret = 0, true);
}

static bool split_link(struct ftp_list_entry *e)
{
    const struct str arrow = STR(" -> ");
    const char *at = memmem(e->name.at, e->name.len, arrow.at, arrow.len);

    if (!at)
        return false;
    e->target = from(e->name, (size_t)(at - e->name.at) + arrow.len);
    e->name.len = (size_t)(at - e->name.at);
    return e->target.len > 0 && !memchr(e->target.at, '\0', e->target.len);
}

static bool parse_unix(struct str line, struct ftp_list_entry *e)
{
    struct str rest;

    if (line.len < LETTERS + 1 || !read_type(line.at[0], &e->type))
        return false;
    e->permissions = (struct str){line.at + 1, LETTERS};
    if (!read_mode(e->permissions, &e->mode))
        return false;
    rest = from(line, LETTERS + 1);
    if (rest.len && rest.at[0] != ' ') /* there is more than these letters: "+", "." */
        rest = from(rest, 1);
    if (!take_whole_number(&rest, &e->links) || !take_word(&rest, &e->user) ||
        !take_word(&rest, &e->group) || !take_size(&rest, &e->size) || !take_time(&rest, &e->time))
        return false;
    if (rest.len < 2)
        return false;
    e->name = from(rest, 1);
    return (e->type != FTP_LIST_LINK || split_link(e)) && is_good_name(e->name);
}

/* ---- Windows ---- */

/* "04-27-10  05:12AM       <DIR>          name", "04-27-10  05:12AM           38 name". */
static bool parse_windows(struct str line, struct ftp_list_entry *e)
{
    struct str rest = line, date, clock, word;

    if (!take_word(&rest, &date) || !take_word(&rest, &clock))
        return false;
    e->time = (struct str){date.at, (size_t)(clock.at + clock.len - date.at)};
    if (!take_word(&rest, &word))
        return false;
    if (str_equal(word, STR("<DIR>"))) {
        e->type = FTP_LIST_DIRECTORY;
        e->size = 0;
        skip_spaces(&rest);
    } else if (str_take_number(&word, INT64_MAX, &e->size) && !word.len && rest.len) {
        rest = from(rest, 1);
    } else {
        return false;
    }
    e->name = rest;
    return is_good_name(e->name);
}

enum ftp_list_line ftp_list_parse(struct str line, struct ftp_list_entry *ret)
{
    bool good;

    *ret = (struct ftp_list_entry){.size = -1, .links = -1};
    if (!line.len || str_starts_nocase(line, STR("total ")))
        return FTP_LIST_NOTHING;
    good = ascii_is_digit(line.at[0]) ? parse_windows(line, ret) : parse_unix(line, ret);
    return good ? FTP_LIST_ENTRY : FTP_LIST_BAD;
}
