/* SPDX-License-Identifier: MIT */
/* Telnet: what is received apart from commands (RFC 854), and which options both sides agree on
 * (RFC 855, RFC 1143), with terminal type, location of a display, size of the window and variables
 * of the environment. */
#ifndef WIRE_TELNET_H
#define WIRE_TELNET_H

#include "base/buf.h"
#include "base/str.h"

#include <curl/curl.h>
#include <stdbool.h>
#include <stddef.h>

enum {
    TELNET_IAC = 255,
    TELNET_OPTIONS = 256,
};

/* Of an option, at one side. Nobody here asks for the end of one, so that there is no fourth. */
enum telnet_state { TELNET_NO, TELNET_YES, TELNET_ASKED };

enum telnet_place {
    TELNET_DATA,
    TELNET_AFTER_CR,
    TELNET_AFTER_IAC,
    TELNET_VERB,    /* behind WILL, WONT, DO or DONT: the option */
    TELNET_SUB,     /* inside a subnegotiation */
    TELNET_SUB_IAC, /* behind an IAC in one */
};

/* Zeroed at first; telnet_release frees. */
struct telnet {
    /* What the program wants. */
    struct buf terminal, display, variables; /* empty: not offered. `variables` as they are sent */
    bool without_binary;
    unsigned width, height; /* 0: the server shall guess */

    /* Agreed. */
    unsigned char ours[TELNET_OPTIONS], theirs[TELNET_OPTIONS]; /* enum telnet_state */
    bool begun; /* the server negotiates: what we want was asked for */

    /* Where the decoder is. */
    enum telnet_place place;
    unsigned char verb;
    unsigned char sub[2]; /* the first bytes of a subnegotiation; the others mean nothing here */
    unsigned sub_len;
};

void telnet_release(struct telnet *);

/* A line of CURLOPT_TELNETOPTIONS, "NAME=VALUE". CURLE_UNKNOWN_OPTION, CURLE_SETOPT_OPTION_SYNTAX
 * (also for control characters in it, which would be commands to many servers),
 * CURLE_OUT_OF_MEMORY. */
CURLcode telnet_set(struct telnet *, const char *line);

/* Another variable; `value` may be NULL for one that is not set. CURLE_SETOPT_OPTION_SYNTAX,
 * CURLE_OUT_OF_MEMORY. */
CURLcode telnet_add_variable(struct telnet *, struct str name, const char *value);

/* Tells what was agreed, word by word; `option` is its number. */
typedef void telnet_log(void *owner, bool sent, const char *verb, int option);

/* Takes received bytes: commands are answered at the end of `answers`; data takes the place of the
 * bytes at `bytes`. Returns how many that are. The caller looks whether `answers` failed. */
size_t telnet_decode(struct telnet *, char *bytes, size_t len, struct buf *answers, telnet_log *,
                     void *owner);

/* Appends data as it is sent. */
bool telnet_encode(struct buf *, struct str bytes);

/* The name of an option, NULL for one without. */
const char *telnet_option_name(int option);

#endif
