/* SPDX-License-Identifier: MIT */
/* A client for tests against real servers: options come as KEY=VALUE arguments, what happened goes
 * out as one line of JSON. It uses nothing that libcurl 7.88.1 lacks.
 *
 *     server_client url=URL [url=URL...] [KEY=VALUE...]
 *
 * KEY is an option of the table below in small letters (a list option is given once an element, a
 * blob is given as the name of a file), or one of
 *     mode=easy     one easy handle performs the URLs one after another (default)
 *     mode=multi    all transfers at the same time in one multi handle, perform and poll
 *     mode=turns    a multi handle, each transfer with a handle of its own, one after another
 *     mode=shared   a share object, each transfer with an easy handle of its own, one after another
 *     mode=threads  the same, each on a thread of its own
 *     mode=multis   the same, each in a multi handle of its own
 *     fork=N        with mode=easy the Nth transfer is a child process's, with the handle as it is
 *     upkeep=1      curl_easy_upkeep before each transfer but the first
 *     steps=1       waits for a byte on the standard input before that
 *     copies=N      each URL N times
 *     upload=N      N bytes of the pattern are uploaded, their number is announced
 *     unsized=N     the same without announcing it
 *     text=TEXT     with these: the bytes of TEXT over and over instead of the pattern's
 *     ssl_ctx_ca=F  CURLOPT_SSL_CTX_FUNCTION, which trusts the certificate in the file F
 *     ssl_ctx_fail=N  CURLOPT_SSL_CTX_FUNCTION, which returns N
 *     ssl_ctx_later=1  OpenSSL's verification is put off once, until a progress callback resumes
 *     ssl_ctx_never=1  it is put off for good
 *     ssl_ctx_watch=1  OpenSSL gets callbacks of the program's: on which thread do they run?
 *     max_host=N    CURLMOPT_MAX_HOST_CONNECTIONS
 *     push=N        CURLMOPT_PUSHFUNCTION, which returns N; what it takes is behind the others
 *     host_workers=N  CURLMOPT_X_HOST_WORKERS
 *     toil=1        write callbacks on workers (CURLMOPT_X_CALLBACKS_ON_WORKERS): the first one
 *                   keeps its worker busy until there is another, 3 s at most; the other
 *                   transfers begin when it has done so for a while
 *     pause=N       the Nth transfer pauses at its first bytes until all others have ended
 *     remove=N      the Nth transfer is removed at its first bytes
 * The exit status is 0 if the transfers were made, however they ended, and 2 for a bad argument. */
#define CURL_DISABLE_DEPRECATION /* CURLINFO_TLS_SESSION is looked at, too */
#include "server_client.h"

#include <curl/curl.h>
#include <curl/curlpool.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum kind { NUMBER, OFFSET, TEXT, LIST, BLOB };

struct key {
    const char *name;
    CURLoption option;
    enum kind kind;
};

#define KEY(name, option, kind)                                                                    \
    {                                                                                              \
#name, CURLOPT_##option, kind                                                              \
    }

