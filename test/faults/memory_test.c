/* SPDX-License-Identifier: MIT */
/* Every allocation of a transfer fails once: each time the program gets an error code or a whole
 * transfer, nothing hangs, nothing leaks (the test runs under ASan, too) and the next transfer
 * works. */
#define CURL_DISABLE_DEPRECATION
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include "support/fetch.h"
#include "support/library.h"

static atomic_long until_failure; /* allocations; 0 and below: none fails */
static atomic_long calls;

static bool fails(void)
{
    atomic_fetch_add(&calls, 1);
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

static long methods = (long)CURLAUTH_BASIC;

static bool (*set_more)(CURL *); /* what a test adds; NULL: nothing */

/* A program that is careful about what it gets. False when something failed on its own side of the
 * interface. */
static bool set_up(CURL *easy, const char *url, struct curl_slist *headers)
{
    return curl_easy_setopt(easy, CURLOPT_URL, url) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_COPYPOSTFIELDS, "name=value") == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_USERPWD, "Domain\\user:secret") == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_HTTPAUTH, methods) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, 20000L) == CURLE_OK &&
           (!set_more || set_more(easy));
}

static size_t swallow(char *bytes, size_t size, size_t count, void *data)
{
    (void)bytes;
    *(size_t *)data += size * count;
    return size * count;
}

static CURLcode wait_for_message(CURLM *multi)
{
    int running, left;

    do {
        CURLMcode code = curl_multi_perform(multi, &running);

        if (code == CURLM_OUT_OF_MEMORY)
            return CURLE_OUT_OF_MEMORY;
        assert_int_equal(code, CURLM_OK);
        if (running > 0)
            curl_multi_poll(multi, NULL, 0, 1000, NULL);
    } while (running > 0);
    return curl_multi_info_read(multi, &left)->data.result;
}

static CURLcode by_multi(CURL *easy)
{
    CURLM *multi = curl_multi_init();
    CURLcode result = CURLE_OUT_OF_MEMORY;

    if (multi && curl_multi_add_handle(multi, easy) == CURLM_OK)
        result = wait_for_message(multi);
    if (multi) {
        curl_multi_remove_handle(multi, easy);
        assert_int_equal(curl_multi_cleanup(multi), CURLM_OK);
    }
    return result;
}

static CURLcode life(const char *url, CURLcode (*run)(CURL *), size_t *ret_len)
{
    struct curl_slist *headers = curl_slist_append(NULL, "X-Header: value");
    CURL *easy = curl_easy_init();
    CURLcode result = CURLE_OUT_OF_MEMORY;

    *ret_len = 0;
    if (easy && headers && set_up(easy, url, headers)) {
        curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, swallow);
        curl_easy_setopt(easy, CURLOPT_WRITEDATA, ret_len);
        result = run(easy);
    }
    curl_easy_cleanup(easy);
    curl_slist_free_all(headers);
    return result;
}

/* `expected` is what comes of it with all memory. */
static void every_allocation_fails_once_at(const char *url, CURLcode expected, size_t size,
                                           CURLcode (*run)(CURL *))
{
    enum { MANY = 5000 };
    bool failed = true;
    long told = 0;
    size_t len;

    assert_int_equal(life(url, run, &len), expected);
    for (long n = 1; n < MANY && failed; n++) {
        CURLcode result;

        atomic_store(&until_failure, n);
        result = life(url, run, &len);
        failed = atomic_exchange(&until_failure, 0) <= 0;
        told += result == CURLE_OUT_OF_MEMORY;
        if (result == CURLE_OK)
            assert_int_equal(len, size);
        else
            assert_int_not_equal(result, CURLE_OPERATION_TIMEDOUT);
        assert_int_equal(life(url, run, &len), expected);
    }
    assert_false(failed);
    assert_true(told > 20); /* most are told as what they are */
}

static void every_allocation_fails_once(struct server *server, size_t size, CURLcode (*run)(CURL *))
{
    char url[64];

    snprintf(url, sizeof(url), "http://localhost:%d/path", server_port(server));
    every_allocation_fails_once_at(url, CURLE_OK, size, run);
    server_stop(server);
}

