/* SPDX-License-Identifier: MIT */
/* A GSS-API in front of the system's, for clients of tests: contexts that stand after as many
 * tokens as the environment says in GSS_STUB_TOKENS, each "token N" filled up to GSS_STUB_LENGTH
 * bytes. With GSS_STUB_LISTENS it stands only once the peer has answered the last one. No key
 * distribution centre is asked. */
#include <gssapi/gssapi.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t met = PTHREAD_COND_INITIALIZER;
static long under_way;

struct stub {
    long sent;
};

static long number_of(const char *name, long otherwise)
{
    const char *text = getenv(name);

    return text != NULL ? strtol(text, NULL, 10) : otherwise;
}

static void meet(void)
{
    long wanted = number_of("GSS_STUB_MEETS", 0);
    struct timespec limit;

    clock_gettime(CLOCK_REALTIME, &limit);
    limit.tv_sec++;
    pthread_mutex_lock(&lock);
    under_way++;
    pthread_cond_broadcast(&met);
    while (under_way < wanted && pthread_cond_timedwait(&met, &lock, &limit) == 0) {
        continue;
    }
    pthread_mutex_unlock(&lock);
}

OM_uint32 gss_import_name(OM_uint32 *minor, gss_buffer_t text, gss_OID type, gss_name_t *ret)
{
    (void)text;
    (void)type;
    *minor = 0;
    *ret = malloc(1);
    return *ret != NULL ? GSS_S_COMPLETE : GSS_S_FAILURE;
}

OM_uint32 gss_release_name(OM_uint32 *minor, gss_name_t *name)
{
    *minor = 0;
    free(*name);
    *name = GSS_C_NO_NAME;
    return GSS_S_COMPLETE;
}

OM_uint32 gss_delete_sec_context(OM_uint32 *minor, gss_ctx_id_t *context, gss_buffer_t out)
{
    (void)out;
    *minor = 0;
    free(*context);
    *context = GSS_C_NO_CONTEXT;
    return GSS_S_COMPLETE;
}

OM_uint32 gss_inquire_context(OM_uint32 *minor, gss_ctx_id_t context, gss_name_t *from,
                              gss_name_t *to, OM_uint32 *lifetime, gss_OID *mechanism,
                              OM_uint32 *flags, int *here, int *open)
{
    (void)context, (void)from, (void)to, (void)lifetime;
    (void)mechanism, (void)flags, (void)here, (void)open;
    *minor = 0;
    return GSS_S_UNAVAILABLE;
}

OM_uint32 gss_init_sec_context(OM_uint32 *minor, gss_cred_id_t who, gss_ctx_id_t *context,
                               gss_name_t name, gss_OID mechanism, OM_uint32 flags, OM_uint32 time,
                               gss_channel_bindings_t bindings, gss_buffer_t in,
                               gss_OID *ret_mechanism, gss_buffer_t out, OM_uint32 *ret_flags,
                               OM_uint32 *ret_time)
{
    long tokens = number_of("GSS_STUB_TOKENS", 1), len = number_of("GSS_STUB_LENGTH", 10);
    struct stub *stub = (void *)*context;

    (void)who, (void)name, (void)mechanism, (void)flags, (void)time;
    (void)bindings, (void)in, (void)ret_mechanism, (void)ret_time;
    *minor = 0;
    if (stub == NULL) {
        meet();
        stub = calloc(1, sizeof *stub);
        *context = (void *)stub;
    }
    *out = (gss_buffer_desc){0, NULL};
    if (ret_flags != NULL) {
        *ret_flags = 0;
    }
    if (stub == NULL) {
        return GSS_S_FAILURE;
    }
    if (stub->sent == tokens) {
        return GSS_S_COMPLETE;
    }
    out->value = calloc(1, (size_t)len + 32);
    if (out->value == NULL) {
        return GSS_S_FAILURE;
    }
    out->length = (size_t)len;
    (void)snprintf(out->value, 32, "token %ld", ++stub->sent);
    return stub->sent < tokens || getenv("GSS_STUB_LISTENS") != NULL ? GSS_S_CONTINUE_NEEDED
                                                                     : GSS_S_COMPLETE;
}
