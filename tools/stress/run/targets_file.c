/* SPDX-License-Identifier: MIT */
/* Reads a file of requests a line at a time; see targets_file.h. */
#include "run/targets_file.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/units.h"
#include "run/library.h"

static const size_t file_max = (size_t)1 << 26; /* bodies are not in it */

/* Where the reading stands. */
struct reader {
    struct target_list *list;
    const char *name;
    long line;
    struct target *target; /* the block's; NULL: between blocks */
    char *error;           /* TARGET_ERROR_MAX */
};

static bool fail(const struct reader *reader, const char *what)
{
    snprintf(reader->error, TARGET_ERROR_MAX, "%s, line %ld: %s", reader->name, reader->line, what);
    return false;
}

/* Cuts the next word off `*rest`; "" at the end. */
static char *next_word(char **rest)
{
    char *word = *rest + strspn(*rest, " \t");
    size_t len = strcspn(word, " \t");

    *rest = word + len + (word[len] != '\0');
    word[len] = '\0';
    return word;
}

static bool is_method(const char *word)
{
    if (*word == '\0') {
        return false;
    }
    for (; *word != '\0'; word++) {
        if (!isupper((unsigned char)*word) && *word != '-') {
            return false;
        }
    }
    return true;
}

static bool take_attribute(const struct reader *reader, const char *word)
{
    struct target *target = reader->target;
    char *end = NULL;

    if (strncmp(word, "weight=", 7) == 0) {
        long weight = strtol(word + 7, &end, 10);
        if (end == word + 7 || *end != '\0' || weight < 1 || weight > TARGET_WEIGHT_MAX) {
            return fail(reader, "a weight is a number from 1 on");
        }
        target->weight = (unsigned)weight;
        return true;
    }
    if (strncmp(word, "size=", 5) == 0) {
        return units_read_bytes(word + 5, &target->expected_bytes) ||
               fail(reader, "size= is not followed by a size");
    }
    return fail(reader, "after the URL may stand weight=N and size=BYTES");
}

/* "METHOD URL [attributes]". */
static bool take_request(struct reader *reader, char *line)
{
    char *method = next_word(&line);
    char *url = next_word(&line);

    if (!is_method(method) || *url == '\0') {
        return fail(reader, "a request begins with a method in capitals and a URL");
    }
    reader->target = target_list_add(reader->list, strdup(url));
    if (reader->target == NULL) {
        return fail(reader, "out of memory");
    }
    reader->target->head = strcmp(method, "HEAD") == 0;
    reader->target->put = strcmp(method, "PUT") == 0;
    reader->target->method = strdup(method);
    if (reader->target->method == NULL) {
        return fail(reader, "out of memory");
    }
    for (char *word = next_word(&line); *word != '\0'; word = next_word(&line)) {
        if (!take_attribute(reader, word)) {
            return false;
        }
    }
    return true;
}

/* Names of files are meant from the folder that the targets' file is in. */
static bool take_file(const struct reader *reader, const char *name)
{
    char path[PATH_MAX];
    const char *slash = strrchr(reader->name, '/');
    int folder = name[0] == '/' || slash == NULL ? 0 : (int)(slash - reader->name) + 1;
    int len = snprintf(path, sizeof(path), "%.*s%s", folder, reader->name, name);

    if (len < 0 || (size_t)len >= sizeof(path)) {
        return fail(reader, "the file's name is too long");
    }
    return target_take_file(reader->target, path) || fail(reader, strerrordesc_np(errno));
}

static bool take_body(const struct reader *reader, const char *line)
{
    struct target *target = reader->target;

    if (target->body != BODY_NONE) {
        return fail(reader, "a request has one body");
    }
    if (target->head) {
        return fail(reader, "a HEAD request has no body");
    }
    switch (line[0]) {
    case '<':
        return take_file(reader, line + 1);
    case '*':
        target->body = BODY_PATTERN;
        return units_read_bytes(line + 1, &target->body_bytes) ||
               fail(reader, "'*' is not followed by a size");
    default:
        target->body = BODY_TEXT;
        target->text = strdup(line + 1);
        target->body_bytes = (int64_t)strlen(line + 1);
        return target->text != NULL || fail(reader, "out of memory");
    }
}

static bool take_header(const struct reader *reader, const char *line)
{
    const char *mark = strpbrk(line, ":; \t");

    if (mark == line || mark == NULL || (*mark != ':' && *mark != ';')) {
        return fail(reader, "neither a header nor a body ('<', '=' or '*')");
    }
    struct curl_slist *longer = lib.slist_append(reader->target->headers, line);
    if (longer == NULL) {
        return fail(reader, "out of memory");
    }
    reader->target->headers = longer;
    return true;
}

static bool take_line(struct reader *reader, char *line)
{
    size_t len = strlen(line);

    reader->line++;
    if (len > 0 && line[len - 1] == '\r') {
        line[--len] = '\0';
    }
    if (line[0] == '#') {
        return true;
    }
    if (strspn(line, " \t") == len) {
        reader->target = NULL;
        return true;
    }
    if (reader->target == NULL) {
        return take_request(reader, line);
    }
    return strchr("<=*", line[0]) != NULL ? take_body(reader, line) : take_header(reader, line);
}

bool targets_file_parse(struct target_list *list, const char *name, char *text,
                        char error[TARGET_ERROR_MAX])
{
    struct reader reader = {.list = list, .name = name, .error = error};

    while (*text != '\0') {
        char *end = strchrnul(text, '\n');
        bool last = *end == '\0';
        *end = '\0';
        if (!take_line(&reader, text)) {
            return false;
        }
        text = last ? end : end + 1;
    }
    return list->count > 0 || fail(&reader, "there is no request in it");
}

/* All of a stream, with a final zero; NULL: it cannot be read (errno). The caller frees it. */
static char *read_whole(FILE *file)
{
    char *text = NULL;
    size_t len = 0;
    size_t size = 0;

    for (;;) {
        if (len + 1 >= size) {
            size = size == 0 ? 65536 : size * 2;
            char *longer = size > file_max ? NULL : realloc(text, size);
            if (longer == NULL) {
                free(text);
                errno = EFBIG;
                return NULL;
            }
            text = longer;
        }
        size_t got = fread(text + len, 1, size - len - 1, file);
        len += got;
        if (got == 0) {
            break;
        }
    }
    text[len] = '\0';
    if (ferror(file) || memchr(text, '\0', len) != NULL) {
        free(text);
        errno = EINVAL;
        return NULL;
    }
    return text;
}

bool targets_file_read(struct target_list *list, const char *path, char error[TARGET_ERROR_MAX])
{
    bool from_stdin = strcmp(path, "-") == 0;
    FILE *file = from_stdin ? stdin : fopen(path, "re");
    char *text = file != NULL ? read_whole(file) : NULL;

    if (text == NULL) {
        snprintf(error, TARGET_ERROR_MAX, "%s: %s", path, strerrordesc_np(errno));
    }
    if (file != NULL && !from_stdin) {
        fclose(file);
    }
    bool works = text != NULL && targets_file_parse(list, path, text, error);
    free(text);
    return works;
}

bool targets_file_dress(struct target *target, const struct options *options)
{
    for (size_t i = 0; i < options->headers.count; i++) {
        struct curl_slist *longer = lib.slist_append(target->headers, options->headers.items[i]);
        if (longer == NULL) {
            return false;
        }
        target->headers = longer;
    }
    if (target->expected_bytes < 0) {
        target->expected_bytes = options->expected_bytes;
    }
    return true;
}
