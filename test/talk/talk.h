/* SPDX-License-Identifier: MIT */
/* Conversations as data: what one case file says. The format is described in README.md. */
#ifndef TEST_TALK_TALK_H
#define TEST_TALK_TALK_H

#include <stdbool.h>
#include <stddef.h>

#include "support/fetch.h"
#include "support/server.h"

enum {
    TALK_STEPS_MAX = 48,
    TALK_CONNECTIONS_MAX = 6,
    TALK_TRANSFERS_MAX = 6,
    TALK_SETTINGS_MAX = 16,
};

struct talk_setting {
    char *name;
    struct text value;
    bool unset; /* NULL */
};

struct talk_info {
    char *name;
    char *value;
};

/* What the server does on one connection, and what the client must have sent there. */
struct talk_connection {
    struct step steps[TALK_STEPS_MAX];
    struct text texts[TALK_STEPS_MAX]; /* of the SEND steps; of the READ steps, what is expected */
    unsigned count;
    bool anything; /* what the client sends is not compared */
};

/* One curl_easy_perform() and its outcome. */
struct talk_transfer {
    char *path;
    char *userinfo; /* of the URL, or NULL */
    struct talk_setting settings[TALK_SETTINGS_MAX];
    unsigned settings_count;
    struct text upload;
    bool uploads;
    char *result; /* CURLcodes, separated by bars; NULL is 0 */
    long status;  /* -1: not looked at */
    struct text body;
    bool body_any; /* not looked at */
    struct text head;
    bool head_checked;
    struct talk_info infos[TALK_SETTINGS_MAX];
    unsigned infos_count;
};

struct talk {
    char *name;
    struct text file; /* what %FILE names holds before the first transfer */
    bool stock_differs;
    bool at_once_only;
    bool cut_everywhere; /* run once for each length of the answer, cut there: the outcome is an
                            error */
    struct talk_connection connections[TALK_CONNECTIONS_MAX];
    unsigned connections_count;
    struct talk_transfer transfers[TALK_TRANSFERS_MAX];
    unsigned transfers_count;
};

/* Reads a case file. On a mistake in it, says where on standard error and returns NULL. */
struct talk *talk_read(const char *folder, const char *file);
void talk_free(struct talk *talk);

enum talk_mode {
    TALK_AT_ONCE,
    TALK_BYTE_BY_BYTE,
};

/* Runs it and fails the cmocka test unless all is as the file says. */
void talk_run(const struct talk *talk, enum talk_mode mode);
void talk_run_cut_everywhere(const struct talk *talk);

/* Sets one option by its name; false if this library has no such option. Lists go to *list, which
 * the caller frees. */
bool talk_set_option(CURL *easy, const struct talk_setting *setting, struct curl_slist **lists,
                     unsigned index);
bool talk_check_info(const struct fetch *fetch, const struct talk_info *info);

#endif
