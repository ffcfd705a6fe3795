/* SPDX-License-Identifier: MIT */
/*
 * Several URLs at a time on one thread, with the loop of the manual:
 *
 *     multi_perform URL...
 *
 *     curl_multi_perform     moves what can be moved, and runs the callbacks here
 *     curl_multi_info_read   says which transfers have ended
 *     curl_multi_poll        sleeps until there is more to do
 *
 * Bodies are counted and thrown away. Prints a line for each transfer that ended: status, bytes,
 * milliseconds, URL.
 */
#include <stdio.h>

#include <curl/curl.h>

static int failures;

static size_t throw_away(char *bytes, size_t size, size_t count, void *userdata)
{
    (void)bytes;
    (void)userdata;
    return size * count;
}

static void add(CURLM *multi, char *url)
{
    CURL *easy = curl_easy_init();

    if (easy == NULL) {
        failures++;
        return;
    }
    curl_easy_setopt(easy, CURLOPT_URL, url);
    curl_easy_setopt(easy, CURLOPT_PRIVATE, url);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, throw_away);
    if (curl_multi_add_handle(multi, easy) != CURLM_OK) {
        curl_easy_cleanup(easy);
        failures++;
    }
}

static void print_result(CURL *easy, CURLcode result)
{
    char *url = NULL;
    long status = 0;
    curl_off_t bytes = 0;
    curl_off_t us = 0;

    curl_easy_getinfo(easy, CURLINFO_PRIVATE, &url);
    if (result != CURLE_OK) {
        printf("error %d (%s) %s\n", (int)result, curl_easy_strerror(result), url);
        failures++;
        return;
    }
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_getinfo(easy, CURLINFO_SIZE_DOWNLOAD_T, &bytes);
    curl_easy_getinfo(easy, CURLINFO_TOTAL_TIME_T, &us);
    printf("%ld %" CURL_FORMAT_CURL_OFF_T " bytes %.1f ms %s\n", status, bytes, (double)us / 1000,
           url);
}

static void take_finished(CURLM *multi)
{
    CURLMsg *message = NULL;
    int left = 0;

    while ((message = curl_multi_info_read(multi, &left)) != NULL) {
        CURL *easy = message->easy_handle; /* the message is gone once the handle is removed */
        if (message->msg == CURLMSG_DONE) {
            print_result(easy, message->data.result);
            curl_multi_remove_handle(multi, easy);
            curl_easy_cleanup(easy);
        }
    }
}

static void run(CURLM *multi)
{
    CURLMcode code = CURLM_OK;
    int running = 1;

    while (code == CURLM_OK && running > 0) {
        code = curl_multi_perform(multi, &running);
        take_finished(multi);
        if (code == CURLM_OK && running > 0) {
            code = curl_multi_poll(multi, NULL, 0, 1000, NULL);
        }
    }
    if (code != CURLM_OK) {
        fprintf(stderr, "multi_perform: %s\n", curl_multi_strerror(code));
        failures++;
    }
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        fprintf(stderr, "usage: multi_perform URL...\n");
        return 2;
    }
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        return 1;
    }
    CURLM *multi = curl_multi_init();
    if (multi != NULL) {
        for (int i = 1; i < argc; i++) {
            add(multi, argv[i]);
        }
        run(multi);
        curl_multi_cleanup(multi);
    }
    curl_global_cleanup();
    return multi != NULL && failures == 0 ? 0 : 1;
}
