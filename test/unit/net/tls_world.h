/* SPDX-License-Identifier: MIT */
/* Certificates made for the run, and a server of OpenSSL's own on a thread. */
#ifndef TEST_UNIT_NET_TLS_WORLD_H
#define TEST_UNIT_NET_TLS_WORLD_H

#include "connections.h"
#include "net/tls_state.h"

#include <openssl/err.h>
#include <openssl/ocsp.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/x509v3.h>
#include <pthread.h>
#include <signal.h>
#include <sys/stat.h>

/* ---- Certificates ---- */

struct identity {
    EVP_PKEY *key;
    X509 *cert;
};

static inline void add_extension(X509 *cert, X509 *issuer, int nid, const char *value)
{
    X509V3_CTX context;
    X509_EXTENSION *extension;

    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, issuer, cert, NULL, NULL, 0);
    extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
    assert_non_null(extension);
    assert_true(X509_add_ext(cert, extension, -1));
    X509_EXTENSION_free(extension);
}

/* What a certificate is to say; `issuer` NULL: itself. */
struct wish {
    const char *name;  /* its common name; NULL: none */
    const char *names; /* subjectAltName or NULL */
    int name_len;      /* of `name`, which may have NULs; 0: to its end */
    const char *dns;   /* a DNS name of `dns_len` bytes, whatever they are; or NULL */
    int dns_len;
    const struct identity *issuer;
    bool is_ca;
    long from_s, until_s; /* from now; 0, 0: an hour around now */
};

static inline void add_dns_name(X509 *cert, const char *bytes, int len)
{
    GENERAL_NAMES *names = sk_GENERAL_NAME_new_null();
    GENERAL_NAME *name = GENERAL_NAME_new();
    ASN1_IA5STRING *text = ASN1_IA5STRING_new();

    assert_int_equal(ASN1_STRING_set(text, bytes, len), 1);
    GENERAL_NAME_set0_value(name, GEN_DNS, text);
    sk_GENERAL_NAME_push(names, name);
    assert_int_equal(X509_add1_ext_i2d(cert, NID_subject_alt_name, names, 0, 0), 1);
    GENERAL_NAMES_free(names);
}

static inline struct identity identity_new(struct wish w)
{
    static long serial = 4096;
    struct identity i = {.key = EVP_EC_gen("P-256"), .cert = X509_new()};
    X509 *issuer = w.issuer ? w.issuer->cert : i.cert;
    X509_NAME *name = X509_get_subject_name(i.cert);

    assert_non_null(i.key);
    X509_set_version(i.cert, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(i.cert), ++serial);
    X509_gmtime_adj(X509_getm_notBefore(i.cert), w.from_s ? w.from_s : -3600);
    X509_gmtime_adj(X509_getm_notAfter(i.cert), w.until_s ? w.until_s : 3600);
    X509_set_pubkey(i.cert, i.key);
    X509_NAME_add_entry_by_txt(name, "O", MBSTRING_ASC, (const unsigned char *)"Test, Inc", -1, -1,
                               0);
    if (w.name)
        X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)w.name,
                                   w.name_len ? w.name_len : -1, -1, 0);
    if (w.dns)
        add_dns_name(i.cert, w.dns, w.dns_len);
    X509_set_issuer_name(i.cert, X509_get_subject_name(issuer));
    add_extension(i.cert, issuer, NID_basic_constraints, w.is_ca ? "critical,CA:TRUE" : "CA:FALSE");
    add_extension(i.cert, issuer, NID_subject_key_identifier, "hash");
    if (w.names)
        add_extension(i.cert, issuer, NID_subject_alt_name, w.names);
    assert_true(X509_sign(i.cert, w.issuer ? w.issuer->key : i.key, EVP_sha256()));
    return i;
}

static inline void identity_release(struct identity *i)
{
    X509_free(i->cert);
    EVP_PKEY_free(i->key);
    *i = (struct identity){0};
}

/* ---- Files ---- */

static char folder[128];

static inline const char *path_of(const char *name)
{
    static __thread char paths[8][256];
    static __thread int next;
    char *path = paths[next++ % 8];

    snprintf(path, 256, "%s/%s", folder, name);
    return path;
}