static void easy_perform_survives_each_missing_allocation(void **state)
{
    (void)state;
    only_curlpool_promises_this();
    every_allocation_fails_once(server_start_bytes(40000), 40000, curl_easy_perform);
}

static void multi_perform_survives_each_missing_allocation(void **state)
{
    (void)state;
    only_curlpool_promises_this();
    every_allocation_fails_once(server_start_bytes(40000), 40000, by_multi);
}

#define CHALLENGE(text)                                                                            \
    AT_SEND("HTTP/1.1 401 No\r\nWWW-Authenticate: " text "\r\nContent-Length: 0\r\n\r\n")

static void authenticate(const struct step *script, unsigned long wanted)
{
    methods = (long)wanted;
    every_allocation_fails_once(server_start_script(script), 2, curl_easy_perform);
    methods = (long)CURLAUTH_BASIC;
}

static void digest_survives_each_missing_allocation(void **state)
{
    static const struct step script[] = {
        AT_REQUEST,
        CHALLENGE("Basic realm=\"r\", Digest realm=\"r\", nonce=\"n\", opaque=\"o\", "
                  "qop=\"auth\", algorithm=SHA-256, userhash=true"),
        AT_REQUEST,
        AT_SEND("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"),
        AT_END,
    };

    (void)state;
    only_curlpool_promises_this();
    authenticate(script, CURLAUTH_DIGEST | CURLAUTH_BASIC);
}

static void ntlm_survives_each_missing_allocation(void **state)
{
    static const struct step script[] = {
        AT_REQUEST, /* the message has Unicode and target information of four bytes */
        CHALLENGE("NTLM TlRMTVNTUAACAAAAAAAAAAAAAAABAIgAAQIDBAUGBwgAAAAAAAAAAAQABAAwAAAAAAAAAA=="),
        AT_REQUEST,
        AT_SEND("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"),
        AT_END,
    };

    (void)state;
    only_curlpool_promises_this();
    authenticate(script, CURLAUTH_NTLM);
}

/* ---- Proxies ---- */

static int proxy_port;

static CURLcode set_proxy(CURL *easy, CURLoption option, const char *start)
{
    char text[64];

    snprintf(text, sizeof text, "%s127.0.0.1:%d", start, proxy_port);
    return curl_easy_setopt(easy, option, text);
}

static bool go_by_tunnel(CURL *easy)
{
    return set_proxy(easy, CURLOPT_PROXY, "http://us%40er:secret@") == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_NOPROXY, "10.0.0.0/8, example.com") == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_HTTPPROXYTUNNEL, 1L) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_PROXYAUTH, (long)CURLAUTH_ANY) == CURLE_OK;
}

static bool go_by_both(CURL *easy)
{
    return set_proxy(easy, CURLOPT_PRE_PROXY, "socks5h://me:pw@") == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_PROXY, "proxy.test:80") == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_PROXYUSERPWD, "us%40er:secret") == CURLE_OK;
}

static void pass_proxy(const struct step *script, bool (*set)(CURL *))
{
    struct server *server = server_start_script(script);

    proxy_port = server_port(server);
    set_more = set;
    every_allocation_fails_once_at("http://host.test/", CURLE_OK, 2, curl_easy_perform);
    set_more = NULL;
    server_stop(server);
}

static void tunnel_survives_each_missing_allocation(void **state)
{
    static const struct step script[] = {
        AT_REQUEST,
        AT_SEND("HTTP/1.1 407 Who\r\nProxy-Authenticate: Basic realm=\"r\"\r\n"
                "Transfer-Encoding: chunked\r\n\r\n2\r\nno\r\n0\r\nX: y\r\n\r\n"),
        AT_REQUEST,
        AT_SEND("HTTP/1.1 200 Yes\r\nX: y\r\n\r\n"),
        AT_REQUEST,
        AT_SEND("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"),
        AT_END,
    };

    (void)state;
    only_curlpool_promises_this();
    pass_proxy(script, go_by_tunnel);
}

