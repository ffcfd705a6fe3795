/* SPDX-License-Identifier: MIT */
/* HTTP/2's header fields (RFC 9113 8) and HTTP/1's text: a request is written once, as HTTP/1 text,
 * and becomes fields here; a response's fields become the text that programs read. */
#ifndef WIRE_H2_HEAD_H
#define WIRE_H2_HEAD_H

#include "base/buf.h"
#include "base/str.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct h2_field {
    struct str name; /* lower case */
    struct str value;
};

struct h2_head {
    struct h2_field *fields; /* owned; pseudo fields first */
    size_t count;
    struct buf names; /* owns the lower-case names */
};

void h2_head_release(struct h2_head *);
DEFINE_SCOPED(h2_head)

/* The fields of a request's head in HTTP/1 text (whole, with its blank line), for a URL's scheme.
 * "Host" becomes :authority; a target in absolute form (RFC 9112 3.2.2) is taken apart, and CONNECT
 * has its target as :authority alone (RFC 9113 8.5). What only HTTP/1 connections know (Connection
 * and what it names, Keep-Alive, Proxy-Connection, Transfer-Encoding, Upgrade, HTTP2-Settings) is
 * left out, and "TE" but for "trailers" (RFC 9113 8.2.2). A value is of the text, which must
 * outlive the head. False when memory is short. */
bool h2_head_parse(struct str text, struct str scheme, struct h2_head *ret_head);

/* Appends a field of a response as a line: "name: value" with its line end, or for ":status" the
 * status line "HTTP/2 200 ". False for another pseudo field, or one with a byte that a line may not
 * have. */
bool h2_head_append_line(struct buf *lines, struct str name, struct str value);

#endif
