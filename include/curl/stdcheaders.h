/* SPDX-License-Identifier: MIT */
/* The standard functions that the default callbacks are: fread and fwrite. */
#ifndef CURLINC_STDCHEADERS_H
#define CURLINC_STDCHEADERS_H

#include <stddef.h>
#include <stdio.h>

#endif
