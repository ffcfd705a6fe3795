/* SPDX-License-Identifier: MIT */
/* What the client of the tests keeps of a transfer, and how it is written as JSON. */
#ifndef TEST_SERVER_CLIENT_H
#define TEST_SERVER_CLIENT_H

#include <curl/curl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { BODY_KEPT = 1024, INFOS_MAX = 32 };

struct transfer {
    const char *url;
    CURL *easy;
    CURLcode result;      /* of the transfer, or of the option that was refused */
    const char *refused;  /* key of that option, or NULL */
    unsigned messages;    /* CURLMsg seen */
    const char *tls_seen; /* version of TLS, as the write callback saw it; NULL: nothing */
    bool held, begun;     /* it pauses at its first bytes; they have come */
    char error[CURL_ERROR_SIZE];
    pthread_t thread;    /* that makes the calls */
    bool strange_thread; /* a callback ran on another */

    /* The body. */
    uint64_t len;
    uint64_t sum; /* FNV-1a, 64 bits */
    size_t kept;
    char body[BODY_KEPT];

    /* The upload. */
    curl_off_t upload, given;
    const char *text; /* of it, or NULL */

    char pushed[1024]; /* the fields of the request that the server pushed, each with a line feed */

    char *infos[INFOS_MAX]; /* as JSON values, NULL for what is not known */
    char *certificates;     /* CURLINFO_CERTINFO, as JSON */
    char pseudo_status[8];  /* ":status", as curl_easy_header has it */
};

/* Reads the infos of a transfer that has ended. */
void note_infos(struct transfer *transfer);
void release_infos(struct transfer *transfer);

/* Writes the library's version and the transfers to the standard output. */
void print_report(const struct transfer *transfers, unsigned count);

#endif
