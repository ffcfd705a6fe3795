/* SPDX-License-Identifier: MIT */
/* Is the server who it should be? By a hash of its key, by the program's word, or by a file of
 * known hosts; the first of these that is set decides. */
#include "protocols/ssh.h"

#include "base/clock.h"
#include "boundary/ask.h"
#include "wire/base64.h"

#include <string.h>

/* ---- Kinds of keys ---- */

struct key_kind {
    int library; /* LIBSSH2_HOSTKEY_TYPE_* */
    int known;   /* LIBSSH2_KNOWNHOST_KEY_* */
    enum curl_khtype public;
    const char *methods; /* for the handshake */
};

static const struct key_kind kinds[] = {
    {LIBSSH2_HOSTKEY_TYPE_RSA,       LIBSSH2_KNOWNHOST_KEY_SSHRSA,    CURLKHTYPE_RSA,
     "rsa-sha2-256,rsa-sha2-512,ssh-rsa"                                                           },
    {LIBSSH2_HOSTKEY_TYPE_DSS,       LIBSSH2_KNOWNHOST_KEY_SSHDSS,    CURLKHTYPE_DSS,     "ssh-dss"},
    {LIBSSH2_HOSTKEY_TYPE_ECDSA_256, LIBSSH2_KNOWNHOST_KEY_ECDSA_256, CURLKHTYPE_ECDSA,
     "ecdsa-sha2-nistp256"                                                                         },
    {LIBSSH2_HOSTKEY_TYPE_ECDSA_384, LIBSSH2_KNOWNHOST_KEY_ECDSA_384, CURLKHTYPE_ECDSA,
     "ecdsa-sha2-nistp384"                                                                         },
    {LIBSSH2_HOSTKEY_TYPE_ECDSA_521, LIBSSH2_KNOWNHOST_KEY_ECDSA_521, CURLKHTYPE_ECDSA,
     "ecdsa-sha2-nistp521"                                                                         },
    {LIBSSH2_HOSTKEY_TYPE_ED25519,   LIBSSH2_KNOWNHOST_KEY_ED25519,   CURLKHTYPE_ED25519,
     "ssh-ed25519"                                                                                 },
};
enum { KIND_COUNT = sizeof(kinds) / sizeof(kinds[0]) };

static const struct key_kind *kind_of_library(int type)
{
    for (size_t i = 0; i < KIND_COUNT; i++) {
        if (kinds[i].library == type)
            return &kinds[i];
    }
    return NULL;
}

static const struct key_kind *kind_of_known(int mask)
{
    for (size_t i = 0; i < KIND_COUNT; i++) {
        if (kinds[i].known == (mask & LIBSSH2_KNOWNHOST_KEY_MASK))
            return &kinds[i];
    }
    return NULL;
}

/* ---- Known hosts ---- */

struct known_hosts {
    LIBSSH2_KNOWNHOSTS *all;
    const char *file;
};

static void known_hosts_release(struct known_hosts *k)
{
    if (k->all)
        libssh2_knownhost_free(k->all);
}
DEFINE_SCOPED(known_hosts)

/* A file that is not there knows nobody. */
static CURLcode known_hosts_read(struct ssh *f, struct known_hosts *k)
{
    k->file = rstr_text(f->hop->settings->ssh_known_hosts);
    k->all = libssh2_knownhost_init(f->memory->session);
    if (!k->all)
        return CURLE_OUT_OF_MEMORY;
    if (libssh2_knownhost_readfile(k->all, k->file, LIBSSH2_KNOWNHOST_FILE_OPENSSH) < 0)
        ssh_log(f, "Failed to read known hosts from %s", k->file);
    return CURLE_OK;
}

