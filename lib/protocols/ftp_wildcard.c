/* SPDX-License-Identifier: MIT */
/* CURLOPT_WILDCARDMATCH: the directory's list is read, and what matches the pattern is transferred
 * as if it were one file, with callbacks before and behind each part. What the callbacks get is the
 * question's own memory: the program may look at it while this transfer is cancelled. */
#include "protocols/ftp.h"

#include "base/clock.h"
#include "base/mem.h"
#include "boundary/ask.h"
#include "wire/ftp_list.h"
#include "wire/ftp_match.h"

#include <limits.h>
#include <string.h>

struct wildcard {
    struct ftp *f;
    struct buf list;    /* what the server wrote */
    char *pattern;      /* owned */
    struct str *lines;  /* of `list`: those that match; owned */
    size_t count, room; /* of `lines` */
};

bool ftp_is_wildcard(const struct ftp *f)
{
    return f->hop->settings->wildcard_match && f->hop->method == METHOD_GET && f->path.file.len;
}

/* ---- Questions ---- */

/* Puts it; `a` is NULL when there was no memory. */
static WAITS CURLcode put(struct ask *a, int *ret_answer)
{
    CURLcode result;

    if (!a)
        return CURLE_OUT_OF_MEMORY;
    ask_send(a);
    result = ask_wait(a, CLOCK_NEVER);
    if (result)
        return result;
    *ret_answer = a->answer;
    ask_free(a);
    return CURLE_OK;
}

/* CURLOPT_FNMATCH_FUNCTION, or what is built in. */
static WAITS CURLcode matches(struct wildcard *w, struct str name, bool *ret_matches)
{
    struct hop *hop = w->f->hop;
    size_t len = strlen(w->pattern) + 1;
    int answer = CURL_FNMATCHFUNC_FAIL;
    char *texts = mem_alloc(len + name.len + 1);
    struct ask *a;
    CURLcode result;

    if (!texts)
        return CURLE_OUT_OF_MEMORY;
    memcpy(texts, w->pattern, len);
    memcpy(texts + len, name.at, name.len);
    texts[len + name.len] = '\0';
    if (!hop->settings->fnmatch_function) {
        *ret_matches = ftp_match(texts, texts + len);
        mem_free(texts);
        return CURLE_OK;
    }
    a = ask_new(hop->exchange, ASK_MATCH);
    if (a)
        a->texts = texts;
    else
        mem_free(texts);
    result = put(a, &answer);
    *ret_matches = answer == CURL_FNMATCHFUNC_MATCH;
    return result;
}

/* Copies a text behind the struct; NULL for none. */
static char *place(char **room, struct str text)
{
    char *at = *room;

    if (!text.len)
        return NULL;
    memcpy(at, text.at, text.len);
    at[text.len] = '\0';
    *room += text.len + 1;
    return at;
}

static curlfiletype type_of(enum ftp_list_type type)
{
    static const curlfiletype public[] = {
        [FTP_LIST_FILE] = CURLFILETYPE_FILE,
        [FTP_LIST_DIRECTORY] = CURLFILETYPE_DIRECTORY,
        [FTP_LIST_LINK] = CURLFILETYPE_SYMLINK,
        [FTP_LIST_BLOCK_DEVICE] = CURLFILETYPE_DEVICE_BLOCK,
        [FTP_LIST_CHARACTER_DEVICE] = CURLFILETYPE_DEVICE_CHAR,
        [FTP_LIST_PIPE] = CURLFILETYPE_NAMEDPIPE,
        [FTP_LIST_SOCKET] = CURLFILETYPE_SOCKET,
        [FTP_LIST_DOOR] = CURLFILETYPE_DOOR,
    };

    return public[type];
}

