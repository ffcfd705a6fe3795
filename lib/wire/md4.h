/* SPDX-License-Identifier: MIT */
/* MD4 (RFC 1320). Broken as a hash; NTLM is made of it, and OpenSSL 3 has it only where its legacy
 * provider is installed and loaded. */
#ifndef WIRE_MD4_H
#define WIRE_MD4_H

#include <stddef.h>

void md4(const void *bytes, size_t len, unsigned char ret_sum[16]);

#endif