static const struct key keys[] = {
    KEY(abstract_unix_socket, ABSTRACT_UNIX_SOCKET, TEXT),
    KEY(accepttimeout_ms, ACCEPTTIMEOUT_MS, NUMBER),
    KEY(altsvc, ALTSVC, TEXT),
    KEY(altsvc_ctrl, ALTSVC_CTRL, NUMBER),
    KEY(append, APPEND, NUMBER),
    KEY(ca_cache_timeout, CA_CACHE_TIMEOUT, NUMBER),
    KEY(cainfo, CAINFO, TEXT),
    KEY(cainfo_blob, CAINFO_BLOB, BLOB),
    KEY(capath, CAPATH, TEXT),
    KEY(certinfo, CERTINFO, NUMBER),
    KEY(connect_to, CONNECT_TO, LIST),
    KEY(connecttimeout_ms, CONNECTTIMEOUT_MS, NUMBER),
    KEY(crlf, CRLF, NUMBER),
    KEY(crlfile, CRLFILE, TEXT),
    KEY(customrequest, CUSTOMREQUEST, TEXT),
    KEY(dirlistonly, DIRLISTONLY, NUMBER),
    KEY(dns_cache_timeout, DNS_CACHE_TIMEOUT, NUMBER),
    KEY(dns_servers, DNS_SERVERS, TEXT),
    KEY(doh_ssl_verifyhost, DOH_SSL_VERIFYHOST, NUMBER),
    KEY(doh_ssl_verifypeer, DOH_SSL_VERIFYPEER, NUMBER),
    KEY(doh_url, DOH_URL, TEXT),
    KEY(failonerror, FAILONERROR, NUMBER),
    KEY(filetime, FILETIME, NUMBER),
    KEY(forbid_reuse, FORBID_REUSE, NUMBER),
    KEY(fresh_connect, FRESH_CONNECT, NUMBER),
    KEY(ftp_account, FTP_ACCOUNT, TEXT),
    KEY(ftp_create_missing_dirs, FTP_CREATE_MISSING_DIRS, NUMBER),
    KEY(ftp_filemethod, FTP_FILEMETHOD, NUMBER),
    KEY(ftp_skip_pasv_ip, FTP_SKIP_PASV_IP, NUMBER),
    KEY(ftp_ssl_ccc, FTP_SSL_CCC, NUMBER),
    KEY(ftp_use_eprt, FTP_USE_EPRT, NUMBER),
    KEY(ftp_use_epsv, FTP_USE_EPSV, NUMBER),
    KEY(ftpport, FTPPORT, TEXT),
    KEY(ftpsslauth, FTPSSLAUTH, NUMBER),
    KEY(followlocation, FOLLOWLOCATION, NUMBER),
    KEY(happy_eyeballs_timeout_ms, HAPPY_EYEBALLS_TIMEOUT_MS, NUMBER),
    KEY(gssapi_delegation, GSSAPI_DELEGATION, NUMBER),
    KEY(haproxy_client_ip, HAPROXY_CLIENT_IP, TEXT),
    KEY(haproxyprotocol, HAPROXYPROTOCOL, NUMBER),
    KEY(header, HEADER, NUMBER),
    KEY(hsts, HSTS, TEXT),
    KEY(headeropt, HEADEROPT, NUMBER),
    KEY(http_version, HTTP_VERSION, NUMBER),
    KEY(httpauth, HTTPAUTH, NUMBER),
    KEY(httpheader, HTTPHEADER, LIST),
    KEY(httpproxytunnel, HTTPPROXYTUNNEL, NUMBER),
    KEY(interface, INTERFACE, TEXT),
    KEY(ipresolve, IPRESOLVE, NUMBER),
    KEY(keypasswd, KEYPASSWD, TEXT),
    KEY(localport, LOCALPORT, NUMBER),
    KEY(localportrange, LOCALPORTRANGE, NUMBER),
    KEY(login_options, LOGIN_OPTIONS, TEXT),
    KEY(low_speed_limit, LOW_SPEED_LIMIT, NUMBER),
    KEY(low_speed_time, LOW_SPEED_TIME, NUMBER),
    KEY(max_recv_speed, MAX_RECV_SPEED_LARGE, OFFSET),
    KEY(mail_auth, MAIL_AUTH, TEXT),
    KEY(mail_from, MAIL_FROM, TEXT),
    KEY(mail_rcpt, MAIL_RCPT, LIST),
    KEY(mail_rcpt_allowfails, MAIL_RCPT_ALLOWFAILS, NUMBER),
    KEY(maxage_conn, MAXAGE_CONN, NUMBER),
    KEY(maxfilesize, MAXFILESIZE_LARGE, OFFSET),
    KEY(maxlifetime_conn, MAXLIFETIME_CONN, NUMBER),
    KEY(netrc, NETRC, NUMBER),
    KEY(netrc_file, NETRC_FILE, TEXT),
    KEY(nobody, NOBODY, NUMBER),
    KEY(noproxy, NOPROXY, TEXT),
    KEY(password, PASSWORD, TEXT),
    KEY(pinnedpublickey, PINNEDPUBLICKEY, TEXT),
    KEY(pipewait, PIPEWAIT, NUMBER),
    KEY(postfields, COPYPOSTFIELDS, TEXT),
    KEY(postquote, POSTQUOTE, LIST),
    KEY(pre_proxy, PRE_PROXY, TEXT),
    KEY(prequote, PREQUOTE, LIST),
    KEY(proxy, PROXY, TEXT),
    KEY(proxy_cainfo, PROXY_CAINFO, TEXT),
    KEY(proxy_cainfo_blob, PROXY_CAINFO_BLOB, BLOB),
    KEY(proxy_pinnedpublickey, PROXY_PINNEDPUBLICKEY, TEXT),
    KEY(proxy_service_name, PROXY_SERVICE_NAME, TEXT),
    KEY(proxy_ssl_verifyhost, PROXY_SSL_VERIFYHOST, NUMBER),
    KEY(proxy_ssl_verifypeer, PROXY_SSL_VERIFYPEER, NUMBER),
    KEY(proxyauth, PROXYAUTH, NUMBER),
    KEY(proxyport, PROXYPORT, NUMBER),
    KEY(proxytype, PROXYTYPE, NUMBER),
    KEY(proxyheader, PROXYHEADER, LIST),
    KEY(proxyuserpwd, PROXYUSERPWD, TEXT),
    KEY(quote, QUOTE, LIST),
    KEY(range, RANGE, TEXT),
    KEY(resolve, RESOLVE, LIST),
    KEY(resume_from, RESUME_FROM_LARGE, OFFSET),
    KEY(sasl_authzid, SASL_AUTHZID, TEXT),
    KEY(sasl_ir, SASL_IR, NUMBER),
    KEY(server_response_timeout, SERVER_RESPONSE_TIMEOUT, NUMBER),
    KEY(service_name, SERVICE_NAME, TEXT),
    KEY(socks5_auth, SOCKS5_AUTH, NUMBER),
    KEY(socks5_gssapi_nec, SOCKS5_GSSAPI_NEC, NUMBER),
    KEY(socks5_gssapi_service, SOCKS5_GSSAPI_SERVICE, TEXT),
    KEY(new_directory_perms, NEW_DIRECTORY_PERMS, NUMBER),
    KEY(new_file_perms, NEW_FILE_PERMS, NUMBER),
    KEY(ssh_auth_types, SSH_AUTH_TYPES, NUMBER),
    KEY(ssh_compression, SSH_COMPRESSION, NUMBER),
    KEY(ssh_host_public_key_md5, SSH_HOST_PUBLIC_KEY_MD5, TEXT),
    KEY(ssh_host_public_key_sha256, SSH_HOST_PUBLIC_KEY_SHA256, TEXT),
    KEY(ssh_knownhosts, SSH_KNOWNHOSTS, TEXT),
    KEY(ssh_private_keyfile, SSH_PRIVATE_KEYFILE, TEXT),
    KEY(ssh_public_keyfile, SSH_PUBLIC_KEYFILE, TEXT),
    KEY(ssl_cipher_list, SSL_CIPHER_LIST, TEXT),
    KEY(ssl_ec_curves, SSL_EC_CURVES, TEXT),
    KEY(ssl_enable_alpn, SSL_ENABLE_ALPN, NUMBER),
    KEY(ssl_sessionid_cache, SSL_SESSIONID_CACHE, NUMBER),
    KEY(ssl_verifyhost, SSL_VERIFYHOST, NUMBER),
    KEY(ssl_verifypeer, SSL_VERIFYPEER, NUMBER),
    KEY(sslcert, SSLCERT, TEXT),
    KEY(sslcert_blob, SSLCERT_BLOB, BLOB),
    KEY(sslcerttype, SSLCERTTYPE, TEXT),
    KEY(sslkey, SSLKEY, TEXT),
    KEY(sslkey_blob, SSLKEY_BLOB, BLOB),
    KEY(sslkeytype, SSLKEYTYPE, TEXT),
    KEY(sslversion, SSLVERSION, NUMBER),
    KEY(tcp_fastopen, TCP_FASTOPEN, NUMBER),
    KEY(telnetoptions, TELNETOPTIONS, LIST),
    KEY(tftp_blksize, TFTP_BLKSIZE, NUMBER),
    KEY(tftp_no_options, TFTP_NO_OPTIONS, NUMBER),
    KEY(tcp_keepalive, TCP_KEEPALIVE, NUMBER),
    KEY(tcp_nodelay, TCP_NODELAY, NUMBER),
    KEY(timeout_ms, TIMEOUT_MS, NUMBER),
    KEY(transfertext, TRANSFERTEXT, NUMBER),
    KEY(tls13_ciphers, TLS13_CIPHERS, TEXT),
    KEY(transfer_encoding, TRANSFER_ENCODING, NUMBER),
    KEY(transfertext, TRANSFERTEXT, NUMBER),
    KEY(unix_socket_path, UNIX_SOCKET_PATH, TEXT),
    KEY(upkeep_interval_ms, UPKEEP_INTERVAL_MS, NUMBER),
    KEY(use_ssl, USE_SSL, NUMBER),
    KEY(upload_flags, UPLOAD_FLAGS, NUMBER),
    KEY(userpwd, USERPWD, TEXT),
    KEY(verbose, VERBOSE, NUMBER),
    KEY(username, USERNAME, TEXT),
    KEY(xoauth2_bearer, XOAUTH2_BEARER, TEXT),
    KEY(wildcardmatch, WILDCARDMATCH, NUMBER),
};

