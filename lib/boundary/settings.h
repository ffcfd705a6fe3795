/* SPDX-License-Identifier: MIT */
/* The values of one easy handle's options. They are what crosses to the worker: counted, and
 * immutable while there is more than one reference. Whoever wants to change them asks for
 * settings_writable(), which makes a private copy when a transfer holds them too; that is one
 * memcpy, as strings are counted as well. Lists, callbacks and other pointers are the program's,
 * which keeps them as long as libcurl's manual asks. */
#ifndef BOUNDARY_SETTINGS_H
#define BOUNDARY_SETTINGS_H

#include "base/rstr.h"
#include "net/tls_settings.h"

#include <curl/curl.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>

/* What a transfer does; CURLOPT_CUSTOMREQUEST changes the word only. */
enum method {
    METHOD_GET,
    METHOD_HEAD, /* CURLOPT_NOBODY */
    METHOD_POST,
    METHOD_PUT, /* CURLOPT_UPLOAD */
};

/* A POST's body that is a form. */
enum form_kind {
    FORM_NONE,
    FORM_MIME, /* CURLOPT_MIMEPOST */
    FORM_LIST, /* CURLOPT_HTTPPOST */
};

/* Protocols by default: all, and those that a redirect may lead to. */
#define SETTINGS_PROTOCOLS ((long)CURLPROTO_ALL)
#define SETTINGS_REDIRECT_PROTOCOLS                                                                \
    (CURLPROTO_HTTP | CURLPROTO_HTTPS | CURLPROTO_FTP | CURLPROTO_FTPS)

/* NOLINTNEXTLINE(clang-analyzer-optin.performance.Padding): fields stand by theme */
struct settings {
    atomic_int references;

    /* ---- Where to ---- */
    struct rstr *url;              /* CURLOPT_URL as given; NULL: none */
    CURLU *curlu;                  /* CURLOPT_CURLU: goes before url */
    struct rstr *default_protocol; /* a scheme for URLs without one; NULL: guess */
    long port;                     /* CURLOPT_PORT; 0: the URL's */
    long allowed_protocols;        /* CURLPROTO_* */
    long redirect_protocols;       /* CURLPROTO_* */
    bool path_as_is;
    long follow_location; /* CURLFOLLOW_*; 0: not at all */
    long max_redirects;   /* -1: no limit */
    long post_redirect;   /* CURL_REDIR_POST_* */
    bool auto_referer;
    bool disallow_username_in_url;

    /* ---- The request ---- */
    enum method method;
    struct rstr *custom_request; /* the method's word, or NULL */
    struct rstr *request_target; /* or NULL */
    long http_version;           /* CURL_HTTP_VERSION_* up to _2_PRIOR_KNOWLEDGE */
    long stream_weight;          /* 1 to 256 */
    bool pipewait;
    struct curl_slist *http_headers;
    struct rstr *user_agent;
    struct rstr *referer;
    struct rstr *cookie;     /* CURLOPT_COOKIE: goes behind those of the engine */
    struct rstr *cookie_jar; /* written when the handle is closed */
    bool cookie_session;     /* session cookies of files are left out */
    struct rstr *range;      /* "X-Y", ...; NULL: all */
    curl_off_t resume_from;  /* bytes; 0: from the start */
    long time_condition;     /* CURL_TIMECOND_* */
    curl_off_t time_value;   /* s since 1970 */

    /* ---- Who the program is ---- */
    struct rstr *username; /* CURLOPT_USERPWD sets both; NULL: the URL's, or nobody */
    struct rstr *password;
    struct rstr *bearer;        /* CURLOPT_XOAUTH2_BEARER */
    struct rstr *login_options; /* "AUTH=...": which mechanisms; NULL: the URL says */
    struct rstr *sasl_authzid;  /* whom the program acts for; NULL: itself */
    bool sasl_ir;               /* the first message goes with the mechanism's name */
    struct rstr *aws_sigv4;     /* "provider1[:provider2[:region[:service]]]" */
    long http_auth;             /* CURLAUTH_*, only methods that are built */
    long proxy_auth;            /* the same for proxies */
    struct rstr *service_name;  /* of the server for Negotiate; NULL: "HTTP" */
    long gssapi_delegation;     /* CURLGSSAPI_DELEGATION_* */
    long netrc;                 /* enum CURL_NETRC_OPTION */
    struct rstr *netrc_file;    /* NULL: $NETRC or ~/.netrc */
    bool unrestricted_auth;     /* credentials go with redirects to other origins */

    /* ---- The request's body ---- */
    const char *post_fields; /* METHOD_POST: the body, the program's or post_copy's; NULL: the read
                                callback gives it */
    struct rstr *post_copy;  /* CURLOPT_COPYPOSTFIELDS */
    curl_off_t post_field_size; /* bytes; -1: up to the NUL, or unknown with the read callback */
    enum form_kind form;        /* METHOD_POST: goes before post_fields; the request describes it */
    struct curl_httppost *form_list; /* FORM_LIST: application side */
    long mime_options;               /* CURLMIMEOPT_* */
    bool crlf; /* line ends of what the read callback gives become CRLF: application side, so no
 length is known ahead */
    curl_off_t infile_size;  /* METHOD_PUT: bytes; -1: unknown */
    long upload_buffer_size; /* bytes: 16 KiB to 2 MiB */
    long expect_100_timeout_ms;
    long upkeep_interval_ms;

