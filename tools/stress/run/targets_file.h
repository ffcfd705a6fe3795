/* SPDX-License-Identifier: MIT */
/*
 * A file of requests. Each is a block; an empty line ends it, '#' begins a comment line:
 *
 *   POST http://127.0.0.1:8080/orders  weight=3 size=20
 *   Content-Type: application/json
 *   X-Client: 7
 *   <order.json
 *
 * After the line with the method, the URL and attributes come headers, and then at most one body: a
 * line that begins with '<' names a file (which is read as it is sent), with '=' is the text
 * itself, with '*' is a size, whose bytes are made as they are sent.
 */
#ifndef STRESS_TARGETS_FILE_H
#define STRESS_TARGETS_FILE_H

#include <stdbool.h>

#include "run/target.h"

/* Reads the file ("-": stdin) and adds its requests. False: `error` says which line is wrong. */
bool targets_file_read(struct target_list *list, const char *path, char error[TARGET_ERROR_MAX]);

/* The same from lines in memory, for tests. `name` is for the error; names of bodies' files are
 * taken from the folder of `name`. */
bool targets_file_parse(struct target_list *list, const char *name, char *text,
                        char error[TARGET_ERROR_MAX]);

/* Adds what the command line says about every request. False when there is no memory. */
bool targets_file_dress(struct target *target, const struct options *options);

#endif