static unsigned known(const struct ftp_list_entry *e)
{
    unsigned flags = CURLFINFOFLAG_KNOWN_FILENAME | CURLFINFOFLAG_KNOWN_FILETYPE;

    flags |= e->time.len ? CURLFINFOFLAG_KNOWN_TIME : 0;
    flags |= e->permissions.len ? CURLFINFOFLAG_KNOWN_PERM : 0;
    flags |= e->size >= 0 ? CURLFINFOFLAG_KNOWN_SIZE : 0;
    flags |= e->links >= 0 ? CURLFINFOFLAG_KNOWN_HLINKCOUNT : 0;
    return flags;
}

/* The public description, in one piece of memory; NULL when that is short. */
static struct curl_fileinfo *describe(const struct ftp_list_entry *e)
{
    size_t texts = e->name.len + e->time.len + e->permissions.len + e->user.len + e->group.len +
                   e->target.len + 6;
    struct curl_fileinfo *info = mem_calloc(1, sizeof(*info) + texts);
    char *room;

    if (!info)
        return NULL;
    room = (char *)(info + 1);
    info->filename = place(&room, e->name);
    info->filetype = type_of(e->type);
    info->perm = e->mode;
    info->size = e->size > 0 ? e->size : 0;
    info->hardlinks = e->links > 0 && e->links <= LONG_MAX ? (long)e->links : 0;
    info->strings.time = place(&room, e->time);
    info->strings.perm = place(&room, e->permissions);
    info->strings.user = place(&room, e->user);
    info->strings.group = place(&room, e->group);
    info->strings.target = place(&room, e->target);
    info->flags = known(e);
    return info;
}

static WAITS CURLcode tell_begin(struct ftp *f, const struct ftp_list_entry *e, size_t remaining,
                                 bool *ret_skip)
{
    struct ask *a;
    int answer = CURL_CHUNK_BGN_FUNC_OK;
    CURLcode result;

    if (!f->hop->settings->chunk_begin_function)
        return CURLE_OK;
    a = ask_new(f->hop->exchange, ASK_CHUNK_BEGIN);
    if (a) {
        a->remaining = remaining < INT_MAX ? (int)remaining : INT_MAX;
        a->file = describe(e);
    }
    if (a && !a->file) {
        ask_free(a);
        a = NULL;
    }
    result = put(a, &answer);
    if (!result && answer == CURL_CHUNK_BGN_FUNC_FAIL)
        result = ftp_fail(f, CURLE_CHUNK_FAILED, "The chunk begin callback failed");
    *ret_skip = answer == CURL_CHUNK_BGN_FUNC_SKIP;
    return result;
}

static WAITS CURLcode tell_end(struct ftp *f)
{
    int answer = CURL_CHUNK_END_FUNC_OK;
    CURLcode result;

    if (!f->hop->settings->chunk_end_function)
        return CURLE_OK;
    result = put(ask_new(f->hop->exchange, ASK_CHUNK_END), &answer);
    if (!result && answer != CURL_CHUNK_END_FUNC_OK)
        result = ftp_fail(f, CURLE_CHUNK_FAILED, "The chunk end callback failed");
    return result;
}

/* ---- The list ---- */

static WAITS CURLcode read_list(struct wildcard *w)
{
    struct ftp *f = w->f;
    CURLcode result = ftp_prepare_data(f);

    if (!result)
        result = ftp_set_type(f, 'A');
    if (!result)
        result = ftp_accept_early(f);
    if (!result)
        result = ftp_list(f, &w->list);
    if (result == CURLE_TOO_LARGE)
        return ftp_fail(f, result, "The server's list is too large");
    return result || f->nothing ? result : ftp_finish(f);
}

static bool keep_line(struct wildcard *w, struct str line)
{
    size_t room = w->room ? w->room * 2 : 32;
    struct str *more;

    if (w->count == w->room) {
        more = mem_realloc(w->lines, room * sizeof(*more));
        if (!more)
            return false;
        w->lines = more;
        w->room = room;
    }
    w->lines[w->count++] = line;
    return true;
}

