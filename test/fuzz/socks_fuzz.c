/* SPDX-License-Identifier: MIT */
/* A reply's length is known from its start, and within bounds; a request has the length that its
 * texts say. */
#include "fuzz.h"

#include "wire/socks.h"

#include <string.h>

const char *const fuzz_seeds[] = {
    "\5\1\2\3name",
    "\5user:a long password",
    NULL,
};

static void read_replies(const unsigned char *bytes)
{
    unsigned method, offered = bytes[2];
    size_t len;

    if (socks5_read_reply(bytes, &len) == CURLPX_OK)
        assert(len >= SOCKS5_REPLY_START && len <= SOCKS5_REPLY_MAX);
    if (socks5_read_greeting(bytes, offered, &method) == CURLPX_OK)
        assert((method & offered) && (method & (method - 1)) == 0);
    if (socks_gss_read_head(bytes, SOCKS_GSS_DATA, &len) == CURLPX_OK)
        assert(len <= SOCKS_GSS_MAX && !socks_gss_is_abort(bytes));
    (void)socks5_read_login(bytes);
    (void)socks4_read_reply(bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct str text = {(const char *)bytes, len};
    struct socks_target target = {SOCKS_NAME, text, 80};
    unsigned char reply[SOCKS4_REPLY] = {5};
    scoped(buf) four = {0}, five = {0}, login = {0}, message = {0};
    size_t said;

    memcpy(reply, bytes, len < sizeof(reply) ? len : sizeof(reply));
    read_replies(reply);
    if (socks4_request(&target, text, &four) == CURLPX_OK)
        assert(four.len == 8 + 2 * (len + 1) && !memchr(bytes, 0, len));
    if (socks5_request(&target, &five) == CURLPX_OK)
        assert(five.len == 7 + len && len <= SOCKS_TEXT_MAX);
    if (socks5_login(text, text, &login) == CURLPX_OK)
        assert(login.len == 3 + 2 * len);
    if (socks_gss_message(SOCKS_GSS_LEVEL, text, &message) == CURLPX_OK) {
        assert(message.len == SOCKS_GSS_HEAD + len);
        assert(socks_gss_read_head((const unsigned char *)message.bytes, SOCKS_GSS_LEVEL, &said) ==
                   CURLPX_OK &&
               said == len);
    }
    return 0;
}