static inline FILE *file_new(const char *name)
{
    FILE *file = fopen(path_of(name), "we");

    assert_non_null(file);
    return file;
}

static inline void write_cert(const char *name, X509 *cert)
{
    FILE *file = file_new(name);

    assert_true(PEM_write_X509(file, cert));
    fclose(file);
}

static inline void write_key(const char *name, EVP_PKEY *key, const char *password)
{
    FILE *file = file_new(name);

    assert_true(PEM_write_PrivateKey(file, key, password ? EVP_aes_128_cbc() : NULL,
                                     (const unsigned char *)password,
                                     password ? (int)strlen(password) : 0, NULL, NULL));
    fclose(file);
}

static inline void write_text(const char *name, const char *text)
{
    FILE *file = file_new(name);

    fputs(text, file);
    fclose(file);
}

static inline struct rstr *text_of(const char *text)
{
    return rstr_new(text, strlen(text));
}

static inline struct rstr *bytes_of(const char *name)
{
    scoped(buf) bytes = {0};

    assert_true(tls_file_read(path_of(name), 1 << 20, &bytes));
    return rstr_new(bytes.bytes, bytes.len);
}

/* ---- The server ---- */

struct server {
    SSL_CTX *context;
    void (*talk)(SSL *, struct server *); /* after the handshake; NULL: an orderly end */
    bool silent;                          /* never answers */
    bool drops;                           /* closes at once */
    const char *garbage;                  /* says this instead of TLS */

    /* One connection. */
    int fd;
    pthread_t thread;
    bool accepted, resumed;
    atomic_int told; /* `talk` has done what it had to */
    char name[128];  /* that was asked for */
    char got[64];
};

static inline int choose_protocol(SSL *ssl, const unsigned char **out, unsigned char *out_len,
                                  const unsigned char *in, unsigned in_len, void *argument)
{
    (void)ssl;
    (void)argument;
    if (SSL_select_next_proto((unsigned char **)(uintptr_t)out, out_len,
                              (const unsigned char *)"\x08http/1.1", 9, in,
                              in_len) != OPENSSL_NPN_NEGOTIATED)
        return SSL_TLSEXT_ERR_NOACK;
    return SSL_TLSEXT_ERR_OK;
}

static inline void server_init(struct server *s, const struct identity *i)
{
    *s = (struct server){.context = SSL_CTX_new(TLS_server_method()), .fd = -1};
    assert_non_null(s->context);
    assert_int_equal(SSL_CTX_use_certificate(s->context, i->cert), 1);
    assert_int_equal(SSL_CTX_use_PrivateKey(s->context, i->key), 1);
    SSL_CTX_set_alpn_select_cb(s->context, choose_protocol, NULL);
    SSL_CTX_set_session_id_context(s->context, (const unsigned char *)"t", 1);
}

static inline void server_release(struct server *s)
{
    SSL_CTX_free(s->context);
}

static inline void serve_tls(struct server *s)
{
    SSL *ssl = SSL_new(s->context);
    const char *name;

    SSL_set_fd(ssl, s->fd);
    if (SSL_accept(ssl) == 1) {
        s->accepted = true;
        s->resumed = SSL_session_reused(ssl);
        name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
        snprintf(s->name, sizeof(s->name), "%s", name ? name : "");
        if (s->talk)
            s->talk(ssl, s);
        else
            SSL_shutdown(ssl);
    }
    SSL_free(ssl);
    ERR_clear_error();
}

static inline void *server_main(void *argument)
{
    struct server *s = argument;
    char byte[512];

    if (s->garbage) {
        if (write(s->fd, s->garbage, strlen(s->garbage)) < 0)
            s->garbage = NULL;
    } else if (!s->silent && !s->drops) {
        serve_tls(s);
    }
    if (!s->drops && !s->silent)
        shutdown(s->fd, SHUT_WR);
    while (!s->drops && read(s->fd, byte, sizeof(byte)) > 0)
        ;
    close(s->fd);
    OPENSSL_thread_stop();
    return NULL;
}

