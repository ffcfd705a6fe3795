/* SPDX-License-Identifier: MIT */
/* A packet's slices are inside it; options that are taken are within bounds; a request is no longer
 * than it may be. */
#include "fuzz.h"

#include "wire/tftp.h"

#include <string.h>

const char *const fuzz_seeds[] = {
    "\1\3\1\1text",
    "\1\6tsize\00012\0blksize\0001024",
    "\1\5\1\2not here",
    NULL,
};

static void read_packet(struct str bytes)
{
    struct tftp_packet p;
    struct tftp_answer answer;

    if (!tftp_read(bytes, &p))
        return;
    assert(p.opcode >= TFTP_DATA && p.opcode <= TFTP_OACK && p.number <= 0xffff);
    assert(p.data.at >= bytes.at && p.data.at + p.data.len <= bytes.at + bytes.len);
    if (!tftp_read_options(p.data, 1024, &answer)) {
        assert(!answer.block || (answer.block >= TFTP_BLOCK_MIN && answer.block <= 1024));
        assert(answer.size >= -1);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    static char copy[4096];
    struct str text = {(const char *)bytes, len};
    struct tftp_request request = {TFTP_RRQ, text, false, true, 0, 512, 6};
    scoped(buf) out = {0};
    bool netascii = false;

    len = len < sizeof(copy) ? len : sizeof(copy);
    memcpy(copy, bytes, len);
    if (len)
        copy[0] = 0; /* as each packet has it */
    read_packet((struct str){copy, len});
    if (tftp_append_request(&out, &request))
        assert(out.len <= TFTP_REQUEST_MAX);
    assert(tftp_cut_mode(text, &netascii).len <= text.len);
    return 0;
}