/* The URL's host without brackets, for the caller to release; and its port, -1 for the usual. */
static CURLcode find_host(struct ssh *f, struct buf *ret_name, int *ret_port)
{
    const char *host = f->hop->url->host;
    size_t len = strlen(host);

    *ret_port = f->hop->port ? (int)f->hop->port : f->hop->url->port_number;
    if (*ret_port == 0 || *ret_port == 22)
        *ret_port = -1;
    if (len > 2 && host[0] == '[') {
        host++;
        len -= 2;
    }
    return buf_append(ret_name, host, len) ? CURLE_OK : CURLE_OUT_OF_MEMORY;
}

/* ---- Which key it is to show ---- */

static bool is_host(const struct libssh2_knownhost *entry, const char *name, int port)
{
    scoped(buf) full = {0};

    if (!entry->name)
        return false; /* hashed */
    if (port < 0)
        return text_equal_nocase(entry->name, name);
    buf_printf(&full, "[%s]:%d", name, port);
    return !buf_failed(&full) && text_equal_nocase(entry->name, full.bytes);
}

static const struct key_kind *find_kind(struct known_hosts *k, const char *name, int port)
{
    struct libssh2_knownhost *entry = NULL;

    while (!libssh2_knownhost_get(k->all, &entry, entry)) {
        if (is_host(entry, name, port))
            return kind_of_known(entry->typemask);
    }
    return NULL;
}

static bool has_hash(const struct settings *s)
{
    return s->ssh_sha256 || s->ssh_md5;
}

static bool is_among(const char *name, const char *names)
{
    size_t len = strlen(name);

    for (const char *at = names; at; at = strchr(at, ',')) {
        at += *at == ',';
        if (!strncmp(at, name, len) && (at[len] == ',' || !at[len]))
            return true;
    }
    return false;
}

/* Of these methods those that the library has; it copies bytes over themselves to leave out others.
 * None of them: the default. */
static CURLcode prefer(struct ssh *f, const char *methods)
{
    LIBSSH2_SESSION *session = f->memory->session;
    scoped(buf) list = {0};
    const char **names = NULL;
    int count = libssh2_session_supported_algs(session, LIBSSH2_METHOD_HOSTKEY, &names);

    for (int i = 0; i < count; i++) {
        if (!is_among(names[i], methods))
            continue;
        if (list.len)
            buf_append_char(&list, ',');
        buf_append_text(&list, names[i]);
    }
    if (count > 0)
        libssh2_free(session, (void *)names);
    if (buf_failed(&list))
        return CURLE_OUT_OF_MEMORY;
    if (list.len)
        libssh2_session_method_pref(session, LIBSSH2_METHOD_HOSTKEY, list.bytes);
    return CURLE_OK;
}

CURLcode ssh_prefer_known_keys(struct ssh *f)
{
    const struct settings *s = f->hop->settings;
    scoped(known_hosts) known = {0};
    scoped(buf) name = {0};
    const struct key_kind *kind;
    int port;
    CURLcode result;

    if (!s->ssh_known_hosts || has_hash(s) || s->ssh_host_key_function)
        return CURLE_OK;
    result = known_hosts_read(f, &known);
    if (!result)
        result = find_host(f, &name, &port);
    if (result)
        return result;
    kind = find_kind(&known, name.bytes, port);
    if (!kind)
        return CURLE_OK;
    ssh_log(f, "Found host %s in %s", name.bytes, known.file);
    return prefer(f, kind->methods);
}

/* ---- Hashes ---- */

