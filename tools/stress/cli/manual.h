/* SPDX-License-Identifier: MIT */
/* What explains the program, made of the rows of its options: the help, the manual page and the
 * completion for bash. All go to stdout. */
#ifndef STRESS_MANUAL_H
#define STRESS_MANUAL_H

void manual_print_help(void);

/* In the language of man(7). */
void manual_print_page(void);

void manual_print_completion(void);

#endif
