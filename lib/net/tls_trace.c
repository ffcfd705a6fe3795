/* SPDX-License-Identifier: MIT */
/* What a handshake says, for CURLOPT_DEBUGFUNCTION: a line for each message ("TLSv1.3 (OUT), TLS
 * handshake, Client hello (1):"), and the bytes of each message and of each record's head. */
#include "net/tls_state.h"

#include <stdint.h>

struct name {
    int number;
    const char *text;
};

static const char *find_name(const struct name *names, size_t count, int number)
{
    for (size_t i = 0; i < count; i++) {
        if (names[i].number == number)
            return names[i].text;
    }
    return "Unknown";
}

#define NAME_OF(names, number) find_name(names, sizeof(names) / sizeof((names)[0]), number)

/* RFC 8446 B.3, RFC 5246 7.4. */
static const struct name handshakes[] = {
    {SSL3_MT_HELLO_REQUEST,        "Hello request"       },
    {SSL3_MT_CLIENT_HELLO,         "Client hello"        },
    {SSL3_MT_SERVER_HELLO,         "Server hello"        },
    {SSL3_MT_NEWSESSION_TICKET,    "Newsession Ticket"   },
    {SSL3_MT_END_OF_EARLY_DATA,    "End of early data"   },
    {SSL3_MT_ENCRYPTED_EXTENSIONS, "Encrypted Extensions"},
    {SSL3_MT_CERTIFICATE,          "Certificate"         },
    {SSL3_MT_SERVER_KEY_EXCHANGE,  "Server key exchange" },
    {SSL3_MT_CERTIFICATE_REQUEST,  "Request CERT"        },
    {SSL3_MT_SERVER_DONE,          "Server finished"     },
    {SSL3_MT_CERTIFICATE_VERIFY,   "CERT verify"         },
    {SSL3_MT_CLIENT_KEY_EXCHANGE,  "Client key exchange" },
    {SSL3_MT_FINISHED,             "Finished"            },
    {SSL3_MT_CERTIFICATE_STATUS,   "Certificate Status"  },
    {SSL3_MT_SUPPLEMENTAL_DATA,    "Supplemental data"   },
    {SSL3_MT_KEY_UPDATE,           "Key update"          },
    {SSL3_MT_MESSAGE_HASH,         "Message hash"        },
};

static const struct name records[] = {
    {SSL3_RT_CHANGE_CIPHER_SPEC, "TLS change cipher"},
    {SSL3_RT_ALERT,              "TLS alert"        },
    {SSL3_RT_HANDSHAKE,          "TLS handshake"    },
    {SSL3_RT_APPLICATION_DATA,   "TLS app data"     },
};

static const struct name versions[] = {
    {TLS1_VERSION,   "TLSv1.0"},
    {TLS1_1_VERSION, "TLSv1.1"},
    {TLS1_2_VERSION, "TLSv1.2"},
    {TLS1_3_VERSION, "TLSv1.3"},
};

static void log_message(const struct net_hooks *hooks, bool out, int version, int record,
                        const unsigned char *bytes, size_t len)
{
    int number = bytes[0];
    const char *text;

    if (record == SSL3_RT_CHANGE_CIPHER_SPEC) {
        text = "Change cipher spec";
    } else if (record == SSL3_RT_ALERT) {
        number = len > 1 ? bytes[0] << 8 | bytes[1] : number;
        text = SSL_alert_desc_string_long(number);
    } else {
        text = NAME_OF(handshakes, number);
    }
    TLS_LOG(hooks, "%s (%s), %s, %s (%d):", NAME_OF(versions, version), out ? "OUT" : "IN",
            NAME_OF(records, record), text, number);
}

static void on_message(int out, int version, int record, const void *bytes, size_t len, SSL *ssl,
                       void *owner)
{
    const struct net_hooks *hooks = owner;

    (void)ssl;
    if (!len)
        return;
    if (record != SSL3_RT_HEADER && record != SSL3_RT_INNER_CONTENT_TYPE)
        log_message(hooks, out, version, record, bytes, len);
    hooks->tls_data(hooks->owner, out, bytes, len);
}

void tls_trace_begin(SSL *ssl, const struct net_hooks *hooks)
{
    if (!hooks->tls_data || !hooks->log)
        return;
    SSL_set_msg_callback(ssl, on_message);
    SSL_set_msg_callback_arg(ssl, (void *)(uintptr_t)hooks);
}

void tls_trace_end(SSL *ssl)
{
    SSL_set_msg_callback(ssl, NULL);
    SSL_set_msg_callback_arg(ssl, NULL);
}
