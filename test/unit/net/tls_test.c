/* SPDX-License-Identifier: MIT */
#include "tls_world.h"

#include "net/tls_tickets.h"

static struct identity ca, other_ca, good;

static struct call trusting_call(const char *host)
{
    struct call c = call_to(host);

    c.settings.ca_file = text_of(path_of("ca.pem"));
    return c;
}

/* Runs a call against a server that shows this certificate. */
static void call_identity(struct call *c, const struct identity *i)
{
    struct server s;

    server_init(&s, i);
    call_make(c, &s);
    server_release(&s);
}

static void expect(struct call *c, CURLcode code, const char *text)
{
    if (c->code != code || !strstr(c->heard.text, text))
        print_message("got %d '%s'\n", c->code, c->heard.text);
    assert_int_equal(c->code, code);
    assert_non_null(strstr(c->heard.text, text));
    call_release(c);
}

static void refused_for(const char *host, struct wish w, CURLcode code, const char *text)
{
    struct identity i = identity_new(w);
    struct call c = trusting_call(host);

    call_identity(&c, &i);
    expect(&c, code, text);
    identity_release(&i);
}

/* ---- Bytes ---- */

static void echo(SSL *ssl, struct server *s)
{
    int got = SSL_read(ssl, s->got, sizeof(s->got) - 1);

    if (got > 0)
        SSL_write(ssl, s->got, got);
    SSL_shutdown(ssl);
}

static void say_and_hear(struct call *c, struct stream *s)
{
    assert_int_equal(stream_send_all(s, "ping", 4, far()), CURLE_OK);
    assert_int_equal(stream_recv(s, c->got, sizeof(c->got), far(), &c->recv_len), CURLE_OK);
    c->got[c->recv_len] = '\0';
    c->recv_code = stream_recv(s, c->reason, sizeof(c->reason), far(), &c->recv_len);
}

static void good_chain_is_accepted_and_bytes_go_both_ways(void **state)
{
    struct call c = trusting_call("good.test");
    struct server s;

    (void)state;
    server_init(&s, &good);
    s.talk = echo;
    c.then = say_and_hear;
    call_make(&c, &s);
    server_release(&s);
    assert_string_equal(c.got, "ping");
    assert_int_equal(c.recv_code, CURLE_OK);
    assert_int_equal(c.recv_len, 0); /* the orderly end */
    assert_string_equal(s.name, "good.test");
    assert_string_equal(c.result.alpn, "http/1.1");
    assert_int_equal(c.result.verify_result, 0);
    assert_false(c.result.resumed);
    assert_non_null(strstr(c.heard.log, "SSL connection using TLSv1.3 / TLS_AES_256_GCM_SHA384"));
    assert_non_null(strstr(c.heard.log, " subject: O=Test, Inc; CN=good\n"));
    assert_non_null(strstr(c.heard.log, "host \"good.test\" matched cert's \"good.test\""));
    assert_non_null(strstr(c.heard.log, "SSL certificate verify ok."));
    expect(&c, CURLE_OK, "");
}

static void cut(SSL *ssl, struct server *s)
{
    (void)s;
    SSL_write(ssl, "half", 4);
}

static void hear_only(struct call *c, struct stream *s)
{
    assert_int_equal(stream_recv(s, c->got, sizeof(c->got), far(), &c->recv_len), CURLE_OK);
    c->got[c->recv_len] = '\0';
    c->recv_code = stream_recv(s, c->got + 8, 8, far(), &c->recv_len);
    snprintf(c->reason, sizeof(c->reason), "%s", s->reason ? s->reason : "");
    assert_int_equal(stream_recv(s, c->got + 8, 8, far(), &c->recv_len), c->recv_code);
}

static void end_without_close_notify_is_an_error(void **state)
{
    struct call c = trusting_call("good.test");
    struct server s;

    (void)state;
    server_init(&s, &good);
    s.talk = cut;
    c.then = hear_only;
    call_make(&c, &s);
    server_release(&s);
    assert_string_equal(c.got, "half");
    assert_int_equal(c.recv_code, CURLE_RECV_ERROR);
    assert_non_null(strstr(c.reason, "unexpected eof while reading"));
    expect(&c, CURLE_OK, "");
}

/* All of it is on its way before the client looks; TCP stays open. */
static void say_all_and_stay(SSL *ssl, struct server *s)
{
    SSL_write(ssl, "bytes", 5);
    SSL_shutdown(ssl);
    atomic_store(&s->told, 1);
    SSL_read(ssl, s->got, 1);
}

static void hear_bytes_and_end(struct call *c, struct stream *s)
{
    int64_t end = far();

    while (!atomic_load(&c->server->told) && clock_now() < end)
        assert_int_equal(wait_until(clock_now() + CLOCK_MS), CURLE_OK);
    assert_int_equal(stream_recv(s, c->got, sizeof(c->got), far(), &c->recv_len), CURLE_OK);
    assert_int_equal(c->recv_len, 5);
    c->recv_code = s->kind->has_pending(s) ? CURLE_OK : CURLE_AGAIN;
    assert_int_equal(stream_recv(s, c->got, sizeof(c->got), far(), &c->recv_len), CURLE_OK);
}

static void end_that_came_with_the_last_bytes_is_not_waited_for(void **state)
{
    struct call c = trusting_call("good.test");
    struct server s;

    (void)state;
    server_init(&s, &good);
    s.talk = say_all_and_stay;
    c.then = hear_bytes_and_end;
    call_make(&c, &s);
    server_release(&s);
    assert_int_equal(c.recv_code, CURLE_OK);
    assert_int_equal(c.recv_len, 0);
    expect(&c, CURLE_OK, "");
}

enum { BULK = 3000000 };

static void swallow_and_pour(SSL *ssl, struct server *s)
{
    char *bytes = malloc(BULK);
    size_t got, total = 0;
    bool same = true;

    while (total < BULK && SSL_read_ex(ssl, bytes + total, BULK - total, &got))
        total += got;
    for (size_t i = 0; i < total; i++)
        same = same && bytes[i] == (char)(i * 7 + i / 1000);
    s->got[0] = same && total == BULK;
    SSL_write_ex(ssl, bytes, BULK, &got);
    SSL_shutdown(ssl);
    free(bytes);
}

static void pour_and_swallow(struct call *c, struct stream *s)
{
    char *bytes = malloc(BULK);
    size_t total = 0;

    for (size_t i = 0; i < BULK; i++)
        bytes[i] = (char)(i * 7 + i / 1000);
    assert_int_equal(stream_send_all(s, bytes, BULK, far()), CURLE_OK);
    memset(bytes, 0, BULK);
    do {
        c->recv_code = stream_recv(s, bytes + total, BULK - total, far(), &c->recv_len);
        total += c->recv_len;
    } while (!c->recv_code && c->recv_len && total < BULK);
    assert_int_equal(total, BULK);
    for (size_t i = 0; i < BULK; i++)
        if (bytes[i] != (char)(i * 7 + i / 1000))
            fail_msg("byte %zu", i);
    free(bytes);
}

