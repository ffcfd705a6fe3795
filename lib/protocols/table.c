/* SPDX-License-Identifier: MIT */
/* Scheme -> protocol. */
#include "protocols/hop.h"

#include "base/clock.h"

#include <string.h>

static const struct protocol protocols[] = {
    {"dict",    CURLPROTO_DICT,    false, false, NULL,       dict_run,   NULL      },
    {"file",    CURLPROTO_FILE,    false, true,  NULL,       file_run,   NULL      },
#ifdef WITH_FTP
    {"ftp",     CURLPROTO_FTP,     false, false, NULL,       ftp_run,    ftp_greet },
    {"ftps",    CURLPROTO_FTPS,    true,  false, NULL,       ftp_run,    ftp_greet },
#endif
    {"gopher",  CURLPROTO_GOPHER,  false, false, NULL,       gopher_run, NULL      },
    {"gophers", CURLPROTO_GOPHERS, true,  false, NULL,       gopher_run, NULL      },
    {"http",    CURLPROTO_HTTP,    false, false, http_alpn,  http_run,   NULL      },
    {"https",   CURLPROTO_HTTPS,   true,  false, https_alpn, http_run,   NULL      },
    {"imap",    CURLPROTO_IMAP,    false, false, NULL,       imap_run,   imap_greet},
    {"imaps",   CURLPROTO_IMAPS,   true,  false, NULL,       imap_run,   imap_greet},
    {"mqtt",    CURLPROTO_MQTT,    false, false, NULL,       mqtt_run,   NULL      },
    {"mqtts",   PROTOCOL_MQTTS,    true,  false, NULL,       mqtt_run,   NULL      },
    {"pop3",    CURLPROTO_POP3,    false, false, NULL,       pop3_run,   pop3_greet},
    {"pop3s",   CURLPROTO_POP3S,   true,  false, NULL,       pop3_run,   pop3_greet},
#ifdef HAVE_SSH
    {"scp",     CURLPROTO_SCP,     false, false, NULL,       scp_run,    ssh_greet },
    {"sftp",    CURLPROTO_SFTP,    false, false, NULL,       sftp_run,   ssh_greet },
#endif
    {"smtp",    CURLPROTO_SMTP,    false, false, NULL,       smtp_run,   smtp_greet},
    {"smtps",   CURLPROTO_SMTPS,   true,  false, NULL,       smtp_run,   smtp_greet},
    {"telnet",  CURLPROTO_TELNET,  false, false, NULL,       telnet_run, NULL      },
    {"tftp",    CURLPROTO_TFTP,    false, true,  NULL,       tftp_run,   NULL      },
    {"ws",      PROTOCOL_WS,       false, false, NULL,       ws_run,     NULL      },
    {"wss",     PROTOCOL_WSS,      true,  false, wss_alpn,   ws_run,     NULL      },
};

const struct protocol *protocol_find(const char *scheme)
{
    for (size_t i = 0; i < sizeof(protocols) / sizeof(protocols[0]); i++) {
        if (!strcmp(protocols[i].scheme, scheme))
            return &protocols[i];
    }
    return NULL;
}

int64_t hop_elapsed(const struct hop *hop)
{
    int64_t elapsed = clock_now() - hop->started;

    return elapsed > 0 ? elapsed : 1;
}

int64_t hop_add_time(const struct hop *hop, int64_t earlier, int64_t time)
{
    int64_t elapsed = time - hop->request_started;

    return earlier + (elapsed > 0 ? elapsed : 1);
}

void hop_next_request(struct hop *hop)
{
    const struct facts *f = hop->facts;

    hop->request_number++;
    hop->request_started = clock_now();
    hop->earlier = (struct earlier_times){
        .queue = f->queue_time,
        .namelookup = f->namelookup_time,
        .connect = f->connect_time,
        .appconnect = f->appconnect_time,
        .pretransfer = f->pretransfer_time,
        .posttransfer = f->posttransfer_time,
        .starttransfer = f->starttransfer_time,
    };
}