    /* ---- The response ---- */
    curl_off_t max_filesize; /* bytes; 0: no limit */
    long buffer_size;        /* bytes a write callback gets at most: 1 KiB to 10 MiB */
    struct curl_slist *http200_aliases;
    bool include_header; /* CURLOPT_HEADER: the head goes to the write callback as well */
    bool fail_on_error;
    bool keep_sending_on_error; /* the upload goes on behind an error response */
    bool ignore_content_length;
    bool http_transfer_decoding;
    bool http_content_decoding;
    bool transfer_encoding;       /* CURLOPT_TRANSFER_ENCODING: asked for */
    struct rstr *accept_encoding; /* or NULL: not asked for, and not decoded */
    bool http09_allowed;
    bool filetime;

    /* ---- The other end's files ---- */
    long new_file_perms;      /* of those that an upload creates, */
    long new_directory_perms; /* and of their folders */

    /* ---- SSH ---- */
    long ssh_auth;                     /* CURLSSH_AUTH_*; ~0: all */
    struct rstr *ssh_public_key_file;  /* NULL: the usual one; empty: of the private key */
    struct rstr *ssh_private_key_file; /* or NULL: the usual ones */
    struct rstr *ssh_known_hosts;      /* a file; NULL: every host is fine */
    struct rstr *ssh_md5;              /* of the host's key, in hexadecimal digits */
    struct rstr *ssh_sha256;           /* the same in Base64 */
    bool ssh_compression;
    curl_sshkeycallback ssh_key_function;
    void *ssh_key_data;
    curl_sshhostkeycallback ssh_host_key_function;
    void *ssh_host_key_data;

    /* ---- TELNET ---- */
    struct curl_slist *telnet_options; /* "NAME=VALUE" */

    /* ---- SMTP ---- */
    struct rstr *mail_from, *mail_auth;
    struct curl_slist *mail_recipients;
    bool mail_allows_fails;

    /* ---- IMAP ---- */
    long upload_flags; /* CURLULFLAG_* */

    /* ---- TFTP ---- */
    long tftp_block_size;
    bool tftp_no_options;

    /* ---- FTP ---- */
    struct rstr *ftp_port;        /* active mode, from there; NULL: passive */
    struct curl_slist *quote;     /* commands before all others, */
    struct curl_slist *prequote;  /* behind the transfer's type, */
    struct curl_slist *postquote; /* and behind the transfer */
    bool append;                  /* uploads go behind what is there */
    bool dir_list_only;           /* names only, and always a directory */
    bool ftp_use_epsv, ftp_use_eprt, ftp_use_pret;
    bool ftp_skip_pasv_ip;
    long ftp_create_dirs;         /* CURLFTP_CREATE_DIR_* */
    long ftp_file_method;         /* CURLFTPMETHOD_* */
    long ftp_ssl_auth;            /* CURLFTPAUTH_* */
    long ftp_ssl_ccc;             /* CURLFTPSSL_CCC_* */
    struct rstr *ftp_account;     /* for ACCT; NULL: none */
    struct rstr *ftp_alternative; /* said where USER is refused; NULL: nothing */
    bool wildcard_match;          /* the URL's file is a pattern */
    long use_ssl;                 /* CURLUSESSL_*: TLS that begins after a word */
    long accept_timeout_ms;       /* for the server's connection to us; never 0 */
    long response_timeout_ms;     /* for a reply; never 0 */

    /* ---- Time and speed ---- */
    long timeout_ms;           /* 0: none */
    long connect_timeout_ms;   /* never 0 */
    curl_off_t max_send_speed; /* bytes/s; 0: no limit */
    curl_off_t max_recv_speed;
    long low_speed_limit; /* bytes/s; 0: off */
    long low_speed_time_s;

    /* ---- Connections ---- */
    long max_connects;       /* idle ones kept by curl_easy_perform */
    long maxage_conn_s;      /* idle for longer: not reused */
    long maxlifetime_conn_s; /* older: not reused; 0: no limit */
    long connect_only;       /* 1: connect, and leave the connection to the program; 2: once a
                                WebSocket is open */
    long ws_options;         /* CURLWS_RAW_MODE, CURLWS_NOAUTOPONG */
    bool fresh_connect;
    bool forbid_reuse;
    struct curl_slist *connect_to; /* "HOST:PORT:CONNECT-TO-HOST:CONNECT-TO-PORT" */

    /* ---- Sockets ---- */
    struct rstr *interface; /* "name", "if!name", "host!name", "ifhost!if!host" */
    long local_port;        /* 0: any */
    long local_port_range;  /* at least 1 */
    long address_scope;     /* IPv6 scope id; 0: none */
    struct rstr *unix_socket_path;
    bool abstract_unix_socket; /* unix_socket_path is an abstract name */
    bool tcp_nodelay;
    bool tcp_fastopen;
    bool tcp_keepalive;
    long tcp_keepidle_s;
    long tcp_keepintvl_s;
    long tcp_keepcnt; /* probes */

