/* SPDX-License-Identifier: MIT */
/* A name server on loopback that runs inside the test's own loop: a UDP socket, the questions it
 * got, and answers as the test wants them. */
#ifndef TEST_SUPPORT_NAMES_H
#define TEST_SUPPORT_NAMES_H

#include <curl/curl.h>
#include <stdbool.h>
#include <stdint.h>

struct names {
    int fd;
    uint16_t port;
    char servers[32];        /* for CURLOPT_DNS_SERVERS */
    bool answers_four;       /* A questions get 127.0.0.1; nothing is answered otherwise */
    bool answers_six;        /* AAAA questions get: no data */
    bool answers_no_name;    /* all get NXDOMAIN */
    unsigned questions_four; /* how many came */
    unsigned questions_six;
};

void names_open(struct names *names);
void names_close(struct names *names);

/* Takes all questions that have come, and answers. */
void names_serve(struct names *names);

/* perform, poll and serve until none runs; fails the test after 20 seconds. */
void names_drive_to_end(struct names *names, CURLM *multi);

/* ... until at least so many questions have come. */
void names_drive_until_asked(struct names *names, CURLM *multi, unsigned questions);

#endif
