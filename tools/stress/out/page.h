/* SPDX-License-Identifier: MIT */
/* One HTML file with plots that needs nothing else: no network, no other file. What draws is in
 * page.html, which the build puts into the program. */
#ifndef STRESS_PAGE_H
#define STRESS_PAGE_H

#include <stdbool.h>

#include <jansson.h>

/* Writes the page of `runs` (each made by json_for_page) and of a comparison (cli/compare), which
 * may be NULL. Whole or not at all; "-" is stdout. False with errno set. */
bool page_write(const json_t *runs, const json_t *comparison, const char *path);

#endif
