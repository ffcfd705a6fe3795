/* SPDX-License-Identifier: MIT */
#include "boundary/facts.h"

void facts_init(struct facts *f)
{
    *f = (struct facts){
        .content_length = -1,
        .filetime = -1,
        .upload_length = -1,
        .connection_id = -1,
        .active_socket = CURL_SOCKET_BAD,
    };
}

static void each_text(struct facts *f, void (*apply)(struct rstr **))
{
    apply(&f->content_type);
    apply(&f->redirect_url);
    apply(&f->ftp_entry_path);
    apply(&f->effective_url);
    apply(&f->method);
    apply(&f->referer);
}

static void drop_text(struct rstr **text)
{
    rstr_unref(*text);
    *text = NULL;
}

static void keep_text(struct rstr **text)
{
    rstr_ref(*text);
}

void facts_release(struct facts *f)
{
    each_text(f, drop_text);
}

void facts_copy(struct facts *to, const struct facts *from)
{
    facts_release(to);
    *to = *from;
    each_text(to, keep_text);
}

void facts_move(struct facts *to, struct facts *from)
{
    facts_release(to);
    *to = *from;
    facts_init(from);
}

bool facts_set_text(struct rstr **text, const char *value, size_t len)
{
    struct rstr *fresh = value ? rstr_new(value, len) : NULL;

    if (value && !fresh)
        return false;
    rstr_unref(*text);
    *text = fresh;
    return true;
}