enum { KEYS = sizeof keys / sizeof *keys, LIMIT_MS = 30000 };

struct client {
    int argc;
    char **argv; /* the arguments */
    pthread_t thread;
    struct curl_slist *lists[KEYS];
    CURLM *multi;
    struct transfer *transfers;
    unsigned count, room;
};

enum { MOST_PUSHED = 64 };

static _Noreturn void die(const char *what, const char *why)
{
    fprintf(stderr, "server_client: %s: %s\n", what, why);
    exit(2);
}

/* The value of an argument KEY=VALUE, or NULL if it is of another key. */
static const char *value_of(const char *argument, const char *key)
{
    size_t len = strlen(key);

    return strncmp(argument, key, len) == 0 && argument[len] == '=' ? argument + len + 1 : NULL;
}

/* The value of the last argument with that key, or NULL. */
static const char *find(const struct client *client, const char *key)
{
    for (int i = client->argc - 1; i > 0; i--) {
        const char *value = value_of(client->argv[i], key);

        if (value != NULL) {
            return value;
        }
    }
    return NULL;
}

static long number_of(const struct client *client, const char *key, long otherwise)
{
    const char *value = find(client, key);

    return value != NULL ? strtol(value, NULL, 10) : otherwise;
}

/* What CURLINFO_TLS_SSL_PTR and TLS_SESSION say to a callback. */
static void look_at_tls(struct transfer *transfer)
{
    const struct curl_tlssessioninfo *now = NULL;
    SSL *ssl;

    if (curl_easy_getinfo(transfer->easy, CURLINFO_TLS_SSL_PTR, &now) || !now || !now->internals) {
        return;
    }
    ssl = now->internals;
    transfer->tls_seen = SSL_get_version(ssl);
    if (curl_easy_getinfo(transfer->easy, CURLINFO_TLS_SESSION, &now) ||
        now->internals != (void *)SSL_get_SSL_CTX(ssl)) {
        transfer->tls_seen = "a context that is not the connection's";
    }
}

