/* SPDX-License-Identifier: MIT */
/* What typecheck-gcc.h says of arguments: nothing about the calls of GOOD, something about each
 * call in the rows of BAD, one a compilation. */
#include <curl/curl.h>

#ifdef BAD
#define BAD_CALL(handle) BAD
#else
#define BAD_CALL(handle) (void)0
#endif

struct user {
    int any;
};

size_t on_bytes(char *bytes, size_t size, size_t count, void *user);
size_t on_file(void *bytes, size_t size, size_t count, FILE *user);
int on_progress(void *user, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d);
int try_all(CURL *handle, CURLcode code, CURLoption variable);

int try_all(CURL *handle, CURLcode code, CURLoption variable)
{
    char buffer[CURL_ERROR_SIZE], *text;
    const char *constant;
    long number;
    double real;
    curl_off_t large;
    curl_socket_t fd;
    struct curl_slist *list = NULL;
    struct curl_certinfo *certs;
    struct curl_blob blob = {NULL, 0, 0};
    struct user user = {0}, *back;

    curl_easy_setopt(handle, CURLOPT_URL, "text");
    curl_easy_setopt(handle, CURLOPT_URL, buffer);
    curl_easy_setopt(handle, CURLOPT_URL, NULL);
    curl_easy_setopt(handle, CURLOPT_VERBOSE, 1L);
    curl_easy_setopt(handle, CURLOPT_VERBOSE, 1);
    curl_easy_setopt(handle, CURLOPT_HTTPAUTH, CURLAUTH_ANY);
    curl_easy_setopt(handle, CURLOPT_TIMEOUT, code);
    curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, on_bytes);
    curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, &on_file);
    curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, fwrite);
    curl_easy_setopt(handle, CURLOPT_READFUNCTION, fread);
    curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, NULL);
    curl_easy_setopt(handle, CURLOPT_XFERINFOFUNCTION, on_progress);
    curl_easy_setopt(handle, CURLOPT_XFERINFODATA, &user);
    curl_easy_setopt(handle, CURLOPT_PRIVATE, &user);
    curl_easy_setopt(handle, CURLOPT_POSTFIELDS, "text");
    curl_easy_setopt(handle, CURLOPT_HTTPHEADER, list);
    curl_easy_setopt(handle, CURLOPT_ERRORBUFFER, buffer);
    curl_easy_setopt(handle, CURLOPT_STDERR, stderr);
    curl_easy_setopt(handle, CURLOPT_INFILESIZE_LARGE, (curl_off_t)1);
    curl_easy_setopt(handle, CURLOPT_SSLCERT_BLOB, &blob);
    curl_easy_setopt(handle, variable, 1L);
    curl_easy_getinfo(handle, CURLINFO_EFFECTIVE_URL, &text);
    curl_easy_getinfo(handle, CURLINFO_EFFECTIVE_URL, &constant);
    curl_easy_getinfo(handle, CURLINFO_PRIVATE, &back);
    curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &number);
    curl_easy_getinfo(handle, CURLINFO_TOTAL_TIME, &real);
    curl_easy_getinfo(handle, CURLINFO_TOTAL_TIME_T, &large);
    curl_easy_getinfo(handle, CURLINFO_ACTIVESOCKET, &fd);
    curl_easy_getinfo(handle, CURLINFO_CERTINFO, &certs);
    curl_easy_getinfo(handle, CURLINFO_SSL_ENGINES, &list);
    BAD_CALL(handle);
    return curl_easy_setopt(handle, CURLOPT_URL, "text") != CURLE_OK;
}
