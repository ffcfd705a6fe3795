/* SPDX-License-Identifier: MIT */
#include "wire/ws_frame.h"

#include "wire_test.h"

static const unsigned char mask[WS_MASK_LEN] = {0x37, 0xfa, 0x21, 0x3d};
static const unsigned char no_mask[WS_MASK_LEN];

/* ---- Reading ---- */

struct outcome {
    struct buf text; /* "flags:payload " for each frame, "flags:..." for one that is not complete */
    CURLcode result;
};

static struct outcome decode(const char *bytes, size_t len, size_t step, size_t most)
{
    struct ws_decoder d = {0};
    struct outcome o = {0};
    size_t at = 0;

    while (!o.result && at < len) {
        struct str offered = {bytes + at, split_len(len - at, step)};
        const char *reason = NULL;
        struct ws_piece piece;
        size_t used;
        bool found;

        o.result = ws_decode(&d, offered, most, &used, &found, &piece, &reason);
        assert_true(!o.result == !reason);
        assert_true(used <= offered.len);
        at += used;
        if (o.result || !found)
            continue;
        assert_true(piece.bytes.len <= most);
        assert_int_equal(piece.offset + (curl_off_t)piece.bytes.len + piece.left, d.size);
        if (!piece.offset)
            buf_printf(&o.text, "%d:", piece.flags);
        buf_append(&o.text, piece.bytes.at, piece.bytes.len);
        if (!piece.left)
            buf_append_char(&o.text, ' ');
    }
    return o;
}

/* The same however the bytes are split, and however small the pieces are. */
static void expect(const char *bytes, size_t len, const char *text, CURLcode result)
{
    WITH_ALL_SPLITS(step)
    {
        for (size_t most = 1; most < 5; most++) {
            struct outcome o = decode(bytes, len, step, most);

            assert_int_equal(o.result, result);
            assert_string_equal(buf_text(&o.text), text);
            buf_release(&o.text);
        }
    }
}

#define EXPECT(bytes, text)         expect(bytes, sizeof(bytes) - 1, text, CURLE_OK)
#define EXPECT_REFUSED(bytes, text) expect(bytes, sizeof(bytes) - 1, text, CURLE_RECV_ERROR)

static void frames_of_all_types_are_read(void **state)
{
    (void)state;
    EXPECT("\x81\x03txt\x82\x03"
           "bin\x89\x01p\x8a\x01q\x88\x02\x03\xe8",
           "1:txt 2:bin 16:p 64:q 8:\x03\xe8 ");
}

static void empty_frames_are_pieces_of_their_own(void **state)
{
    (void)state;
    EXPECT("\x81\x00\x82\x00\x89\x00\x88\x00", "1: 2: 16: 8: ");
}

static void fragments_have_the_type_of_their_message(void **state)
{
    (void)state;
    EXPECT("\x01\x02"
           "ab\x00\x00\x80\x01"
           "c",
           "5:ab 5: 1:c ");
}

static void control_frames_come_between_fragments(void **state)
{
    (void)state;
    EXPECT("\x02\x01"
           "a\x89\x01p\x80\x01"
           "b",
           "6:a 16:p 2:b ");
}

static void sizes_in_16_and_64_bits_are_read(void **state)
{
    (void)state;
    EXPECT("\x81\x7e\x00\x03"
           "abc\x81\x7f\x00\x00\x00\x00\x00\x00\x00\x02"
           "de",
           "1:abc 1:de ");
}

static void frame_longer_than_what_came_is_told_so_far(void **state)
{
    (void)state;
    EXPECT("\x82\x7f\x7f\xff\xff\xff\xff\xff\xff\xff"
           "ab",
           "2:ab");
}

static void size_with_the_highest_bit_is_refused(void **state)
{
    (void)state;
    EXPECT_REFUSED("\x82\x7f\x80\x00\x00\x00\x00\x00\x00\x00", "");
}

static void reserved_bits_are_refused(void **state)
{
    (void)state;
    EXPECT_REFUSED("\xc1\x00", "");
    EXPECT_REFUSED("\xa1\x00", "");
    EXPECT_REFUSED("\x91\x00", "");
}

static void unknown_types_are_refused(void **state)
{
    (void)state;
    for (int opcode = 3; opcode < 16; opcode++) {
        char bytes[2] = {(char)(0x80 | opcode), 0};

        if (opcode < 8 || opcode > 10)
            expect(bytes, sizeof(bytes), "", CURLE_RECV_ERROR);
    }
}

static void masked_frame_from_the_server_is_refused(void **state)
{
    (void)state;
    EXPECT_REFUSED("\x81\x81\x01\x02\x03\x04"
                   "a",
                   "");
}

