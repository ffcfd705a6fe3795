/* SPDX-License-Identifier: MIT */
/* What a library that is built for being examined (meson's test_hooks, never installed) takes from
 * the environment: variables of libcurl's debug builds. In all others nothing is ever set. */
#ifndef BASE_TEST_HOOKS_H
#define BASE_TEST_HOOKS_H

/* The variable's text, or NULL. */
const char *test_hook(const char *name);

#endif
