/* SPDX-License-Identifier: MIT */
/* A challenge of any bytes is refused or can be answered. */
#include "fuzz.h"

#include "wire/ntlm.h"

const char *const fuzz_seeds[] = {
    "NTLMSSP",
    NULL,
};

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    char message[256] = "NTLMSSP\0\2";
    const struct ntlm_answer a = {
        .user = STR("d\\u"), .password = STR("p"), .workstation = STR("w")};
    scoped(ntlm_challenge) c = {0};
    scoped(buf) answer = {0};

    /* As it is, and behind a good beginning. */
    (void)ntlm_read_challenge((struct str){(const char *)bytes, len}, &c);
    len = len > sizeof(message) - 12 ? sizeof(message) - 12 : len;
    if (len)
        memcpy(message + 12, bytes, len);
    if (!ntlm_read_challenge((struct str){message, 12 + len}, &c))
        return 0;
    assert(c.target_info.len <= len);
    assert(ntlm_write_answer(&c, &a, &answer) == NTLM_OK);
    assert(answer.len >= 64 + 24 + 24 && !memcmp(answer.bytes, "NTLMSSP\0\3", 9));
    return 0;
}