static WAITS CURLcode look_at_line(struct wildcard *w, struct str line)
{
    struct ftp_list_entry e;
    bool wanted = false;
    CURLcode result;

    switch (ftp_list_parse(line, &e)) {
    case FTP_LIST_NOTHING:
        return CURLE_OK;
    case FTP_LIST_BAD:
        return ftp_fail(w->f, CURLE_FTP_BAD_FILE_LIST, "Unable to parse FTP file list");
    case FTP_LIST_ENTRY:
        break;
    }
    result = matches(w, e.name, &wanted);
    if (!result && wanted && !keep_line(w, line))
        result = CURLE_OUT_OF_MEMORY;
    return result;
}

static WAITS CURLcode choose(struct wildcard *w)
{
    struct str rest = {buf_text(&w->list), w->list.len};
    CURLcode result = CURLE_OK;

    while (!result && rest.len) {
        const char *end = memchr(rest.at, '\n', rest.len);
        size_t len = end ? (size_t)(end - rest.at) : rest.len, used = len + (end != NULL);

        if (len && rest.at[len - 1] == '\r')
            len--;
        result = look_at_line(w, (struct str){rest.at, len});
        rest = (struct str){rest.at + used, rest.len - used};
    }
    if (!result && !w->count)
        result = ftp_fail(w->f, CURLE_REMOTE_FILE_NOT_FOUND, "No file matches the pattern");
    return result;
}

/* ---- Its files ---- */

/* What RETR names. */
static CURLcode set_name(struct ftp *f, struct str file)
{
    bool stays = f->hop->settings->ftp_file_method == CURLFTPMETHOD_NOCWD;
    struct str directory = stays ? f->path.directory : STR("");
    scoped(buf) name = {0};

    buf_append(&name, directory.at, directory.len);
    if (directory.len && directory.at[directory.len - 1] != '/')
        buf_append_char(&name, '/');
    buf_append(&name, file.at, file.len);
    mem_free(f->name);
    f->name = buf_take(&name);
    return f->name ? CURLE_OK : CURLE_OUT_OF_MEMORY;
}

static WAITS CURLcode get_file(struct ftp *f, const struct ftp_list_entry *e)
{
    CURLcode result = set_name(f, e->name);

    f->size = f->is_ascii ? -1 : e->size;
    f->most = -1;
    f->received = 0;
    if (!result)
        result = ftp_prepare_data(f);
    if (!result)
        result = ftp_set_type(f, f->is_ascii ? 'A' : 'I');
    if (!result)
        result = ftp_accept_early(f);
    if (!result)
        result = ftp_retrieve(f);
    return result ? result : ftp_finish(f);
}

static WAITS CURLcode handle(struct wildcard *w, size_t i)
{
    struct ftp_list_entry e;
    bool skip = false;
    CURLcode result;

    if (ftp_list_parse(w->lines[i], &e) != FTP_LIST_ENTRY)
        return CURLE_OK;
    result = tell_begin(w->f, &e, w->count - i, &skip);
    if (!result && !skip && e.type == FTP_LIST_FILE)
        result = get_file(w->f, &e);
    return result ? result : tell_end(w->f);
}

static WAITS CURLcode run(struct wildcard *w)
{
    struct ftp *f = w->f;
    CURLcode result = CURLE_OUT_OF_MEMORY;

    w->pattern = mem_memdup0(f->path.file.at, f->path.file.len);
    f->lists = true;
    if (w->pattern)
        result = read_list(w);
    f->lists = false;
    f->nothing = false;
    if (!result)
        result = choose(w);
    for (size_t i = 0; i < w->count && !result; i++)
        result = handle(w, i);
    return result;
}

CURLcode ftp_wildcard(struct ftp *f)
{
    struct wildcard w = {.f = f};
    CURLcode result = run(&w);

    buf_release(&w.list);
    mem_free(w.pattern);
    mem_free(w.lines);
    return result;
}
