/* SPDX-License-Identifier: MIT */
/* TFTP's packets (RFC 1350) with their options (RFC 2347, 2348, 2349). */
#ifndef WIRE_TFTP_H
#define WIRE_TFTP_H

#include "base/buf.h"
#include "base/str.h"

#include <stdbool.h>
#include <stdint.h>

enum {
    TFTP_HEAD = 4, /* bytes in front of a block */
    TFTP_BLOCK = 512,
    TFTP_BLOCK_MIN = 8,
    TFTP_BLOCK_MAX = 65464,
    TFTP_REQUEST_MAX = 512, /* bytes of a request */
};

enum tftp_opcode { TFTP_RRQ = 1, TFTP_WRQ, TFTP_DATA, TFTP_ACK, TFTP_ERROR, TFTP_OACK };

struct tftp_request {
    enum tftp_opcode opcode; /* RRQ or WRQ */
    struct str name;         /* no NUL in it */
    bool netascii;
    bool options; /* the rest is meant */
    int64_t size; /* of what is sent; 0: unknown, or asked for */
    int block;
    int timeout_s;
};

/* Appends a request, without options where they have no room. False when the name is too long, or
 * memory short (buf_failed). */
bool tftp_append_request(struct buf *, const struct tftp_request *);

struct tftp_packet {
    enum tftp_opcode opcode;
    unsigned number; /* of a block, or an error's code */
    struct str data; /* of DATA; an error's text; what an OACK lists */
};

/* False for what is no packet of a server's. The slices point into `bytes`. */
bool tftp_read(struct str bytes, struct tftp_packet *ret);

struct tftp_answer {
    int64_t size; /* -1: not said */
    int block;    /* 0: not said */
};

/* What an OACK lists, of which `most` is the block that was asked for. NULL, or why it is none. */
const char *tftp_read_options(struct str list, int most, struct tftp_answer *ret);

/* Cuts ";mode=octet" or ";mode=netascii" off the end of a path; *ret_netascii stays where there is
 * none. */
struct str tftp_cut_mode(struct str path, bool *ret_netascii);

void tftp_write_head(unsigned char head[TFTP_HEAD], enum tftp_opcode, unsigned number);

#endif
