/* SPDX-License-Identifier: MIT */
#include "wire/tftp.h"

#include <string.h>

void tftp_write_head(unsigned char head[TFTP_HEAD], enum tftp_opcode opcode, unsigned number)
{
    head[0] = 0;
    head[1] = (unsigned char)opcode;
    head[2] = (unsigned char)(number >> 8);
    head[3] = (unsigned char)number;
}

/* ---- Requests ---- */

static void append_word(struct buf *b, const char *word)
{
    buf_append(b, word, strlen(word) + 1);
}

static void append_option(struct buf *b, const char *name, int64_t value)
{
    append_word(b, name);
    buf_append_number(b, value);
    buf_append_char(b, '\0');
}

bool tftp_append_request(struct buf *b, const struct tftp_request *r)
{
    const char opcode[] = {0, (char)r->opcode};
    size_t start = b->len, without;

    if (r->name.len > TFTP_REQUEST_MAX)
        return false;
    buf_append(b, opcode, sizeof(opcode));
    buf_append(b, r->name.at, r->name.len);
    buf_append_char(b, '\0');
    append_word(b, r->netascii ? "netascii" : "octet");
    without = b->len;
    if (r->options) {
        append_option(b, "tsize", r->size);
        append_option(b, "blksize", r->block);
        append_option(b, "timeout", r->timeout_s);
    }
    if (buf_failed(b))
        return false;
    if (b->len - start > TFTP_REQUEST_MAX)
        b->len = without;
    return b->len - start <= TFTP_REQUEST_MAX;
}

struct str tftp_cut_mode(struct str path, bool *ret_netascii)
{
    static const struct {
        struct str end;
        bool netascii;
    } ends[] = {
        {{";mode=octet", 11},    false},
        {{";mode=netascii", 14}, true },
    };

    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
        struct str end = ends[i].end;

        if (path.len < end.len ||
            !str_equal_nocase((struct str){path.at + path.len - end.len, end.len}, end))
            continue;
        *ret_netascii = ends[i].netascii;
        return (struct str){path.at, path.len - end.len};
    }
    return path;
}

/* ---- Answers ---- */

bool tftp_read(struct str bytes, struct tftp_packet *ret)
{
    const unsigned char *at = (const unsigned char *)bytes.at;
    size_t head = TFTP_HEAD;

    if (bytes.len < 2 || at[0] || at[1] < TFTP_DATA || at[1] > TFTP_OACK)
        return false;
    *ret = (struct tftp_packet){.opcode = at[1]};
    if (ret->opcode == TFTP_OACK)
        head = 2;
    else if (bytes.len < TFTP_HEAD)
        return false;
    else
        ret->number = (unsigned)at[2] << 8 | at[3];
    ret->data = (struct str){bytes.at + head, bytes.len - head};
    if (ret->opcode == TFTP_ERROR) {
        const char *nul = ret->data.len ? memchr(ret->data.at, '\0', ret->data.len) : NULL;

        if (nul)
            ret->data.len = (size_t)(nul - ret->data.at);
    }
    return true;
}

/* A text up to its NUL, cut from the list; false when there is none. */
static bool take_word(struct str *list, struct str *ret)
{
    const char *nul = list->len ? memchr(list->at, '\0', list->len) : NULL;

    if (!nul)
        return false;
    *ret = (struct str){list->at, (size_t)(nul - list->at)};
    *list = (struct str){nul + 1, list->len - ret->len - 1};
    return true;
}

static const char *read_block(struct str value, int most, int *ret)
{
    int64_t block;

    if (!str_take_number(&value, TFTP_BLOCK_MAX, &block) || value.len || block < TFTP_BLOCK_MIN)
        return "invalid blocksize value in OACK packet";
    if (block > most)
        return "server requested blksize larger than asked for";
    *ret = (int)block;
    return NULL;
}

const char *tftp_read_options(struct str list, int most, struct tftp_answer *ret)
{
    const char *why = NULL;

    *ret = (struct tftp_answer){.size = -1};
    while (list.len && !why) {
        struct str name, value;

        if (!take_word(&list, &name) || !take_word(&list, &value))
            return "Malformed ACK packet, rejecting";
        if (str_equal_nocase(name, STR("blksize")))
            why = read_block(value, most, &ret->block);
        else if (str_equal_nocase(name, STR("tsize")) &&
                 (!str_take_number(&value, INT64_MAX, &ret->size) || value.len))
            why = "invalid tsize value in OACK packet";
    }
    return why;
}
