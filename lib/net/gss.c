/* SPDX-License-Identifier: MIT */
#include "net/gss.h"

#include "base/mem.h"
#include "runtime/errand.h"

#include <string.h>

void gss_context_drop(gss_ctx_id_t *context)
{
    OM_uint32 minor;

    if (*context != GSS_C_NO_CONTEXT)
        gss_delete_sec_context(&minor, context, GSS_C_NO_BUFFER);
    *context = GSS_C_NO_CONTEXT;
}

/* ---- A step ---- */

struct gss_step *gss_step_new(const char *service, struct str host)
{
    struct gss_step *s = mem_calloc(1, sizeof(*s));

    if (!s)
        return NULL;
    s->is_principal = strchr(service, '/') != NULL;
    buf_append_text(&s->service, service);
    if (!s->is_principal) {
        buf_append_char(&s->service, '@');
        buf_append(&s->service, host.at, host.len);
    }
    if (buf_failed(&s->service)) {
        gss_step_free(s);
        return NULL;
    }
    return s;
}

void gss_step_free(struct gss_step *s)
{
    if (!s)
        return;
    gss_context_drop(&s->context);
    buf_release(&s->service);
    buf_release(&s->binding);
    buf_release(&s->in);
    buf_release(&s->out);
    buf_release(&s->trouble);
    buf_release(&s->user);
    mem_free(s);
}

static void release(void *argument)
{
    gss_step_free(argument);
}

/* GSS-API may have several sentences to say. */
static void explain(struct gss_step *s, OM_uint32 code, int kind)
{
    OM_uint32 minor, more = 0;

    do {
        gss_buffer_desc text = GSS_C_EMPTY_BUFFER;
        if (GSS_ERROR(gss_display_status(&minor, code, kind, s->mechanism, &more, &text)))
            return;
        if (s->trouble.len)
            buf_append_text(&s->trouble, ": ");
        buf_append(&s->trouble, text.value, text.length);
        gss_release_buffer(&minor, &text);
    } while (more);
}

/* For the log only: without it nothing is lost. */
static void name_user(struct gss_step *s)
{
    gss_buffer_desc text = GSS_C_EMPTY_BUFFER;
    gss_name_t name = GSS_C_NO_NAME;
    OM_uint32 minor;

    if (GSS_ERROR(
            gss_inquire_context(&minor, s->context, &name, NULL, NULL, NULL, NULL, NULL, NULL)))
        return;
    if (!GSS_ERROR(gss_display_name(&minor, name, &text, NULL)))
        buf_append(&s->user, text.value, text.length);
    gss_release_buffer(&minor, &text);
    gss_release_name(&minor, &name);
}

static void go_on(struct gss_step *s, gss_name_t name)
{
    gss_buffer_desc in = {s->in.len, s->in.bytes}, out = GSS_C_EMPTY_BUFFER;
    struct gss_channel_bindings_struct binding = {
        .application_data = {s->binding.len, s->binding.bytes}
    };
    OM_uint32 minor;

    s->major =
        gss_init_sec_context(&s->minor, GSS_C_NO_CREDENTIAL, &s->context, name, s->mechanism,
                             s->flags, 0, s->binding.len ? &binding : GSS_C_NO_CHANNEL_BINDINGS,
                             s->in.len ? &in : GSS_C_NO_BUFFER, NULL, &out, &s->granted, NULL);
    if (!gss_step_failed(s))
        s->failed_memory = !buf_append(&s->out, out.value, out.length);
    gss_release_buffer(&minor, &out);
}

static void take(void *argument)
{
    struct gss_step *s = argument;
    gss_buffer_desc service = {s->service.len, s->service.bytes};
    gss_name_t name = GSS_C_NO_NAME;
    OM_uint32 minor;

    s->major = gss_import_name(&s->minor, &service,
                               s->is_principal ? GSS_C_NO_OID : GSS_C_NT_HOSTBASED_SERVICE, &name);
    if (!gss_step_failed(s))
        go_on(s, name);
    gss_release_name(&minor, &name);
    if (gss_step_failed(s)) {
        explain(s, s->major, GSS_C_GSS_CODE);
        explain(s, s->minor, GSS_C_MECH_CODE);
    } else if (gss_step_is_last(s)) {
        name_user(s);
    }
}

CURLcode gss_step_run(struct gss_step *s, int64_t deadline)
{
    return errand_run(take, release, s, deadline);
}

/* ---- With a context ---- */

bool gss_context_wrap(gss_ctx_id_t context, bool secret, const void *bytes, size_t len,
                      struct buf *to, bool *ret_failed)
{
    gss_buffer_desc in = {len, (void *)(uintptr_t)bytes}, out = GSS_C_EMPTY_BUFFER;
    OM_uint32 major, minor;
    int is_secret = 0;
    bool had_memory = true;

    major = gss_wrap(&minor, context, secret, GSS_C_QOP_DEFAULT, &in, &is_secret, &out);
    *ret_failed = GSS_ERROR(major) || (secret && !is_secret);
    if (!*ret_failed)
        had_memory = buf_append(to, out.value, out.length);
    gss_release_buffer(&minor, &out);
    return had_memory;
}

/* A repeated, an old or a missing message is a success with a remark to GSS-API, not to us. */
bool gss_context_unwrap(gss_ctx_id_t context, bool secret, const void *bytes, size_t len,
                        struct buf *to, bool *ret_failed)
{
    gss_buffer_desc in = {len, (void *)(uintptr_t)bytes}, out = GSS_C_EMPTY_BUFFER;
    OM_uint32 major, minor;
    int was_secret = 0;
    bool had_memory = true;

    major = gss_unwrap(&minor, context, &in, &out, &was_secret, NULL);
    *ret_failed = major != GSS_S_COMPLETE || (secret && !was_secret);
    if (!*ret_failed)
        had_memory = buf_append(to, out.value, out.length);
    gss_release_buffer(&minor, &out);
    return had_memory;
}
