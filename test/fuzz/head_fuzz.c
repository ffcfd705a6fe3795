/* SPDX-License-Identifier: MIT */
/* However the bytes of a head are split, the lines and the error are the same; the fields' parsers
 * take whatever comes. The first byte is the size of the pieces. */
#include "fuzz.h"

#include "wire/head.h"
#include "wire/head_reader.h"

const char *const fuzz_seeds[] = {
    "\1HTTP/1.1 200 OK\r\nContent-Length: 6, 6\r\nTransfer-Encoding: chunked\r\n\r\nbody",
    "\2HTTP/1.0 404\nServer: a\n folded\n\tmore\nContent-Range: bytes 1-2/3\n\n",
    "\3HTTP/2 200 \r\n blank\r\nRetry-After: Sun, 06 Nov 1994 08:49:37 GMT\r\nLocation: x\r\n\r\n",
    "\7HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nConnection: keep-alive, close\r\n\r\n",
    "\4HTTP/1.1 200 OK\r\nLast-Modified: 20040911 +0200\r\nAccept-Ranges: none\r\n:\r\nx\r\n\r\n",
    NULL,
};

struct outcome {
    struct buf lines;
    CURLcode result;
    size_t used;
};

static void take_line(struct outcome *o, struct head_facts *f, struct str line)
{
    struct head_status status;
    struct str name, value;
    const char *reason;
    size_t len = line.len;

    assert(line.len && line.at[line.len - 1] == '\n');
    assert(!memchr(line.at, '\0', line.len));
    buf_append(&o->lines, line.at, line.len);
    while (len && (line.at[len - 1] == '\n' || line.at[len - 1] == '\r'))
        len--;
    line.len = len;
    if (!head_parse_status(line, &status))
        assert(status.code >= 100 && status.code <= 999);
    if (head_parse_field(line, &name, &value))
        return;
    assert(name.len + value.len < line.len);
    if (!head_facts_add(f, name, value, 1000, &reason))
        assert(f->content_length >= -1 && f->retry_after_s >= -1 && f->coding_count <= 5);
}

static void read_head(struct str bytes, size_t step, struct outcome *o)
{
    struct head_reader r = {0};
    struct head_facts f;
    enum head_step got = HEAD_MORE;
    const char *reason;

    *o = (struct outcome){0};
    head_facts_init(&f);
    f.codings_wanted = true;
    while (!o->result && o->used < bytes.len && got != HEAD_END) {
        size_t len = bytes.len - o->used < step ? bytes.len - o->used : step, used;
        struct str line;

        o->result = head_reader_take(&r, bytes.at + o->used, len, &used, &got, &line, &reason);
        assert(used <= len);
        o->used += used;
        if (!o->result && got != HEAD_MORE)
            take_line(o, &f, line);
    }
    head_reader_release(&r);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct str text;
    struct outcome whole, pieces;

    if (!len)
        return 0;
    text = (struct str){(const char *)bytes + 1, len - 1};
    (void)head_may_be_status(text);
    read_head(text, SIZE_MAX, &whole);
    read_head(text, bytes[0] % 16 + 1, &pieces);
    assert(whole.result == pieces.result);
    assert(whole.lines.len == pieces.lines.len);
    assert(!memcmp(buf_text(&whole.lines), buf_text(&pieces.lines), whole.lines.len));
    assert(whole.result || whole.used == pieces.used);
    buf_release(&whole.lines);
    buf_release(&pieces.lines);
    return 0;
}
