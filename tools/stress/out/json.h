/* SPDX-License-Identifier: MIT */
/*
 * Results as JSON. A document is {"schema": "curlpool-stress/1", "runs": [...]}; docs/stress.md
 * describes it. Fields may be added under one number; it changes when one goes or means another
 * thing. Histograms are in it whole (out/hdr), so that results can be read back and joined exactly.
 */
#ifndef STRESS_JSON_H
#define STRESS_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include <jansson.h>

#include "out/result.h"

enum {
    JSON_ERROR_MAX = 256,
};

/* A document without runs. NULL: no memory. The caller drops it. */
json_t *json_document(void);

/* Adds a run. False: no memory. */
bool json_add(json_t *document, const struct result *result);

/* The percentiles that are shown, and their names ("p99.9"). */
extern const double json_percents[];
extern const char *const json_percent_names[];
extern const size_t json_percent_count;

/* Writes a document, whole or not at all: into a file beside it, which then takes its name. "-" is
 * stdout. False with errno set. */
bool json_write(const json_t *document, const char *path);

/*
 * Reads a document's runs into `results`, which the caller releases one by one. Returns how many;
 * -1: `error` says what is wrong with it, and there are none.
 */
int json_read(const char *path, struct result *results, size_t max, char error[JSON_ERROR_MAX]);

/* For the page: the run without its histograms, with curves and bars made of them and the seconds
 * of long runs put together. NULL: no memory. */
json_t *json_for_page(const struct result *result);

#endif
