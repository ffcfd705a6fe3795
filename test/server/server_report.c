/* SPDX-License-Identifier: MIT */
/* What a transfer tells, as JSON. */
#include "server_client.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct info {
    const char *name;
    CURLINFO info;
};

#define INFO(name, info)                                                                           \
    {                                                                                              \
#name, CURLINFO_##info                                                                     \
    }

static const struct info infos[] = {
    INFO(appconnect_us, APPCONNECT_TIME_T),
    INFO(connect_us, CONNECT_TIME_T),
    INFO(content_length, CONTENT_LENGTH_DOWNLOAD_T),
    INFO(content_type, CONTENT_TYPE),
    INFO(effective_url, EFFECTIVE_URL),
    INFO(filetime, FILETIME_T),
    INFO(ftp_entry_path, FTP_ENTRY_PATH),
    INFO(header_size, HEADER_SIZE),
    INFO(http_connectcode, HTTP_CONNECTCODE),
    INFO(http_version, HTTP_VERSION),
    INFO(httpauth_avail, HTTPAUTH_AVAIL),
    INFO(local_ip, LOCAL_IP),
    INFO(local_port, LOCAL_PORT),
    INFO(namelookup_us, NAMELOOKUP_TIME_T),
    INFO(num_connects, NUM_CONNECTS),
    INFO(os_errno, OS_ERRNO),
    INFO(pretransfer_us, PRETRANSFER_TIME_T),
    INFO(primary_ip, PRIMARY_IP),
    INFO(primary_port, PRIMARY_PORT),
    INFO(proxy_error, PROXY_ERROR),
    INFO(proxy_ssl_verifyresult, PROXY_SSL_VERIFYRESULT),
    INFO(request_size, REQUEST_SIZE),
    INFO(response_code, RESPONSE_CODE),
    INFO(scheme, SCHEME),
    INFO(size_download, SIZE_DOWNLOAD_T),
    INFO(size_upload, SIZE_UPLOAD_T),
    INFO(ssl_verifyresult, SSL_VERIFYRESULT),
    INFO(starttransfer_us, STARTTRANSFER_TIME_T),
    INFO(total_us, TOTAL_TIME_T),
};

enum { INFOS = sizeof infos / sizeof *infos };
_Static_assert((int)INFOS <= (int)INFOS_MAX, "room for all infos");

static void write_string(FILE *out, const char *bytes, size_t len)
{
    fputc('"', out);
    for (size_t i = 0; i < len; i++) {
        unsigned char byte = (unsigned char)bytes[i];

        if (byte == '"' || byte == '\\') {
            fprintf(out, "\\%c", byte);
        } else if (byte < 0x20 || byte >= 0x7f) {
            fprintf(out, "\\u%04x", byte);
        } else {
            fputc(byte, out);
        }
    }
    fputc('"', out);
}

static void write_text(FILE *out, const char *text)
{
    if (text == NULL) {
        fputs("null", out);
    } else {
        write_string(out, text, strlen(text));
    }
}

static void write_info(FILE *out, CURL *easy, CURLINFO info)
{
    const char *text = NULL;
    long number = 0;
    curl_off_t offset = 0;

    switch ((unsigned)info & CURLINFO_TYPEMASK) {
    case CURLINFO_STRING:
        curl_easy_getinfo(easy, info, &text);
        write_text(out, text);
        break;
    case CURLINFO_LONG:
        curl_easy_getinfo(easy, info, &number);
        fprintf(out, "%ld", number);
        break;
    default:
        curl_easy_getinfo(easy, info, &offset);
        fprintf(out, "%" CURL_FORMAT_CURL_OFF_T, offset);
        break;
    }
}

/* A stream that ends up as a string on the heap. */
static FILE *open_text(char **ret_text, size_t *ret_len)
{
    FILE *out = open_memstream(ret_text, ret_len);

    if (out == NULL) {
        fputs("server_client: no memory\n", stderr);
        exit(2);
    }
    return out;
}

static void note_certificates(struct transfer *transfer)
{
    struct curl_certinfo *chain = NULL;
    size_t len;
    FILE *out = open_text(&transfer->certificates, &len);

    curl_easy_getinfo(transfer->easy, CURLINFO_CERTINFO, &chain);
    fputc('[', out);
    for (int i = 0; chain != NULL && i < chain->num_of_certs; i++) {
        fputs(i > 0 ? ", [" : "[", out);
        for (struct curl_slist *item = chain->certinfo[i]; item != NULL; item = item->next) {
            write_text(out, item->data);
            fputs(item->next != NULL ? ", " : "", out);
        }
        fputc(']', out);
    }
    fputc(']', out);
    fclose(out);
}

void note_infos(struct transfer *transfer)
{
    struct curl_header *status = NULL;

    for (unsigned i = 0; i < INFOS; i++) {
        size_t len;
        FILE *out = open_text(&transfer->infos[i], &len);

        write_info(out, transfer->easy, infos[i].info);
        fclose(out);
    }
    note_certificates(transfer);
    if (!curl_easy_header(transfer->easy, ":status", 0, CURLH_PSEUDO, -1, &status)) {
        snprintf(transfer->pseudo_status, sizeof transfer->pseudo_status, "%s", status->value);
    }
}

void release_infos(struct transfer *transfer)
{
    for (unsigned i = 0; i < INFOS; i++) {
        free(transfer->infos[i]);
    }
    free(transfer->certificates);
}

static void print_transfer(const struct transfer *transfer)
{
    printf("{\"url\": ");
    write_text(stdout, transfer->url);
    printf(", \"result\": %d, \"meaning\": ", (int)transfer->result);
    write_text(stdout, curl_easy_strerror(transfer->result));
    printf(", \"error\": ");
    write_text(stdout, transfer->error);
    printf(", \"refused\": ");
    write_text(stdout, transfer->refused);
    printf(", \"tls_seen\": ");
    write_text(stdout, transfer->tls_seen);
    printf(", \"messages\": %u, \"strange_thread\": %s", transfer->messages,
           transfer->strange_thread ? "true" : "false");
    printf(", \"len\": %" PRIu64 ", \"sum\": \"%016" PRIx64 "\", \"given\": %lld, \"body\": ",
           transfer->len, transfer->sum, (long long)transfer->given);
    write_string(stdout, transfer->body, transfer->kept);
    printf(", \"pushed\": ");
    write_text(stdout, transfer->pushed);
    printf(", \"pseudo_status\": ");
    write_text(stdout, transfer->pseudo_status);
    for (unsigned i = 0; i < INFOS; i++) {
        printf(", \"%s\": %s", infos[i].name, transfer->infos[i]);
    }
    printf(", \"certificates\": %s}", transfer->certificates);
}

void print_report(const struct transfer *transfers, unsigned count)
{
    const curl_version_info_data *version = curl_version_info(CURLVERSION_NOW);

    printf("{\"library\": ");
    write_text(stdout, curl_version());
    printf(", \"number\": %u, \"ares\": ", version->version_num);
    write_text(stdout, version->ares);
    printf(", \"transfers\": [");
    for (unsigned i = 0; i < count; i++) {
        fputs(i > 0 ? ", " : "", stdout);
        print_transfer(&transfers[i]);
    }
    puts("]}");
}