static void socks_before_http_survives_each_missing_allocation(void **state)
{
    static const struct step script[] = {
        AT_READ(4),  AT_SEND("\5\2"),
        AT_READ(7),  AT_SEND("\1\0"),
        AT_READ(17), AT_SEND("\5\0\0\1\x7f\0\0\1\0\x50"),
        AT_REQUEST,  AT_SEND("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"),
        AT_END,
    };

    (void)state;
    only_curlpool_promises_this();
    pass_proxy(script, go_by_both);
}

/* ---- Cookies and HSTS ---- */

static char jar[] = P_tmpdir "/curlpool_jar.XXXXXX";

/* What is read, set by the server and written again. */
static bool keep_state(CURL *easy)
{
    return curl_easy_setopt(easy, CURLOPT_COOKIEFILE, jar) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_COOKIELIST,
                            "Set-Cookie: own=1; domain=localhost; path=/") == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_COOKIELIST, "RELOAD") == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_COOKIEJAR, jar) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_HSTS, jar) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_HSTS_CTRL,
                            (long)(CURLHSTS_ENABLE | CURLHSTS_READONLYFILE)) == CURLE_OK;
}

static CURLcode list_and_copy(CURL *easy)
{
    struct curl_slist *list = NULL;
    CURLcode result = curl_easy_perform(easy);
    CURL *copy = curl_easy_duphandle(easy);

    curl_easy_getinfo(easy, CURLINFO_COOKIELIST, &list);
    curl_slist_free_all(list);
    curl_easy_cleanup(copy);
    return result;
}

static void cookies_survive_each_missing_allocation(void **state)
{
    static const struct step script[] = {
        AT_REQUEST,
        AT_SEND("HTTP/1.1 200 OK\r\nSet-Cookie: a=1; path=/; max-age=60\r\n"
                "Set-Cookie: b=2; domain=localhost\r\nContent-Length: 2\r\n\r\nok"),
        AT_END,
    };
    static const char text[] = "host.test \"20991231 00:00:00\"\n"
                               "localhost\tFALSE\t/\tFALSE\t0\tfile\t1\n";
    int fd;

    (void)state;
    only_curlpool_promises_this();
    fd = mkstemp(jar);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, sizeof text - 1), sizeof text - 1);
    close(fd);
    set_more = keep_state;
    every_allocation_fails_once(server_start_script(script), 2, list_and_copy);
    set_more = NULL;
    unlink(jar);
}

/* Lives longer than the handle that has it. */
static curl_mime *form;

static void free_form(void)
{
    curl_mime_free(form);
    form = NULL;
}

static bool set_form(CURL *easy)
{
    curl_mime *inner = NULL;
    curl_mimepart *part;

    free_form();
    form = curl_mime_init(easy);
    part = curl_mime_addpart(form);
    if (curl_mime_name(part, "a") != CURLE_OK || curl_mime_encoder(part, "base64") != CURLE_OK ||
        curl_mime_data(part, "bytes", CURL_ZERO_TERMINATED) != CURLE_OK)
        return false;
    part = curl_mime_addpart(form);
    inner = curl_mime_init(easy);
    if (curl_mime_subparts(part, inner) != CURLE_OK) {
        curl_mime_free(inner);
        return false;
    }
    return inner && curl_mime_filedata(curl_mime_addpart(inner), "/dev/null") == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_EXPECT_100_TIMEOUT_MS, 1L) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_MIMEPOST, form) == CURLE_OK;
}

static CURLcode perform_copy(CURL *easy)
{
    CURL *copy = curl_easy_duphandle(easy);
    CURLcode result = copy ? curl_easy_perform(copy) : CURLE_OUT_OF_MEMORY;

    curl_easy_cleanup(copy);
    return result;
}

static void forms_survive_each_missing_allocation(void **state)
{
    static const struct step script[] = {
        AT_REQUEST, AT_SEND("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"), AT_LOOP};

    (void)state;
    only_curlpool_promises_this();
    set_more = set_form;
    every_allocation_fails_once(server_start_script(script), 2, perform_copy);
    set_more = NULL;
    free_form();
}