static void fragmented_control_frame_is_refused(void **state)
{
    (void)state;
    EXPECT_REFUSED("\x81\x01"
                   "a\x09\x00",
                   "1:a ");
}

static void large_control_frame_is_refused(void **state)
{
    (void)state;
    EXPECT_REFUSED("\x89\x7e\x00\x7e", "");
    EXPECT_REFUSED("\x88\x7f\x00\x00\x00\x00\x00\x00\x00\x01", "");
}

static void continuation_of_nothing_is_refused(void **state)
{
    (void)state;
    EXPECT_REFUSED("\x80\x01"
                   "a",
                   "");
    EXPECT_REFUSED("\x01\x00\x80\x00\x80\x00", "5: 1: ");
}

static void message_within_a_message_is_refused(void **state)
{
    (void)state;
    EXPECT_REFUSED("\x01\x00\x81\x00", "5: ");
}

static void what_comes_is_told_without_taking_it(void **state)
{
    struct ws_decoder d = {0};
    struct str bytes = {"\x81\x03"
                        "abc",
                        5};
    struct ws_piece piece;
    const char *reason;
    size_t used;
    bool found;

    (void)state;
    for (int i = 0; i < 2; i++) {
        assert_int_equal(ws_decode(&d, bytes, 0, &used, &found, &piece, &reason), CURLE_OK);
        assert_true(found);
        assert_int_equal(piece.left, 3);
        assert_int_equal(piece.bytes.len, 0);
        bytes = (struct str){bytes.at + used, bytes.len - used};
    }
    assert_int_equal(ws_decode(&d, bytes, 9, &used, &found, &piece, &reason), CURLE_OK);
    assert_int_equal(used, 3);
    assert_int_equal(piece.left, 0);
}

/* ---- Writing ---- */

static void expect_frame(struct ws_encoder *e, unsigned flags, const char *payload,
                         const char *bytes, size_t len)
{
    scoped(buf) out = {0};
    const char *reason;

    assert_int_equal(ws_encode_head(e, flags, (curl_off_t)strlen(payload), mask, &out, &reason),
                     CURLE_OK);
    assert_true(ws_encode_payload(e, str_of(payload), &out));
    assert_int_equal(out.len, len);
    assert_memory_equal(out.bytes, bytes, len);
}

#define EXPECT_FRAME(e, flags, payload, bytes)                                                     \
    expect_frame(e, flags, payload, bytes, sizeof(bytes) - 1)

static void refused(struct ws_encoder *e, unsigned flags, curl_off_t size, CURLcode code)
{
    scoped(buf) out = {0};
    const char *reason = NULL;
    struct ws_encoder before = *e;

    assert_int_equal(ws_encode_head(e, flags, size, no_mask, &out, &reason), code);
    assert_non_null(reason);
    assert_int_equal(out.len, 0);
    assert_memory_equal(e, &before, sizeof(before));
}

/* The example of RFC 6455 5.7. */
static void hello_is_masked_as_in_the_rfc(void **state)
{
    struct ws_encoder e = {0};

    (void)state;
    EXPECT_FRAME(&e, CURLWS_TEXT, "Hello", "\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58");
    assert_int_equal(e.left, 0);
}

static void fragments_are_written_with_and_without_their_type(void **state)
{
    struct ws_encoder e = {0};

    (void)state;
    EXPECT_FRAME(&e, CURLWS_TEXT | CURLWS_CONT, "", "\x01\x80\x37\xfa\x21\x3d");
    EXPECT_FRAME(&e, CURLWS_TEXT | CURLWS_CONT, "", "\x00\x80\x37\xfa\x21\x3d");
    EXPECT_FRAME(&e, CURLWS_PING, "", "\x89\x80\x37\xfa\x21\x3d");
    EXPECT_FRAME(&e, CURLWS_CONT, "", "\x00\x80\x37\xfa\x21\x3d");
    EXPECT_FRAME(&e, 0, "", "\x80\x80\x37\xfa\x21\x3d");
    EXPECT_FRAME(&e, CURLWS_BINARY, "", "\x82\x80\x37\xfa\x21\x3d");
}

static void mask_goes_on_from_piece_to_piece(void **state)
{
    struct ws_encoder e = {0};
    scoped(buf) out = {0};
    const char *reason;

    (void)state;
    assert_int_equal(ws_encode_head(&e, CURLWS_TEXT, 5, mask, &out, &reason), CURLE_OK);
    assert_true(ws_encode_payload(&e, STR("H"), &out));
    assert_true(ws_encode_payload(&e, STR("el"), &out));
    assert_int_equal(e.left, 2);
    assert_true(ws_encode_payload(&e, STR("lo"), &out));
    assert_memory_equal(out.bytes + 6, "\x7f\x9f\x4d\x51\x58", 5);
}