static size_t take_body(char *bytes, size_t size, size_t count, void *with)
{
    struct transfer *transfer = with;
    size_t len = size * count;

    for (size_t i = 0; i < len; i++) {
        transfer->sum = (transfer->sum ^ (unsigned char)bytes[i]) * UINT64_C(0x100000001b3);
    }
    for (size_t i = 0; i < len && transfer->kept < BODY_KEPT; i++) {
        transfer->body[transfer->kept++] = bytes[i];
    }
    transfer->len += len;
    look_at_tls(transfer);
    transfer->strange_thread |= !pthread_equal(pthread_self(), transfer->thread);
    return len;
}

/* For the transfers that are paused or removed at their first bytes. */
static size_t hold_body(char *bytes, size_t size, size_t count, void *with)
{
    struct transfer *transfer = with;

    transfer->begun = true;
    return transfer->held ? CURL_WRITEFUNC_PAUSE : take_body(bytes, size, count, with);
}

/* For callbacks on workers. */
static struct {
    atomic_llong since_ms; /* 0: not yet */
    atomic_bool relieved;
} toil;

static long long now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (long long)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static size_t toil_at_body(char *bytes, size_t size, size_t count, void *with)
{
    long long begun_ms = now_ms(), none = 0;

    (void)bytes;
    (void)with;
    if (!atomic_compare_exchange_strong(&toil.since_ms, &none, begun_ms)) {
        atomic_store(&toil.relieved, true);
        return size * count;
    }
    while (!atomic_load(&toil.relieved) && now_ms() < begun_ms + 3000) {
        continue;
    }
    return atomic_load(&toil.relieved) ? size * count : 0;
}

static size_t give_body(char *bytes, size_t size, size_t count, void *with)
{
    struct transfer *transfer = with;
    size_t len = size * count;

    if ((curl_off_t)len > transfer->upload - transfer->given) {
        len = (size_t)(transfer->upload - transfer->given);
    }
    for (size_t i = 0; i < len; i++) {
        curl_off_t at = transfer->given + (curl_off_t)i;

        bytes[i] = transfer->text != NULL ? transfer->text[(size_t)at % strlen(transfer->text)]
                                          : (char)(at * 7 % 251);
    }
    transfer->given += (curl_off_t)len;
    transfer->strange_thread |= !pthread_equal(pthread_self(), transfer->thread);
    return len;
}

static int seek_body(void *with, curl_off_t offset, int origin)
{
    struct transfer *transfer = with;

    if (origin != SEEK_SET) {
        return CURL_SEEKFUNC_CANTSEEK;
    }
    transfer->given = offset;
    return CURL_SEEKFUNC_OK;
}

static atomic_int verifications;
static bool verifies_never;

static void note_thread(struct transfer *transfer)
{
    transfer->strange_thread |= !pthread_equal(pthread_self(), transfer->thread);
}

/* OpenSSL's: the first time later, please. */
static int verify_later(X509_STORE_CTX *chain, void *with)
{
    SSL *ssl;

    note_thread(with);
    if (atomic_fetch_add(&verifications, 1) > 0 && !verifies_never) {
        return X509_verify_cert(chain);
    }
    ssl = X509_STORE_CTX_get_ex_data(chain, SSL_get_ex_data_X509_STORE_CTX_idx());
    return (int)SSL_set_retry_verify(ssl);
}

static int resume_verification(void *with, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d)
{
    struct transfer *transfer = with;

    (void)a, (void)b, (void)c, (void)d;
    if (atomic_load(&verifications) == 1 && !transfer->begun) {
        transfer->begun = true;
        curl_easy_pause(transfer->easy, CURLPAUSE_CONT);
    }
    return 0;
}

static int verify_watched(X509_STORE_CTX *chain, void *with)
{
    note_thread(with);
    return X509_verify_cert(chain);
}

static void message_seen(int out, int version, int record, const void *bytes, size_t len, SSL *ssl,
                         void *with)
{
    (void)out, (void)version, (void)record, (void)bytes, (void)len, (void)ssl;
    note_thread(with);
}

