/* SPDX-License-Identifier: MIT */
/* CURLOPT_PINNEDPUBLICKEY: "sha256//BASE64" ones with semicolons between, or a file with the public
 * key as PEM or DER. */
#include "base/mem.h"
#include "net/tls_state.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <string.h>

enum { KEY_FILE_MOST = 1024 * 1024 };

static const char hash_mark[] = "sha256//";

static CURLcode mismatch(const struct net_hooks *hooks)
{
    return TLS_FAIL(hooks, CURLE_SSL_PINNEDPUBKEYNOTMATCH,
                    "SSL: public key does not match pinned public key");
}

/* "sha256//..." of a key into `text`. */
static bool hash_of(const unsigned char *der, size_t len, char text[64])
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned digest_len = 0;

    if (!EVP_Digest(der, len, digest, &digest_len, EVP_sha256(), NULL))
        return false;
    memcpy(text, hash_mark, sizeof(hash_mark));
    EVP_EncodeBlock((unsigned char *)text + sizeof(hash_mark) - 1, digest, (int)digest_len);
    return true;
}

static bool is_among(struct str wanted, const char *list)
{
    while (*list) {
        size_t len = strcspn(list, ";");

        if (str_equal((struct str){list, len}, wanted))
            return true;
        list += len + (list[len] == ';');
    }
    return false;
}

static bool matches_hashes(const unsigned char *der, size_t len, const char *list,
                           const struct net_hooks *hooks)
{
    char text[64];

    if (!hash_of(der, len, text))
        return false;
    TLS_LOG(hooks, " public key hash: %s", text);
    return is_among(str_of(text), list);
}

/* PEM, where the file is that. */
static bool matches_pem(const unsigned char *der, size_t len, const struct buf *file)
{
    BIO *bio = BIO_new_mem_buf(file->bytes, (int)file->len);
    char *name = NULL, *header = NULL;
    unsigned char *bytes = NULL;
    long bytes_len = 0;
    bool same = false;

    while (bio && !same && PEM_read_bio(bio, &name, &header, &bytes, &bytes_len)) {
        same = strcmp(name, PEM_STRING_PUBLIC) == 0 && (size_t)bytes_len == len &&
               memcmp(bytes, der, len) == 0;
        OPENSSL_free(name);
        OPENSSL_free(header);
        OPENSSL_free(bytes);
    }
    BIO_free(bio);
    ERR_clear_error();
    return same;
}

static bool matches_file(const unsigned char *der, size_t len, const char *path)
{
    scoped(buf) file = {0};

    if (!tls_file_read(path, KEY_FILE_MOST, &file))
        return false;
    if (file.len == len && memcmp(file.bytes, der, len) == 0)
        return true;
    return matches_pem(der, len, &file);
}

CURLcode tls_verify_pin(X509 *cert, const char *pinned, const struct net_hooks *hooks)
{
    unsigned char *der = NULL;
    int len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(cert), &der);
    bool same;

    if (len <= 0)
        return mismatch(hooks);
    if (strncmp(pinned, hash_mark, sizeof(hash_mark) - 1) == 0)
        same = matches_hashes(der, (size_t)len, pinned, hooks);
    else
        same = matches_file(der, (size_t)len, pinned);
    OPENSSL_free(der);
    return same ? CURLE_OK : mismatch(hooks);
}