static CURLcode check_sha256(struct ssh *f, const char *wanted)
{
    const char *hash = libssh2_hostkey_hash(f->memory->session, LIBSSH2_HOSTKEY_HASH_SHA256);
    struct str given = str_of(wanted);
    scoped(buf) text = {0};

    if (!hash)
        return ssh_fail(f, CURLE_PEER_FAILED_VERIFICATION,
                        "Denied establishing ssh session: sha256 fingerprint not available");
    if (!base64_append(&text, hash, 32))
        return CURLE_OUT_OF_MEMORY;
    while (text.len && text.bytes[text.len - 1] == '=')
        text.len--;
    while (given.len && given.at[given.len - 1] == '=')
        given.len--;
    ssh_log(f, "SSH SHA256 fingerprint: %.*s", (int)text.len, text.bytes);
    if (!str_equal((struct str){text.bytes, text.len}, given))
        return ssh_fail(f, CURLE_PEER_FAILED_VERIFICATION,
                        "Denied establishing ssh session: mismatch sha256 fingerprint. Remote "
                        "%.*s is not equal to %s",
                        (int)text.len, text.bytes, wanted);
    ssh_log(f, "SHA256 checksum match");
    return CURLE_OK;
}

static CURLcode check_md5(struct ssh *f, const char *wanted)
{
    const char *hash = libssh2_hostkey_hash(f->memory->session, LIBSSH2_HOSTKEY_HASH_MD5);
    scoped(buf) text = {0};

    for (int i = 0; hash && i < 16; i++)
        buf_printf(&text, "%02x", (unsigned char)hash[i]);
    if (buf_failed(&text))
        return CURLE_OUT_OF_MEMORY;
    ssh_log(f, "SSH MD5 fingerprint: %s", buf_text(&text));
    if (!hash || !text_equal_nocase(text.bytes, wanted))
        return ssh_fail(f, CURLE_PEER_FAILED_VERIFICATION,
                        "Denied establishing ssh session: mismatch md5 fingerprint. Remote %s is "
                        "not equal to %s",
                        buf_text(&text), wanted);
    ssh_log(f, "MD5 checksum match");
    return CURLE_OK;
}

/* ---- The program's word ---- */

static WAITS CURLcode ask_program(struct ssh *f, enum ask_kind kind, const struct ask_key *key,
                                  int *ret_answer)
{
    struct ask *a = ask_new(f->hop->exchange, kind);
    CURLcode result;

    if (!a)
        return CURLE_OUT_OF_MEMORY;
    a->key = key;
    a->lends = true;
    ask_send(a);
    result = ask_wait(a, CLOCK_NEVER);
    if (result)
        return result;
    *ret_answer = a->answer;
    ask_free(a);
    return CURLE_OK;
}

static WAITS CURLcode ask_of_key(struct ssh *f, const struct ask_key *key)
{
    int answer = CURLKHMATCH_MISMATCH;
    CURLcode result = ask_program(f, ASK_SSH_HOST_KEY, key, &answer);

    if (!result && answer != CURLKHMATCH_OK)
        result = ssh_fail(f, CURLE_PEER_FAILED_VERIFICATION,
                          "The program does not accept the host's key");
    return result;
}

/* ---- What is known ---- */

/* The key's new place in the file. */
static CURLcode add_key(struct ssh *f, struct known_hosts *k, const char *name, int port,
                        const struct ask_key *key, const struct key_kind *kind)
{
    scoped(buf) full = {0};
    int mask = LIBSSH2_KNOWNHOST_TYPE_PLAIN | LIBSSH2_KNOWNHOST_KEYENC_RAW |
               (kind ? kind->known : LIBSSH2_KNOWNHOST_KEY_UNKNOWN);

    if (port < 0)
        buf_append_text(&full, name);
    else
        buf_printf(&full, "[%s]:%d", name, port);
    if (buf_failed(&full))
        return CURLE_OUT_OF_MEMORY;
    if (libssh2_knownhost_addc(k->all, full.bytes, NULL, key->found.key, key->found.len, NULL, 0,
                               mask, NULL)) {
        ssh_log(f, "WARNING: adding the known host %s failed", name);
        return CURLE_OK;
    }
    if (libssh2_knownhost_writefile(k->all, k->file, LIBSSH2_KNOWNHOST_FILE_OPENSSH))
        ssh_log(f, "WARNING: writing %s failed", k->file);
    return CURLE_OK;
}

