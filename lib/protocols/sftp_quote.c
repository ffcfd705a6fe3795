/* SPDX-License-Identifier: MIT */
/* CURLOPT_QUOTE and CURLOPT_POSTQUOTE with SFTP: a command a line. */
#include "protocols/ssh.h"

#include "base/mem.h"
#include "wire/date.h"
#include "wire/sftp_line.h"

#include <stdlib.h>
#include <string.h>

struct quote {
    struct ssh *f;
    const char *word; /* of the command */
    struct buf first, second;
    bool may_fail;
};

typedef int operation(struct quote *);

/* ---- What goes wrong ---- */

/* The server refused it. */
static CURLcode refused(struct quote *q)
{
    if (q->may_fail)
        return CURLE_OK;
    return ssh_fail(q->f, CURLE_QUOTE_ERROR, "%s command failed: %s", q->word,
                    sftp_status_text(sftp_status(q->f)));
}

static CURLcode take_name(struct quote *q, struct str *line, struct buf *into, const char *lacks)
{
    switch (sftp_take_name(line, str_of(q->f->memory->home), into)) {
    case SFTP_NAME_FINE:
        return CURLE_OK;
    case SFTP_NAME_MEMORY:
        return CURLE_OUT_OF_MEMORY;
    default:
        return ssh_fail(q->f, CURLE_QUOTE_ERROR, "%s", lacks);
    }
}

/* ---- One name ---- */

static int make_folder(struct quote *q)
{
    return libssh2_sftp_mkdir_ex(q->f->memory->sftp, q->first.bytes, (unsigned)q->first.len,
                                 q->f->hop->settings->new_directory_perms);
}

static int remove_file(struct quote *q)
{
    return libssh2_sftp_unlink_ex(q->f->memory->sftp, q->first.bytes, (unsigned)q->first.len);
}

static int remove_folder(struct quote *q)
{
    return libssh2_sftp_rmdir_ex(q->f->memory->sftp, q->first.bytes, (unsigned)q->first.len);
}

/* ---- Two names ---- */

static int rename_file(struct quote *q)
{
    return libssh2_sftp_rename_ex(q->f->memory->sftp, q->first.bytes, (unsigned)q->first.len,
                                  q->second.bytes, (unsigned)q->second.len,
                                  LIBSSH2_SFTP_RENAME_OVERWRITE | LIBSSH2_SFTP_RENAME_ATOMIC |
                                      LIBSSH2_SFTP_RENAME_NATIVE);
}

static int make_link(struct quote *q)
{
    return libssh2_sftp_symlink_ex(q->f->memory->sftp, q->first.bytes, (unsigned)q->first.len,
                                   q->second.bytes, (unsigned)q->second.len, LIBSSH2_SFTP_SYMLINK);
}

static WAITS CURLcode operate(struct quote *q, operation *what)
{
    CURLcode result;
    int rc;

    ssh_begin(q->f);
    do {
        rc = what(q);
    } while (ssh_waits(q->f, rc == LIBSSH2_ERROR_EAGAIN, &result));
    return !result && rc ? refused(q) : result;
}

static const struct command {
    const char *word;
    operation *run;
    bool two;
    const char *lacks; /* said without a second name */
} commands[] = {
    {"ln ",      make_link,     true,  "Syntax error in ln/symlink: Bad second parameter"},
    {"symlink ", make_link,     true,  "Syntax error in ln/symlink: Bad second parameter"},
    {"mkdir ",   make_folder,   false, NULL                                              },
    {"rename ",  rename_file,   true,  "Syntax error in rename: Bad second parameter"    },
    {"rmdir ",   remove_folder, false, NULL                                              },
    {"rm ",      remove_file,   false, NULL                                              },
};

/* ---- Attributes: their owner, mode and times ---- */