static bool build_list(struct curl_httppost **form_list)
{
    struct curl_httppost *last = NULL;

    return curl_formadd(form_list, &last, CURLFORM_COPYNAME, "a", CURLFORM_FILE, "/dev/null",
                        CURLFORM_FILE, "/dev/null", CURLFORM_END) == CURL_FORMADD_OK &&
           curl_formadd(form_list, &last, CURLFORM_COPYNAME, "b", CURLFORM_COPYCONTENTS, "c",
                        CURLFORM_END) == CURL_FORMADD_OK;
}

static size_t count_bytes(void *user, const char *bytes, size_t len)
{
    (void)bytes;
    *(size_t *)user += len;
    return len;
}

static void older_forms_survive_each_missing_allocation(void **state)
{
    bool failed = true;
    size_t whole = 0;

    (void)state;
    only_curlpool_promises_this();
    for (long n = 1; n < 1000 && failed; n++) {
        struct curl_httppost *list = NULL;
        size_t len = 0;

        atomic_store(&until_failure, n);
        if (build_list(&list) && curl_formget(list, &len, count_bytes) == CURLE_OK)
            whole = len;
        failed = atomic_exchange(&until_failure, 0) <= 0;
        curl_formfree(list);
    }
    assert_false(failed);
    assert_true(whole > 300);
}

/* ---- FTP ---- */

static long begin_chunk(const void *info, void *user, int remaining)
{
    (void)user;
    (void)remaining;
    return ((const struct curl_fileinfo *)info)->filename ? CURL_CHUNK_BGN_FUNC_OK
                                                          : CURL_CHUNK_BGN_FUNC_FAIL;
}

static long end_chunk(void *user)
{
    (void)user;
    return CURL_CHUNK_END_FUNC_OK;
}

static int match_any(void *user, const char *pattern, const char *name)
{
    (void)user;
    return *pattern && *name ? CURL_FNMATCHFUNC_MATCH : CURL_FNMATCHFUNC_NOMATCH;
}

static bool take_all_files(CURL *easy)
{
    return curl_easy_setopt(easy, CURLOPT_HTTPGET, 1L) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_WILDCARDMATCH, 1L) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_CHUNK_BGN_FUNCTION, begin_chunk) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_CHUNK_END_FUNCTION, end_chunk) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_FNMATCH_FUNCTION, match_any) == CURLE_OK;
}

static struct step say_port(char text[64], const struct server *data)
{
    int len = snprintf(text, 64, "229 Entering (|||%d|)\r\n", server_port(data));

    return (struct step){.kind = STEP_SEND, .bytes = text, .len = (size_t)len};
}

static bool has_ftp(void)
{
    const char *const *protocol = curl_version_info(CURLVERSION_NOW)->protocols;

    while (*protocol && strcmp(*protocol, "ftp") != 0)
        protocol++;
    return *protocol != NULL;
}

/* Reads so many bytes and a line's end. */
#define AT_LINE(text) AT_READ(sizeof(text) - 1 + 2)

static void ftp_survives_each_missing_allocation(void **state)
{
    static const struct step list[] = {AT_SEND("-rw-r--r-- 1 u g 2 Apr 27 05:12 path\r\n"), AT_END};
    static const struct step file[] = {AT_SEND("ok"), AT_END};
    char list_port[64], file_port[64], url[64];
    struct server *control, *lists, *files;

    (void)state;
    only_curlpool_promises_this();
    if (!has_ftp())
        skip();
    lists = server_start_script(list);
    files = server_start_script(file);
    {
        const struct step script[] = {
            AT_SEND("220-a\r\n220 b\r\n"),
            AT_LINE("USER Domain\\user"),
            AT_SEND("331 who?\r\n"),
            AT_LINE("PASS secret"),
            AT_SEND("230 fine\r\n"),
            AT_LINE("PWD"),
            AT_SEND("257 \"/\"\r\n"),
            AT_LINE("EPSV"),
            say_port(list_port, lists),
            AT_LINE("TYPE A"),
            AT_SEND("200 fine\r\n"),
            AT_LINE("LIST"),
            AT_SEND("150 here\r\n226 done\r\n"),
            AT_LINE("EPSV"),
            say_port(file_port, files),
            AT_LINE("TYPE I"),
            AT_SEND("200 fine\r\n"),
            AT_LINE("RETR path"),
            AT_SEND("150 here\r\n226 done\r\n"),
            AT_LINE("QUIT"),
            AT_END,
        };

        control = server_start_script(script);
    }
    snprintf(url, sizeof url, "ftp://localhost:%d/p*", server_port(control));
    set_more = take_all_files;
    every_allocation_fails_once_at(url, CURLE_OK, 2, curl_easy_perform);
    set_more = NULL;
    server_stop(control);
    server_stop(lists);
    server_stop(files);
}

