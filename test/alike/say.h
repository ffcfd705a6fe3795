/* SPDX-License-Identifier: MIT */
/* What the programs of this folder print: a line an answer, `question TAB answer`, the same on any
 * libcurl that answers the same. alike.py compares the lines of two libraries. */
#ifndef TEST_ALIKE_SAY_H
#define TEST_ALIKE_SAY_H

#include <stdbool.h>
#include <stddef.h>

/* The question; a line starts with it. Line ends and what is not ASCII are written as \xNN, and a
 * long text by its length and its sum, so that a line is a line. */
void ask(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The answer, which ends the line. */
void answer(const char *format, ...) __attribute__((format(printf, 1, 2)));
void answer_text(const char *text);                /* NULL is (null) */
void answer_bytes(const char *bytes, size_t len);  /* NULL is (null) */
void answer_code_text(int code, const char *text); /* a text that goes with a code of 0 */

/* Asks in a child process, since the library may crash: then that is the last answer, and no more
 * comes of this part. */
void apart(const char *name, void (*part)(void));

/* The same in many children: part(0), part(1)... until `count`. */
void apart_each(const char *name, void (*part)(unsigned index), unsigned count);

/* The first line of a program: which library this is. */
void say_version(void);

/* A text of len times the byte, in memory that is never freed. */
char *long_text(size_t len, char byte);

/* A function that an old library lacks, or NULL. */
void *newer(const char *name);

#endif