static WAITS CURLcode call_stat(struct quote *q, int kind, LIBSSH2_SFTP_ATTRIBUTES *attributes,
                                int *ret_rc)
{
    CURLcode result;

    ssh_begin(q->f);
    do {
        *ret_rc = libssh2_sftp_stat_ex(q->f->memory->sftp, q->second.bytes, (unsigned)q->second.len,
                                       kind, attributes);
    } while (ssh_waits(q->f, *ret_rc == LIBSSH2_ERROR_EAGAIN, &result));
    return result;
}

static CURLcode bad_value(struct quote *q, const char *what)
{
    return ssh_fail(q->f, CURLE_QUOTE_ERROR, "Syntax error: %s %s not a number", q->word, what);
}

static bool parse_number(const char *text, int base, unsigned long *ret)
{
    char *end;

    if (!ascii_is_digit(text[0]))
        return false;
    *ret = strtoul(text, &end, base);
    return end != text && *ret <= UINT32_MAX;
}

/* What the first name asks for. */
static CURLcode set_value(struct quote *q, LIBSSH2_SFTP_ATTRIBUTES *a)
{
    const char *value = q->first.bytes;
    unsigned long number;
    int64_t seconds;

    if (!strcmp(q->word, "chmod")) {
        if (!parse_number(value, 8, &number) || number > 07777)
            return ssh_fail(q->f, CURLE_QUOTE_ERROR,
                            "Syntax error: chmod permissions not a number");
        a->permissions = number;
        a->flags = LIBSSH2_SFTP_ATTR_PERMISSIONS;
        return CURLE_OK;
    }
    if (!strcmp(q->word, "chown") || !strcmp(q->word, "chgrp")) {
        bool owner = q->word[2] == 'o';

        if (!parse_number(value, 10, &number))
            return bad_value(q, owner ? "uid" : "gid");
        *(owner ? &a->uid : &a->gid) = number;
        a->flags = LIBSSH2_SFTP_ATTR_UIDGID;
        return CURLE_OK;
    }
    if (!date_parse(str_of(value), &seconds))
        return ssh_fail(q->f, CURLE_QUOTE_ERROR, "incorrect date format: %s", value);
    if (seconds < 0 || seconds > UINT32_MAX)
        return ssh_fail(q->f, CURLE_QUOTE_ERROR, "date overflow");
    *(q->word[0] == 'a' ? &a->atime : &a->mtime) = (unsigned long)seconds;
    a->flags = LIBSSH2_SFTP_ATTR_ACMODTIME;
    return CURLE_OK;
}

static WAITS CURLcode change(struct quote *q, struct str line)
{
    LIBSSH2_SFTP_ATTRIBUTES attributes = {0};
    int rc = 0;
    CURLcode result =
        take_name(q, &line, &q->second, "Syntax error in attribute command: Bad second parameter");

    /* Of two that go together the other one stays as it is. */
    if (!result && strcmp(q->word, "chmod") != 0) {
        result = call_stat(q, LIBSSH2_SFTP_STAT, &attributes, &rc);
        if (!result && rc && !q->may_fail)
            result = ssh_fail(q->f, CURLE_QUOTE_ERROR, "Attempt to get SFTP stats failed: %s",
                              sftp_status_text(sftp_status(q->f)));
        if (rc)
            return result;
    }
    if (!result)
        result = set_value(q, &attributes);
    if (!result)
        result = call_stat(q, LIBSSH2_SFTP_SETSTAT, &attributes, &rc);
    if (!result && rc && !q->may_fail)
        result = ssh_fail(q->f, CURLE_QUOTE_ERROR, "Attempt to set SFTP stats failed: %s",
                          sftp_status_text(sftp_status(q->f)));
    return result;
}

/* ---- What is only told ---- */

static WAITS CURLcode tell_folder(struct quote *q)
{
    scoped(buf) line = {0};

    send_log(q->f->hop->exchange, CURLINFO_HEADER_OUT, "PWD\n", 4);
    buf_printf(&line, "257 \"%s\" is current directory.\n", q->f->path.bytes);
    return ssh_tell(q->f, &line);
}

