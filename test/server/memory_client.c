/* SPDX-License-Identifier: MIT */
/* A transfer against a real server, again and again, in which one allocation fails: the first one,
 * then the second one, until a whole transfer needs no more. Each time it ends with an error or
 * well and whole, and the next one, which gets all memory, is well.
 *
 *     memory_client LENGTH KEY=VALUE...
 *
 * "mail_rcpt=ADDRESS" makes it an upload to that one. LENGTH is that of the body, KEY one of the
 * table below. Says "N allocations", or what went wrong.
 */
#define CURL_DISABLE_DEPRECATION
#include <curl/curl.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MESSAGE = 100000 };

static const struct {
    const char *name;
    CURLoption option;
    bool is_number;
} keys[] = {
    {"cainfo=",              CURLOPT_CAINFO,              false},
    {"httpauth=",            CURLOPT_HTTPAUTH,            true },
    {"httpproxytunnel=",     CURLOPT_HTTPPROXYTUNNEL,     true },
    {"mail_from=",           CURLOPT_MAIL_FROM,           false},
    {"proxy=",               CURLOPT_PROXY,               false},
    {"proxy_cainfo=",        CURLOPT_PROXY_CAINFO,        false},
    {"proxytype=",           CURLOPT_PROXYTYPE,           true },
    {"proxyauth=",           CURLOPT_PROXYAUTH,           true },
    {"proxyuserpwd=",        CURLOPT_PROXYUSERPWD,        false},
    {"socks5_gssapi_nec=",   CURLOPT_SOCKS5_GSSAPI_NEC,   true },
    {"ssh_private_keyfile=", CURLOPT_SSH_PRIVATE_KEYFILE, false},
    {"url=",                 CURLOPT_URL,                 false},
    {"userpwd=",             CURLOPT_USERPWD,             false},
};

static atomic_long until_failure, allocations; /* 0 and below: none fails */

static bool fails(void)
{
    atomic_fetch_add(&allocations, 1);
    return atomic_load(&until_failure) > 0 && atomic_fetch_sub(&until_failure, 1) == 1;
}

static void *failing_malloc(size_t size)
{
    return fails() ? NULL : malloc(size);
}

static void *failing_realloc(void *pointer, size_t size)
{
    return fails() ? NULL : realloc(pointer, size);
}

static char *failing_strdup(const char *text)
{
    return fails() ? NULL : strdup(text);
}

static void *failing_calloc(size_t count, size_t size)
{
    return fails() ? NULL : calloc(count, size);
}

static size_t count_body(char *bytes, size_t size, size_t count, void *with)
{
    (void)bytes;
    *(size_t *)with += size * count;
    return size * count;
}

/* A message of several pieces that begins with a dot. */
static size_t give_message(char *bytes, size_t size, size_t count, void *with)
{
    size_t *left = with, len = size * count < *left ? size * count : *left;

    memset(bytes, '.', len);
    *left -= len;
    return len;
}

static int rewind_message(void *with, curl_off_t offset, int origin)
{
    (void)origin;
    *(size_t *)with = MESSAGE - (size_t)offset;
    return CURL_SEEKFUNC_OK;
}

static void set_recipient(CURL *easy, const char *address)
{
    static struct curl_slist recipient;
    static size_t left;

    left = MESSAGE;
    recipient.data = (char *)(uintptr_t)address;
    curl_easy_setopt(easy, CURLOPT_MAIL_RCPT, &recipient);
    curl_easy_setopt(easy, CURLOPT_UPLOAD, 1L);
    curl_easy_setopt(easy, CURLOPT_READFUNCTION, give_message);
    curl_easy_setopt(easy, CURLOPT_READDATA, &left);
    curl_easy_setopt(easy, CURLOPT_SEEKFUNCTION, rewind_message);
    curl_easy_setopt(easy, CURLOPT_SEEKDATA, &left);
}

static void set(CURL *easy, const char *argument)
{
    if (!strncmp(argument, "mail_rcpt=", 10)) {
        set_recipient(easy, argument + 10);
    }
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        size_t len = strlen(keys[i].name);

        if (strncmp(argument, keys[i].name, len) != 0) {
            continue;
        }
        if (keys[i].is_number) {
            curl_easy_setopt(easy, keys[i].option, strtol(argument + len, NULL, 10));
        } else {
            curl_easy_setopt(easy, keys[i].option, argument + len);
        }
    }
}

/* With a handle of its own; `nth` 0: nothing fails. */
static CURLcode transfer(int argc, char **argv, long nth, size_t *ret_len, long *ret_needed)
{
    CURL *easy = curl_easy_init();
    CURLcode result;

    if (easy == NULL) {
        exit(2);
    }
    for (int i = 2; i < argc; i++) {
        set(easy, argv[i]);
    }
    *ret_len = 0;
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, count_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, ret_len);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, 20000L);
    atomic_store(&allocations, 0);
    atomic_store(&until_failure, nth);
    result = curl_easy_perform(easy);
    atomic_store(&until_failure, 0);
    *ret_needed = atomic_load(&allocations);
    curl_easy_cleanup(easy);
    return result;
}

int main(int argc, char **argv)
{
    const size_t wanted = argc > 1 ? strtoul(argv[1], NULL, 10) : 0;
    long nth = 1, needed = nth;
    CURLcode result;
    size_t len;

    if (curl_global_init_mem(CURL_GLOBAL_DEFAULT, failing_malloc, free, failing_realloc,
                             failing_strdup, failing_calloc) != CURLE_OK) {
        return 2;
    }
    for (; nth <= needed; nth++) {
        result = transfer(argc, argv, nth, &len, &needed);
        if (result == CURLE_OPERATION_TIMEDOUT || (result == CURLE_OK && len != wanted)) {
            printf("without allocation %ld: %d, %zu bytes\n", nth, (int)result, len);
            return 1;
        }
        result = transfer(argc, argv, 0, &len, &needed);
        if (result != CURLE_OK || len != wanted) {
            printf("behind the one without allocation %ld: %d, %zu bytes\n", nth, (int)result, len);
            return 1;
        }
    }
    printf("%ld allocations\n", nth - 1);
    curl_global_cleanup();
    return 0;
}