/* CURLOPT_SSL_CTX_FUNCTION. */
static CURLcode set_up_tls(CURL *easy, void *ssl_ctx, void *with)
{
    const struct client *client = with;
    char *of = NULL;
    const char *path = find(client, "ssl_ctx_ca");
    FILE *file = path != NULL ? fopen(path, "re") : NULL;
    X509 *certificate = file != NULL ? PEM_read_X509(file, NULL, NULL, NULL) : NULL;

    curl_easy_getinfo(easy, CURLINFO_PRIVATE, &of);
    verifies_never = find(client, "ssl_ctx_never") != NULL;
    if (find(client, "ssl_ctx_later") != NULL || verifies_never) {
        SSL_CTX_set_cert_verify_callback(ssl_ctx, verify_later, of);
    }
    if (find(client, "ssl_ctx_watch") != NULL) {
        SSL_CTX_set_cert_verify_callback(ssl_ctx, verify_watched, of);
        SSL_CTX_set_msg_callback(ssl_ctx, message_seen);
        SSL_CTX_set_msg_callback_arg(ssl_ctx, of);
    }
    if (certificate != NULL) {
        X509_STORE_add_cert(SSL_CTX_get_cert_store(ssl_ctx), certificate);
        X509_free(certificate);
    }
    if (file != NULL) {
        fclose(file);
    }
    return (CURLcode)number_of(client, "ssl_ctx_fail", CURLE_OK);
}

static CURLcode set_blob(CURL *easy, CURLoption option, const char *path)
{
    static char bytes[1 << 20];
    FILE *file = fopen(path, "re");
    struct curl_blob blob = {.data = bytes, .flags = CURL_BLOB_COPY};

    if (file == NULL) {
        die(path, "cannot be opened");
    }
    blob.len = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    return curl_easy_setopt(easy, option, &blob);
}

/* Sets one option. A list is collected first, and set each time again. */
static CURLcode set(struct client *client, CURL *easy, unsigned index, const char *value)
{
    const struct key *key = &keys[index];

    switch (key->kind) {
    case NUMBER:
        return curl_easy_setopt(easy, key->option, strtol(value, NULL, 10));
    case OFFSET:
        return curl_easy_setopt(easy, key->option, (curl_off_t)strtoll(value, NULL, 10));
    case TEXT:
        return curl_easy_setopt(easy, key->option, value[0] != 0 ? value : NULL);
    case LIST:
        return curl_easy_setopt(easy, key->option, client->lists[index]);
    case BLOB:
        return set_blob(easy, key->option, value);
    }
    return CURLE_BAD_FUNCTION_ARGUMENT;
}

/* The options of the arguments. The first error is the transfer's, and `*ret_key` the argument. */
static CURLcode set_all(struct client *client, CURL *easy, const char **ret_key)
{
    for (unsigned index = 0; index < KEYS; index++) {
        for (int i = 1; i < client->argc; i++) {
            const char *value = value_of(client->argv[i], keys[index].name);
            CURLcode code = value != NULL ? set(client, easy, index, value) : CURLE_OK;

            if (code != CURLE_OK) {
                *ret_key = keys[index].name;
                return code;
            }
        }
    }
    return CURLE_OK;
}

/* ssh_key=MATCH:KNOWN:ANSWER: the answer to what was expected; no other one. */
static int judge_key(CURL *easy, const struct curl_khkey *known, const struct curl_khkey *found,
                     enum curl_khmatch match, void *with)
{
    const char *expected = find(with, "ssh_key");

    if (easy == NULL || found->key == NULL || found->len == 0 || expected[0] - '0' != (int)match ||
        expected[2] - '0' != (known != NULL) ||
        !pthread_equal(pthread_self(), ((struct client *)with)->thread)) {
        return CURLKHSTAT_REJECT;
    }
    return expected[4] - '0';
}

static int judge_host_key(void *with, int type, const char *key, size_t len)
{
    if (type != CURLKHTYPE_RSA || key == NULL || len < 100 ||
        !pthread_equal(pthread_self(), ((struct client *)with)->thread)) {
        return CURLKHMATCH_MISMATCH;
    }
    return (int)number_of(with, "ssh_host_key", 0);
}

