/* SPDX-License-Identifier: MIT */
/* An entry of a list is made of slices of its line, and its name is good for a file; a pattern and
 * a name end in time, and a name without anything special matches itself. */
#include "fuzz.h"

#include "wire/ftp_list.h"
#include "wire/ftp_match.h"

#include <stdlib.h>
#include <string.h>

const char *const fuzz_seeds[] = {
    "drwxr-sr-T+  5 user group  4096 Apr 27  5:12 name",
    "lrwxrwxrwx 1 u g 0 Jan  6  4:45 a -> b",
    "brw-rw---- 1 u g 8, 1 2010-04-27 10:00 sda1",
    "04-27-10  05:12AM       <DIR>          .NeXT",
    "01-11-10  10:00AM                   38 chmod1",
    "*[^a-z[:upper:]\\]]?x*",
    NULL,
};

static void is_slice(struct str part, struct str whole)
{
    assert(!part.len || (part.at >= whole.at && part.at + part.len <= whole.at + whole.len));
}

static void read_line(struct str line)
{
    struct ftp_list_entry e;

    if (ftp_list_parse(line, &e) != FTP_LIST_ENTRY)
        return;
    is_slice(e.name, line);
    is_slice(e.time, line);
    is_slice(e.permissions, line);
    is_slice(e.user, line);
    is_slice(e.group, line);
    is_slice(e.target, line);
    assert(e.name.len && !memchr(e.name.at, '/', e.name.len) && !memchr(e.name.at, 0, e.name.len));
    assert(e.mode <= 07777 && e.size >= -1);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    char *text = malloc(len + 1);
    size_t half;

    assert(text);
    read_line((struct str){(const char *)bytes, len});
    memcpy(text, bytes, len);
    text[len] = '\0';
    half = strlen(text) / 2;
    (void)ftp_match(text + half, text);
    (void)ftp_match(text, text + half);
    assert(ftp_match("*", text));
    if (!strpbrk(text, "*?[\\"))
        assert(ftp_match(text, text));
    free(text);
    return 0;
}
