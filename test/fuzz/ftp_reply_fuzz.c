/* SPDX-License-Identifier: MIT */
/* Replies are the same however their bytes are cut; what their texts are taken for stays in bounds;
 * a path has no control byte and is what its parts are. */
#include "fuzz.h"

#include "wire/ftp_path.h"
#include "wire/ftp_port.h"
#include "wire/ftp_reply.h"

const char *const fuzz_seeds[] = {
    "220-hello\r\n there\r\n220 you\r\n",
    "227 Entering Passive Mode (127,0,0,1,4,5)\r\n",
    "229 (|||1234|)\r\n",
    "257 \"/a\"\"b\" is it\r\n",
    "150 (12 bytes)\r\n213 20030409102659\r\n",
    "/a/%2fb//c;type=i",
    "[::1]:12-34",
    NULL,
};

static enum ftp_reply_state feed(struct ftp_reply *r, const char *bytes, size_t len, size_t step,
                                 size_t *ret_used)
{
    enum ftp_reply_state state = FTP_REPLY_MORE;

    *ret_used = 0;
    while (*ret_used < len && state == FTP_REPLY_MORE) {
        size_t used, part = len - *ret_used < step ? len - *ret_used : step;
        state = ftp_reply_feed(r, bytes + *ret_used, part, &used);
        assert(used <= part);
        *ret_used += used;
    }
    return state;
}

static void read_texts(struct str text)
{
    scoped(buf) path = {0};
    struct ftp_pasv at;
    int64_t number;
    int port;

    if (ftp_parse_epsv(text, &port))
        assert(port > 0 && port < 65536);
    if (ftp_parse_pasv(text, &at))
        assert(at.port > 0 && at.port < 65536);
    if (ftp_parse_path(text, &path) == FTP_PATH_OK)
        assert(path.len <= text.len && path.len == strlen(path.bytes));
    if (ftp_parse_size(text, &number))
        assert(number >= 0);
    if (ftp_parse_bytes(text, &number))
        assert(number >= 0);
    (void)ftp_parse_time(text, &number);
}

static void read_path(struct str text)
{
    struct ftp_path p = {0};
    struct str rest, part;
    size_t len = 0;

    if (ftp_path_parse(&p, text) == FTP_PATH_FINE) {
        for (size_t i = 0; i < p.text.len; i++)
            assert((unsigned char)p.text.bytes[i] >= ' ');
        for (rest = p.directory; ftp_path_next(&rest, &part);)
            len += part.len;
        assert(len + p.file.len <= p.text.len);
    }
    ftp_path_release(&p);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    const char *text = (const char *)bytes;
    struct ftp_reply whole = {0}, cut = {0};
    size_t used, used_cut;
    enum ftp_reply_state state = feed(&whole, text, len, SIZE_MAX, &used);
    enum ftp_reply_state state_cut = feed(&cut, text, len, 1, &used_cut);

    assert(whole.code == cut.code && (state == FTP_REPLY_DONE) == (state_cut == FTP_REPLY_DONE));
    if (state == FTP_REPLY_DONE)
        assert(used == used_cut && whole.lines.len == used);
    read_texts(ftp_reply_text(&whole));
    read_texts((struct str){text, len});
    read_path((struct str){text, len});
    ftp_reply_release(&whole);
    ftp_reply_release(&cut);
    return 0;
}
