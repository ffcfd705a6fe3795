/* SPDX-License-Identifier: MIT */
/* AWS Signature Version 4: signs the request, no rounds. */
#include "protocols/http_auth_method.h"

#include "wire/sigv4.h"

#include "base/wall.h"

static CURLcode explain(const struct http_auth *a, enum sigv4_outcome outcome)
{
    switch (outcome) {
    case SIGV4_OK:
        return CURLE_OK;
    case SIGV4_BAD_PARAMETERS:
        return a->hooks->fail(a->hooks->owner, CURLE_BAD_FUNCTION_ARGUMENT,
                              "first aws-sigv4 provider cannot be empty");
    case SIGV4_NO_SERVICE:
        return a->hooks->fail(a->hooks->owner, CURLE_URL_MALFORMAT,
                              "aws-sigv4: service missing in parameters and hostname");
    case SIGV4_NO_REGION:
        return a->hooks->fail(a->hooks->owner, CURLE_URL_MALFORMAT,
                              "aws-sigv4: region missing in parameters and hostname");
    default:
        return CURLE_OUT_OF_MEMORY;
    }
}

CURLcode auth_write_sigv4(struct http_auth *a, const struct auth_message *message,
                          struct connection *c, struct buf *line, bool *ret_more)
{
    const char *parameters = rstr_text(a->settings->aws_sigv4);
    const struct login *l = a->login;
    struct str path = message->target, query = STR("");
    const char *mark = path.len ? memchr(path.at, '?', path.len) : NULL;

    (void)c;
    *ret_more = false;
    if (mark) {
        query = (struct str){mark + 1, path.len - (size_t)(mark - path.at) - 1};
        path.len = (size_t)(mark - path.at);
    }
    return explain(a, sigv4_write(
                          &(struct sigv4_request){
                              .parameters = str_of(parameters ? parameters : "aws:amz"),
                              .user = {buf_text(&l->user),     l->user.len    },
                              .password = {buf_text(&l->password), l->password.len},
                              .method = str_of(message->method),
                              .hostname = message->host,
                              .host = message->host_line,
                              .path = path,
                              .query = query,
                              .headers = message->headers,
                              .payload = message->payload,
                              .unsigned_payload = message->payload_unknown,
                              .time = wall_clock_of_signatures(),
    },
                          line));
}
