/* SPDX-License-Identifier: MIT */
/* Reads the command line with getopt_long, by the rows of cli/rows. */
#include "cli/options.h"

#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/units.h"
#include "cli/rows.h"

enum {
    ROWS_MAX = 128,
    FIRST_VALUE = 1000, /* what getopt_long returns for the first row */
};

static bool read_count(const char *text, long most, int64_t *number)
{
    char *end = NULL;

    errno = 0;
    long long value = strtoll(text, &end, 10);
    if (errno != 0 || end == text || *end != '\0' || value < 1 || value > most) {
        return row_complain("not a number that makes sense here", text);
    }
    *number = value;
    return true;
}

/* "TIME" or "MIN:MAX". */
static bool read_range(const char *text, struct options_range *range)
{
    char first[32];
    size_t len = strcspn(text, ":");

    if (len < sizeof(first)) {
        memcpy(first, text, len);
        first[len] = '\0';
        const char *second = text[len] == ':' ? text + len + 1 : first;
        if (units_read_seconds(first, &range->least) && units_read_seconds(second, &range->most) &&
            range->least <= range->most) {
            return true;
        }
    }
    return row_complain("not a time, nor MIN:MAX", text);
}

static bool take(struct options *options, const struct row *row, const char *value)
{
    void *field = (char *)options + row->offset;

    switch (row->kind) {
    case ROW_FLAG:
        *(bool *)field = true;
        return true;
    case ROW_COUNT:
        return read_count(value, row->most, field);
    case ROW_SECONDS:
        return units_read_seconds(value, field) || row_complain("not a time", value);
    case ROW_BYTES:
        return units_read_bytes(value, field) || row_complain("not a size", value);
    case ROW_TEXT:
        *(const char **)field = value;
        return true;
    case ROW_LIST:
        return row_append(field, value);
    case ROW_RANGE:
        return read_range(value, field);
    case ROW_ACTION:
        options->action = (enum options_action)row->most;
        return true;
    default:
        return row->read(options, value);
    }
}

bool options_use_loopback(const struct options *options)
{
    return options->targets_file == NULL &&
           (options->targets.count == 0 || options->targets.items[0][0] == '/');
}

bool options_have_body(const struct options *options)
{
    return options->body_bytes >= 0 || options->data != NULL || options->body_file != NULL;
}

static bool check_targets(const struct options *options)
{
    size_t paths = 0;

    for (size_t i = 0; i < options->targets.count; i++) {
        if (options->targets.items[i][0] == '\0') {
            return row_complain("not a URL", "\"\"");
        }
        paths += options->targets.items[i][0] == '/';
    }
    if (paths > 0 && paths < options->targets.count) {
        return row_complain("either URLs or paths of the server of its own",
                            options->targets.items[0]);
    }
    if (options->targets_file != NULL && options->targets.count > 0) {
        return row_complain("either --targets or URLs", options->targets.items[0]);
    }
    if ((options->body_bytes >= 0) + (options->data != NULL) + (options->body_file != NULL) > 1) {
        return row_complain("more than one body", "--post, --put, --data, --data-file, --upload");
    }
    return true;
}

/* The plan of an open loop, and how long it takes. */
static bool check_pace(struct options *options)
{
    static const double for_ever_s = 1e9;

    if (options->rate > 0) {
        bool timed = options->duration_s > 0 || options->requests == 0;
        if (options->pace.count > 0) {
            return row_complain("either --rate or --stage", "--rate");
        }
        options->duration_s = timed && options->duration_s <= 0 ? 3 : options->duration_s;
        pace_add(&options->pace, options->rate, options->rate,
                 timed ? options->duration_s : for_ever_s);
    } else if (options->pace.count > 0) {
        if (options->duration_s > 0) {
            return row_complain("stages have their own times", "--time");
        }
        options->duration_s = pace_seconds(&options->pace);
    }
    if (options->pace.count > 0) {
        if (options->think_s.most > 0) {
            return row_complain("an open loop has no think time", "--think");
        }
        return options->warmup_s <= 0 || pace_add_first(&options->pace, options->warmup_s) ||
               row_complain("too many stages", "--stage");
    }
    return !options->poisson || row_complain("only with --rate or --stage", "--poisson");
}

