/* SPDX-License-Identifier: MIT */
/* A file of any bytes gives an outcome; a login is given only when one was found, and the wanted
 * user's only. */
#include "fuzz.h"

#include "wire/netrc.h"

const char *const fuzz_seeds[] = {
    "machine h login u password p\nmachine h login v password \"q \\n\"\n",
    "macdef m\n x\n\ndefault login u # comment\npassword p",
    "machine h password p\nmachine h\nlogin u\n",
    NULL,
};

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct str file = {(const char *)bytes, len};
    scoped(netrc_login) any = {0}, ours = {0};
    enum netrc_outcome a = netrc_find(file, STR("h"), (struct str){NULL, 0}, &any);
    enum netrc_outcome o = netrc_find(file, STR("h"), STR("u"), &ours);

    assert(a == NETRC_FOUND || !(any.user.len + any.password.len));
    assert(o == NETRC_FOUND || !(ours.user.len + ours.password.len));
    assert(!ours.user.len || !strcmp(ours.user.bytes, "u"));
    assert(any.user.len + any.password.len <= len);
    return 0;
}
