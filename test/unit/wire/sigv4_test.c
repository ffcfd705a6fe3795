/* SPDX-License-Identifier: MIT */
/* Amazon's documented example, and signatures that libcurl was seen to send. */
#include "wire/sigv4.h"

#include "wire_test.h"

static void signs(const struct sigv4_request *r, const char *expected)
{
    scoped(buf) lines = {0};

    assert_int_equal(sigv4_write(r, &lines), SIGV4_OK);
    assert_string_equal(buf_text(&lines), expected);
}

static struct curl_slist lines_of(const char *text, struct curl_slist *next)
{
    return (struct curl_slist){.data = (char *)(uintptr_t)text, .next = next};
}

static void documented_example_is_signed(void **state)
{
    struct curl_slist type =
        lines_of("Content-Type: application/x-www-form-urlencoded; charset=utf-8", NULL);

    (void)state;
    signs(
        &(struct sigv4_request){
            .parameters = STR("aws:amz:us-east-1:iam"),
            .user = STR("AKIDEXAMPLE"),
            .password = STR("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"),
            .method = STR("GET"),
            .hostname = STR("iam.amazonaws.com"),
            .host = STR("iam.amazonaws.com"),
            .path = STR("/"),
            .query = STR("Action=ListUsers&Version=2010-05-08"),
            .headers = &type,
            .time = 1440938160,
        },
        "Authorization: AWS4-HMAC-SHA256 "
        "Credential=AKIDEXAMPLE/20150830/us-east-1/iam/aws4_request, "
        "SignedHeaders=content-type;host;x-amz-date, "
        "Signature=5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7\r\n"
        "X-Amz-Date: 20150830T123600Z\r\n");
}

static void query_is_sorted_and_encoded_in_one_way(void **state)
{
    (void)state;
    signs(
        &(struct sigv4_request){
            .parameters = STR("aws:amz:us-east-2:es"),
            .user = STR("user"),
            .password = STR("secret"),
            .method = STR("GET"),
            .hostname = STR("fake.fake.fake"),
            .host = STR("fake.fake.fake:8000"),
            .path = STR("/439/"),
            .query = STR("name=me&noval&aim=b%aad&&&weirdo=*.//-"),
        },
        "Authorization: AWS4-HMAC-SHA256 Credential=user/19700101/us-east-2/es/aws4_request, "
        "SignedHeaders=host;x-amz-date, "
        "Signature=9dd8592929306832a6673d10063491391e486e5f50de4647ea7c2c797277e0a6\r\n"
        "X-Amz-Date: 19700101T000000Z\r\n");
}

static void names_are_taken_from_the_host_when_not_given(void **state)
{
    struct curl_slist mixed = lines_of("tesMixCase: MixCase", NULL);
    struct curl_slist space = lines_of("test_space: t\ts  m\t   end    ", &mixed);
    struct curl_slist blank = lines_of("test2;", &space);
    struct curl_slist removed = lines_of("test0:", &blank);
    struct curl_slist type = lines_of("Content-Type: application/json", &removed);
    struct curl_slist number = lines_of("test3: 1234", &type);

    (void)state;
    signs(
        &(struct sigv4_request){
            .parameters = STR("xxx"),
            .user = STR("xxx"),
            .method = STR("GET"),
            .hostname = STR("exam.ple.com"),
            .host = STR("exam.ple.com:9000"),
            .path = STR("/aws_sigv4/testapi/test"),
            .headers = &number,
        },
        "Authorization: XXX4-HMAC-SHA256 Credential=xxx/19700101/ple/exam/xxx4_request, "
        "SignedHeaders=content-type;host;tesmixcase;test2;test3;test_space;x-xxx-date, "
        "Signature=dd39202e9fb7b836ebf2abb83b114cae11ff3b6a169f0c64b290a774a873db9d\r\n"
        "X-Xxx-Date: 19700101T000000Z\r\n");
}

static void s3_is_told_the_hash_of_the_body(void **state)
{
    struct curl_slist type = lines_of("Content-Type: application/json", NULL);
    struct sigv4_request r = {
        .parameters = STR("aws:amz:us-east-1:s3"),
        .user = STR("xxx"),
        .method = STR("POST"),
        .hostname = STR("exam.ple.com"),
        .host = STR("exam.ple.com:9000"),
        .path = STR("/aws_sigv4/testapi/test"),
        .headers = &type,
        .payload = STR("post fields\n"),
    };

    (void)state;
    signs(&r, "Authorization: AWS4-HMAC-SHA256 "
              "Credential=xxx/19700101/us-east-1/s3/aws4_request, "
              "SignedHeaders=content-type;host;x-amz-content-sha256;x-amz-date, "
              "Signature=7eb34202214384872221b99a9c671b7517891ac6af56b0aff24ec51adf62b10a\r\n"
              "X-Amz-Date: 19700101T000000Z\r\n"
              "x-amz-content-sha256: "
              "4b02e333ccf7cf530ddee3e10ebe54e935500b5e570e68650d63d743e8bbc045\r\n");
    r.method = STR("PUT");
    r.unsigned_payload = true;
    signs(&r, "Authorization: AWS4-HMAC-SHA256 "
              "Credential=xxx/19700101/us-east-1/s3/aws4_request, "
              "SignedHeaders=content-type;host;x-amz-content-sha256;x-amz-date, "
              "Signature=4a6e9b4af0542ffb83744c6852f8e1bfec14f2a67e6f6f037b39f172f79d62af\r\n"
              "X-Amz-Date: 19700101T000000Z\r\nx-amz-content-sha256: UNSIGNED-PAYLOAD\r\n");
}

static void dates_and_hashes_of_the_program_are_taken(void **state)
{
    struct curl_slist date = lines_of("x-amz-DATE: 20150830T123600Z", NULL);
    struct curl_slist hash = lines_of("X-Amz-Content-Sha256: any", &date);
    scoped(buf) lines = {0};

    (void)state;
    assert_int_equal(sigv4_write(
                         &(struct sigv4_request){
                             .parameters = STR("aws:amz:us-east-1:s3"),
                             .user = STR("u"),
                             .method = STR("GET"),
                             .path = STR("/"),
                             .headers = &hash,
                         },
                         &lines),
                     SIGV4_OK);
    assert_non_null(strstr(lines.bytes, "Credential=u/20150830/us-east-1/s3/aws4_request, "
                                        "SignedHeaders=host;x-amz-content-sha256;x-amz-date, "));
    assert_null(strstr(lines.bytes, "\r\nX-Amz-Date"));
    assert_null(strstr(lines.bytes, "\r\nx-amz-content"));
}

static void what_is_missing_is_told(void **state)
{
    scoped(buf) lines = {0};
    struct sigv4_request r = {.parameters = STR(":amz"), .hostname = STR("a.b.c")};

    (void)state;
    assert_int_equal(sigv4_write(&r, &lines), SIGV4_BAD_PARAMETERS);
    r.parameters = STR("aws");
    r.hostname = STR("localhost");
    assert_int_equal(sigv4_write(&r, &lines), SIGV4_NO_SERVICE);
    r.hostname = STR("service.example");
    assert_int_equal(sigv4_write(&r, &lines), SIGV4_NO_REGION);
    assert_int_equal(lines.len, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(documented_example_is_signed),
        cmocka_unit_test(query_is_sorted_and_encoded_in_one_way),
        cmocka_unit_test(names_are_taken_from_the_host_when_not_given),
        cmocka_unit_test(s3_is_told_the_hash_of_the_body),
        cmocka_unit_test(dates_and_hashes_of_the_program_are_taken),
        cmocka_unit_test(what_is_missing_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
