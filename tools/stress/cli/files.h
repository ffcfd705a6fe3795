/* SPDX-License-Identifier: MIT */
/* The commands that work on files of earlier runs. */
#ifndef STRESS_FILES_H
#define STRESS_FILES_H

#include "cli/run.h"

/* Joins the JSON documents of several machines' runs, or HdrHistogram's logs: what stands at the
 * same place of each becomes one. */
enum exit_status files_merge(const struct options *options);

/* Draws the runs of JSON documents over one another in a page. */
enum exit_status files_draw(const struct options *options);

#endif
