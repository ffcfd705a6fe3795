/* SPDX-License-Identifier: MIT */
/* CURLOPT_CERTINFO: what each certificate of the peer says, as "name:value" lines. */
#include "base/mem.h"
#include "net/tls_state.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

/* The lines of one certificate, while they grow. */
struct lines {
    struct curl_slist *first, **end;
    BIO *bio; /* the value of the next line is written here */
    bool failed;
};

static void line_add(struct lines *l, struct buf *text)
{
    struct curl_slist *item = mem_calloc(1, sizeof(*item));

    if (item)
        item->data = buf_take(text);
    if (!item || !item->data) {
        mem_free(item);
        l->failed = true;
        return;
    }
    *l->end = item;
    l->end = &item->next;
}

static void line_text(struct lines *l, const char *name, const char *value, size_t len)
{
    scoped(buf) text = {0};

    buf_append_text(&text, name);
    buf_append_char(&text, ':');
    buf_append(&text, value, len);
    line_add(l, &text);
}

/* Adds the line whose value was written to the BIO. */
static void line_from_bio(struct lines *l, const char *name)
{
    char *value = NULL;
    long len = BIO_get_mem_data(l->bio, &value);

    line_text(l, name, value ? value : "", len > 0 ? (size_t)len : 0);
    (void)BIO_reset(l->bio);
}

static void hex_to_bio(BIO *bio, const unsigned char *bytes, int len, const char *behind)
{
    for (int i = 0; i < len; i++)
        BIO_printf(bio, "%02x%s", bytes[i], behind);
}

static void add_name(struct lines *l, const char *label, const X509_NAME *name)
{
    X509_NAME_print_ex(l->bio, name, 0, XN_FLAG_ONELINE & ~(unsigned long)ASN1_STRFLGS_ESC_MSB);
    line_from_bio(l, label);
}

static void add_serial(struct lines *l, const X509 *cert)
{
    const ASN1_INTEGER *serial = X509_get0_serialNumber(cert);

    if (ASN1_STRING_type(serial) == V_ASN1_NEG_INTEGER)
        BIO_puts(l->bio, "-");
    hex_to_bio(l->bio, ASN1_STRING_get0_data(serial), ASN1_STRING_length(serial), "");
    line_from_bio(l, "Serial Number");
}

static void add_algorithms(struct lines *l, X509 *cert)
{
    const X509_ALGOR *algorithm = NULL;
    ASN1_OBJECT *key_algorithm = NULL;

    X509_get0_signature(NULL, &algorithm, cert);
    i2a_ASN1_OBJECT(l->bio, algorithm->algorithm);
    line_from_bio(l, "Signature Algorithm");
    X509_PUBKEY_get0_param(&key_algorithm, NULL, NULL, NULL, X509_get_X509_PUBKEY(cert));
    if (key_algorithm) {
        i2a_ASN1_OBJECT(l->bio, key_algorithm);
        line_from_bio(l, "Public Key Algorithm");
    }
}

/* An extension's value on one line: what was a line each is parted by ", ". */
static void add_extension(struct lines *l, X509_EXTENSION *extension)
{
    scoped(buf) text = {0};
    char name[128], *value = NULL;
    long len;
    bool line_ended = false;

    if (!X509V3_EXT_print(l->bio, extension, 0, 0))
        ASN1_STRING_print(l->bio, X509_EXTENSION_get_data(extension));
    len = BIO_get_mem_data(l->bio, &value);
    OBJ_obj2txt(name, sizeof(name), X509_EXTENSION_get_object(extension), 0);
    buf_printf(&text, "%s:", name);
    for (long i = 0; i < len; i++) {
        if (value[i] == '\n' || (line_ended && value[i] == ' ')) {
            line_ended = true;
            continue;
        }
        if (line_ended)
            buf_append_text(&text, ", ");
        line_ended = false;
        buf_append_char(&text, value[i]);
    }
    line_add(l, &text);
    (void)BIO_reset(l->bio);
}

static void add_time(struct lines *l, const char *label, const ASN1_TIME *time)
{
    ASN1_TIME_print(l->bio, time);
    line_from_bio(l, label);
}

static void add_key_number(struct lines *l, EVP_PKEY *key, const char *parameter, const char *label)
{
    BIGNUM *number = NULL;

    if (!EVP_PKEY_get_bn_param(key, parameter, &number))
        return;
    BN_print(l->bio, number);
    BN_free(number);
    line_from_bio(l, label);
}