/* The client's end of a new connection to it. */
static inline int server_connect(struct server *s)
{
    int ends[2];

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    fcntl(ends[0], F_SETFL, O_NONBLOCK);
    s->fd = ends[1];
    s->accepted = s->resumed = false;
    atomic_store(&s->told, 0);
    assert_int_equal(pthread_create(&s->thread, NULL, server_main, s), 0);
    return ends[0];
}

static inline void server_join(struct server *s)
{
    pthread_join(s->thread, NULL);
}

/* ---- The client ---- */

struct call {
    struct tls_settings settings;
    struct tls_peer peer;
    struct server *server;
    struct heard heard;
    struct net_hooks hooks;
    int64_t deadline;
    void (*then)(struct call *, struct stream *); /* on the fiber, once connected */

    int fd;
    CURLcode code;
    struct tls_result result;
    char got[256];
    CURLcode recv_code;
    size_t recv_len;
    char reason[256];
};

static inline struct call call_to(const char *host)
{
    return (struct call){
        .settings = {.verify_peer = true,
                     .verify_host = true,
                     .session_cache = true,
                     .alpn = true,
                     .ca_cache_timeout_s = 3600,
                     .ca_file_set = true,
                     .ca_path_set = true},
        .peer = {.host = host, .port = 443, .alpn = "http/1.1"  },
        .deadline = CLOCK_NEVER,
    };
}

static inline void call_release(struct call *c)
{
    struct tls_settings *s = &c->settings;
    struct rstr *owned[] = {s->ca_file,
                            s->ca_path,
                            s->ca_blob,
                            s->crl_file,
                            s->issuer_file,
                            s->issuer_blob,
                            s->cert,
                            s->cert_type,
                            s->cert_blob,
                            s->key,
                            s->key_type,
                            s->key_blob,
                            s->key_password,
                            s->ciphers,
                            s->ciphers13,
                            s->curves,
                            s->signature_algorithms,
                            s->pinned_key};

    for (size_t i = 0; i < sizeof(owned) / sizeof(owned[0]); i++)
        rstr_unref(owned[i]);
    certinfo_free(c->result.certinfo);
}

/* The steps of handshakes run on a thread of their own, each; as if it were the program's. */
static bool handshakes_away;

struct step {
    CURLcode (*run)(void *);
    void *argument;
    CURLcode code;
};

static inline void *step_main(void *argument)
{
    struct step *step = argument;

    step->code = step->run(step->argument);
    return NULL;
}

static inline CURLcode run_away(void *owner, CURLcode (*run)(void *), void *argument,
                                int64_t deadline)
{
    struct step step = {.run = run, .argument = argument};
    pthread_t thread;

    (void)owner;
    (void)deadline;
    assert_int_equal(pthread_create(&thread, NULL, step_main, &step), 0);
    pthread_join(thread, NULL);
    return step.code;
}

static inline struct net_hooks call_hooks(struct call *c)
{
    struct net_hooks hooks = hooks_of(&c->heard);

    hooks.ssl_context = c->hooks.ssl_context;
    hooks.on_program = handshakes_away ? run_away : NULL;
    return hooks;
}

static inline void call_run(void *argument)
{
    struct call *c = argument;
    struct watch watch = {0};
    struct stream *stream = NULL;

    if (!c->hooks.fail)
        c->hooks = call_hooks(c);
    c->code = watch_open(&watch, c->fd);
    stream = c->code ? NULL : stream_new_socket(&watch);
    if (!stream)
        c->code = CURLE_OUT_OF_MEMORY;
    if (!c->code)
        c->code = tls_connect(stream, &c->peer, &c->settings, &c->hooks, c->deadline, &c->result,
                              &stream);
    if (!c->code && c->then)
        c->then(c, stream);
    if (!c->code)
        stream->kind->shut(stream);
    stream_free(stream);
    watch_close(&watch);
    close(c->fd);
}

/* A whole connection on an inline worker. */
static inline void call_make(struct call *c, struct server *s)
{
    struct worker *worker = worker_new_inline();

    assert_non_null(worker);
    c->server = s;
    c->fd = server_connect(s);
    run_here(worker, call_run, c);
    server_join(s);
    worker_free_inline(worker);
}

#endif