static void much_goes_both_ways_unchanged(void **state)
{
    struct call c = trusting_call("good.test");
    struct server s;

    (void)state;
    server_init(&s, &good);
    s.talk = swallow_and_pour;
    c.then = pour_and_swallow;
    call_make(&c, &s);
    server_release(&s);
    assert_true(s.got[0]);
    expect(&c, CURLE_OK, "");
}

/* ---- TLS in TLS ---- */

static void echo_within(SSL *ssl, struct server *s)
{
    BIO *outer = BIO_new(BIO_f_ssl());
    SSL *inner = SSL_new(s->context);

    BIO_set_ssl(outer, ssl, BIO_NOCLOSE);
    SSL_set_bio(inner, outer, outer);
    if (SSL_accept(inner) == 1)
        echo(inner, s);
    SSL_free(inner);
    SSL_shutdown(ssl);
}

static void connect_within(struct call *c, struct stream *s)
{
    struct tls_result result;
    struct stream *inner = NULL;

    assert_int_equal(
        tls_connect(s, &c->peer, &c->settings, &c->hooks, c->deadline, &result, &inner), CURLE_OK);
    say_and_hear(c, inner);
    inner->below = NULL; /* the caller's */
    stream_free(inner);
}

static void tls_runs_over_tls(void **state)
{
    struct call c = trusting_call("good.test");
    struct server s;

    (void)state;
    server_init(&s, &good);
    s.talk = echo_within;
    c.then = connect_within;
    call_make(&c, &s);
    server_release(&s);
    assert_string_equal(c.got, "ping");
    assert_int_equal(c.recv_len, 0);
    expect(&c, CURLE_OK, "");
}

/* ---- Who it is ---- */

static void wrong_name_is_refused(void **state)
{
    (void)state;
    refused_for("bad.test",
                (struct wish){.names = "DNS:good.test", .name = "bad.test", .issuer = &ca},
                CURLE_PEER_FAILED_VERIFICATION,
                "SSL: no alternative certificate subject name matches target host name 'bad.test'");
    refused_for(
        "bad.test", (struct wish){.name = "good.test", .issuer = &ca},
        CURLE_PEER_FAILED_VERIFICATION,
        "SSL: certificate subject name 'good.test' does not match target host name 'bad.test'");
    refused_for("bad.test", (struct wish){.issuer = &ca}, CURLE_PEER_FAILED_VERIFICATION,
                "SSL: unable to obtain common name from peer certificate");
    refused_for("bad.test",
                (struct wish){.names = "IP:192.0.2.1", .name = "bad.test", .issuer = &ca},
                CURLE_PEER_FAILED_VERIFICATION, "no alternative certificate subject name matches");
    refused_for("a.b.test", (struct wish){.names = "DNS:a*.b.test,DNS:*.test", .issuer = &ca},
                CURLE_PEER_FAILED_VERIFICATION, "no alternative certificate subject name matches");
}

/* A name is all its bytes, and says what it says in one way only. */
static void name_that_looks_right_is_refused(void **state)
{
    static const char cut[] = "good.test\0.bad.test", wild[] = "*.good.test";

    (void)state;
    refused_for("good.test", (struct wish){.dns = cut, .dns_len = sizeof(cut) - 1, .issuer = &ca},
                CURLE_PEER_FAILED_VERIFICATION, "no alternative certificate subject name matches");
    refused_for("good.test", (struct wish){.name = cut, .name_len = sizeof(cut) - 1, .issuer = &ca},
                CURLE_PEER_FAILED_VERIFICATION, "does not match target host name 'good.test'");
    refused_for(".good.test", (struct wish){.names = "DNS:x.good.test", .issuer = &ca},
                CURLE_PEER_FAILED_VERIFICATION, "no alternative certificate subject name matches");
    refused_for("good.test", (struct wish){.dns = wild, .dns_len = sizeof(wild) - 1, .issuer = &ca},
                CURLE_PEER_FAILED_VERIFICATION, "no alternative certificate subject name matches");
    refused_for("test", (struct wish){.names = "DNS:*", .issuer = &ca},
                CURLE_PEER_FAILED_VERIFICATION, "no alternative certificate subject name matches");
    refused_for("good.test", (struct wish){.names = "DNS:*.test", .issuer = &ca},
                CURLE_PEER_FAILED_VERIFICATION, "no alternative certificate subject name matches");
    refused_for("192.0.2.1", (struct wish){.names = "DNS:192.0.2.1", .issuer = &ca},
                CURLE_PEER_FAILED_VERIFICATION, "no alternative certificate subject name matches");
    refused_for("192.0.2.1", (struct wish){.name = "192.0.2.1", .issuer = &ca},
                CURLE_PEER_FAILED_VERIFICATION, "no alternative certificate subject name matches");
    refused_for("192.0.2.1", (struct wish){.names = "DNS:*.0.2.1", .issuer = &ca},
                CURLE_PEER_FAILED_VERIFICATION, "no alternative certificate subject name matches");
}

static void accepted_for(const char *host, struct wish w)
{
    struct identity i = identity_new(w);
    struct call c = trusting_call(host);

    call_identity(&c, &i);
    expect(&c, CURLE_OK, "");
    identity_release(&i);
}

static void right_name_is_accepted(void **state)
{
    (void)state;
    accepted_for("GOOD.test.", (struct wish){.names = "DNS:good.test", .issuer = &ca});
    accepted_for("a.good.test", (struct wish){.names = "DNS:*.good.test", .issuer = &ca});
    accepted_for("good.test", (struct wish){.name = "good.test", .issuer = &ca});
}

static void address_needs_an_address(void **state)
{
    struct wish w = {.names = "IP:192.0.2.1,IP:2001:db8::1", .issuer = &ca};
    struct wish name = {.names = "DNS:192.0.2.1", .name = "192.0.2.1", .issuer = &ca};

    (void)state;
    accepted_for("192.0.2.1", w);
    accepted_for("2001:db8:0::1", w);
    refused_for("192.0.2.2", w, CURLE_PEER_FAILED_VERIFICATION, "target ipv4 address '192.0.2.2'");
    refused_for("2001:db8::2", w, CURLE_PEER_FAILED_VERIFICATION,
                "target ipv6 address '2001:db8::2'");
    refused_for("192.0.2.1", name, CURLE_PEER_FAILED_VERIFICATION, "192.0.2.1");
}

static void bad_certificate_is_refused(void **state)
{
    struct wish expired = {.names = "DNS:x.test", .issuer = &ca, .from_s = -9000, .until_s = -5000};
    struct wish early = {.names = "DNS:x.test", .issuer = &ca, .from_s = 5000, .until_s = 9000};

    (void)state;
    refused_for("x.test", expired, CURLE_PEER_FAILED_VERIFICATION,
                "SSL certificate problem: certificate has expired");
    refused_for("x.test", early, CURLE_PEER_FAILED_VERIFICATION,
                "SSL certificate problem: certificate is not yet valid");
    refused_for("x.test", (struct wish){.names = "DNS:x.test"}, CURLE_PEER_FAILED_VERIFICATION,
                "SSL certificate problem: self-signed certificate");
    refused_for("x.test", (struct wish){.names = "DNS:x.test", .issuer = &other_ca},
                CURLE_PEER_FAILED_VERIFICATION,
                "SSL certificate problem: unable to get local issuer certificate");
}

