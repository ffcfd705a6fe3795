/* SPDX-License-Identifier: MIT */
/* See page.h. */
#include "out/page.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "out/file.h"
#include "page_html.h"

static const char marker[] = "@DATA@";

/* A script ends at "</", wherever that stands in it. */
static int write_part(const char *bytes, size_t len, void *userdata)
{
    FILE *file = userdata;

    for (size_t i = 0; i < len; i++) {
        if (bytes[i] == '<') {
            fputs("\\u003c", file);
        } else {
            fputc(bytes[i], file);
        }
    }
    return ferror(file) ? -1 : 0;
}

static bool write_data(FILE *file, const json_t *runs, const json_t *comparison)
{
    json_t *data = json_object();

    /* NOLINTNEXTLINE: jansson counts references in what it is given */
    bool works =
        json_object_set_new(data, "runs", json_deep_copy(runs)) == 0 &&
        (comparison == NULL ||
         json_object_set_new(data, "comparison", json_deep_copy(comparison)) == 0) &&
        json_dump_callback(data, write_part, file, JSON_COMPACT | JSON_REAL_PRECISION(12)) == 0;
    json_decref(data);
    return works;
}

bool page_write(const json_t *runs, const json_t *comparison, const char *path)
{
    const char *whole = (const char *)page_html;
    const char *place = memmem(whole, sizeof(page_html), marker, sizeof(marker) - 1);
    struct whole_file out;

    if (place == NULL) {
        errno = EINVAL;
        return false;
    }
    if (!whole_file_open(&out, path)) {
        return false;
    }
    const char *rest = place + sizeof(marker) - 1;
    fwrite(whole, 1, (size_t)(place - whole), out.file);
    bool works = write_data(out.file, runs, comparison);
    fwrite(rest, 1, (size_t)(whole + sizeof(page_html) - rest), out.file);
    return whole_file_close(&out, works);
}
