/* SPDX-License-Identifier: MIT */
#include "wire/ftp_list.h"

#include "wire_test.h"

static struct ftp_list_entry entry_of(const char *line)
{
    struct ftp_list_entry e;

    assert_int_equal(ftp_list_parse(str_of(line), &e), FTP_LIST_ENTRY);
    return e;
}

static void unix_line_tells_all(void **state)
{
    struct ftp_list_entry e =
        entry_of("-rw-r--r--   2 some-user users        35 Apr 27  5:12 file.txt");

    (void)state;
    assert_int_equal(e.type, FTP_LIST_FILE);
    assert_str(e.name, "file.txt");
    assert_str(e.time, "Apr 27  5:12");
    assert_str(e.permissions, "rw-r--r--");
    assert_str(e.user, "some-user");
    assert_str(e.group, "users");
    assert_str(e.target, "");
    assert_int_equal(e.mode, 0644);
    assert_int_equal(e.size, 35);
    assert_int_equal(e.links, 2);
}

static void first_letter_is_the_type(void **state)
{
    static const struct {
        const char *line;
        enum ftp_list_type type;
    } lines[] = {
        {"drwxrwxrwx 5 u g 4096 Apr 27  2010 d",        FTP_LIST_DIRECTORY       },
        {"prw------- 1 u g 0 Apr 27 10:00 p",           FTP_LIST_PIPE            },
        {"srw------- 1 u g 0 Apr 27 10:00 s",           FTP_LIST_SOCKET          },
        {"brw-rw---- 1 u g 8, 1 Apr 27 10:00 sda1",     FTP_LIST_BLOCK_DEVICE    },
        {"crw-rw-rw- 1 u g 1, 3 2010-04-27 05:12 null", FTP_LIST_CHARACTER_DEVICE},
        {"Drw-rw-rw- 1 u g 0 Apr 27 10:00 door",        FTP_LIST_DOOR            },
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(lines); i++)
        assert_int_equal(entry_of(lines[i].line).type, lines[i].type);
    assert_int_equal(entry_of(lines[3].line).size, 0);
    assert_str(entry_of(lines[4].line).time, "2010-04-27 05:12");
}

static void link_has_a_target(void **state)
{
    struct ftp_list_entry e = entry_of("lrwxrwxrwx 1 u g 0 Jan  6  4:45 a b -> /data/x -> y");

    (void)state;
    assert_int_equal(e.type, FTP_LIST_LINK);
    assert_str(e.name, "a b");
    assert_str(e.target, "/data/x -> y");
}

static void letters_of_set_id_and_sticky_are_read(void **state)
{
    (void)state;
    assert_int_equal(entry_of("d--S--S--t 1 u g 0 May  4  4:31 x").mode, 07001);
    assert_int_equal(entry_of("d--s--s--T 1 u g 0 May  4  4:31 x").mode, 07110);
    assert_int_equal(entry_of("drwxrwxrwt+ 1 u g 0 May  4  4:31 x").mode, 01777);
    assert_int_equal(entry_of("drwxr-xrwx. 1 u g 0 May  4  4:31 x").mode, 0757);
}

static void names_keep_their_spaces(void **state)
{
    (void)state;
    assert_str(entry_of("-rw-r--r-- 1 u g 1 Apr 27 05:12  two  words ").name, " two  words ");
    assert_str(entry_of("04-27-10  05:12AM   1 two  words ").name, "two  words ");
}

static void windows_line_tells_some(void **state)
{
    struct ftp_list_entry e = entry_of("01-11-10  10:00AM                   38 chmod1");

    (void)state;
    assert_int_equal(e.type, FTP_LIST_FILE);
    assert_str(e.name, "chmod1");
    assert_str(e.time, "01-11-10  10:00AM");
    assert_int_equal(e.size, 38);
    assert_int_equal(e.links, -1);
    assert_int_equal(e.permissions.len, 0);
    e = entry_of("04-27-10  05:12AM       <DIR>          .NeXT dir");
    assert_int_equal(e.type, FTP_LIST_DIRECTORY);
    assert_str(e.name, ".NeXT dir");
    assert_int_equal(e.size, 0);
}

static void lines_that_are_no_entries_are_nothing(void **state)
{
    struct ftp_list_entry e;

    (void)state;
    assert_int_equal(ftp_list_parse(STR(""), &e), FTP_LIST_NOTHING);
    assert_int_equal(ftp_list_parse(STR("total 12"), &e), FTP_LIST_NOTHING);
}

static void lines_that_cannot_be_read_are_bad(void **state)
{
    static const char *const bad[] = {
        "x",
        "-rw-r--r--",
        "?rw-r--r-- 1 u g 1 Apr 27 05:12 a",
        "-rw-r-q-r-- 1 u g 1 Apr 27 05:12 a",
        "-rw-r--r-- x u g 1 Apr 27 05:12 a",
        "-rw-r--r-- 1 u g x Apr 27 05:12 a",
        "-rw-r--r-- 1 u g 1 Apr 27",
        "-rw-r--r-- 1 u g 1 Apr 27 05:12",
        "-rw-r--r-- 1 u g 1 Apr 27 05:12 ",
        "-rw-r--r-- 1 u g 1 Apr 27 05:12 a/b",
        "-rw-r--r-- 1 u g 1 Apr 27 05:12 ../../etc",
        "-rw-r--r-- 1 u g 1 Apr 27 05:12 a\rb",
        "-rw-r--r-- 1 u g 99999999999999999999 Apr 27 05:12 a",
        "lrwxrwxrwx 1 u g 0 Jan  6  4:45 link",
        "lrwxrwxrwx 1 u g 0 Jan  6  4:45  -> x",
        "lrwxrwxrwx 1 u g 0 Jan  6  4:45 x -> ",
        "04-27-10",
        "04-27-10  05:12AM",
        "04-27-10  05:12AM 12",
        "04-27-10  05:12AM 12x name",
        "04-27-10  05:12AM <DIR>",
        "04-27-10  05:12AM 1 ..\\/x",
    };
    struct ftp_list_entry e;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        assert_int_equal(ftp_list_parse(str_of(bad[i]), &e), FTP_LIST_BAD);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(unix_line_tells_all),
        cmocka_unit_test(first_letter_is_the_type),
        cmocka_unit_test(link_has_a_target),
        cmocka_unit_test(letters_of_set_id_and_sticky_are_read),
        cmocka_unit_test(names_keep_their_spaces),
        cmocka_unit_test(windows_line_tells_some),
        cmocka_unit_test(lines_that_are_no_entries_are_nothing),
        cmocka_unit_test(lines_that_cannot_be_read_are_bad),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