static WAITS CURLcode tell_space(struct quote *q)
{
    LIBSSH2_SFTP_STATVFS space = {0};
    scoped(buf) lines = {0};
    CURLcode result;
    int rc;

    ssh_begin(q->f);
    do {
        rc = libssh2_sftp_statvfs(q->f->memory->sftp, q->first.bytes, q->first.len, &space);
    } while (ssh_waits(q->f, rc == LIBSSH2_ERROR_EAGAIN, &result));
    if (result || rc)
        return result ? result : refused(q);
#define LINE(name) buf_printf(&lines, #name ": %llu\n", (unsigned long long)space.name)
    buf_append_text(&lines, "statvfs:\n");
    LINE(f_bsize);
    LINE(f_frsize);
    LINE(f_blocks);
    LINE(f_bfree);
    LINE(f_bavail);
    LINE(f_files);
    LINE(f_ffree);
    LINE(f_favail);
    LINE(f_fsid);
    LINE(f_flag);
    LINE(f_namemax);
#undef LINE
    return ssh_tell(q->f, &lines);
}

/* ---- All of them ---- */

static const char *attribute_word(struct str line)
{
    static const char *const words[] = {"atime", "chgrp", "chmod", "chown", "mtime"};

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        struct str word = str_of(words[i]);

        if (str_starts_nocase(line, word) && line.len > word.len && line.at[word.len] == ' ')
            return words[i];
    }
    return NULL;
}

static const struct command *find_command(struct str line)
{
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
        if (str_starts_nocase(line, str_of(commands[i].word)))
            return &commands[i];
    }
    return NULL;
}

static WAITS CURLcode run_command(struct quote *q, const struct command *c, struct str line)
{
    scoped(buf) word = {0};
    CURLcode result = CURLE_OK;

    if (!buf_append(&word, c->word, strlen(c->word) - 1))
        return CURLE_OUT_OF_MEMORY;
    q->word = word.bytes;
    if (c->two)
        result = take_name(q, &line, &q->second, c->lacks);
    return result ? result : operate(q, c->run);
}

static WAITS CURLcode run_line(struct quote *q, const char *text)
{
    struct str line = str_of(text), rest = line;
    const struct command *c = find_command(line);
    const char *attribute = attribute_word(line), *blank = strchr(text, ' ');
    scoped(buf) lacks = {0};
    CURLcode result;

    if (str_equal_nocase(line, (struct str)STR("pwd")))
        return tell_folder(q);
    if (!blank)
        return ssh_fail(q->f, CURLE_QUOTE_ERROR, "Syntax error command '%s', missing parameter",
                        text);
    rest = str_of(blank);
    if (!buf_append_text(&lacks, "Syntax error: Bad first parameter to '") ||
        !buf_append(&lacks, text, (size_t)(blank - text)) || !buf_append_char(&lacks, '\''))
        return CURLE_OUT_OF_MEMORY;
    result = take_name(q, &rest, &q->first, lacks.bytes);
    if (result)
        return result;
    if (c)
        return run_command(q, c, rest);
    q->word = attribute;
    if (attribute)
        return change(q, rest);
    q->word = "statvfs";
    if (str_starts_nocase(line, (struct str)STR("statvfs ")))
        return tell_space(q);
    return ssh_fail(q->f, CURLE_QUOTE_ERROR, "Unknown SFTP command");
}

CURLcode sftp_quotes(struct ssh *f, const struct curl_slist *list)
{
    CURLcode result = CURLE_OK;

    for (; list && !result; list = list->next) {
        struct quote q = {.f = f, .may_fail = list->data[0] == '*'};

        result = run_line(&q, list->data + q.may_fail);
        buf_release(&q.first);
        buf_release(&q.second);
    }
    return result;
}
