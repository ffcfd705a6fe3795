/* SPDX-License-Identifier: MIT */
#include "wire/ftp_path.h"

#include "wire/ftp_port.h"
#include "wire_test.h"

#include <string.h>

static void splits(const char *path, const char *directory, const char *file, char type)
{
    struct ftp_path p = {0};

    assert_int_equal(ftp_path_parse(&p, str_of(path)), FTP_PATH_FINE);
    assert_str(p.directory, directory);
    assert_str(p.file, file);
    assert_int_equal(p.type, type);
    ftp_path_release(&p);
}

static void path_is_a_directory_and_a_file(void **state)
{
    (void)state;
    splits("/file", "", "file", 0);
    splits("/a/b/file", "a/b", "file", 0);
    splits("/a/b/", "a/b", "", 0);
    splits("/", "", "", 0);
    splits("", "", "", 0);
}

static void second_slash_is_the_root(void **state)
{
    (void)state;
    splits("//", "/", "", 0);
    splits("//file", "/", "file", 0);
    splits("//a/file", "/a", "file", 0);
    splits("/%2ftmp/file", "/tmp", "file", 0);
}

static void escapes_are_decoded_once(void **state)
{
    (void)state;
    splits("/with%20space/%2e%2ex", "with space", "..x", 0);
    splits("/a%2fb", "a", "b", 0);
    splits("/a%2541", "", "a%41", 0);
}

static void type_is_cut_off(void **state)
{
    (void)state;
    splits("/f;type=a", "", "f", 'A');
    splits("/f;TYPE=I", "", "f", 'I');
    splits("/d/;type=D", "d", "", 'D');
    splits("/f;type=x", "", "f;type=x", 0);
    splits("/f;type=", "", "f;type=", 0);
    splits("/f;type=ii", "", "f;type=ii", 0);
    splits(";type=a", "", "", 'A');
}

static void control_bytes_are_refused(void **state)
{
    static const char *const bad[] = {"/a%00b", "/a%0d", "/%0aDELE%20x", "/a%1f/b", "/%7f"};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        struct ftp_path p = {0};
        assert_int_equal(ftp_path_parse(&p, str_of(bad[i])), FTP_PATH_CONTROL);
        ftp_path_release(&p);
    }
}

static void parts_are_between_slashes(void **state)
{
    struct str rest = STR("/a//bc/d"), part;

    (void)state;
    assert_true(ftp_path_next(&rest, &part));
    assert_str(part, "a");
    assert_true(ftp_path_next(&rest, &part));
    assert_str(part, "bc");
    assert_true(ftp_path_next(&rest, &part));
    assert_str(part, "d");
    assert_false(ftp_path_next(&rest, &part));
    rest = STR("/");
    assert_false(ftp_path_next(&rest, &part));
}

static void means(const char *text, const char *host, int first, int last)
{
    struct ftp_port p = ftp_port_parse(text);

    assert_str(p.host, host);
    assert_int_equal(p.first, first);
    assert_int_equal(p.last, last);
}

static void port_option_is_a_host_and_ports(void **state)
{
    (void)state;
    means("-", "-", 0, 0);
    means("eth0", "eth0", 0, 0);
    means("eth0:0", "eth0", 0, 0);
    means("192.0.2.1:32000-33000", "192.0.2.1", 32000, 33000);
    means("host.example:32123", "host.example", 32123, 32123);
    means("[::1]:1234-4567", "::1", 1234, 4567);
    means("[::1]", "::1", 0, 0);
    means("::1", "::1", 0, 0);
    means("2001:db8::1", "2001:db8::1", 0, 0);
    means(":5000", "", 5000, 5000);
}

static void ports_that_are_none_are_left_out(void **state)
{
    (void)state;
    means("h:", "h", 0, 0);
    means("h:x", "h", 0, 0);
    means("h:70000", "h", 0, 0);
    means("h:12x", "h", 0, 0);
    means("[::1", "[::1", 0, 0);
    means("h:20-10", "h", 20, 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(path_is_a_directory_and_a_file),
        cmocka_unit_test(second_slash_is_the_root),
        cmocka_unit_test(escapes_are_decoded_once),
        cmocka_unit_test(type_is_cut_off),
        cmocka_unit_test(control_bytes_are_refused),
        cmocka_unit_test(parts_are_between_slashes),
        cmocka_unit_test(port_option_is_a_host_and_ports),
        cmocka_unit_test(ports_that_are_none_are_left_out),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
