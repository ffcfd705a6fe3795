/* SPDX-License-Identifier: MIT */
/* Built without GSS-API: it is not offered. */
#include "net/socks_state.h"

bool socks_has_gss(void)
{
    return false;
}

CURLcode socks_log_in_gss(struct socks *s)
{
    return FAIL(s, CURLPX_GSSAPI_PERMSG, "SOCKS5 GSSAPI is not built in.");
}
