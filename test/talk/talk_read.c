/* SPDX-License-Identifier: MIT */
/* Reads a case file: lines of a word and a text. See README.md. */
#include "talk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct reader {
    struct talk *talk;
    const char *file;
    unsigned line;
    bool failed;
};

static void mistake(struct reader *reader, const char *what)
{
    fprintf(stderr, "%s:%u: %s\n", reader->file, reader->line, what);
    reader->failed = true;
}

static bool read_escape(struct text *into, const char **from);

/* What stands between a star and a brace, so many times; no braces in it. */
static bool read_repeated(struct text *into, const char **from, long count)
{
    struct text once = {0};
    const char *at = *from + 1;
    bool good = strchr(at, '}') != NULL;

    while (good && *at != '}') {
        if (*at == '\\') {
            at++;
            good = *at != '{' && read_escape(&once, &at);
        } else {
            good = text_add(&once, at++, 1);
        }
    }
    for (long i = 0; good && i < count; i++) {
        good = text_add(into, once.bytes, once.len);
    }
    text_release(&once);
    *from = good ? at + 1 : at;
    return good;
}

/* One escape after its backslash; *from is moved past it. */
static bool read_escape(struct text *into, const char **from)
{
    static const char plain[] = "r\rn\nt\t0\0\\\\";
    const char *at = *from;
    char *end;
    char byte;

    for (size_t i = 0; i + 1 < sizeof plain; i += 2) {
        if (*at == plain[i]) {
            *from = at + 1;
            return text_add(into, &plain[i + 1], 1);
        }
    }
    if (*at == 'x') {
        char digits[3] = {at[1], at[1] ? at[2] : 0, 0};

        byte = (char)strtol(digits, &end, 16);
        *from = at + 3;
        return end == digits + 2 && text_add(into, &byte, 1);
    }
    if (*at == '{') { /* \{1000*a} */
        long count = strtol(at + 1, &end, 10);

        *from = end;
        return *end == '*' && read_repeated(into, from, count);
    }
    return false;
}

static bool read_text(struct reader *reader, struct text *into, const char *from)
{
    while (*from) {
        size_t plain = strcspn(from, "\\");

        if (!text_add(into, from, plain)) {
            return false;
        }
        from += plain;
        if (*from == '\\') {
            from++;
            if (!read_escape(into, &from)) {
                mistake(reader, "no such escape");
                return false;
            }
        }
    }
    return true;
}

static struct talk_connection *connection_now(struct reader *reader)
{
    return &reader->talk->connections[reader->talk->connections_count - 1];
}

static struct talk_transfer *transfer_now(struct reader *reader)
{
    return &reader->talk->transfers[reader->talk->transfers_count - 1];
}

/* Appends to the last step if it is of this kind, else begins a new one. */
static struct text *step_text(struct reader *reader, enum step_kind kind)
{
    struct talk_connection *connection = connection_now(reader);

    if (connection->count == 0 || connection->steps[connection->count - 1].kind != kind ||
        (kind != STEP_READ && kind != STEP_SEND)) {
        if (connection->count == TALK_STEPS_MAX - 1) {
            mistake(reader, "too many steps");
            return NULL;
        }
        connection->steps[connection->count++].kind = kind;
    }
    return &connection->texts[connection->count - 1];
}

static void take_bytes(struct reader *reader, enum step_kind kind, const char *value, bool line_end)
{
    struct text *text = step_text(reader, kind);

    if (text) {
        read_text(reader, text, value);
        if (line_end) {
            text_add(text, "\r\n", 2);
        }
    }
}

static void take_standard_request(struct reader *reader)
{
    struct text *text = step_text(reader, STEP_READ);
    const char *path = transfer_now(reader)->path ? transfer_now(reader)->path : "/";

    if (text) {
        text_add(text, "GET ", 4);
        text_add(text, path, strlen(path));
        read_text(reader, text, " HTTP/1.1\\r\\nHost: %HOST\\r\\nAccept: */*\\r\\n\\r\\n");
    }
}

static void new_connection(struct reader *reader)
{
    if (reader->talk->connections_count == TALK_CONNECTIONS_MAX) {
        mistake(reader, "too many connections");
        return;
    }
    reader->talk->connections_count++;
}

static void new_transfer(struct reader *reader)
{
    if (reader->talk->transfers_count == TALK_TRANSFERS_MAX) {
        mistake(reader, "too many transfers");
        return;
    }
    reader->talk->transfers_count++;
    transfer_now(reader)->status = -1;
}

static void take_setting(struct reader *reader, const char *value, bool unset)
{
    struct talk_transfer *transfer = transfer_now(reader);
    size_t len = strcspn(value, " ");
    struct talk_setting *setting;

    if (transfer->settings_count == TALK_SETTINGS_MAX) {
        mistake(reader, "too many options");
        return;
    }
    setting = &transfer->settings[transfer->settings_count++];
    setting->name = strndup(value, len);
    setting->unset = unset;
    text_add(&setting->value, "", 0);
    read_text(reader, &setting->value, value + len + (value[len] == ' '));
}

static void take_info(struct reader *reader, const char *value)
{
    struct talk_transfer *transfer = transfer_now(reader);
    size_t len = strcspn(value, " ");
    struct talk_info *info;

    if (transfer->infos_count == TALK_SETTINGS_MAX) {
        mistake(reader, "too many infos");
        return;
    }
    info = &transfer->infos[transfer->infos_count++];
    info->name = strndup(value, len);
    info->value = strdup(value + len + (value[len] == ' '));
}

