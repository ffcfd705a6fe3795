/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

#include "api/file_lines.h"

static char folder[64];

static const char *path_of(const char *name)
{
    static char paths[2][128];
    static int next;

    next = !next;
    snprintf(paths[next], sizeof(paths[next]), "%s/%s", folder, name);
    return paths[next];
}

static void put(const char *name, struct str text)
{
    assert_int_equal(file_replace(path_of(name), false, text), CURLE_OK);
}

static CURLcode take(void *argument, struct str line)
{
    struct buf *all = argument;

    buf_append_char(all, '[');
    buf_append(all, line.at, line.len);
    buf_append_char(all, ']');
    return line.len && line.at[0] == '!' ? CURLE_WRITE_ERROR : CURLE_OK;
}

static void reads(struct str text, const char *expected, CURLcode code)
{
    scoped(buf) all = {0};

    put("lines", text);
    assert_int_equal(file_lines_read(path_of("lines"), false, 5, take, &all), code);
    assert_string_equal(buf_text(&all), expected);
}

static void lines_come_without_their_ends_and_long_ones_not_at_all(void **state)
{
    (void)state;
    reads(STR("one\ntwo\r\n\nfour"), "[one][two][][four]", CURLE_OK);
    reads(STR(""), "", CURLE_OK);
    reads(STR("12345\n123456789\n12345\r\nx"), "[12345][12345][x]", CURLE_OK);
    reads(STR("a\0b\n"), "[a", CURLE_OK);
    reads(STR("a\n!\nb\n"), "[a][!]", CURLE_WRITE_ERROR);
    unlink(path_of("lines"));
}

static void line_over_several_reads_is_whole(void **state)
{
    scoped(buf) text = {0}, all = {0};

    (void)state;
    for (int i = 0; i < 5000; i++)
        buf_append_char(&text, 'x');
    put("lines", (struct str){text.bytes, text.len});
    assert_int_equal(file_lines_read(path_of("lines"), false, 5000, take, &all), CURLE_OK);
    assert_int_equal(all.len, 5002);
    buf_clear(&all);
    assert_int_equal(file_lines_read(path_of("lines"), false, 4000, take, &all), CURLE_OK);
    assert_int_equal(all.len, 0);
    unlink(path_of("lines"));
}

static void what_is_no_file_cannot_be_read(void **state)
{
    scoped(buf) all = {0};

    (void)state;
    assert_int_equal(file_lines_read(path_of("none"), true, 5, take, &all), CURLE_READ_ERROR);
    assert_int_equal(file_lines_read(folder, true, 5, take, &all), CURLE_READ_ERROR);
}

static unsigned mode_of(const char *name)
{
    struct stat status;

    assert_int_equal(lstat(path_of(name), &status), 0);
    return status.st_mode & (S_IFMT | 0777);
}

static void file_keeps_its_mode_and_a_link_stays_one(void **state)
{
    (void)state;
    put("new", STR("a"));
    assert_int_equal(chmod(path_of("new"), 0640), 0);
    put("new", STR("b"));
    assert_int_equal(mode_of("new"), S_IFREG | 0640);
    assert_int_equal(symlink("new", path_of("link")), 0);
    put("link", STR("c\n"));
    assert_int_equal(mode_of("link") & S_IFMT, S_IFLNK);
    reads(STR("c\n"), "[c]", CURLE_OK);
    unlink(path_of("lines"));
    unlink(path_of("link"));
    unlink(path_of("new"));
}

/* Whoever has the old file open goes on with it. */
static void file_is_replaced_not_written_into(void **state)
{
    char text[8] = "";
    FILE *old;

    (void)state;
    put("file", STR("old"));
    old = fopen(path_of("file"), "r");
    put("file", STR("new"));
    assert_int_equal(fread(text, 1, 7, old), 3);
    assert_string_equal(text, "old");
    fclose(old);
    unlink(path_of("file"));
}

static void file_that_cannot_be_written_leaves_nothing_behind(void **state)
{
    (void)state;
    assert_int_equal(file_replace(path_of("no/where"), false, STR("x")), CURLE_WRITE_ERROR);
    assert_int_equal(file_replace(folder, false, STR("x")), CURLE_WRITE_ERROR);
}

static int make_folder(void **state)
{
    (void)state;
    snprintf(folder, sizeof(folder), "%s/file_lines.XXXXXX", P_tmpdir);
    return mkdtemp(folder) ? 0 : -1;
}

/* It must be empty: no spare file was left. */
static int remove_folder(void **state)
{
    (void)state;
    return rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_come_without_their_ends_and_long_ones_not_at_all),
        cmocka_unit_test(line_over_several_reads_is_whole),
        cmocka_unit_test(what_is_no_file_cannot_be_read),
        cmocka_unit_test(file_keeps_its_mode_and_a_link_stays_one),
        cmocka_unit_test(file_is_replaced_not_written_into),
        cmocka_unit_test(file_that_cannot_be_written_leaves_nothing_behind),
    };

    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
