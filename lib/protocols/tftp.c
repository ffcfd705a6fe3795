/* SPDX-License-Identifier: MIT */
/* tftp:// (RFC 1350). Each side waits for the other's answer to its last packet, and sends it again
 * when none comes. Only what was sent is sent again for a time that has passed, never for an answer
 * that came twice: such a pair would double each packet from then on (RFC 1123 4.2.3.1). */
#include "wire/tftp.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/mem.h"
#include "net/datagram.h"
#include "protocols/body.h"
#include "protocols/http.h"
#include "protocols/source.h"
#include "runtime/wait.h"
#include "wire/escape.h"

#include <string.h>

enum {
    TRIES_MIN = 3,
    TRIES_MAX = 50,
    TRY_S = 5,       /* between two of them, where there is so much time */
    PATIENCE_S = 15, /* with a server that has answered */
};

enum verdict {
    TAKE,   /* what was waited for */
    IGNORE, /* not yet */
    REPEAT, /* the server has not got our answer */
    REFUSE,
};

struct tftp {
    struct hop *hop;
    struct datagrams socket;
    bool pinned; /* the server's port is known */
    bool ended;  /* by the server, or with it */
    struct buf name;
    bool netascii;

    int block; /* bytes: asked for, then agreed on */
    int tries, timeout_s;
    unsigned number; /* of the block that was taken or sent last, modulo 65536 */
    struct buf out;  /* the last packet */
    char *in;        /* of in_size bytes: the last one received */
    size_t in_size;
    struct ask *piece; /* of the program's reader, what is not sent yet; NULL: nothing */
};

static CURLcode fail(struct tftp *t, CURLcode code, const char *text)
{
    return t->hop->hooks->fail(t->hop->hooks->owner, code, "%s", text);
}

/* ---- What is asked for ---- */

static CURLcode understand_path(struct tftp *t)
{
    struct str path = str_of(t->hop->url->path);

    if (path.len && path.at[0] == '/')
        path = (struct str){path.at + 1, path.len - 1};
    t->netascii = t->hop->settings->transfer_text;
    path = tftp_cut_mode(path, &t->netascii);
    if (!unescape_append(&t->name, path))
        return CURLE_OUT_OF_MEMORY;
    if (!t->name.len)
        return fail(t, CURLE_TFTP_ILLEGAL, "Missing filename");
    if (memchr(t->name.bytes, '\0', t->name.len))
        return fail(t, CURLE_URL_MALFORMAT, "The file's name has a zero byte");
    return CURLE_OK;
}

static bool sends(const struct tftp *t)
{
    return t->hop->method == METHOD_PUT;
}

/* The time to connect is shared out among the tries. */
static void choose_times(struct tftp *t)
{
    const struct settings *s = t->hop->settings;
    long ms = s->connect_timeout_ms, seconds;

    if (s->timeout_ms && s->timeout_ms < ms)
        ms = s->timeout_ms;
    seconds = ms / 1000 / TRY_S;
    t->tries = seconds < TRIES_MIN ? TRIES_MIN : seconds > TRIES_MAX ? TRIES_MAX : (int)seconds;
    seconds = ms / 1000 / t->tries;
    t->timeout_s = seconds < 1 ? 1 : seconds > 255 ? 255 : (int)seconds;
}

static CURLcode write_request(struct tftp *t)
{
    const struct settings *s = t->hop->settings;
    struct tftp_request request = {
        .opcode = sends(t) ? TFTP_WRQ : TFTP_RRQ,
        .name = {t->name.bytes, t->name.len},
        .netascii = t->netascii,
        .options = !s->tftp_no_options,
        .size = sends(t) && s->infile_size > 0 ? s->infile_size : 0,
        .block = t->block,
        .timeout_s = t->timeout_s,
    };

    if (tftp_append_request(&t->out, &request))
        return CURLE_OK;
    return buf_failed(&t->out) ? CURLE_OUT_OF_MEMORY
                               : fail(t, CURLE_TFTP_ILLEGAL, "TFTP filename too long");
}

static CURLcode prepare(struct tftp *t)
{
    const struct settings *s = t->hop->settings;

    t->block = s->tftp_no_options ? TFTP_BLOCK : (int)s->tftp_block_size;
    t->in_size = (size_t)(t->block > TFTP_BLOCK ? t->block : TFTP_BLOCK) + TFTP_HEAD + 1;
    t->in = mem_alloc(t->in_size);
    choose_times(t);
    return t->in ? write_request(t) : CURLE_OUT_OF_MEMORY;
}