/* Words about the conversation. */
static bool take_step_line(struct reader *reader, const char *word, const char *value)
{
    static const struct {
        const char *word;
        enum step_kind kind;
    } plain[] = {
        {"close",    STEP_END    },
        {"reset",    STEP_RESET  },
        {"cut",      STEP_CUT    },
        {"any",      STEP_REQUEST},
        {"head-any", STEP_HEAD   }
    };

    for (size_t i = 0; i < sizeof plain / sizeof plain[0]; i++) {
        if (strcmp(word, plain[i].word) == 0) {
            connection_now(reader)->anything |=
                plain[i].kind == STEP_REQUEST || plain[i].kind == STEP_HEAD;
            step_text(reader, plain[i].kind);
            return true;
        }
    }
    if (strcmp(word, ">") == 0 || strcmp(word, ">>") == 0) {
        take_bytes(reader, STEP_READ, value, word[1] == 0);
    } else if (strcmp(word, "<") == 0 || strcmp(word, "<<") == 0) {
        take_bytes(reader, STEP_SEND, value, word[1] == 0);
    } else if (strcmp(word, "asks") == 0) {
        take_standard_request(reader);
    } else if (strcmp(word, "connection") == 0) {
        new_connection(reader);
    } else {
        return false;
    }
    return true;
}

/* Words about the transfer and its outcome. */
static bool take_transfer_line(struct reader *reader, const char *word, const char *value)
{
    struct talk_transfer *transfer = transfer_now(reader);

    if (strcmp(word, "set") == 0 || strcmp(word, "unset") == 0) {
        take_setting(reader, value, *word == 'u');
    } else if (strcmp(word, "path") == 0) {
        transfer->path = strdup(value);
    } else if (strcmp(word, "userinfo") == 0) {
        transfer->userinfo = strdup(value);
    } else if (strcmp(word, "upload") == 0) {
        transfer->uploads = true;
        read_text(reader, &transfer->upload, value);
    } else if (strcmp(word, "result") == 0) {
        transfer->result = strdup(value);
    } else if (strcmp(word, "status") == 0) {
        transfer->status = strtol(value, NULL, 10);
    } else if (strcmp(word, "body") == 0) {
        read_text(reader, &transfer->body, value);
    } else if (strcmp(word, "body-any") == 0) {
        transfer->body_any = true;
    } else if (strcmp(word, "head") == 0) {
        transfer->head_checked = true;
        read_text(reader, &transfer->head, value);
        text_add(&transfer->head, "\r\n", 2);
    } else if (strcmp(word, "info") == 0) {
        take_info(reader, value);
    } else {
        return false;
    }
    return true;
}

static void take_line(struct reader *reader, char *line)
{
    char *value = line + strcspn(line, " ");

    if (*line == 0 || *line == '#') {
        return;
    }
    if (*value) {
        *value++ = 0;
    }
    if (strcmp(line, "stock") == 0 && strncmp(value, "differs", 7) == 0) {
        reader->talk->stock_differs = true;
    } else if (strcmp(line, "cut-everywhere") == 0) {
        reader->talk->cut_everywhere = true;
    } else if (strcmp(line, "at-once") == 0) {
        reader->talk->at_once_only = true;
    } else if (strcmp(line, "file") == 0) {
        read_text(reader, &reader->talk->file, value);
        text_add(&reader->talk->file, "\n", 1);
    } else if (strcmp(line, "no-connection") == 0) {
        reader->talk->connections_count = 0;
    } else if (strcmp(line, "again") == 0) {
        new_transfer(reader);
    } else if (!take_step_line(reader, line, value) && !take_transfer_line(reader, line, value)) {
        mistake(reader, "no such word");
    }
}

struct talk *talk_read(const char *folder, const char *file)
{
    struct talk *talk = calloc(1, sizeof *talk);
    struct reader reader = {.talk = talk, .file = file};
    char path[1024];
    char *line = NULL;
    size_t size = 0;
    ssize_t len;
    FILE *in;

    snprintf(path, sizeof path, "%s/%s", folder, file);
    in = fopen(path, "r");
    if (!in || !talk) {
        fprintf(stderr, "%s: cannot be read\n", path);
        exit(1);
    }
    talk->name = strndup(file, strcspn(file, "."));
    new_connection(&reader);
    new_transfer(&reader);
    while ((len = getline(&line, &size, in)) >= 0) {
        reader.line++;
        line[strcspn(line, "\n")] = 0;
        take_line(&reader, line);
    }
    free(line);
    fclose(in);
    if (reader.failed) {
        talk_free(talk);
        return NULL;
    }
    return talk;
}

static void transfer_release(struct talk_transfer *transfer)
{
    free(transfer->path);
    free(transfer->userinfo);
    free(transfer->result);
    for (unsigned i = 0; i < transfer->settings_count; i++) {
        free(transfer->settings[i].name);
        text_release(&transfer->settings[i].value);
    }
    for (unsigned i = 0; i < transfer->infos_count; i++) {
        free(transfer->infos[i].name);
        free(transfer->infos[i].value);
    }
    text_release(&transfer->upload);
    text_release(&transfer->body);
    text_release(&transfer->head);
}

void talk_free(struct talk *talk)
{
    if (!talk) {
        return;
    }
    for (unsigned i = 0; i < talk->connections_count; i++) {
        for (unsigned j = 0; j < talk->connections[i].count; j++) {
            text_release(&talk->connections[i].texts[j]);
        }
    }
    for (unsigned i = 0; i < talk->transfers_count; i++) {
        transfer_release(&talk->transfers[i]);
    }
    text_release(&talk->file);
    free(talk->name);
    free(talk);
}