/* ---- Smaller protocols ---- */

static const char *word;

static size_t upload_word(char *to, size_t size, size_t count, void *user)
{
    size_t len = word ? strlen(word) : 0;

    (void)size;
    (void)count;
    (void)user;
    memcpy(to, word ? word : "", len);
    word = NULL;
    return len;
}

static struct curl_slist *telnet_options;

static bool speak_telnet(CURL *easy)
{
    word = "up";
    return curl_easy_setopt(easy, CURLOPT_READFUNCTION, upload_word) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_TELNETOPTIONS, telnet_options) == CURLE_OK;
}

static void telnet_survives_each_missing_allocation(void **state)
{
    static const struct step script[] = {
        AT_READ(2), AT_SEND("\377\375\47\377\375\30"), /* both will be answered */
        AT_READ(6), AT_SEND("\377\372\30\1\377\360ok"), AT_END,
    };
    struct server *server = server_start_script(script);
    char url[64];

    (void)state;
    only_curlpool_promises_this();
    telnet_options = curl_slist_append(NULL, "TTYPE=vt100");
    assert_non_null(telnet_options);
    snprintf(url, sizeof url, "telnet://localhost:%d/", server_port(server));
    set_more = speak_telnet;
    every_allocation_fails_once_at(url, CURLE_OK, 2, curl_easy_perform);
    set_more = NULL;
    curl_slist_free_all(telnet_options);
    server_stop(server);
}

static void gopher_survives_each_missing_allocation(void **state)
{
    static const struct step script[] = {AT_LINE("/a b"), AT_SEND("ok"), AT_END};
    struct server *server = server_start_script(script);
    char url[64];

    (void)state;
    only_curlpool_promises_this();
    snprintf(url, sizeof url, "gopher://localhost:%d/1/a%%20b", server_port(server));
    every_allocation_fails_once_at(url, CURLE_OK, 2, curl_easy_perform);
    server_stop(server);
}

static void dict_survives_each_missing_allocation(void **state)
{
    static const struct step script[] = {AT_LINE("CLIENT libcurl " LIBCURL_VERSION),
                                         AT_LINE("DEFINE ! a\\ b"), AT_LINE("QUIT"), AT_SEND("ok"),
                                         AT_END};
    struct server *server = server_start_script(script);
    char url[64];

    (void)state;
    only_curlpool_promises_this();
    snprintf(url, sizeof url, "dict://localhost:%d/d:a%%20b", server_port(server));
    every_allocation_fails_once_at(url, CURLE_OK, 2, curl_easy_perform);
    server_stop(server);
}

/* With a user of 11 bytes and a password of 6. */
static void mqtt_survives_each_missing_allocation(void **state)
{
    static const struct step script[] = {
        AT_READ(2 + 24 + 2 + 11 + 2 + 6),
        AT_SEND("\40\2\0\0"),
        AT_READ(2 + 2 + 3 + 10 + 2),
        AT_END,
    };
    struct server *server = server_start_script(script);
    char url[64];

    (void)state;
    only_curlpool_promises_this();
    snprintf(url, sizeof url, "mqtt://localhost:%d/a%%20b", server_port(server));
    every_allocation_fails_once_at(url, CURLE_OK, 0, curl_easy_perform);
    server_stop(server);
}