static void what_is_not_to_be_verified_is_not(void **state)
{
    struct identity self = identity_new((struct wish){.names = "DNS:x.test"});
    struct call no_chain = call_to("x.test"), no_name = trusting_call("y.test"),
                name_only = call_to("y.test");

    (void)state;
    no_chain.settings.verify_peer = false;
    call_identity(&no_chain, &self);
    assert_int_equal(no_chain.result.verify_result, X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT);
    expect(&no_chain, CURLE_OK, "");
    no_name.settings.verify_host = false;
    call_identity(&no_name, &good);
    expect(&no_name, CURLE_OK, "");
    name_only.settings.verify_peer = false;
    call_identity(&name_only, &self);
    expect(&name_only, CURLE_PEER_FAILED_VERIFICATION, "target host name 'y.test'");
    identity_release(&self);
}

static void partial_chain_is_an_option(void **state)
{
    struct identity between =
        identity_new((struct wish){.name = "between", .issuer = &ca, .is_ca = true});
    struct identity leaf = identity_new((struct wish){.names = "DNS:x.test", .issuer = &between});
    struct call with = call_to("x.test"), without = call_to("x.test");

    (void)state;
    write_cert("between.pem", between.cert);
    with.settings.ca_file = text_of(path_of("between.pem"));
    call_identity(&with, &leaf);
    expect(&with, CURLE_OK, "");
    without.settings.ca_file = text_of(path_of("between.pem"));
    without.settings.options = CURLSSLOPT_NO_PARTIALCHAIN;
    call_identity(&without, &leaf);
    expect(&without, CURLE_PEER_FAILED_VERIFICATION, "unable to get issuer certificate");
    identity_release(&leaf);
    identity_release(&between);
}

/* ---- Trust ---- */

static void bad_ca_file_has_a_code_of_its_own(void **state)
{
    struct call missing = call_to("good.test"), blob = call_to("good.test");

    (void)state;
    missing.settings.ca_file = text_of(path_of("nowhere.pem"));
    call_identity(&missing, &good);
    expect(&missing, CURLE_SSL_CACERT_BADFILE, "nowhere.pem");
    blob.settings.ca_blob = text_of("no certificate");
    call_identity(&blob, &good);
    expect(&blob, CURLE_SSL_CACERT_BADFILE, "blob");
}

static void ca_blob_replaces_the_file(void **state)
{
    struct call c = call_to("good.test"), other = trusting_call("good.test");

    (void)state;
    c.settings.ca_blob = bytes_of("ca.pem");
    call_identity(&c, &good);
    expect(&c, CURLE_OK, "");
    write_cert("other.pem", other_ca.cert);
    other.settings.ca_blob = bytes_of("other.pem");
    call_identity(&other, &good);
    expect(&other, CURLE_PEER_FAILED_VERIFICATION, "unable to get local issuer certificate");
}

static void changed_ca_file_is_read_again(void **state)
{
    (void)state;
    write_cert("changing.pem", other_ca.cert);
    for (int i = 0; i < 3; i++) {
        struct call c = call_to("good.test");

        c.settings.ca_file = text_of(path_of("changing.pem"));
        call_identity(&c, &good);
        if (i < 2) {
            expect(&c, CURLE_PEER_FAILED_VERIFICATION, "issuer");
        } else {
            expect(&c, CURLE_OK, "");
        }
        if (i == 1) {
            write_cert("changed.pem", ca.cert);
            assert_int_equal(rename(path_of("changed.pem"), path_of("changing.pem")), 0);
        }
    }
}

static void write_crl(const char *name, X509 *revoked)
{
    X509_CRL *crl = X509_CRL_new();
    ASN1_TIME *time = X509_gmtime_adj(NULL, -60);
    FILE *file = file_new(name);

    X509_CRL_set_version(crl, 1);
    X509_CRL_set_issuer_name(crl, X509_get_subject_name(ca.cert));
    X509_CRL_set1_lastUpdate(crl, time);
    X509_gmtime_adj(time, 3600);
    X509_CRL_set1_nextUpdate(crl, time);
    if (revoked) {
        X509_REVOKED *entry = X509_REVOKED_new();

        X509_REVOKED_set_serialNumber(entry, X509_get_serialNumber(revoked));
        X509_REVOKED_set_revocationDate(entry, time);
        X509_CRL_add0_revoked(crl, entry);
    }
    X509_CRL_sign(crl, ca.key, EVP_sha256());
    PEM_write_X509_CRL(file, crl);
    fclose(file);
    ASN1_TIME_free(time);
    X509_CRL_free(crl);
}

static void revoked_certificate_is_refused(void **state)
{
    struct call revoked = trusting_call("good.test"), fine = trusting_call("good.test"),
                missing = trusting_call("good.test");

    (void)state;
    write_crl("revoked.pem", good.cert);
    write_crl("empty.pem", NULL);
    revoked.settings.crl_file = text_of(path_of("revoked.pem"));
    call_identity(&revoked, &good);
    expect(&revoked, CURLE_PEER_FAILED_VERIFICATION,
           "SSL certificate problem: certificate revoked");
    fine.settings.crl_file = text_of(path_of("empty.pem"));
    call_identity(&fine, &good);
    expect(&fine, CURLE_OK, "");
    missing.settings.crl_file = text_of(path_of("nowhere.pem"));
    call_identity(&missing, &good);
    expect(&missing, CURLE_SSL_CRL_BADFILE, "error loading CRL file: ");
}

static void issuer_is_checked(void **state)
{
    struct call right = trusting_call("good.test"), wrong = trusting_call("good.test"),
                missing = trusting_call("good.test");

    (void)state;
    right.settings.issuer_file = text_of(path_of("ca.pem"));
    call_identity(&right, &good);
    expect(&right, CURLE_OK, "");
    write_cert("other.pem", other_ca.cert);
    wrong.settings.issuer_blob = bytes_of("other.pem");
    call_identity(&wrong, &good);
    expect(&wrong, CURLE_SSL_ISSUER_ERROR, "issuer check failed");
    missing.settings.issuer_file = text_of(path_of("nowhere.pem"));
    call_identity(&missing, &good);
    expect(&missing, CURLE_SSL_ISSUER_ERROR, "nowhere.pem");
}

/* ---- Pins ---- */

static void pin_of(const struct identity *i, char text[64])
{
    unsigned char *der = NULL, digest[32];
    int len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(i->cert), &der);

    assert_true(EVP_Digest(der, (size_t)len, digest, NULL, EVP_sha256(), NULL));
    memcpy(text, "sha256//", 8);
    EVP_EncodeBlock((unsigned char *)text + 8, digest, 32);
    OPENSSL_free(der);
}

static void pinned(const char *pin, CURLcode code)
{
    struct call c = trusting_call("good.test");

    c.settings.pinned_key = text_of(pin);
    call_identity(&c, &good);
    expect(&c, code, code ? "SSL: public key does not match pinned public key" : "");
}

