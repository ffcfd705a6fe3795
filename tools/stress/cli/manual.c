/* SPDX-License-Identifier: MIT */
/* See manual.h. */
#include "cli/manual.h"

#include <stdio.h>
#include <string.h>

#include "cli/rows.h"

enum {
    HELP_INDENT = 29, /* where the words about an option begin */
    HELP_WIDTH = 92,
};

static const char usage[] = "Usage: curlpool-stress [OPTION]... [URL]...\n"
                            "       curlpool-stress [OPTION]... --compare A.so B.so [URL]...\n"
                            "       curlpool-stress [OPTION]... merge FILE...\n"
                            "       curlpool-stress --html PAGE html FILE...\n"
                            "       curlpool-stress --serve\n";

static const char about[] =
    "Runs many transfers at a time and says how that went. Without a URL it starts a server of its "
    "own on 127.0.0.1 and loads that, first with HTTP and then with HTTPS. A path instead of a "
    "URL, such as /bytes/1000000, is one of that server.";

/* What the loopback server answers; the manual page has them one below the other. */
static const struct {
    const char *path;
    const char *answer;
} paths[] = {
    {"/bytes/N",    "N bytes"                                                           },
    {"/chunked/N",  "N bytes, in chunks"                                                },
    {"/close/N",    "N bytes, and the connection ends"                                  },
    {"/slow/N/MS",  "N bytes in ten parts, MS milliseconds between two"                 },
    {"/cut/N",      "announces N bytes, and ends the connection after half of them"     },
    {"/reset/N",    "the same, and resets the connection"                               },
    {"/stall/N",    "sends half of N bytes, and then nothing any more"                  },
    {"/wrong/N",    "N bytes, which are others than those that this program expects"    },
    {"/status/S",   "status S and a line of text"                                       },
    {"/delay/MS",   "a line of text, after MS milliseconds"                             },
    {"/delay/MS/N", "N bytes, after MS milliseconds"                                    },
    {"/upload/N",   "200 if the request's body was N bytes of --post or --put, else 400"},
};

static const struct {
    const char *status;
    const char *meaning;
} statuses[] = {
    {"0",  "fine"                                    },
    {"1",  "some transfers failed, and no objective (errors<...) says how many may; or a file "
          "could not be written"            },
    {"2",  "wrong usage"                             },
    {"3",  "no transfer succeeded"                   },
    {"4",  "INVALID: this program itself fell behind"},
    {"99", "an objective of --slo was missed"        },
};

/* Prints words with line breaks; `column` is where the first begins, `indent` where lines do. */
static void print_wrapped(const char *words, int column, int indent)
{
    while (*words != '\0') {
        int len = (int)strcspn(words, " ");
        if (column > indent && column + 1 + len > HELP_WIDTH) {
            printf("\n%*s", indent, "");
            column = indent;
        } else if (column > indent) {
            putchar(' ');
            column++;
        }
        printf("%.*s", len, words);
        column += len;
        words += len;
        words += strspn(words, " ");
    }
    putchar('\n');
}

static void print_help_row(const struct row *row)
{
    char left[64];

    snprintf(left, sizeof(left), "  %c%c%c --%s%s%s", row->letter != 0 ? '-' : ' ',
             row->letter != 0 ? row->letter : ' ', row->letter != 0 ? ',' : ' ', row->name,
             row->argument != NULL ? " " : "", row->argument != NULL ? row->argument : "");
    int len = (int)strlen(left);
    if (len > HELP_INDENT - 2) {
        printf("%s\n%*s", left, HELP_INDENT, "");
    } else {
        printf("%-*s", HELP_INDENT, left);
    }
    print_wrapped(row->help != NULL ? row->help : "the same", HELP_INDENT, HELP_INDENT);
}

void manual_print_help(void)
{
    printf("%s\n", usage);
    print_wrapped(about, 0, 0);
    for (int group = 0; group < GROUP_COUNT; group++) {
        printf("\n%s:\n", row_group_title((enum row_group)group));
        for (size_t i = 0; i < row_count; i++) {
            if (rows[i].group == (enum row_group)group) {
                print_help_row(&rows[i]);
            }
        }
    }
    printf("\nPaths of the server of its own:\n");
    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        printf("  %-13s  %s\n", paths[i].path, paths[i].answer);
    }
    printf("\nTimes are seconds, or have a unit: 300ms, 20us, 2m. Ctrl-C ends the load and prints "
           "the\nsummary; a second one quits.\n\nExit status:\n");
    for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++) {
        printf("  %2s  ", statuses[i].status);
        print_wrapped(statuses[i].meaning, 6, 6);
    }
}

/* Text for roff: '-' is to stay one that can be copied, and no line begins with a request. */
static void print_roff(const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text == '-') {
            fputs("\\-", stdout);
        } else if (*text == '\\') {
            fputs("\\e", stdout);
        } else if (*text == '\'') {
            fputs("\\(aq", stdout);
        } else {
            putchar(*text);
        }
    }
}

static void print_page_row(const struct row *row)
{
    fputs(".TP\n.B ", stdout);
    if (row->letter != 0) {
        printf("\\-%c\\fR, \\fB", row->letter);
    }
    fputs("\\-\\-", stdout);
    print_roff(row->name);
    if (row->argument != NULL) {
        fputs("\\fR \\fI", stdout);
        print_roff(row->argument);
    }
    fputs("\\fR\n", stdout);
    print_roff(row->help != NULL ? row->help : "the same");
    putchar('\n');
}