/* Answers each request to read with one block, until it gets an empty datagram. */
static void *serve_datagrams(void *argument)
{
    const int *fd = argument;

    for (;;) {
        struct sockaddr_in from;
        socklen_t from_len = sizeof(from);
        char bytes[1024];
        ssize_t len = recvfrom(*fd, bytes, sizeof(bytes), 0, (struct sockaddr *)&from, &from_len);

        if (len <= 0)
            return NULL;
        if (len > 2 && bytes[1] == 1)
            sendto(*fd, "\0\3\0\1ok", 6, 0, (struct sockaddr *)&from, from_len);
    }
}

static void tftp_survives_each_missing_allocation(void **state)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t len = sizeof(address);
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    pthread_t thread;
    char url[64];

    (void)state;
    only_curlpool_promises_this();
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, len), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &len), 0);
    assert_int_equal(pthread_create(&thread, NULL, serve_datagrams, &fd), 0);
    snprintf(url, sizeof url, "tftp://127.0.0.1:%d/a%%20b", ntohs(address.sin_port));
    every_allocation_fails_once_at(url, CURLE_OK, 2, curl_easy_perform);
    assert_int_equal(sendto(fd, "", 0, 0, (struct sockaddr *)&address, len), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    close(fd);
}

/* ---- WebSocket ---- */

static struct curl_slist *ws_key; /* given, so that the answer is a constant: RFC 6455 1.3 */

#define AT_UPGRADE                                                                                 \
    AT_HEAD, AT_SEND("HTTP/1.1 101 Switching\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"     \
                     "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n")

static size_t upload_frame(char *to, size_t size, size_t count, void *user)
{
    (void)size;
    (void)count;
    if (curl_ws_start_frame(user, CURLWS_TEXT, 2))
        return CURL_READFUNC_ABORT;
    memcpy(to, "up", 2);
    return curl_easy_setopt(user, CURLOPT_READDATA, NULL) == CURLE_OK ? 2 : 0;
}

static size_t upload_once(char *to, size_t size, size_t count, void *user)
{
    return user ? upload_frame(to, size, count, user) : 0;
}

static bool speak_websocket(CURL *easy)
{
    return curl_easy_setopt(easy, CURLOPT_HTTPHEADER, ws_key) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_UPLOAD, 1L) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_READFUNCTION, upload_once) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_READDATA, easy) == CURLE_OK;
}

static bool keep_websocket(CURL *easy)
{
    return curl_easy_setopt(easy, CURLOPT_HTTPHEADER, ws_key) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_CONNECT_ONLY, 2L) == CURLE_OK;
}

/* A ping, "ok", and a frame back; until the server ends the connection. */
static CURLcode converse(CURL *easy)
{
    CURLcode result = curl_easy_perform(easy);
    const struct curl_ws_frame *meta;
    struct pollfd ready = {.events = POLLIN};
    char bytes[8];
    size_t len;

    while (!result) {
        curl_socket_t fd;

        curl_easy_getinfo(easy, CURLINFO_ACTIVESOCKET, &fd);
        ready.fd = fd;
        result = curl_ws_recv(easy, bytes, sizeof bytes, &len, &meta);
        if (result == CURLE_AGAIN)
            result = poll(&ready, 1, 20000) == 1 ? CURLE_OK : CURLE_OPERATION_TIMEDOUT;
        else if (!result)
            result = curl_ws_send(easy, bytes, len, &len, 0, (unsigned)meta->flags);
    }
    return result;
}

static void talk_by_websocket(const struct step *script, bool (*set)(CURL *), CURLcode expected,
                              size_t size, CURLcode (*run)(CURL *))
{
    struct server *server = server_start_script(script);
    char url[64];

    ws_key = curl_slist_append(NULL, "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==");
    snprintf(url, sizeof url, "ws://localhost:%d/chat", server_port(server));
    set_more = set;
    every_allocation_fails_once_at(url, expected, size, run);
    set_more = NULL;
    curl_slist_free_all(ws_key);
    server_stop(server);
}

static void websocket_survives_each_missing_allocation(void **state)
{
    static const struct step script[] = {AT_UPGRADE, AT_READ(8), AT_SEND("\x89\1p\x81\2ok\x88\0"),
                                         AT_END};

    (void)state;
    only_curlpool_promises_this();
    talk_by_websocket(script, speak_websocket, CURLE_OK, 2, curl_easy_perform);
}