static void set_up(struct client *client, struct transfer *transfer, CURL *easy)
{
    const char *upload = find(client, "upload");
    const char *unsized = find(client, "unsized");

    transfer->easy = easy;
    transfer->text = find(client, "text");
    transfer->sum = UINT64_C(0xcbf29ce484222325);
    transfer->thread = client->thread;
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_PROXY, "");
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)LIMIT_MS);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, transfer->error);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, transfer);
    curl_easy_setopt(easy, CURLOPT_PRIVATE, transfer);
    transfer->result = curl_easy_setopt(easy, CURLOPT_URL, transfer->url);
    if (upload != NULL || unsized != NULL) {
        transfer->upload = strtoll(upload != NULL ? upload : unsized, NULL, 10);
        curl_easy_setopt(easy, CURLOPT_UPLOAD, 1L);
        curl_easy_setopt(easy, CURLOPT_READFUNCTION, give_body);
        curl_easy_setopt(easy, CURLOPT_READDATA, transfer);
        curl_easy_setopt(easy, CURLOPT_SEEKFUNCTION, seek_body);
        curl_easy_setopt(easy, CURLOPT_SEEKDATA, transfer);
        curl_easy_setopt(easy, CURLOPT_INFILESIZE_LARGE, upload != NULL ? transfer->upload : -1);
    }
    if (find(client, "ssh_key") != NULL) {
        curl_easy_setopt(easy, CURLOPT_SSH_KEYFUNCTION, judge_key);
        curl_easy_setopt(easy, CURLOPT_SSH_KEYDATA, client);
    }
    if (find(client, "ssh_host_key") != NULL) {
        curl_easy_setopt(easy, CURLOPT_SSH_HOSTKEYFUNCTION, judge_host_key);
        curl_easy_setopt(easy, CURLOPT_SSH_HOSTKEYDATA, client);
    }
    if (find(client, "ssl_ctx_later") != NULL) {
        curl_easy_setopt(easy, CURLOPT_NOPROGRESS, 0L);
        curl_easy_setopt(easy, CURLOPT_XFERINFOFUNCTION, resume_verification);
        curl_easy_setopt(easy, CURLOPT_XFERINFODATA, transfer);
    }
    if (find(client, "ssl_ctx_ca") != NULL || find(client, "ssl_ctx_fail") != NULL ||
        find(client, "ssl_ctx_later") != NULL || find(client, "ssl_ctx_never") != NULL ||
        find(client, "ssl_ctx_watch") != NULL) {
        curl_easy_setopt(easy, CURLOPT_SSL_CTX_FUNCTION, set_up_tls);
        curl_easy_setopt(easy, CURLOPT_SSL_CTX_DATA, client);
    }
    if (transfer->result == CURLE_OK) {
        transfer->result = set_all(client, easy, &transfer->refused);
    }
}

static CURL *new_easy(void)
{
    CURL *easy = curl_easy_init();

    if (easy == NULL) {
        die("curl_easy_init", "failed");
    }
    return easy;
}

/* Before each transfer but the first. */
static void wait_and_keep_up(const struct client *client, CURL *easy)
{
    if (number_of(client, "steps", 0) != 0) {
        (void)getchar();
    }
    if (number_of(client, "upkeep", 0) != 0) {
        curl_easy_upkeep(easy);
    }
}

/* In a child of fork; only its result comes back. */
static CURLcode perform_in_child(CURL *easy)
{
    pid_t child = fork();
    int status = 0;

    if (child == 0) {
        _exit((int)curl_easy_perform(easy));
    }
    if (child < 0 || waitpid(child, &status, 0) != child || !WIFEXITED(status)) {
        die("fork", "failed");
    }
    return (CURLcode)WEXITSTATUS(status);
}

static void run_easy(struct client *client)
{
    CURL *easy = new_easy();

    for (unsigned i = 0; i < client->count; i++) {
        struct transfer *transfer = &client->transfers[i];

        set_up(client, transfer, easy);
        if (i > 0) {
            wait_and_keep_up(client, easy);
        }
        if (transfer->result == CURLE_OK) {
            transfer->result = (long)i + 1 == number_of(client, "fork", 0)
                                   ? perform_in_child(easy)
                                   : curl_easy_perform(easy);
        }
        note_infos(transfer);
        transfer->easy = NULL;
    }
    curl_easy_cleanup(easy);
}

/* Goes on with a transfer that was paused, or removes one; true if it did. */
static bool look_at_held(struct client *client, CURLM *multi)
{
    unsigned ended = 0, paused = (unsigned)number_of(client, "pause", 0);
    unsigned removed = (unsigned)number_of(client, "remove", 0);

    for (unsigned i = 0; i < client->count; i++) {
        ended += client->transfers[i].messages;
    }
    if (removed > 0 && removed <= client->count) {
        struct transfer *transfer = &client->transfers[removed - 1];

        if (transfer->held && transfer->begun) {
            transfer->held = false;
            note_infos(transfer);
            return curl_multi_remove_handle(multi, transfer->easy) == CURLM_OK;
        }
    }
    if (paused > 0 && paused <= client->count && ended + 1 == client->count) {
        struct transfer *transfer = &client->transfers[paused - 1];

        if (transfer->held && transfer->begun) {
            transfer->held = false;
            return curl_easy_pause(transfer->easy, CURLPAUSE_CONT) == CURLE_OK;
        }
    }
    return false;
}

/* Drives the multi handle until nothing runs, and notes what has ended. */
static void drive(struct client *client, CURLM *multi)
{
    int running, left;
    CURLMcode code;

    do {
        code = curl_multi_perform(multi, &running);
        for (CURLMsg *message; (message = curl_multi_info_read(multi, &left)) != NULL;) {
            struct transfer *transfer = NULL;

            curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&transfer);
            transfer->result = message->data.result;
            transfer->messages++;
            note_infos(transfer);
            curl_multi_remove_handle(multi, transfer->easy);
        }
        if (code == CURLM_OK && look_at_held(client, multi)) {
            running = 1;
            continue;
        }
        if (code == CURLM_OK && running > 0) {
            code = curl_multi_poll(multi, NULL, 0, 1000, NULL);
        }
    } while (code == CURLM_OK && running > 0);
    if (code != CURLM_OK) {
        die("driving the multi handle", curl_multi_strerror(code));
    }
}