/* ---- Packets ---- */

static CURLcode say_failed(struct tftp *t, CURLcode code, int error, const char *what)
{
    const struct net_hooks *hooks = t->hop->hooks;

    if (code != CURLE_SEND_ERROR && code != CURLE_RECV_ERROR)
        return exchange_result(t->hop->exchange, code);
    t->hop->facts->os_errno = error;
    return hooks->fail(hooks->owner, code, "%s failure: %s", what,
                       strerrordesc_np(error) ? strerrordesc_np(error) : "unknown");
}

static WAITS CURLcode send_out(struct tftp *t)
{
    int error = 0;
    CURLcode result = datagrams_send(&t->socket, t->out.bytes, t->out.len, CLOCK_NEVER, &error);

    return result ? say_failed(t, result, error, "Send") : CURLE_OK;
}

static CURLcode write_head(struct tftp *t, enum tftp_opcode opcode, unsigned number)
{
    unsigned char head[TFTP_HEAD];

    tftp_write_head(head, opcode, number);
    buf_clear(&t->out);
    return buf_append(&t->out, head, sizeof(head)) ? CURLE_OK : CURLE_OUT_OF_MEMORY;
}

/* A packet of the server's, or none; the first one says which of its ports the rest comes from.
 * CURLE_AGAIN at the deadline. */
static WAITS CURLcode receive(struct tftp *t, int64_t deadline, struct tftp_packet *ret,
                              bool *ret_found)
{
    int port, error = 0;
    size_t len;
    CURLcode result =
        datagrams_receive(&t->socket, t->in, t->in_size, deadline, &len, &port, &error);

    *ret_found = false;
    if (result == CURLE_OPERATION_TIMEDOUT)
        return CURLE_AGAIN;
    if (result)
        return say_failed(t, result, error, "Recv");
    if (t->pinned && port != address_port(&t->socket.peer))
        return CURLE_OK;
    *ret_found = tftp_read((struct str){t->in, len}, ret);
    if (*ret_found && !t->pinned) {
        address_set_port(&t->socket.peer, port);
        t->pinned = true;
    }
    return CURLE_OK;
}

static void log_text(struct tftp *t, struct str text)
{
    const struct net_hooks *hooks = t->hop->hooks;
    scoped(buf) line = {0};

    for (size_t i = 0; i < text.len; i++)
        buf_append(&line, (unsigned char)text.at[i] < ' ' ? "?" : text.at + i, 1);
    if (hooks->log && line.len && !buf_failed(&line))
        hooks->log(hooks->owner, "TFTP error: %s", line.bytes);
}

static CURLcode server_refuses(struct tftp *t, const struct tftp_packet *p)
{
    static const CURLcode codes[] = {
        CURLE_TFTP_ILLEGAL, CURLE_TFTP_NOTFOUND,  CURLE_TFTP_PERM,          CURLE_REMOTE_DISK_FULL,
        CURLE_TFTP_ILLEGAL, CURLE_TFTP_UNKNOWNID, CURLE_REMOTE_FILE_EXISTS, CURLE_TFTP_NOSUCHUSER,
    };

    t->ended = true;
    log_text(t, p->data);
    return p->number < sizeof(codes) / sizeof(codes[0]) ? codes[p->number] : CURLE_TFTP_ILLEGAL;
}

typedef enum verdict judge_packet(const struct tftp *, const struct tftp_packet *);

static WAITS CURLcode take_packet(struct tftp *t, judge_packet *judge, const struct tftp_packet *p,
                                  bool *ret_taken)
{
    enum verdict verdict;

    if (p->opcode == TFTP_ERROR)
        return server_refuses(t, p);
    verdict = judge(t, p);
    *ret_taken = verdict == TAKE;
    if (verdict == REFUSE)
        return fail(t, CURLE_TFTP_ILLEGAL, "Unexpected packet");
    return verdict == REPEAT ? send_out(t) : CURLE_OK;
}

/* Waits until `deadline` for the packet that `judge` takes. CURLE_AGAIN when none came; others may
 * come as fast as they like. */
static WAITS CURLcode await(struct tftp *t, judge_packet *judge, int64_t deadline,
                            struct tftp_packet *ret)
{
    for (;;) {
        bool found = false, taken = false;
        CURLcode result = receive(t, deadline, ret, &found);

        if (!result && found)
            result = take_packet(t, judge, ret, &taken);
        if (result || taken)
            return result;
        if (clock_now() >= deadline)
            return CURLE_AGAIN;
        result = wait_turn();
        if (result)
            return exchange_result(t->hop->exchange, result);
    }
}