static void add_key(struct lines *l, const X509 *cert)
{
    EVP_PKEY *key = X509_get0_pubkey(cert);

    if (key && EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA) {
        BIO_printf(l->bio, "%d", EVP_PKEY_get_bits(key));
        line_from_bio(l, "RSA Public Key");
        add_key_number(l, key, OSSL_PKEY_PARAM_RSA_N, "rsa(n)");
        add_key_number(l, key, OSSL_PKEY_PARAM_RSA_E, "rsa(e)");
    } else if (key && EVP_PKEY_get_base_id(key) == EVP_PKEY_DSA) {
        add_key_number(l, key, OSSL_PKEY_PARAM_FFC_P, "dsa(p)");
        add_key_number(l, key, OSSL_PKEY_PARAM_FFC_Q, "dsa(q)");
        add_key_number(l, key, OSSL_PKEY_PARAM_FFC_G, "dsa(g)");
        add_key_number(l, key, OSSL_PKEY_PARAM_PUB_KEY, "dsa(pub_key)");
    }
}

static void add_signature(struct lines *l, const X509 *cert)
{
    const ASN1_BIT_STRING *signature = NULL;

    X509_get0_signature(&signature, NULL, cert);
    hex_to_bio(l->bio, signature->data, signature->length, ":");
    line_from_bio(l, "Signature");
}

static void describe(struct lines *l, X509 *cert)
{
    const STACK_OF(X509_EXTENSION) *extensions = X509_get0_extensions(cert);

    add_name(l, "Subject", X509_get_subject_name(cert));
    add_name(l, "Issuer", X509_get_issuer_name(cert));
    BIO_printf(l->bio, "%lx", X509_get_version(cert));
    line_from_bio(l, "Version");
    add_serial(l, cert);
    add_algorithms(l, cert);
    for (int i = 0; i < sk_X509_EXTENSION_num(extensions); i++)
        add_extension(l, sk_X509_EXTENSION_value(extensions, i));
    add_time(l, "Start date", X509_get0_notBefore(cert));
    add_time(l, "Expire date", X509_get0_notAfter(cert));
    add_key(l, cert);
    add_signature(l, cert);
    PEM_write_bio_X509(l->bio, cert);
    line_from_bio(l, "Cert");
}

/* ---- All of it ---- */

static struct curl_certinfo *certinfo_new(int count)
{
    struct curl_certinfo *c = mem_calloc(1, sizeof(*c));

    if (!c)
        return NULL;
    c->num_of_certs = count;
    c->certinfo = mem_calloc(count > 0 ? (size_t)count : 1, sizeof(struct curl_slist *));
    if (c->certinfo)
        return c;
    mem_free(c);
    return NULL;
}

static void slist_free(struct curl_slist *item)
{
    while (item) {
        struct curl_slist *next = item->next;

        mem_free(item->data);
        mem_free(item);
        item = next;
    }
}

void certinfo_free(struct curl_certinfo *c)
{
    if (!c)
        return;
    for (int i = 0; i < c->num_of_certs; i++)
        slist_free(c->certinfo[i]);
    mem_free(c->certinfo);
    mem_free(c);
}

static bool copy_lines(const struct curl_slist *from, struct curl_slist **to)
{
    struct lines l = {.end = to};

    for (; from; from = from->next) {
        scoped(buf) text = {0};

        buf_append_text(&text, from->data);
        line_add(&l, &text);
    }
    return !l.failed;
}

struct curl_certinfo *certinfo_copy(const struct curl_certinfo *c)
{
    struct curl_certinfo *copy = c ? certinfo_new(c->num_of_certs) : NULL;
    bool good = true;

    if (!copy)
        return NULL;
    for (int i = 0; i < c->num_of_certs; i++)
        good = copy_lines(c->certinfo[i], &copy->certinfo[i]) && good;
    if (good)
        return copy;
    certinfo_free(copy);
    return NULL;
}

struct curl_certinfo *tls_certinfo_of(SSL *ssl)
{
    const STACK_OF(X509) *chain = SSL_get_peer_cert_chain(ssl);
    int count = chain ? sk_X509_num(chain) : 0;
    struct curl_certinfo *c = certinfo_new(count);
    struct lines l = {.bio = BIO_new(BIO_s_mem())};

    for (int i = 0; c && l.bio && i < count; i++) {
        l.end = &c->certinfo[i];
        describe(&l, sk_X509_value(chain, i));
    }
    ERR_clear_error();
    BIO_free(l.bio);
    if (c && l.bio && !l.failed)
        return c;
    certinfo_free(c);
    return NULL;
}
