/* SPDX-License-Identifier: MIT */
/*
 * Downloads any number of URLs into files, at most P at a time: when one ends, the next one begins.
 *
 *     parallel_download P FOLDER URL...
 *
 * The files are FOLDER/1, FOLDER/2 and so on, in the order of the URLs; one of a failed download is
 * removed. P handles do it all, used again and again, so that their connections are too. Prints a
 * line for each transfer that ended: status, bytes, milliseconds, URL.
 */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include <curl/curl.h>

/* One of the P. */
struct download {
    CURL *easy;
    FILE *file; /* NULL: does nothing */
    char path[PATH_MAX];
    const char *url;
};

/* What is left to do. */
struct work {
    CURLM *multi;
    const char *folder;
    char **urls;
    int count;
    int next;
    int failures;
};

/* The library's own write function would do; this one shows how little it takes. */
static size_t write_file(char *bytes, size_t size, size_t count, void *userdata)
{
    struct download *download = userdata;

    return fwrite(bytes, size, count, download->file);
}

/* Closes the file, and removes it if it is not what was asked for. */
static int keep_file(struct download *download, int is_good)
{
    int is_written = fclose(download->file) == 0;

    download->file = NULL;
    if (!is_good || !is_written) {
        remove(download->path);
        return 0;
    }
    return 1;
}

/* Begins with the next URL that can be begun with. */
static void start_next(struct work *work, struct download *download)
{
    while (download->file == NULL && work->next < work->count) {
        int number = work->next++;
        download->url = work->urls[number];
        snprintf(download->path, sizeof(download->path), "%s/%d", work->folder, number + 1);
        download->file = fopen(download->path, "wbe");
        if (download->file == NULL) {
            perror(download->path);
            work->failures++;
            continue;
        }
        curl_easy_setopt(download->easy, CURLOPT_URL, download->url);
        if (curl_multi_add_handle(work->multi, download->easy) != CURLM_OK) {
            keep_file(download, 0);
            work->failures++;
        }
    }
}

static void finish(struct work *work, struct download *download, CURLcode result)
{
    long status = 0;
    curl_off_t bytes = 0;
    curl_off_t us = 0;

    curl_easy_getinfo(download->easy, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_getinfo(download->easy, CURLINFO_SIZE_DOWNLOAD_T, &bytes);
    curl_easy_getinfo(download->easy, CURLINFO_TOTAL_TIME_T, &us);
    curl_multi_remove_handle(work->multi, download->easy);
    if (!keep_file(download, result == CURLE_OK && status < 400)) {
        work->failures++;
    }
    if (result != CURLE_OK) {
        printf("error %d (%s) %s\n", (int)result, curl_easy_strerror(result), download->url);
    } else {
        printf("%ld %" CURL_FORMAT_CURL_OFF_T " bytes %.1f ms %s\n", status, bytes,
               (double)us / 1000, download->url);
    }
}

static void take_finished(struct work *work)
{
    CURLMsg *message = NULL;
    int left = 0;

    while ((message = curl_multi_info_read(work->multi, &left)) != NULL) {
        struct download *download = NULL;
        if (message->msg == CURLMSG_DONE) {
            curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&download);
            finish(work, download, message->data.result);
            start_next(work, download);
        }
    }
}

/* Whether any of them does something. */
static int is_busy(const struct download *downloads, int count)
{
    for (int i = 0; i < count; i++) {
        if (downloads[i].file != NULL) {
            return 1;
        }
    }
    return 0;
}

static void run(struct work *work, const struct download *downloads, int parallel)
{
    CURLMcode code = CURLM_OK;

    /* Not until nothing runs: a transfer that was just added does not run yet. */
    while (code == CURLM_OK && is_busy(downloads, parallel)) {
        int running = 0;
        code = curl_multi_perform(work->multi, &running);
        take_finished(work);
        if (code == CURLM_OK && is_busy(downloads, parallel)) {
            code = curl_multi_poll(work->multi, NULL, 0, 1000, NULL);
        }
    }
    if (code != CURLM_OK) {
        fprintf(stderr, "parallel_download: %s\n", curl_multi_strerror(code));
        work->failures++;
    }
}

static int prepare(struct download *download)
{
    download->easy = curl_easy_init();
    if (download->easy == NULL) {
        return 0;
    }
    curl_easy_setopt(download->easy, CURLOPT_PRIVATE, download);
    curl_easy_setopt(download->easy, CURLOPT_WRITEFUNCTION, write_file);
    curl_easy_setopt(download->easy, CURLOPT_WRITEDATA, download);
    return 1;
}

static void release(struct work *work, struct download *downloads, int parallel)
{
    for (int i = 0; downloads != NULL && i < parallel; i++) {
        if (downloads[i].file != NULL) { /* the loop gave up */
            curl_multi_remove_handle(work->multi, downloads[i].easy);
            keep_file(&downloads[i], 0);
        }
        curl_easy_cleanup(downloads[i].easy);
    }
    free(downloads);
    curl_multi_cleanup(work->multi);
}

int main(int argc, char **argv)
{
    long parallel = argc > 1 ? strtol(argv[1], NULL, 10) : 0;

    if (argc < 4 || parallel < 1 || parallel > 10000) {
        fprintf(stderr, "usage: parallel_download P FOLDER URL...\n");
        return 2;
    }
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        return 1;
    }
    struct work work = {.folder = argv[2], .urls = argv + 3, .count = argc - 3};
    struct download *downloads = calloc((size_t)parallel, sizeof(*downloads));
    int ready = downloads != NULL && (work.multi = curl_multi_init()) != NULL;
    for (long i = 0; ready && i < parallel; i++) {
        ready = prepare(&downloads[i]);
    }
    if (ready) {
        for (long i = 0; i < parallel; i++) {
            start_next(&work, &downloads[i]);
        }
        run(&work, downloads, (int)parallel);
    }
    release(&work, downloads, (int)parallel);
    curl_global_cleanup();
    return ready && work.failures == 0 ? 0 : 1;
}
