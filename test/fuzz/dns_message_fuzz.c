/* SPDX-License-Identifier: MIT */
/* An answer is read within its bytes, and what it gives is within bounds. */
#include "fuzz.h"

#include "base/mem.h"
#include "wire/dns_message.h"

#include <string.h>

/* A '~' stands for a zero byte, which a seed cannot have. */
const char *const fuzz_seeds[] = {
    "~~\x81\x80~\1~\2~~~~\3foo\7example\3com~~\1~\1\xc0\x0c~\5~\1~~~\x20~\2\xc0\x0c\xc0\x0c~\1~\1"
    "~~~\x37~\4\x7f~~\1",
    "~~\x81\x80~~~\1~~~~\1x~~\x1c~\1~\2~~~\x10"
    "0123456789abcdef",
    "~~\x81\x83~\1~~~~~~\1a~~\1~\1",
    "foo.example.com",
    NULL,
};

static void read_as(struct str message, enum dns_type type)
{
    struct dns_reply reply;
    enum dns_outcome outcome = dns_reply_read(message, type, &reply);

    assert(reply.count <= DNS_ADDRESSES_MAX && reply.ttl_s <= 24 * 3600);
    assert((outcome == DNS_ADDRESSES) <= (reply.count > 0));
}

static void ask_for(struct str name)
{
    scoped(buf) query = {0};
    struct dns_reply reply;

    if (dns_query_write(&query, name, DNS_TYPE_A))
        return;
    assert(query.len <= 12 + 255 + 4);
    assert(dns_reply_read((struct str){query.bytes, query.len}, DNS_TYPE_A, &reply) ==
           DNS_NO_ADDRESS);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    char *copy = mem_memdup0(bytes, len); /* so that reading beyond it shows */

    if (!copy)
        return 0;
    for (size_t i = 0; i < len; i++)
        copy[i] = bytes[i] == '~' ? 0 : copy[i];
    read_as((struct str){copy, len}, DNS_TYPE_A);
    read_as((struct str){copy, len}, DNS_TYPE_AAAA);
    ask_for((struct str){copy, len});
    mem_free(copy);
    return 0;
}