static CURLcode give_up(struct tftp *t)
{
    if (!t->pinned)
        return fail(t, CURLE_COULDNT_CONNECT, "The TFTP server does not answer");
    return fail(t, CURLE_OPERATION_TIMEDOUT, "The TFTP server does not answer any more");
}

/* Sends what is in `out`, as often as it takes to get the answer. */
static WAITS CURLcode ask(struct tftp *t, judge_packet *judge, struct tftp_packet *ret)
{
    int tries = t->pinned ? PATIENCE_S / t->timeout_s : t->tries;

    for (int i = 0; i < tries || i < TRIES_MIN; i++) {
        CURLcode result = send_out(t);

        if (!result)
            result = await(t, judge, clock_after(clock_now(), t->timeout_s * CLOCK_SECOND), ret);
        if (result != CURLE_AGAIN)
            return result;
    }
    return give_up(t);
}

/* What the server makes of our options; without an answer to them it knows none. */
static CURLcode take_options(struct tftp *t, const struct tftp_packet *p)
{
    struct tftp_answer answer = {.size = -1};
    const char *why = NULL;

    if (p->opcode == TFTP_OACK)
        why = t->hop->settings->tftp_no_options ? "Options in answer to none"
                                                : tftp_read_options(p->data, t->block, &answer);
    if (why)
        return fail(t, CURLE_TFTP_ILLEGAL, why);
    t->block = answer.block ? answer.block : TFTP_BLOCK;
    if (sends(t) || answer.size < 0)
        return CURLE_OK;
    t->hop->facts->content_length = answer.size;
    return send_facts(t->hop->exchange, t->hop->facts);
}

/* ---- Receiving a file ---- */

static enum verdict is_first_data(const struct tftp *t, const struct tftp_packet *p)
{
    (void)t;
    if (p->opcode == TFTP_OACK || (p->opcode == TFTP_DATA && p->number == 1))
        return TAKE;
    return p->opcode == TFTP_DATA ? IGNORE : REFUSE;
}

static enum verdict is_next_data(const struct tftp *t, const struct tftp_packet *p)
{
    if (p->opcode == TFTP_OACK)
        return t->number ? IGNORE : REPEAT;
    if (p->opcode != TFTP_DATA)
        return REFUSE;
    if (p->number == ((t->number + 1) & 0xffff))
        return TAKE;
    return p->number == t->number ? REPEAT : IGNORE;
}

/* *ret_last: it was the last one. Its acknowledgement is in `out`. */
static WAITS CURLcode take_block(struct tftp *t, const struct tftp_packet *p, bool *ret_last)
{
    struct hop *hop = t->hop;
    CURLcode result;

    if (p->data.len > (size_t)t->block)
        return fail(t, CURLE_TFTP_ILLEGAL, "A block is longer than agreed");
    t->number = p->number;
    *ret_last = p->data.len < (size_t)t->block;
    if (!hop->facts->starttransfer_time)
        hop->facts->starttransfer_time = hop_elapsed(hop);
    result = p->data.len ? body_write_bytes(hop, p->data.at, p->data.len) : CURLE_OK;
    return result ? result : write_head(t, TFTP_ACK, t->number);
}

static WAITS CURLcode download(struct tftp *t)
{
    struct tftp_packet p;
    bool last = false;
    CURLcode result = ask(t, is_first_data, &p);

    if (!result)
        result = take_options(t, &p);
    if (result || http_is_head(t->hop))
        return result;
    if (p.opcode == TFTP_OACK) {
        result = write_head(t, TFTP_ACK, 0);
        if (!result)
            result = ask(t, is_next_data, &p);
    }
    while (!result) {
        result = take_block(t, &p, &last);
        if (last || result)
            break;
        result = ask(t, is_next_data, &p);
    }
    if (result)
        return result;
    t->ended = true;
    return send_out(t);
}

/* ---- Sending a file ---- */

static enum verdict is_go_ahead(const struct tftp *t, const struct tftp_packet *p)
{
    (void)t;
    if (p->opcode == TFTP_OACK)
        return TAKE;
    if (p->opcode != TFTP_ACK)
        return REFUSE;
    return p->number ? IGNORE : TAKE;
}

