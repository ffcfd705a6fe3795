/* SPDX-License-Identifier: MIT */
#include "api/log.h"

#include "api/handle.h"

#include <stdio.h>
#include <string.h>

/* The built-in log: "* text", "< header in", "> header out"; data is not shown. */
static void log_to_stderr(const struct settings *s, curl_infotype type, const char *bytes,
                          size_t len)
{
    static const char marks[] = {
        [CURLINFO_TEXT] = '*', [CURLINFO_HEADER_IN] = '<', [CURLINFO_HEADER_OUT] = '>'};
    FILE *out = s->stderr_file ? s->stderr_file : stderr;

    if (type > CURLINFO_HEADER_OUT)
        return;
    while (len) {
        const char *end = memchr(bytes, '\n', len);
        size_t line = end ? (size_t)(end - bytes) + 1 : len;
        fputc(marks[type], out);
        fputc(' ', out);
        fwrite(bytes, 1, line, out);
        bytes += line;
        len -= line;
    }
}

void log_bytes(struct easy *e, curl_infotype type, char *bytes, size_t len)
{
    const struct settings *s = e->settings;

    if (!s->verbose)
        return;
    if (s->debug_function)
        s->debug_function(easy_public(e), type, bytes, len, s->debug_data);
    else
        log_to_stderr(s, type, bytes, len);
}

void log_begin(struct easy *e)
{
    if (e->settings->error_buffer)
        e->settings->error_buffer[0] = '\0';
}

void log_error(struct easy *e, CURLcode code, const char *text)
{
    char line[CURL_ERROR_SIZE + 2];
    int len;

    if (!text[0])
        text = curl_easy_strerror(code);
    if (e->settings->error_buffer)
        snprintf(e->settings->error_buffer, CURL_ERROR_SIZE, "%s", text);
    if (!e->settings->verbose)
        return;
    len = snprintf(line, sizeof(line), "%.*s\n", CURL_ERROR_SIZE - 1, text);
    if (len > 0)
        log_bytes(e, CURLINFO_TEXT, line, (size_t)len);
}