/* CURLMOPT_PUSHFUNCTION. */
static int take_push(CURL *parent, CURL *easy, size_t count, struct curl_pushheaders *headers,
                     void *with)
{
    struct client *client = with;
    struct transfer *transfer = &client->transfers[client->count], *of = NULL;
    size_t len = 0;

    curl_easy_getinfo(parent, CURLINFO_PRIVATE, (char **)&of);
    of->strange_thread |= !pthread_equal(pthread_self(), of->thread);
    if (number_of(client, "push", 0) != CURL_PUSH_OK) {
        return (int)number_of(client, "push", 0);
    }
    if (client->count == client->room || curl_pushheader_bynum(headers, count) != NULL ||
        curl_pushheader_byname(headers, ":nothing") != NULL ||
        curl_pushheader_byname(headers, ":path") == NULL) {
        return CURL_PUSH_DENY;
    }
    client->count++;
    for (size_t i = 0; i < count; i++) {
        int more = snprintf(transfer->pushed + len, sizeof transfer->pushed - len, "%s\n",
                            curl_pushheader_bynum(headers, i));

        len = len + (size_t)more < sizeof transfer->pushed ? len + (size_t)more : len;
    }
    transfer->url = "pushed";
    transfer->easy = easy;
    transfer->sum = of->sum;
    transfer->thread = client->thread;
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, transfer->error);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, transfer);
    curl_easy_setopt(easy, CURLOPT_PRIVATE, transfer);
    return CURL_PUSH_OK;
}

static void await_toil(CURLM *multi)
{
    int running = 1;

    while (running > 0 && (atomic_load(&toil.since_ms) == 0 || now_ms() < toil.since_ms + 100)) {
        if (curl_multi_perform(multi, &running) != CURLM_OK ||
            curl_multi_poll(multi, NULL, 0, 10, NULL) != CURLM_OK) {
            die("driving the multi handle", "failed");
        }
    }
}

static void run_multi(struct client *client, bool turns)
{
    const unsigned count = client->count;
    CURLM *multi = curl_multi_init();

    if (multi == NULL) {
        die("curl_multi_init", "failed");
    }
    curl_multi_setopt(multi, CURLMOPT_MAX_HOST_CONNECTIONS, number_of(client, "max_host", 0));
    if (find(client, "host_workers") != NULL) {
        curl_multi_setopt(multi, CURLMOPT_X_HOST_WORKERS, number_of(client, "host_workers", 1));
    }
    if (find(client, "toil") != NULL) {
        curl_multi_setopt(multi, CURLMOPT_X_CALLBACKS_ON_WORKERS, 1L);
    }
    if (find(client, "push") != NULL) {
        curl_multi_setopt(multi, CURLMOPT_PUSHFUNCTION, take_push);
        curl_multi_setopt(multi, CURLMOPT_PUSHDATA, client);
    }
    for (unsigned i = 0; i < count; i++) {
        struct transfer *transfer = &client->transfers[i];

        set_up(client, transfer, new_easy());
        if (transfer->result != CURLE_OK) {
            note_infos(transfer);
            continue;
        }
        if ((long)i + 1 == number_of(client, "pause", 0) ||
            (long)i + 1 == number_of(client, "remove", 0)) {
            transfer->held = true;
            curl_easy_setopt(transfer->easy, CURLOPT_WRITEFUNCTION, hold_body);
        }
        if (find(client, "toil") != NULL) {
            curl_easy_setopt(transfer->easy, CURLOPT_WRITEFUNCTION, toil_at_body);
        }
        if (curl_multi_add_handle(multi, transfer->easy) != CURLM_OK) {
            die("curl_multi_add_handle", "failed");
        }
        if (find(client, "toil") != NULL && i == 0) {
            await_toil(multi);
        }
        if (turns && i > 0) {
            wait_and_keep_up(client, transfer->easy);
        }
        if (turns) {
            drive(client, multi);
        }
    }
    drive(client, multi);
    for (unsigned i = 0; i < client->count; i++) {
        curl_easy_cleanup(client->transfers[i].easy);
    }
    curl_multi_cleanup(multi);
}

/* A share object's locks, for programs of the kind that has them. */
static pthread_mutex_t share_locks[CURL_LOCK_DATA_LAST];

static void lock_share(CURL *easy, curl_lock_data data, curl_lock_access access, void *with)
{
    (void)easy;
    (void)access;
    (void)with;
    pthread_mutex_lock(&share_locks[data]);
}

static void unlock_share(CURL *easy, curl_lock_data data, void *with)
{
    (void)easy;
    (void)with;
    pthread_mutex_unlock(&share_locks[data]);
}