static void print_section(const char *title, const char *text)
{
    printf(".SH %s\n", title);
    print_roff(text);
    putchar('\n');
}

static const char targets_example[] = "POST http://127.0.0.1:8080/orders weight=3 size=20\n"
                                      "Content-Type: application/json\n"
                                      "<order.json\n"
                                      "\n"
                                      "GET http://127.0.0.1:8080/ weight=97\n";

static void print_example(const char *text)
{
    fputs(".PP\n.EX\n", stdout);
    print_roff(text);
    fputs("\n.EE\n", stdout);
}

static void print_page_end(void)
{
    print_section("TARGETS FILE",
                  "The file of --targets has requests as blocks with an empty line between. The "
                  "first line of a block is a method, a URL, and weight=N (how often it takes its "
                  "turn) and size=BYTES (of a right answer) as they are needed. Headers follow, "
                  "and at most one body: <FILE, which is read as it is sent, =TEXT, or *SIZE "
                  "bytes, which are made as they are sent. Lines that begin with # are comments.");
    print_example(targets_example);
    fputs(".SH THE SERVER\nWhat the server of its own answers (\\fB\\-\\-serve\\fR, or without a "
          "URL):\n",
          stdout);
    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        printf(".TP\n.B %s\n", paths[i].path);
        print_roff(paths[i].answer);
        putchar('\n');
    }
    fputs(".SH EXIT STATUS\n", stdout);
    for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++) {
        printf(".TP\n.B %s\n", statuses[i].status);
        print_roff(statuses[i].meaning);
        putchar('\n');
    }
    fputs(".SH EXAMPLES\n", stdout);
    print_example("curlpool-stress -R 1000 -t 60 -w 5 --slo 'p99<50ms,errors<0.1%' --html run.html "
                  "http://127.0.0.1:8080/");
    print_example("curlpool-stress --stage 100:20s,100-1000:30s --json run.json "
                  "http://127.0.0.1:8080/");
    print_example("curlpool-stress --compare ./libcurl.so.4 system -c 100 -t 3 /bytes/1024");
    print_example("curlpool-stress --json all.json merge one.json two.json");
    print_section("SEE ALSO", "curl(1), libcurl-multi(3)");
}

void manual_print_page(void)
{
    fputs(".TH CURLPOOL\\-STRESS 1 \"\" curlpool\n"
          ".SH NAME\ncurlpool\\-stress \\- load a server, or compare two libraries, through "
          "libcurl\\(aqs interface\n"
          ".SH SYNOPSIS\n.EX\n",
          stdout);
    for (const char *line = usage; *line != '\0'; line = strchr(line, '\n') + 1) {
        char text[128];
        snprintf(text, sizeof(text), "%.*s\n", (int)strcspn(line, "\n") - 7, line + 7);
        print_roff(text); /* without "Usage: ", and the blanks below it */
    }
    fputs(".EE\n.SH DESCRIPTION\n", stdout);
    print_roff(about);
    fputs("\n.PP\n", stdout);
    print_roff("In a closed loop (-c, with -n or -t) a transfer starts when another one has ended. "
               "In an open loop (-R or --stage) requests are due at their times, whatever the "
               "server does, and latencies count from when a request was due: a server that "
               "stops for a second has made everybody wait who came meanwhile. What a "
               "measurement from the sending of a request would say stands beside it.");
    fputs("\n.PP\n", stdout);
    print_roff("Times are seconds, or have a unit: 300ms, 20us, 2m, 1h. Ctrl-C ends the load and "
               "prints the summary; a second one quits.");
    putchar('\n');
    for (int group = 0; group < GROUP_COUNT; group++) {
        printf(".SH \"%s\"\n", row_group_title((enum row_group)group));
        for (size_t i = 0; i < row_count; i++) {
            if (rows[i].group == (enum row_group)group) {
                print_page_row(&rows[i]);
            }
        }
    }
    print_page_end();
}

/* The words that may follow an option. */
static void print_completion_row(const struct row *row)
{
    printf("        --%s", row->name);
    if (row->letter != 0) {
        printf(" | -%c", row->letter);
    }
    if (row->completes == NULL) {
        fputs(") return ;;\n", stdout);
    } else if (strcmp(row->completes, "file") == 0) {
        fputs(") compopt -o filenames; COMPREPLY=($(compgen -f -- \"$word\")); return ;;\n",
              stdout);
    } else {
        printf(") COMPREPLY=($(compgen -W '%s' -- \"$word\")); return ;;\n", row->completes);
    }
}

void manual_print_completion(void)
{
    fputs("# bash completion for curlpool-stress\n"
          "_curlpool_stress()\n"
          "{\n"
          "    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}\n"
          "    COMPREPLY=()\n"
          "    case $before in\n",
          stdout);
    for (size_t i = 0; i < row_count; i++) {
        if (rows[i].argument != NULL) {
            print_completion_row(&rows[i]);
        }
    }
    fputs("    esac\n"
          "    if [[ $word == -* ]]; then\n"
          "        COMPREPLY=($(compgen -W '",
          stdout);
    for (size_t i = 0; i < row_count; i++) {
        if (rows[i].group != GROUP_COUNT) {
            printf("%s--%s", i > 0 ? " " : "", rows[i].name);
        }
    }
    fputs("' -- \"$word\"))\n"
          "    else\n"
          "        compopt -o filenames\n"
          "        COMPREPLY=($(compgen -W 'merge html' -- \"$word\") $(compgen -f -- \"$word\"))\n"
          "    fi\n"
          "}\n"
          "complete -F _curlpool_stress curlpool-stress\n",
          stdout);
}