static void pinned_key_must_match(void **state)
{
    char own[64], strange[64], both[160];
    FILE *file = file_new("pin.pem");

    (void)state;
    pin_of(&good, own);
    pin_of(&ca, strange);
    snprintf(both, sizeof(both), "%s;%s", strange, own);
    pinned(own, CURLE_OK);
    pinned(both, CURLE_OK);
    pinned(strange, CURLE_SSL_PINNEDPUBKEYNOTMATCH);
    pinned("sha256//", CURLE_SSL_PINNEDPUBKEYNOTMATCH);
    PEM_write_PUBKEY(file, good.key);
    fclose(file);
    pinned(path_of("pin.pem"), CURLE_OK);
    file = file_new("pin.der");
    i2d_PUBKEY_fp(file, good.key);
    fclose(file);
    pinned(path_of("pin.der"), CURLE_OK);
    pinned(path_of("ca.pem"), CURLE_SSL_PINNEDPUBKEYNOTMATCH);
    pinned(path_of("nowhere.pem"), CURLE_SSL_PINNEDPUBKEYNOTMATCH);
}

static void missing_staple_is_refused(void **state)
{
    struct call c = trusting_call("good.test");

    (void)state;
    c.settings.verify_status = true;
    call_identity(&c, &good);
    expect(&c, CURLE_SSL_INVALIDCERTSTATUS, "No OCSP response received");
}

/* What a test has the server staple. */
struct staple {
    int status;
    long from_s, until_s;
    const struct identity *signer, *about;
};
static struct staple staple;

static int staple_now(SSL *ssl, void *argument)
{
    OCSP_BASICRESP *basic = OCSP_BASICRESP_new();
    OCSP_CERTID *id = OCSP_cert_to_id(EVP_sha1(), staple.about->cert, ca.cert);
    ASN1_TIME *from = X509_gmtime_adj(NULL, staple.from_s),
              *until = X509_gmtime_adj(NULL, staple.until_s);
    OCSP_RESPONSE *response;
    unsigned char *bytes = NULL;
    int len;

    (void)argument;
    OCSP_basic_add1_status(basic, id, staple.status, OCSP_REVOKED_STATUS_KEYCOMPROMISE, from, from,
                           until);
    OCSP_basic_sign(basic, staple.signer->cert, staple.signer->key, EVP_sha256(), NULL, 0);
    response = OCSP_response_create(OCSP_RESPONSE_STATUS_SUCCESSFUL, basic);
    len = i2d_OCSP_RESPONSE(response, &bytes);
    SSL_set_tlsext_status_ocsp_resp(ssl, bytes, len); /* owns them */
    OCSP_RESPONSE_free(response);
    ASN1_TIME_free(from);
    ASN1_TIME_free(until);
    OCSP_CERTID_free(id);
    OCSP_BASICRESP_free(basic);
    return SSL_TLSEXT_ERR_OK;
}

static void stapled(struct staple what, CURLcode code, const char *text)
{
    struct call c = trusting_call("good.test");
    struct server s;

    staple = what;
    server_init(&s, &good);
    SSL_CTX_add1_chain_cert(s.context, ca.cert);
    SSL_CTX_set_tlsext_status_cb(s.context, staple_now);
    c.settings.verify_status = true;
    call_make(&c, &s);
    server_release(&s);
    expect(&c, code, text);
}

static void staple_is_verified(void **state)
{
    struct staple fine = {V_OCSP_CERTSTATUS_GOOD, -60, 3600, &ca, &good}, s;

    (void)state;
    stapled(fine, CURLE_OK, "");
    s = fine;
    s.status = V_OCSP_CERTSTATUS_REVOKED;
    stapled(s, CURLE_SSL_INVALIDCERTSTATUS, "SSL certificate revocation reason: keyCompromise (1)");
    s = fine;
    s.from_s = -7200;
    s.until_s = -3600;
    stapled(s, CURLE_SSL_INVALIDCERTSTATUS, "OCSP response has expired");
    s = fine;
    s.signer = &other_ca;
    stapled(s, CURLE_SSL_INVALIDCERTSTATUS, "OCSP response verification failed");
    s = fine;
    s.about = &ca;
    stapled(s, CURLE_SSL_INVALIDCERTSTATUS, "Could not find certificate ID in OCSP response");
}

/* ---- Client certificates ---- */