static void sizes_take_as_many_bytes_as_they_need(void **state)
{
    static const struct {
        curl_off_t size;
        const char *head;
        size_t len;
    } rows[] = {
        {125,       "\x82\xfd",                                 2 },
        {126,       "\x82\xfe\x00\x7e",                         4 },
        {65535,     "\x82\xfe\xff\xff",                         4 },
        {65536,     "\x82\xff\x00\x00\x00\x00\x00\x01\x00\x00", 10},
        {INT64_MAX, "\x82\xff\x7f\xff\xff\xff\xff\xff\xff\xff", 10},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct ws_encoder e = {0};
        scoped(buf) out = {0};
        const char *reason;

        assert_int_equal(ws_encode_head(&e, CURLWS_BINARY, rows[i].size, no_mask, &out, &reason),
                         CURLE_OK);
        assert_int_equal(out.len, rows[i].len + WS_MASK_LEN);
        assert_memory_equal(out.bytes, rows[i].head, rows[i].len);
        assert_int_equal(e.left, rows[i].size);
    }
}

static void frames_that_cannot_be_are_refused(void **state)
{
    struct ws_encoder e = {0}, within = {.message = CURLWS_TEXT}, open = {.left = 1};

    (void)state;
    refused(&e, 0, 0, CURLE_BAD_FUNCTION_ARGUMENT);
    refused(&e, CURLWS_CONT, 0, CURLE_BAD_FUNCTION_ARGUMENT);
    refused(&e, CURLWS_TEXT | CURLWS_BINARY, 0, CURLE_BAD_FUNCTION_ARGUMENT);
    refused(&e, CURLWS_TEXT | 1U << 20, 0, CURLE_BAD_FUNCTION_ARGUMENT);
    refused(&e, CURLWS_TEXT, -1, CURLE_BAD_FUNCTION_ARGUMENT);
    refused(&e, CURLWS_PING | CURLWS_CONT, 0, CURLE_BAD_FUNCTION_ARGUMENT);
    refused(&e, CURLWS_PING, 126, CURLE_BAD_FUNCTION_ARGUMENT);
    refused(&within, CURLWS_BINARY, 0, CURLE_BAD_FUNCTION_ARGUMENT);
    refused(&open, CURLWS_TEXT, 0, CURLE_SEND_ERROR);
}

/* As the unmasked pong of RFC 6455 5.7; and what has no room leaves no part of a frame. */
static void pong_is_written_whole(void **state)
{
    char place[12];
    struct buf small = BUF_IN(place);
    scoped(buf) out = {0};

    (void)state;
    assert_true(ws_encode_pong(STR("Hello"), mask, &out));
    assert_int_equal(out.len, 11);
    assert_memory_equal(out.bytes, "\x8a\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58", 11);
    small.failed = true; /* as if memory were short */
    assert_false(ws_encode_pong(STR("Hello"), mask, &small));
    assert_int_equal(small.len, 0);
}

/* The example of RFC 6455 1.3. */
static void accept_is_the_rfcs(void **state)
{
    scoped(buf) out = {0};

    (void)state;
    assert_true(ws_accept_append(&out, STR("dGhlIHNhbXBsZSBub25jZQ==")));
    assert_string_equal(out.bytes, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frames_of_all_types_are_read),
        cmocka_unit_test(empty_frames_are_pieces_of_their_own),
        cmocka_unit_test(fragments_have_the_type_of_their_message),
        cmocka_unit_test(control_frames_come_between_fragments),
        cmocka_unit_test(sizes_in_16_and_64_bits_are_read),
        cmocka_unit_test(frame_longer_than_what_came_is_told_so_far),
        cmocka_unit_test(size_with_the_highest_bit_is_refused),
        cmocka_unit_test(reserved_bits_are_refused),
        cmocka_unit_test(unknown_types_are_refused),
        cmocka_unit_test(masked_frame_from_the_server_is_refused),
        cmocka_unit_test(fragmented_control_frame_is_refused),
        cmocka_unit_test(large_control_frame_is_refused),
        cmocka_unit_test(continuation_of_nothing_is_refused),
        cmocka_unit_test(message_within_a_message_is_refused),
        cmocka_unit_test(what_comes_is_told_without_taking_it),
        cmocka_unit_test(hello_is_masked_as_in_the_rfc),
        cmocka_unit_test(fragments_are_written_with_and_without_their_type),
        cmocka_unit_test(mask_goes_on_from_piece_to_piece),
        cmocka_unit_test(sizes_take_as_many_bytes_as_they_need),
        cmocka_unit_test(frames_that_cannot_be_are_refused),
        cmocka_unit_test(pong_is_written_whole),
        cmocka_unit_test(accept_is_the_rfcs),
    };

    return cmocka_run_group_tests_name("ws_frame", tests, NULL, NULL);
}