static enum verdict is_acknowledged(const struct tftp *t, const struct tftp_packet *p)
{
    if (p->opcode == TFTP_DATA)
        return REFUSE;
    return p->opcode == TFTP_ACK && p->number == t->number ? TAKE : IGNORE;
}

/* More of the reader's; none, and *ret_end, when it has ended. */
static WAITS CURLcode read_piece(struct tftp *t, bool *ret_end)
{
    struct ask *a = source_ask(t->hop, 0, 0);
    CURLcode result;

    if (!a)
        return CURLE_OUT_OF_MEMORY;
    ask_send(a);
    result = ask_wait(a, CLOCK_NEVER);
    if (result)
        return result;
    *ret_end = !chunk_len(a->chunk);
    if (*ret_end)
        ask_free(a);
    else
        t->piece = a;
    return CURLE_OK;
}

/* Adds to the block in `out` what the piece has. */
static CURLcode take_piece(struct tftp *t)
{
    struct chunk *c = t->piece->chunk;
    size_t room = (size_t)t->block + TFTP_HEAD - t->out.len;
    size_t len = chunk_len(c) < room ? chunk_len(c) : room;

    if (!buf_append(&t->out, chunk_at(c), len))
        return CURLE_OUT_OF_MEMORY;
    c->start += len;
    if (!chunk_len(c)) {
        ask_free(t->piece);
        t->piece = NULL;
    }
    return CURLE_OK;
}

/* The next block into `out`; one that is not full is the last. */
static WAITS CURLcode fill_block(struct tftp *t)
{
    bool end = false;
    CURLcode result;

    t->number = (t->number + 1) & 0xffff;
    result = write_head(t, TFTP_DATA, t->number);
    while (!result && !end && t->out.len < (size_t)t->block + TFTP_HEAD) {
        if (!t->piece)
            result = read_piece(t, &end);
        if (!result && t->piece)
            result = take_piece(t);
    }
    return result;
}

static WAITS CURLcode send_block(struct tftp *t, bool *ret_last)
{
    struct tftp_packet p;
    CURLcode result = fill_block(t);
    size_t len = t->out.len - TFTP_HEAD;

    *ret_last = len < (size_t)t->block;
    if (result)
        return result;
    send_log(t->hop->exchange, CURLINFO_DATA_OUT, t->out.bytes + TFTP_HEAD, len);
    result = ask(t, is_acknowledged, &p);
    if (!result)
        result = body_sent(t->hop, len);
    return result ? result : send_facts(t->hop->exchange, t->hop->facts);
}

static WAITS CURLcode upload(struct tftp *t)
{
    struct tftp_packet p;
    bool last = false;
    CURLcode result;

    t->hop->facts->upload_length = t->hop->settings->infile_size;
    t->hop->upload_begun = true;
    result = ask(t, is_go_ahead, &p);
    if (!result)
        result = take_options(t, &p);
    while (!result && !last)
        result = send_block(t, &last);
    t->ended = t->ended || !result;
    t->hop->facts->posttransfer_time = hop_elapsed(t->hop);
    return result;
}

/* ---- The whole ---- */

/* A server that waits for our next packet learns that there will be none; once, as it goes. */
static WAITS void say_end(struct tftp *t)
{
    int error;

    if (!t->pinned || t->ended || write_head(t, TFTP_ERROR, 0) || !buf_append(&t->out, "", 1))
        return;
    (void)datagrams_send(&t->socket, t->out.bytes, t->out.len, clock_now(), &error);
}

static WAITS CURLcode converse(struct tftp *t)
{
    CURLcode result = understand_path(t);

    if (!result)
        result = prepare(t);
    if (!result)
        result = hop_open_datagrams(t->hop, &t->socket);
    if (!result)
        result = hop_ask_program(t->hop);
    if (!result)
        result = sends(t) ? upload(t) : download(t);
    say_end(t);
    return result;
}

CURLcode tftp_run(struct hop *hop)
{
    struct tftp *t = mem_calloc(1, sizeof(*t));
    CURLcode result;

    if (!t)
        return CURLE_OUT_OF_MEMORY;
    t->hop = hop;
    t->socket.fd = CURL_SOCKET_BAD;
    result = converse(t);
    datagrams_close(&t->socket);
    buf_release(&t->name);
    buf_release(&t->out);
    mem_free(t->in);
    ask_free(t->piece);
    mem_free(t);
    return result;
}