static void require_client(struct server *s)
{
    X509_STORE *store;

    server_init(s, &good);
    store = SSL_CTX_get_cert_store(s->context);
    X509_STORE_add_cert(store, ca.cert);
    SSL_CTX_set_verify(s->context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    s->talk = echo;
}

static void with_client(struct call c, CURLcode code, const char *text)
{
    struct server s;

    require_client(&s);
    if (!code)
        c.then = say_and_hear;
    call_make(&c, &s);
    server_release(&s);
    if (!code)
        assert_string_equal(c.got, "ping");
    expect(&c, code, text);
}

static struct call client_call(const char *cert, const char *key, const char *type,
                               const char *password)
{
    struct call c = trusting_call("good.test");

    c.settings.cert = text_of(path_of(cert));
    c.settings.key = key ? text_of(path_of(key)) : NULL;
    c.settings.cert_type = type ? text_of(type) : NULL;
    c.settings.key_password = password ? text_of(password) : NULL;
    return c;
}

static void write_client_files(const struct identity *client)
{
    FILE *file;
    PKCS12 *p12 = PKCS12_create("word", "client", client->key, client->cert, NULL, 0, 0, 0, 0, 0);

    write_cert("client.pem", client->cert);
    write_key("client.key", client->key, NULL);
    write_key("secret.key", client->key, "word");
    write_key("wrong.key", ca.key, NULL);
    file = file_new("client.der");
    i2d_X509_fp(file, client->cert);
    fclose(file);
    file = file_new("client.p12");
    i2d_PKCS12_fp(file, p12);
    fclose(file);
    PKCS12_free(p12);
    file = file_new("both.pem");
    PEM_write_X509(file, client->cert);
    PEM_write_PrivateKey(file, client->key, NULL, NULL, 0, NULL, NULL);
    fclose(file);
}

static void client_certificate_is_shown(void **state)
{
    struct identity client = identity_new((struct wish){.name = "client", .issuer = &ca});
    struct call blob = trusting_call("good.test");

    (void)state;
    write_client_files(&client);
    with_client(client_call("client.pem", "client.key", NULL, NULL), CURLE_OK, "");
    with_client(client_call("both.pem", NULL, "pem", NULL), CURLE_OK, "");
    with_client(client_call("client.der", "client.key", "DER", NULL), CURLE_OK, "");
    with_client(client_call("client.pem", "secret.key", NULL, "word"), CURLE_OK, "");
    with_client(client_call("client.p12", NULL, "P12", "word"), CURLE_OK, "");
    blob.settings.cert_blob = bytes_of("client.pem");
    blob.settings.key_blob = bytes_of("client.key");
    with_client(blob, CURLE_OK, "");
    blob = trusting_call("good.test");
    blob.settings.cert_blob = bytes_of("client.p12");
    blob.settings.cert_type = text_of("P12");
    blob.settings.key_password = text_of("word");
    with_client(blob, CURLE_OK, "");
    identity_release(&client);
}

static void bad_client_certificate_is_named(void **state)
{
    struct identity client = identity_new((struct wish){.name = "client", .issuer = &ca});

    (void)state;
    write_client_files(&client);
    with_client(client_call("nowhere.pem", NULL, NULL, NULL), CURLE_SSL_CERTPROBLEM,
                "could not load PEM client certificate from ");
    with_client(client_call("client.key", NULL, NULL, NULL), CURLE_SSL_CERTPROBLEM,
                "could not load PEM client certificate from ");
    with_client(client_call("client.pem", NULL, NULL, NULL), CURLE_SSL_CERTPROBLEM,
                "unable to set private key file: '");
    with_client(client_call("client.pem", "wrong.key", NULL, NULL), CURLE_SSL_CERTPROBLEM,
                "Private key does not match the certificate public key");
    with_client(client_call("client.pem", "secret.key", NULL, NULL), CURLE_SSL_CERTPROBLEM,
                "unable to set private key file: '");
    with_client(client_call("client.pem", "secret.key", NULL, "drow"), CURLE_SSL_CERTPROBLEM,
                "unable to set private key file: '");
    with_client(client_call("client.p12", NULL, "P12", "drow"), CURLE_SSL_CERTPROBLEM,
                "could not parse PKCS12 file, check password");
    with_client(client_call("client.pem", NULL, "P12", NULL), CURLE_SSL_CERTPROBLEM,
                "error reading PKCS12 file '");
    with_client(client_call("client.pem", NULL, "DER", NULL), CURLE_SSL_CERTPROBLEM,
                "could not load ASN1 client certificate from ");
    with_client(client_call("client.pem", NULL, "FOO", NULL), CURLE_SSL_CERTPROBLEM,
                "not supported file type 'FOO' for certificate");
    identity_release(&client);
}

static void hear_failure_of_server(struct call *c, struct stream *s)
{
    c->recv_code = stream_recv(s, c->got, sizeof(c->got), far(), &c->recv_len);
    snprintf(c->reason, sizeof(c->reason), "%s", s->reason ? s->reason : "");
}

static void missing_client_certificate_is_told(void **state)
{
    struct call old = trusting_call("good.test"), fresh = trusting_call("good.test");
    struct server s;

    (void)state;
    require_client(&s);
    old.settings.version_max = CURL_SSLVERSION_MAX_TLSv1_2;
    call_make(&old, &s);
    expect(&old, CURLE_SSL_CONNECT_ERROR, "TLS connect error: error:0A000410:SSL routines::");
    fresh.then = hear_failure_of_server;
    call_make(&fresh, &s);
    assert_int_equal(fresh.recv_code, CURLE_RECV_ERROR);
    assert_non_null(strstr(fresh.reason, "certificate required"));
    expect(&fresh, CURLE_OK, "");
    server_release(&s);
}

/* ---- Algorithms and versions ---- */

static void bad_list_is_refused(void **state)
{
    struct call ciphers = trusting_call("good.test"), suites = trusting_call("good.test"),
                curves = trusting_call("good.test"), signatures = trusting_call("good.test");

    (void)state;
    ciphers.settings.ciphers = text_of("foo");
    call_identity(&ciphers, &good);
    expect(&ciphers, CURLE_SSL_CIPHER, "failed setting cipher list: foo");
    suites.settings.ciphers13 = text_of("foo");
    call_identity(&suites, &good);
    expect(&suites, CURLE_SSL_CIPHER, "failed setting TLS 1.3 cipher suite: foo");
    curves.settings.curves = text_of("foo");
    call_identity(&curves, &good);
    expect(&curves, CURLE_SSL_CIPHER, "failed setting curves list: 'foo'");
    signatures.settings.signature_algorithms = text_of("foo");
    call_identity(&signatures, &good);
    expect(&signatures, CURLE_SSL_CIPHER, "foo");
}

static void chosen_algorithms_are_used(void **state)
{
    struct call c = trusting_call("good.test");

    (void)state;
    c.settings.ciphers13 = text_of("TLS_CHACHA20_POLY1305_SHA256");
    c.settings.curves = text_of("P-384");
    call_identity(&c, &good);
    assert_non_null(strstr(c.heard.log, "TLSv1.3 / TLS_CHACHA20_POLY1305_SHA256"));
    expect(&c, CURLE_OK, "");
    c = trusting_call("good.test");
    c.settings.version_max = CURL_SSLVERSION_MAX_TLSv1_2;
    c.settings.ciphers = text_of("ECDHE-ECDSA-AES128-GCM-SHA256");
    call_identity(&c, &good);
    assert_non_null(strstr(c.heard.log, "TLSv1.2 / ECDHE-ECDSA-AES128-GCM-SHA256"));
    expect(&c, CURLE_OK, "");
}

static void version_that_is_too_low_is_refused(void **state)
{
    struct call wants13 = trusting_call("good.test"), by_default = trusting_call("good.test");
    struct server s;

    (void)state;
    server_init(&s, &good);
    SSL_CTX_set_max_proto_version(s.context, TLS1_2_VERSION);
    wants13.settings.version_min = CURL_SSLVERSION_TLSv1_3;
    call_make(&wants13, &s);
    expect(&wants13, CURLE_SSL_CONNECT_ERROR, "TLS connect error: error:0A00042E:SSL routines::");
    SSL_CTX_set_security_level(s.context, 0);
    SSL_CTX_set_min_proto_version(s.context, TLS1_VERSION);
    SSL_CTX_set_max_proto_version(s.context, TLS1_1_VERSION);
    call_make(&by_default, &s);
    expect(&by_default, CURLE_SSL_CONNECT_ERROR, "TLS connect error: ");
    server_release(&s);
}

/* ---- Peers that are no TLS servers ---- */

static void peer_without_tls_is_told(void **state)
{
    struct call garbage = trusting_call("good.test"), dropped = trusting_call("good.test");
    struct server s;

    (void)state;
    server_init(&s, &good);
    s.garbage = "HTTP/1.0 400 Bad Request\r\n\r\n";
    call_make(&garbage, &s);
    expect(&garbage, CURLE_SSL_CONNECT_ERROR, "SSL routines::wrong version number");
    s.garbage = NULL;
    s.drops = true;
    call_make(&dropped, &s);
    expect(&dropped, CURLE_SSL_CONNECT_ERROR, "");
    assert_true(dropped.heard.text[0]);
    server_release(&s);
}

static void silent_peer_ends_at_the_deadline(void **state)
{
    struct call c = trusting_call("good.test");
    struct server s;

    (void)state;
    server_init(&s, &good);
    s.silent = true;
    c.deadline = clock_now() + 20 * CLOCK_MS;
    call_make(&c, &s);
    server_release(&s);
    expect(&c, CURLE_OPERATION_TIMEDOUT, "");
}

static void cancel_ends_a_handshake(void **state)
{
    struct call c = trusting_call("good.test");
    struct worker *worker = worker_new_inline();
    struct server s;
    struct job job;

    (void)state;
    server_init(&s, &good);
    s.silent = true;
    c.fd = server_connect(&s);
    job_post(worker, &job, call_run, &c);
    worker_turn(worker, 0);
    worker_turn(worker, 0);
    assert_false(atomic_load(&job.done));
    worker_free_inline(worker); /* cancels what runs on it */
    assert_true(atomic_load(&job.done));
    server_join(&s);
    server_release(&s);
    expect(&c, CURLE_ABORTED_BY_CALLBACK, "");
}

/* ---- Sessions ---- */

static void hear_end(struct call *c, struct stream *s)
{
    c->recv_code = stream_recv(s, c->got, sizeof(c->got), far(), &c->recv_len);
}

static void call_with_sessions(struct server *s, struct tls_sessions *sessions, const char *host,
                               long version_max, const char *pin, bool resumed)
{
    struct call c = trusting_call(host);

    c.peer.sessions = sessions;
    c.settings.version_max = version_max;
    c.settings.pinned_key = pin ? text_of(pin) : NULL;
    c.then = hear_end;
    call_make(&c, s);
    assert_int_equal(c.result.resumed, resumed);
    assert_int_equal(s->resumed, resumed);
    expect(&c, CURLE_OK, "");
}

static void ticket_is_used_once_by_whom_it_was_given(void **state)
{
    struct tls_sessions *sessions = tls_sessions_new();
    char pin[64];
    struct server s;

    (void)state;
    pin_of(&good, pin);
    server_init(&s, &good);
    SSL_CTX_set_num_tickets(s.context, 1);
    call_with_sessions(&s, sessions, "good.test", 0, NULL, false);
    call_with_sessions(&s, sessions, "good.test", 0, pin, false); /* other settings */
    call_with_sessions(&s, sessions, "more.good.test", 0, NULL, false);
    SSL_CTX_set_num_tickets(s.context, 0);
    call_with_sessions(&s, sessions, "good.test", 0, NULL, true);
    call_with_sessions(&s, sessions, "good.test", 0, NULL, false); /* it was the only one */
    call_with_sessions(&s, sessions, "good.test", 0, pin, true);
    tls_sessions_unref(sessions);
    server_release(&s);
}

static void session_of_tls12_is_used_again(void **state)
{
    struct tls_sessions *sessions = tls_sessions_new();
    struct server s;

    (void)state;
    server_init(&s, &good);
    call_with_sessions(&s, sessions, "good.test", CURL_SSLVERSION_MAX_TLSv1_2, NULL, false);
    call_with_sessions(&s, sessions, "good.test", CURL_SSLVERSION_MAX_TLSv1_2, NULL, true);
    call_with_sessions(&s, sessions, "good.test", CURL_SSLVERSION_MAX_TLSv1_2, NULL, true);
    tls_sessions_unref(sessions);
    server_release(&s);
}

static SSL_SESSION *session_made(int version)
{
    SSL_SESSION *session = SSL_SESSION_new();

    assert_true(SSL_SESSION_set1_id(session, (const unsigned char *)"id", 2));
    assert_true(SSL_SESSION_set_protocol_version(session, version));
    return session;
}

static void store_is_bounded(void **state)
{
    struct tls_sessions *sessions = tls_sessions_new();
    SSL_SESSION *session = session_made(TLS1_3_VERSION);
    char key[16];

    (void)state;
    for (int i = 0; i < 20; i++)
        tls_sessions_put(sessions, STR("one"), session);
    assert_int_equal(tls_sessions_count(sessions, STR("one")), 8);
    for (int i = 0; i < 100; i++) {
        snprintf(key, sizeof(key), "%d", i);
        tls_sessions_put(sessions, str_of(key), session);
    }
    assert_int_equal(tls_sessions_count(sessions, STR("one")), 0); /* the oldest went */
    assert_int_equal(tls_sessions_count(sessions, STR("0")), 1);
    assert_int_equal(tls_sessions_count(sessions, STR("99")), 1);
    SSL_SESSION_free(session);
    tls_sessions_unref(sessions);
}

static void old_session_is_not_offered(void **state)
{
    struct tls_sessions *sessions = tls_sessions_new();
    SSL_SESSION *session = session_made(TLS1_2_VERSION), *taken;

    (void)state;
    tls_sessions_put(sessions, STR("a"), session);
    taken = tls_sessions_take(sessions, STR("a"));
    assert_non_null(taken);
    SSL_SESSION_free(taken);
    assert_int_equal(tls_sessions_count(sessions, STR("a")), 1);
    SSL_SESSION_set_timeout(session, 0);
    tls_sessions_put(sessions, STR("b"), session);
    assert_null(tls_sessions_take(sessions, STR("b")));
    assert_int_equal(tls_sessions_count(sessions, STR("b")), 0);
    SSL_SESSION_free(session);
    tls_sessions_unref(sessions);
}

/* ---- Sessions out of the process and in again ---- */

struct exported {
    unsigned count;
    bool by_name; /* else by the digest */
    struct tls_sessions *to;
};

static CURLcode move_ticket(void *argument, const struct tls_ticket *t)
{
    struct exported *e = argument;
    struct tls_ticket again = {.data = t->data, .data_len = t->data_len};

    e->count++;
    assert_int_equal(t->version, TLS1_3_VERSION);
    assert_in_range(t->valid_until, time(NULL) + 1, time(NULL) + 7 * 24 * 3600);
    if (e->by_name) {
        assert_int_equal(strncmp(t->key, "good.test:", 10), 0);
        again.key = t->key;
    } else {
        again.shmac = t->shmac;
        again.shmac_len = t->shmac_len;
    }
    return tls_tickets_import(e->to, &again);
}

static void ticket_that_left_the_process_is_good_after_its_return(void **state)
{
    (void)state;
    for (int by_name = 0; by_name < 2; by_name++) {
        struct tls_sessions *one = tls_sessions_new(), *two = tls_sessions_new();
        struct exported e = {.by_name = by_name, .to = two};
        struct server s;

        server_init(&s, &good);
        SSL_CTX_set_num_tickets(s.context, 1);
        call_with_sessions(&s, one, "good.test", 0, NULL, false);
        SSL_CTX_set_num_tickets(s.context, 0);
        assert_int_equal(tls_tickets_export(one, move_ticket, &e), CURLE_OK);
        assert_int_equal(e.count, 1);
        call_with_sessions(&s, two, "more.good.test", 0, NULL, false);
        call_with_sessions(&s, two, "good.test", 0, NULL, true);
        call_with_sessions(&s, two, "good.test", 0, NULL, false);
        tls_sessions_unref(one);
        tls_sessions_unref(two);
        server_release(&s);
    }
}

static CURLcode refuse_ticket(void *argument, const struct tls_ticket *t)
{
    (void)t;
    ++*(unsigned *)argument;
    return CURLE_WRITE_ERROR;
}

static void export_ends_where_the_program_says_so_and_leaves_certificates_out(void **state)
{
    struct tls_sessions *sessions = tls_sessions_new();
    scoped(tls_sessions_copy) copy = {0};
    unsigned count = 0;
    struct server s;

    (void)state;
    server_init(&s, &good);
    SSL_CTX_set_num_tickets(s.context, 2);
    call_with_sessions(&s, sessions, "good.test", 0, NULL, false);
    assert_int_equal(tls_tickets_export(sessions, refuse_ticket, &count), CURLE_WRITE_ERROR);
    assert_int_equal(count, 1);
    assert_true(tls_sessions_copy_all(sessions, &copy));
    assert_int_equal(copy.count, 2);
    tls_sessions_unref(sessions);
    sessions = tls_sessions_new();
    tls_sessions_put(sessions, STR("a:443::x:OpenSSL/3:cert"), copy.at[0].session);
    assert_int_equal(tls_tickets_export(sessions, refuse_ticket, &count), CURLE_OK);
    assert_int_equal(count, 1);
    tls_sessions_unref(sessions);
    server_release(&s);
}

static void bytes_that_are_no_ticket_are_refused(void **state)
{
    static const unsigned char bytes[40] = {'C', 'P', 'T', 1, 0, 0, 0, 9, 9, 9, 9, 9, 0x30, 3, 1};
    struct tls_sessions *sessions = tls_sessions_new();
    struct tls_ticket t = {.key = "a", .data = bytes};

    (void)state;
    for (t.data_len = 0; t.data_len <= sizeof(bytes); t.data_len++)
        assert_int_equal(tls_tickets_import(sessions, &t), CURLE_BAD_FUNCTION_ARGUMENT);
    t.key = "";
    assert_int_equal(tls_tickets_import(sessions, &t), CURLE_BAD_FUNCTION_ARGUMENT);
    t = (struct tls_ticket){.shmac = bytes, .shmac_len = 5, .data = bytes, .data_len = 40};
    assert_int_equal(tls_tickets_import(sessions, &t), CURLE_BAD_FUNCTION_ARGUMENT);
    tls_sessions_unref(sessions);
}

/* ---- Idle ---- */

/* What the server does once it has heard a byte. */
static void tell_then(SSL *ssl, struct server *s)
{
    SSL_read(ssl, s->got, 1);
    if (s->got[0] == 't') {
        SSL_new_session_ticket(ssl);
        SSL_do_handshake(ssl);
    } else if (s->got[0] == 'b') {
        SSL_write(ssl, "bytes", 5);
    } else if (s->got[0] == 'n') {
        SSL_shutdown(ssl);
    } else if (s->got[0] == 'e') {
        shutdown(s->fd, SHUT_WR);
    }
    atomic_store(&s->told, 1);
    SSL_read(ssl, s->got, 1);
}

static void idle_after(struct call *c, struct stream *s)
{
    int64_t end = far();

    s->kind->quiet(s);
    assert_true(s->kind->seems_alive(s)); /* tickets of the handshake may be there */
    assert_int_equal(stream_send_all(s, c->got, 1, far()), CURLE_OK);
    while (!atomic_load(&c->server->told) && clock_now() < end)
        assert_int_equal(wait_until(clock_now() + CLOCK_MS), CURLE_OK);
    c->recv_len = s->kind->seems_alive(s);
    assert_int_equal(s->kind->seems_alive(s), c->recv_len);
}

static void idle_with(char what, bool alive)
{
    struct call c = trusting_call("good.test");
    struct server s;

    server_init(&s, &good);
    s.talk = tell_then;
    c.got[0] = what;
    c.then = idle_after;
    call_make(&c, &s);
    server_release(&s);
    assert_int_equal(c.recv_len, alive);
    expect(&c, CURLE_OK, "");
}

static void idle_connection_takes_tickets_and_nothing_else(void **state)
{
    (void)state;
    idle_with('q', true);
    idle_with('t', true);
    idle_with('b', false);
    idle_with('n', false);
    idle_with('e', false);
}

/* ---- The program's own context ---- */

static CURLcode refuse_context(void *owner, void *context, int64_t deadline)
{
    (void)owner;
    (void)context;
    (void)deadline;
    return CURLE_ABORTED_BY_CALLBACK;
}

static CURLcode trust_ca(void *owner, void *context, int64_t deadline)
{
    (void)owner;
    (void)deadline;
    X509_STORE_add_cert(SSL_CTX_get_cert_store(context), ca.cert);
    return CURLE_OK;
}

static void context_hook_changes_its_own_connection_only(void **state)
{
    struct call refused = trusting_call("good.test"), with = call_to("good.test"),
                without = call_to("good.test");

    (void)state;
    write_cert("other.pem", other_ca.cert);
    refused.hooks.ssl_context = refuse_context;
    call_identity(&refused, &good);
    expect(&refused, CURLE_ABORTED_BY_CALLBACK, "");
    with.settings.ca_file = text_of(path_of("other.pem"));
    with.hooks.ssl_context = trust_ca;
    call_identity(&with, &good);
    expect(&with, CURLE_OK, "");
    without.settings.ca_file = text_of(path_of("other.pem"));
    call_identity(&without, &good);
    expect(&without, CURLE_PEER_FAILED_VERIFICATION, "issuer");
}

/* ---- What certificates say ---- */

static bool says(const struct curl_certinfo *c, const char *line)
{
    for (const struct curl_slist *l = c->certinfo[0]; l; l = l->next)
        if (strncmp(l->data, line, strlen(line)) == 0)
            return true;
    return false;
}

static void certificates_are_described(void **state)
{
    struct call c = trusting_call("good.test");
    struct curl_certinfo *copy;

    (void)state;
    c.settings.certinfo = true;
    call_identity(&c, &good);
    assert_non_null(c.result.certinfo);
    copy = certinfo_copy(c.result.certinfo);
    assert_int_equal(copy->num_of_certs, 1);
    assert_true(says(copy, "Subject:O = \"Test, Inc\", CN = good"));
    assert_true(says(copy, "Issuer:O = \"Test, Inc\", CN = ca"));
    assert_true(says(copy, "Version:2"));
    assert_true(says(copy, "Signature Algorithm:ecdsa-with-SHA256"));
    assert_true(says(copy, "Public Key Algorithm:id-ecPublicKey"));
    assert_true(says(copy, "X509v3 Subject Alternative Name:DNS:good.test, DNS:more.good.test"));
    assert_true(says(copy, "Start date:"));
    assert_true(says(copy, "Signature:30:4"));
    assert_true(says(copy, "Cert:-----BEGIN CERTIFICATE-----\n"));
    certinfo_free(copy);
    expect(&c, CURLE_OK, "");
}

/* ---- Memory ---- */

static int fail_from_here; /* memory is short from the fiber's first allocation on */

static void call_run_short(void *argument)
{
    memory_left = fail_from_here;
    call_run(argument);
}

static void every_failed_allocation_is_told(void **state)
{
    struct call warm = trusting_call("good.test");
    struct worker *worker = worker_new_inline();
    struct tls_sessions *sessions = tls_sessions_new();
    bool done = false;

    (void)state;
    call_identity(&warm, &good);
    expect(&warm, CURLE_OK, "");
    for (int n = 0; !done; n++) {
        struct call c = trusting_call("good.test");
        struct server s;

        assert_true(n < 500);
        if (n % 2)
            tls_forget_all();
        server_init(&s, &good);
        c.settings.certinfo = true;
        c.settings.options = n % 3 ? 0 : CURLSSLOPT_NO_PARTIALCHAIN;
        c.peer.sessions = sessions;
        c.then = hear_end;
        c.fd = server_connect(&s);
        memory_left = -1;
        c.hooks = call_hooks(&c);
        fail_from_here = n;
        run_here(worker, call_run_short, &c);
        done = memory_left >= 0;
        memory_left = -1;
        server_join(&s);
        server_release(&s);
        assert_true(c.code == CURLE_OK || c.code == CURLE_OUT_OF_MEMORY);
        call_release(&c);
    }
    assert_true(fail_from_here > 20); /* there is something to fail */
    tls_sessions_unref(sessions);
    worker_free_inline(worker);
}

/* ---- Threads ---- */

enum { THREADS = 4, ROUNDS = 12 };

struct side {
    struct tls_sessions *sessions;
    int resumed;
};

static void *side_main(void *argument)
{
    struct side *side = argument;
    struct server s;

    server_init(&s, &good);
    for (int i = 0; i < ROUNDS; i++) {
        struct call c = trusting_call("good.test");
        struct worker *worker = worker_new_inline();
        struct job job;

        c.peer.sessions = side->sessions;
        c.then = hear_end;
        c.fd = server_connect(&s);
        job_post(worker, &job, call_run, &c);
        while (!atomic_load(&job.done))
            worker_turn(worker, far());
        server_join(&s);
        side->resumed += c.result.resumed;
        if (c.code)
            abort();
        worker_free_inline(worker);
        call_release(&c);
        if (i == ROUNDS / 2)
            tls_forget_all();
    }
    server_release(&s);
    OPENSSL_thread_stop();
    return NULL;
}

static void stores_are_shared_by_threads(void **state)
{
    struct tls_sessions *sessions = tls_sessions_new();
    pthread_t threads[THREADS];
    struct side sides[THREADS];

    (void)state;
    for (int i = 0; i < THREADS; i++) {
        sides[i] = (struct side){.sessions = sessions};
        pthread_create(&threads[i], NULL, side_main, &sides[i]);
    }
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    tls_sessions_unref(sessions);
}

/* ---- The key log ---- */

static void secrets_are_logged_where_asked(void **state)
{
    struct call c = trusting_call("good.test");
    scoped(buf) text = {0};

    (void)state;
    tls_forget_all();
    setenv("SSLKEYLOGFILE", path_of("keys.log"), 1);
    call_identity(&c, &good);
    expect(&c, CURLE_OK, "");
    unsetenv("SSLKEYLOGFILE");
    tls_forget_all();
    assert_true(tls_file_read(path_of("keys.log"), 1 << 20, &text));
    assert_non_null(strstr(text.bytes, "CLIENT_TRAFFIC_SECRET_0 "));
    assert_int_equal(text.bytes[text.len - 1], '\n');
}

/* ---- All ---- */

static int make_world(void **state)
{
    (void)state;
    signal(SIGPIPE, SIG_IGN); /* of the servers */
    use_short_memory();
    snprintf(folder, sizeof(folder), "%s/tls-test-XXXXXX", P_tmpdir);
    assert_non_null(mkdtemp(folder));
    ca = identity_new((struct wish){.name = "ca", .is_ca = true});
    other_ca = identity_new((struct wish){.name = "other ca", .is_ca = true});
    good = identity_new(
        (struct wish){.name = "good", .names = "DNS:good.test,DNS:more.good.test", .issuer = &ca});
    write_cert("ca.pem", ca.cert);
    return 0;
}

static int end_world(void **state)
{
    DIR *all = opendir(folder);
    struct dirent *entry;

    (void)state;
    while ((entry = readdir(all)))
        unlinkat(dirfd(all), entry->d_name, 0);
    closedir(all);
    rmdir(folder);
    identity_release(&good);
    identity_release(&other_ca);
    identity_release(&ca);
    tls_forget_all();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_chain_is_accepted_and_bytes_go_both_ways),
        cmocka_unit_test(end_without_close_notify_is_an_error),
        cmocka_unit_test(end_that_came_with_the_last_bytes_is_not_waited_for),
        cmocka_unit_test(much_goes_both_ways_unchanged),
        cmocka_unit_test(tls_runs_over_tls),
        cmocka_unit_test(wrong_name_is_refused),
        cmocka_unit_test(name_that_looks_right_is_refused),
        cmocka_unit_test(right_name_is_accepted),
        cmocka_unit_test(address_needs_an_address),
        cmocka_unit_test(bad_certificate_is_refused),
        cmocka_unit_test(what_is_not_to_be_verified_is_not),
        cmocka_unit_test(partial_chain_is_an_option),
        cmocka_unit_test(bad_ca_file_has_a_code_of_its_own),
        cmocka_unit_test(ca_blob_replaces_the_file),
        cmocka_unit_test(changed_ca_file_is_read_again),
        cmocka_unit_test(revoked_certificate_is_refused),
        cmocka_unit_test(issuer_is_checked),
        cmocka_unit_test(pinned_key_must_match),
        cmocka_unit_test(missing_staple_is_refused),
        cmocka_unit_test(staple_is_verified),
        cmocka_unit_test(client_certificate_is_shown),
        cmocka_unit_test(bad_client_certificate_is_named),
        cmocka_unit_test(missing_client_certificate_is_told),
        cmocka_unit_test(bad_list_is_refused),
        cmocka_unit_test(chosen_algorithms_are_used),
        cmocka_unit_test(version_that_is_too_low_is_refused),
        cmocka_unit_test(peer_without_tls_is_told),
        cmocka_unit_test(silent_peer_ends_at_the_deadline),
        cmocka_unit_test(cancel_ends_a_handshake),
        cmocka_unit_test(ticket_is_used_once_by_whom_it_was_given),
        cmocka_unit_test(session_of_tls12_is_used_again),
        cmocka_unit_test(store_is_bounded),
        cmocka_unit_test(ticket_that_left_the_process_is_good_after_its_return),
        cmocka_unit_test(export_ends_where_the_program_says_so_and_leaves_certificates_out),
        cmocka_unit_test(bytes_that_are_no_ticket_are_refused),
        cmocka_unit_test(old_session_is_not_offered),
        cmocka_unit_test(idle_connection_takes_tickets_and_nothing_else),
        cmocka_unit_test(context_hook_changes_its_own_connection_only),
        cmocka_unit_test(certificates_are_described),
        cmocka_unit_test(every_failed_allocation_is_told),
        cmocka_unit_test(stores_are_shared_by_threads),
        cmocka_unit_test(secrets_are_logged_where_asked),
    };

    int failed = cmocka_run_group_tests_name("here", tests, make_world, end_world);

    handshakes_away = true;
    return failed + cmocka_run_group_tests_name("away", tests, make_world, end_world);
}