/* With the program's function its answer counts; without it only a key that is known. */
static WAITS CURLcode ask_how(struct ssh *f, const struct ask_key *key, int *ret_answer)
{
    *ret_answer = key->match == CURLKHMATCH_OK ? CURLKHSTAT_FINE : CURLKHSTAT_REJECT;
    if (!f->hop->settings->ssh_key_function)
        return CURLE_OK;
    return ask_program(f, ASK_SSH_KEY, key, ret_answer);
}

static enum curl_khmatch match_of(int check)
{
    switch (check) {
    case LIBSSH2_KNOWNHOST_CHECK_MATCH:
        return CURLKHMATCH_OK;
    case LIBSSH2_KNOWNHOST_CHECK_MISMATCH:
        return CURLKHMATCH_MISMATCH;
    default:
        return CURLKHMATCH_MISSING;
    }
}

static WAITS CURLcode check_known(struct ssh *f, struct ask_key *key, const struct key_kind *kind)
{
    scoped(known_hosts) hosts = {0};
    scoped(buf) name = {0};
    struct libssh2_knownhost *entry = NULL;
    struct curl_khkey known = {0};
    const struct key_kind *known_kind;
    int port, answer;
    CURLcode result = known_hosts_read(f, &hosts);

    if (!result)
        result = find_host(f, &name, &port);
    if (result)
        return result;
    key->match = match_of(
        libssh2_knownhost_checkp(hosts.all, name.bytes, port, key->found.key, key->found.len,
                                 LIBSSH2_KNOWNHOST_TYPE_PLAIN | LIBSSH2_KNOWNHOST_KEYENC_RAW |
                                     (kind ? kind->known : LIBSSH2_KNOWNHOST_KEY_UNKNOWN),
                                 &entry));
    if (entry) {
        known_kind = kind_of_known(entry->typemask);
        known.key = entry->key;
        known.keytype = known_kind ? known_kind->public : CURLKHTYPE_UNKNOWN;
        key->known = &known;
    }
    result = ask_how(f, key, &answer);
    key->known = NULL;
    if (result)
        return result;
    switch (answer) {
    case CURLKHSTAT_FINE:
        return CURLE_OK;
    case CURLKHSTAT_FINE_REPLACE:
        if (entry)
            libssh2_knownhost_del(hosts.all, entry);
        return add_key(f, &hosts, name.bytes, port, key, kind);
    case CURLKHSTAT_FINE_ADD_TO_FILE:
        if (key->match == CURLKHMATCH_OK)
            return CURLE_OK;
        return add_key(f, &hosts, name.bytes, port, key, kind);
    default:
        return ssh_fail(f, CURLE_PEER_FAILED_VERIFICATION, "SSH host key is not accepted: %s",
                        key->match == CURLKHMATCH_MISMATCH ? "it is not the known one"
                                                           : "the host is not known");
    }
}

/* ---- All of it ---- */

CURLcode ssh_check_host(struct ssh *f)
{
    const struct settings *s = f->hop->settings;
    struct ask_key key = {0};
    const struct key_kind *kind;
    int type = LIBSSH2_HOSTKEY_TYPE_UNKNOWN;

    if (s->ssh_sha256)
        return check_sha256(f, rstr_text(s->ssh_sha256));
    if (s->ssh_md5)
        return check_md5(f, rstr_text(s->ssh_md5));
    if (!s->ssh_host_key_function && !s->ssh_known_hosts)
        return CURLE_OK;
    key.found.key = libssh2_session_hostkey(f->memory->session, &key.found.len, &type);
    if (!key.found.key)
        return ssh_fail(f, CURLE_PEER_FAILED_VERIFICATION, "The host shows no key");
    kind = kind_of_library(type);
    key.found.keytype = kind ? kind->public : CURLKHTYPE_UNKNOWN;
    key.host_type = (int)key.found.keytype;
    if (s->ssh_host_key_function)
        return ask_of_key(f, &key);
    return check_known(f, &key, kind);
}