static CURLSH *new_share(void)
{
    CURLSH *share = curl_share_init();

    if (share == NULL) {
        die("curl_share_init", "failed");
    }
    for (int i = 0; i < CURL_LOCK_DATA_LAST; i++) {
        pthread_mutex_init(&share_locks[i], NULL);
    }
    curl_share_setopt(share, CURLSHOPT_LOCKFUNC, lock_share);
    curl_share_setopt(share, CURLSHOPT_UNLOCKFUNC, unlock_share);
    curl_share_setopt(share, CURLSHOPT_SHARE, CURL_LOCK_DATA_CONNECT);
    return share;
}

static void *perform_alone(void *with)
{
    struct transfer *transfer = with;

    transfer->thread = pthread_self();
    transfer->result = curl_easy_perform(transfer->easy);
    return NULL;
}

static void perform_in_multi(struct client *client, struct transfer *transfer)
{
    CURLM *multi = curl_multi_init();

    if (multi == NULL || curl_multi_add_handle(multi, transfer->easy) != CURLM_OK) {
        die("curl_multi_add_handle", "failed");
    }
    drive(client, multi);
    curl_multi_cleanup(multi);
}

/* One transfer with handles of its own. */
static void run_one(struct client *client, struct transfer *transfer, const char *mode)
{
    pthread_t thread;

    if (strcmp(mode, "shared") == 0) {
        perform_alone(transfer);
    } else if (strcmp(mode, "multis") == 0) {
        perform_in_multi(client, transfer);
    } else if (pthread_create(&thread, NULL, perform_alone, transfer) == 0) {
        pthread_join(thread, NULL);
    } else {
        die("pthread_create", "failed");
    }
}

static void run_shared(struct client *client, const char *mode)
{
    CURLSH *share = new_share();

    for (unsigned i = 0; i < client->count; i++) {
        struct transfer *transfer = &client->transfers[i];
        CURL *easy = new_easy();

        set_up(client, transfer, easy);
        curl_easy_setopt(easy, CURLOPT_SHARE, share);
        if (i > 0) {
            wait_and_keep_up(client, easy);
        }
        if (transfer->result == CURLE_OK) {
            run_one(client, transfer, mode);
        }
        if (transfer->messages == 0) {
            note_infos(transfer);
        }
        transfer->easy = NULL;
        curl_easy_cleanup(easy);
    }
    curl_share_cleanup(share);
}

static bool is_control(const char *argument)
{
    static const char *const controls[] = {
        "url",           "mode",          "copies",       "upload",      "unsized", "ssl_ctx_ca",
        "ssl_ctx_fail",  "ssl_ctx_later", "max_host",     "pause",       "remove",  "steps",
        "upkeep",        "push",          "host_workers", "toil",        "fork",    "ssl_ctx_never",
        "ssl_ctx_watch", "text",          "ssh_key",      "ssh_host_key"};

    for (size_t i = 0; i < sizeof controls / sizeof *controls; i++) {
        if (value_of(argument, controls[i]) != NULL) {
            return true;
        }
    }
    return false;
}

/* Collects the lists; refuses what is no argument. */
static void read_arguments(struct client *client)
{
    for (int i = 1; i < client->argc; i++) {
        bool known = is_control(client->argv[i]);

        for (unsigned index = 0; index < KEYS; index++) {
            const char *value = value_of(client->argv[i], keys[index].name);

            known |= value != NULL;
            if (value != NULL && keys[index].kind == LIST) {
                client->lists[index] = curl_slist_append(client->lists[index], value);
            }
        }
        if (!known) {
            die(client->argv[i], "is not known");
        }
    }
}

static void make_transfers(struct client *client)
{
    long copies = number_of(client, "copies", 1);

    client->room = (unsigned)(client->argc * copies) + MOST_PUSHED;
    client->transfers = calloc(client->room, sizeof *client->transfers);
    if (client->transfers == NULL) {
        die("transfers", "no memory");
    }
    for (long copy = 0; copy < copies; copy++) {
        for (int i = 1; i < client->argc; i++) {
            const char *url = value_of(client->argv[i], "url");

            if (url != NULL) {
                client->transfers[client->count++].url = url;
            }
        }
    }
}

int main(int argc, char **argv)
{
    struct client client = {.argc = argc, .argv = argv, .thread = pthread_self()};
    const char *mode;

    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        die("curl_global_init", "failed");
    }
    read_arguments(&client);
    make_transfers(&client);
    mode = find(&client, "mode");
    if (mode == NULL || strcmp(mode, "easy") == 0) {
        run_easy(&client);
    } else if (strcmp(mode, "multi") != 0 && strcmp(mode, "turns") != 0) {
        run_shared(&client, mode);
    } else {
        run_multi(&client, strcmp(mode, "turns") == 0);
    }
    print_report(client.transfers, client.count);
    for (unsigned i = 0; i < client.count; i++) {
        release_infos(&client.transfers[i]);
    }
    for (unsigned index = 0; index < KEYS; index++) {
        curl_slist_free_all(client.lists[index]);
    }
    free(client.transfers);
    curl_global_cleanup();
    return 0;
}