static void kept_websocket_survives_each_missing_allocation(void **state)
{
    static const struct step script[] = {AT_UPGRADE, AT_SEND("\x89\1p\x81\2ok"), AT_READ(15),
                                         AT_END};

    (void)state;
    only_curlpool_promises_this();
    talk_by_websocket(script, keep_websocket, CURLE_GOT_NOTHING, 0, converse);
}

/* ---- HTTP/2 ---- */

/* SETTINGS; what is pushed comes between; the head and "ok" on stream 1, and on stream 2. */
#define SETTINGS "\0\0\0\4\0\0\0\0\0"
#define ANSWER(stream)                                                                             \
    "\0\0\1\1\4\0\0\0" stream "\x88"                                                               \
    "\0\0\2\0\1\0\0\0" stream "ok"

/* PUSH_PROMISE of stream 2 on stream 1: GET http://push.test/ */
#define PROMISE "\0\0\x12\5\4\0\0\0\1\0\0\0\2\x82\x86\x84\x41\x09push.test"

static size_t pushed_len;
static int push_port;
static struct curl_slist *push_place;

static bool speak_http2(CURL *easy)
{
    return curl_easy_setopt(easy, CURLOPT_HTTP_VERSION,
                            (long)CURL_HTTP_VERSION_2_PRIOR_KNOWLEDGE) == CURLE_OK;
}

static bool speak_http2_there(CURL *easy)
{
    char place[32];

    snprintf(place, sizeof place, "::127.0.0.1:%d", push_port);
    curl_slist_free_all(push_place);
    push_place = curl_slist_append(NULL, place);
    return push_place && curl_easy_setopt(easy, CURLOPT_CONNECT_TO, push_place) == CURLE_OK &&
           speak_http2(easy);
}

static int take_push(CURL *parent, CURL *easy, size_t count, struct curl_pushheaders *headers,
                     void *pushed)
{
    (void)parent;
    (void)count;
    (void)headers;
    *(CURL **)pushed = easy;
    return curl_easy_setopt(easy, CURLOPT_WRITEDATA, &pushed_len) == CURLE_OK ? CURL_PUSH_OK
                                                                              : CURL_PUSH_DENY;
}

static CURLcode run_with_push(CURLM *multi, CURL *easy)
{
    CURLcode result = CURLE_OUT_OF_MEMORY;
    int running, left;

    do {
        CURLMcode code = curl_multi_perform(multi, &running);

        if (code == CURLM_OUT_OF_MEMORY)
            return CURLE_OUT_OF_MEMORY;
        assert_int_equal(code, CURLM_OK);
        if (running > 0)
            curl_multi_poll(multi, NULL, 0, 1000, NULL);
    } while (running > 0);
    for (CURLMsg *message; (message = curl_multi_info_read(multi, &left)) != NULL;) {
        if (message->easy_handle == easy)
            result = message->data.result;
    }
    return result;
}

static CURLcode by_multi_with_push(CURL *easy)
{
    CURLM *multi = curl_multi_init();
    CURL *pushed = NULL;
    CURLcode result = CURLE_OUT_OF_MEMORY;

    if (!multi)
        return result;
    curl_multi_setopt(multi, CURLMOPT_PUSHFUNCTION, take_push);
    curl_multi_setopt(multi, CURLMOPT_PUSHDATA, &pushed);
    if (curl_multi_add_handle(multi, easy) == CURLM_OK)
        result = run_with_push(multi, easy);
    curl_multi_remove_handle(multi, easy);
    if (pushed)
        curl_multi_remove_handle(multi, pushed);
    curl_easy_cleanup(pushed);
    assert_int_equal(curl_multi_cleanup(multi), CURLM_OK);
    return result;
}

static bool has_http2(void)
{
    return (curl_version_info(CURLVERSION_NOW)->features & CURL_VERSION_HTTP2) != 0;
}