/* What no single option can see. */
static bool check_load(struct options *options)
{
    if (!check_targets(options) || !check_pace(options)) {
        return false;
    }
    if (options->threads > options->concurrency) {
        return row_complain("more threads than transfers at a time", "--threads");
    }
    if (options->key != NULL && options->certificate == NULL) {
        return row_complain("a key without a certificate", "--key");
    }
    if (options->requests == 0 && options->duration_s <= 0) {
        options->duration_s = 3;
    }
    return true;
}

static bool take_word(struct options *options, const char *word)
{
    if (options->action == ACTION_COMPARE && options->compare[1] == NULL) {
        options->compare[1] = word;
        return true;
    }
    if (options->action == ACTION_LOAD && options->targets.count == 0) {
        if (strcmp(word, "merge") == 0) {
            options->action = ACTION_MERGE;
            return true;
        }
        if (strcmp(word, "html") == 0) {
            options->action = ACTION_HTML;
            return true;
        }
    }
    return row_append(&options->targets, word);
}

/* A run of a comparison has the whole command line, but loads with one library and leaves its
 * result where the options before it say. */
static void become_run(struct options *options)
{
    options->action = ACTION_LOAD;
    options->csv = NULL;
    options->percentiles = NULL;
    options->hdr_log = NULL;
    options->prometheus = NULL;
    options->html = NULL;
    options->slo = NULL;
}

static bool check_together(struct options *options)
{
    if (options->loopback == NULL) {
        options->loopback = options->action == ACTION_COMPARE ? "http" : "both";
    }
    if (options->run_of_comparison) {
        become_run(options);
    }
    switch (options->action) {
    case ACTION_MERGE:
    case ACTION_HTML:
        if (options->targets.count == 0) {
            return row_complain("no files to read", "merge, html");
        }
        return options->action == ACTION_MERGE || options->html != NULL ||
               row_complain("no file to write", "--html");
    case ACTION_COMPARE:
        if (options->compare[1] == NULL) {
            return row_complain("two libraries are to be compared", options->compare[0]);
        }
        if (options->pairs < 5) {
            return row_complain("fewer than 5 pairs", "--pairs");
        }
        return check_load(options);
    case ACTION_LOAD:
        return check_load(options);
    default:
        return true;
    }
}

/* The rows as getopt_long wants them. */
static void make_table(struct option table[ROWS_MAX], char letters[ROWS_MAX * 2])
{
    size_t at = 0;

    memset(table, 0, ROWS_MAX * sizeof(table[0]));
    for (size_t i = 0; i < row_count && i + 1 < ROWS_MAX; i++) {
        table[i] = (struct option){rows[i].name,
                                   rows[i].argument != NULL ? required_argument : no_argument, NULL,
                                   (int)(FIRST_VALUE + i)};
        if (rows[i].letter != 0) {
            letters[at++] = rows[i].letter;
            if (rows[i].argument != NULL) {
                letters[at++] = ':';
            }
        }
    }
    letters[at] = '\0';
}

static const struct row *row_of(int value)
{
    for (size_t i = 0; i < row_count; i++) {
        if (value == (int)(FIRST_VALUE + i) || (rows[i].letter != 0 && value == rows[i].letter)) {
            return &rows[i];
        }
    }
    return NULL;
}

static bool parse(struct options *options, int argc, char **argv)
{
    struct option table[ROWS_MAX];
    char letters[ROWS_MAX * 2];
    int value = 0;

    make_table(table, letters);
    /* NOLINTNEXTLINE(concurrency-mt-unsafe): there is one thread yet */
    while ((value = getopt_long(argc, argv, letters, table, NULL)) != -1) {
        const struct row *row = row_of(value);
        if (row == NULL) { /* getopt_long has said what is wrong */
            fputs("Try curlpool-stress --help.\n", stderr);
            return false;
        }
        if (!take(options, row, optarg)) {
            return false;
        }
    }
    for (int i = optind; i < argc; i++) {
        if (!take_word(options, argv[i])) {
            return false;
        }
    }
    return check_together(options);
}

bool options_parse(struct options *options, int argc, char **argv)
{
    *options = (struct options){.concurrency = 100,
                                .threads = 1,
                                .body_bytes = -1,
                                .expected_bytes = -1,
                                .grace_s = 1,
                                .max_lag_s = 0.01,
                                .pairs = 5};
    if (parse(options, argc, argv)) {
        return true;
    }
    options_release(options);
    return false;
}

void options_release(struct options *options)
{
    free(options->headers.items);
    free(options->resolves.items);
    free(options->targets.items);
    *options = (struct options){0};
}
