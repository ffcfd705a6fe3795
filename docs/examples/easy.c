/* SPDX-License-Identifier: MIT */
/*
 * The simplest transfer: one URL, to standard output.
 *
 *     easy URL [CAFILE]
 *
 * curl_easy_perform runs the transfer on this thread and returns when it is over. CAFILE holds
 * certificates to trust instead of the system's. A line on stderr says what came of it: status,
 * bytes, milliseconds, URL.
 */
#include <stdio.h>

#include <curl/curl.h>

static void print_result(CURL *easy, CURLcode result, const char *url)
{
    long status = 0;
    curl_off_t bytes = 0;
    curl_off_t us = 0;

    if (result != CURLE_OK) {
        fprintf(stderr, "error %d (%s) %s\n", (int)result, curl_easy_strerror(result), url);
        return;
    }
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_getinfo(easy, CURLINFO_SIZE_DOWNLOAD_T, &bytes);
    curl_easy_getinfo(easy, CURLINFO_TOTAL_TIME_T, &us);
    fprintf(stderr, "%ld %" CURL_FORMAT_CURL_OFF_T " bytes %.1f ms %s\n", status, bytes,
            (double)us / 1000, url);
}

int main(int argc, char **argv)
{
    CURLcode result = CURLE_FAILED_INIT;

    if (argc < 2) {
        fprintf(stderr, "usage: easy URL [CAFILE]\n");
        return 2;
    }
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        return 1;
    }
    CURL *easy = curl_easy_init();
    if (easy != NULL) {
        curl_easy_setopt(easy, CURLOPT_URL, argv[1]);
        if (argc > 2) {
            curl_easy_setopt(easy, CURLOPT_CAINFO, argv[2]);
        }
        result = curl_easy_perform(easy);
        print_result(easy, result, argv[1]);
        curl_easy_cleanup(easy);
    }
    curl_global_cleanup();
    return result == CURLE_OK ? 0 : 1;
}