static void http2_survives_each_missing_allocation(void **state)
{
    static const struct step script[] = {AT_READ(24), AT_SEND(SETTINGS ANSWER("\1")), AT_HOLD};

    (void)state;
    only_curlpool_promises_this();
    if (!has_http2())
        skip();
    set_more = speak_http2;
    every_allocation_fails_once(server_start_script(script), 2, curl_easy_perform);
    set_more = NULL;
}

static void push_survives_each_missing_allocation(void **state)
{
    static const struct step script[] = {
        AT_READ(24), AT_SEND(SETTINGS PROMISE ANSWER("\1") ANSWER("\2")), AT_HOLD};
    struct server *server;

    (void)state;
    only_curlpool_promises_this();
    if (!has_http2())
        skip();
    server = server_start_script(script);
    push_port = server_port(server);
    set_more = speak_http2_there;
    every_allocation_fails_once_at("http://push.test/", CURLE_OK, 2, by_multi_with_push);
    set_more = NULL;
    assert_true(pushed_len > 0);
    curl_slist_free_all(push_place);
    server_stop(server);
}

/* ---- Without a server ---- */

static void file_survives_each_missing_allocation(void **state)
{
    char path[] = P_tmpdir "/curlpool_faults.XXXXXX", url[sizeof path + 16], bytes[1000] = {0};
    int fd;

    (void)state;
    only_curlpool_promises_this();
    fd = mkstemp(path);
    assert_true(fd >= 0);
    for (int i = 0; i < 100; i++)
        assert_int_equal(write(fd, bytes, sizeof bytes), sizeof bytes);
    close(fd);
    snprintf(url, sizeof url, "file://%s", path);
    every_allocation_fails_once_at(url, CURLE_OK, 100 * sizeof bytes, by_multi);
    unlink(path);
}

/* The look-up's own transfers are made, and fail as their URL is none of HTTPS. */
static bool ask_over_https(CURL *easy)
{
    return curl_easy_setopt(easy, CURLOPT_DOH_URL, "http://127.0.0.1:1/") == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_DNS_CACHE_TIMEOUT, 0L) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_ALTSVC, "") == CURLE_OK;
}

static void look_up_over_https_survives_each_missing_allocation(void **state)
{
    (void)state;
    only_curlpool_promises_this();
    set_more = ask_over_https;
    every_allocation_fails_once_at("http://name.test/", CURLE_COULDNT_RESOLVE_HOST, 0,
                                   curl_easy_perform);
    set_more = NULL;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(easy_perform_survives_each_missing_allocation),
        cmocka_unit_test(multi_perform_survives_each_missing_allocation),
        cmocka_unit_test(digest_survives_each_missing_allocation),
        cmocka_unit_test(ntlm_survives_each_missing_allocation),
        cmocka_unit_test(tunnel_survives_each_missing_allocation),
        cmocka_unit_test(ftp_survives_each_missing_allocation),
        cmocka_unit_test(telnet_survives_each_missing_allocation),
        cmocka_unit_test(gopher_survives_each_missing_allocation),
        cmocka_unit_test(dict_survives_each_missing_allocation),
        cmocka_unit_test(mqtt_survives_each_missing_allocation),
        cmocka_unit_test(tftp_survives_each_missing_allocation),
        cmocka_unit_test(websocket_survives_each_missing_allocation),
        cmocka_unit_test(kept_websocket_survives_each_missing_allocation),
        cmocka_unit_test(socks_before_http_survives_each_missing_allocation),
        cmocka_unit_test(forms_survive_each_missing_allocation),
        cmocka_unit_test(older_forms_survive_each_missing_allocation),
        cmocka_unit_test(cookies_survive_each_missing_allocation),
        cmocka_unit_test(http2_survives_each_missing_allocation),
        cmocka_unit_test(push_survives_each_missing_allocation),
        cmocka_unit_test(file_survives_each_missing_allocation),
        cmocka_unit_test(look_up_over_https_survives_each_missing_allocation),
    };

    curl_global_init_mem(CURL_GLOBAL_DEFAULT, failing_malloc, free, failing_realloc, failing_strdup,
                         failing_calloc);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