    /* ---- Names ---- */
    struct curl_slist *resolve; /* "[+]HOST:PORT:ADDRESS[,ADDRESS]", "-HOST:PORT" */
    long ip_resolve;            /* CURL_IPRESOLVE_* */
    long dns_cache_timeout_s;   /* 0: do not keep; -1: for ever */
    struct rstr *altsvc_file;   /* NULL: none; empty: none, and alternative services are heeded */
    long altsvc_control;        /* CURLALTSVC_*; 0: off */
    struct rstr *doh_url;       /* names are asked for there; NULL: of DNS */
    bool doh_verify_peer, doh_verify_host, doh_verify_status;
    struct rstr *dns_servers;
    struct rstr *dns_interface;
    struct rstr *dns_local_ip4;
    struct rstr *dns_local_ip6;
    bool dns_shuffle_addresses;
    long happy_eyeballs_timeout_ms;

    /* ---- TLS ---- */
    struct tls_settings tls; /* with the origin */

    /* ---- Hosts that want TLS only ---- */
    struct rstr *hsts_file; /* written when the handle is closed; NULL: none */
    bool hsts_read_only;    /* it is not */
    curl_hstsread_callback hsts_read_function;
    void *hsts_read_data;
    curl_hstswrite_callback hsts_write_function;
    void *hsts_write_data;

    /* ---- Proxies ---- */
    struct rstr *proxy; /* NULL: what the environment says; empty: none */
    struct rstr *pre_proxy;
    struct rstr *noproxy; /* NULL: what the environment says */
    long proxy_type;      /* CURLPROXY_*, of texts without a scheme */
    long proxy_port;      /* 0: the text's, or the default one */
    struct rstr *proxy_username, *proxy_password;
    struct rstr *proxy_service_name; /* of GSS-API; NULL: "HTTP", or "rcmd" with SOCKS */
    bool socks5_gssapi_nec;          /* the level of protection is negotiated without any */
    long socks5_auth;                /* CURLAUTH_* */
    bool proxy_tunnel;
    bool suppress_connect_headers;
    bool proxy_transfer_mode; /* ";type=" of FTP URLs that an HTTP proxy gets */
    bool transfer_text;       /* CURLOPT_TRANSFERTEXT */
    bool haproxy_protocol;
    struct rstr *haproxy_client_ip;
    struct curl_slist *proxy_headers;
    long header_opt;               /* CURLHEADER_* */
    struct tls_settings proxy_tls; /* with an HTTPS proxy */

    /* ---- Callbacks: NULL is the built-in one, or none ---- */
    curl_write_callback write_function;
    void *write_data; /* without write_function a FILE *; NULL: stdout */
    curl_read_callback read_function;
    void *read_data; /* without read_function a FILE *; NULL: stdin */
    curl_write_callback header_function;
    void *header_data;
    curl_seek_callback seek_function;
    void *seek_data;
    curl_ioctl_callback ioctl_function;
    void *ioctl_data;
    curl_progress_callback progress_function;
    curl_xferinfo_callback xferinfo_function;
    void *progress_data; /* of both */
    curl_debug_callback debug_function;
    void *debug_data;
    curl_trailer_callback trailer_function;
    void *trailer_data;
    curl_prereq_callback prereq_function;
    void *prereq_data;
    curl_sockopt_callback sockopt_function;
    void *sockopt_data;
    curl_opensocket_callback open_socket_function;
    void *open_socket_data;
    curl_closesocket_callback closesocket_function;
    void *closesocket_data;
    curl_resolver_start_callback resolver_start_function;
    void *resolver_start_data;
    curl_chunk_bgn_callback chunk_begin_function;
    curl_chunk_end_callback chunk_end_function;
    void *chunk_data; /* of both */
    curl_fnmatch_callback fnmatch_function;
    void *fnmatch_data;
    curl_ssl_ctx_callback ssl_ctx_function;
    void *ssl_ctx_data;

    /* ---- The program's side ---- */
    char *error_buffer; /* CURL_ERROR_SIZE bytes, or NULL */
    FILE *stderr_file;  /* NULL: stderr */
    void *private_data; /* CURLOPT_PRIVATE */
    bool verbose;
    bool no_progress;
};

/* All options at their defaults, one reference; NULL when memory is short. */
struct settings *settings_new(void);

/* A copy of its own, one reference; NULL when memory is short. */
struct settings *settings_clone(const struct settings *);

/* Any thread; NULL is fine for both. */
struct settings *settings_ref(struct settings *);
void settings_unref(struct settings *);

/* `*s` when nobody else has it, otherwise a clone that takes its place. NULL when memory is short:
 * `*s` is as before. The thread that owns the reference in `*s`. */
struct settings *settings_writable(struct settings **s);

#endif
