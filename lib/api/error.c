/* SPDX-License-Identifier: MIT */
/* The texts of the error codes: tables from codes to words. A code that is not in use any more has
 * the same text as one that never was. */
#include <curl/curl.h>
#include <stddef.h>

static const char unknown[] = "Unknown error";

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static const char *look_up(const char *const *texts, size_t count, unsigned code)
{
    return code < count && texts[code] ? texts[code] : unknown;
}

static const char *const easy_texts[] = {
    [CURLE_OK] = "No error",
    [CURLE_UNSUPPORTED_PROTOCOL] = "The protocol is not supported",
    [CURLE_FAILED_INIT] = "Initialisation failed",
    [CURLE_URL_MALFORMAT] = "The URL is malformed or missing",
    [CURLE_NOT_BUILT_IN] = "The feature, protocol or option is not built into this library",
    [CURLE_COULDNT_RESOLVE_PROXY] = "The proxy's name could not be resolved",
    [CURLE_COULDNT_RESOLVE_HOST] = "The host's name could not be resolved",
    [CURLE_COULDNT_CONNECT] = "No connection to the server could be made",
    [CURLE_WEIRD_SERVER_REPLY] = "The server's reply makes no sense",
    [CURLE_REMOTE_ACCESS_DENIED] = "The server denied access to the resource",
    [CURLE_FTP_ACCEPT_FAILED] = "FTP: the server did not connect back",
    [CURLE_FTP_WEIRD_PASS_REPLY] = "FTP: unexpected reply to PASS",
    [CURLE_FTP_ACCEPT_TIMEOUT] = "FTP: the server took too long to connect back",
    [CURLE_FTP_WEIRD_PASV_REPLY] = "FTP: unexpected reply to PASV or EPSV",
    [CURLE_FTP_WEIRD_227_FORMAT] = "FTP: the 227 reply cannot be parsed",
    [CURLE_FTP_CANT_GET_HOST] = "FTP: the host in the PASV reply cannot be resolved",
    [CURLE_HTTP2] = "HTTP/2: an error in the framing layer",
    [CURLE_FTP_COULDNT_SET_TYPE] = "FTP: the transfer type could not be set",
    [CURLE_PARTIAL_FILE] = "The transfer was cut short",
    [CURLE_FTP_COULDNT_RETR_FILE] = "FTP: the file could not be retrieved",
    [CURLE_QUOTE_ERROR] = "A quoted command got an error in reply",
    [CURLE_HTTP_RETURNED_ERROR] = "The HTTP response code is an error",
    [CURLE_WRITE_ERROR] = "Received data could not be written",
    [CURLE_UPLOAD_FAILED] = "The upload could not be started",
    [CURLE_READ_ERROR] = "Data to send could not be read",
    [CURLE_OUT_OF_MEMORY] = "Out of memory",
    [CURLE_OPERATION_TIMEDOUT] = "The time limit was reached",
    [CURLE_FTP_PORT_FAILED] = "FTP: the PORT command failed",
    [CURLE_FTP_COULDNT_USE_REST] = "FTP: the REST command failed",
    [CURLE_RANGE_ERROR] = "The server did not deliver the range that was asked for",
    [CURLE_SSL_CONNECT_ERROR] = "The TLS handshake failed",
    [CURLE_BAD_DOWNLOAD_RESUME] = "The download cannot be resumed there",
    [CURLE_FILE_COULDNT_READ_FILE] = "A file:// file could not be read",
    [CURLE_LDAP_CANNOT_BIND] = "LDAP: bind failed",
    [CURLE_LDAP_SEARCH_FAILED] = "LDAP: search failed",
    [CURLE_ABORTED_BY_CALLBACK] = "A callback ended the transfer",
    [CURLE_BAD_FUNCTION_ARGUMENT] = "A function got a bad argument",
    [CURLE_INTERFACE_FAILED] = "The local interface or address could not be used",
    [CURLE_TOO_MANY_REDIRECTS] = "Too many redirects",
    [CURLE_UNKNOWN_OPTION] = "The option is unknown",
    [CURLE_SETOPT_OPTION_SYNTAX] = "The option's value is malformed",
    [CURLE_GOT_NOTHING] = "The server sent nothing",
    [CURLE_SSL_ENGINE_NOTFOUND] = "TLS: the crypto engine was not found",
    [CURLE_SSL_ENGINE_SETFAILED] = "TLS: the crypto engine could not be set as default",
    [CURLE_SEND_ERROR] = "Sending data to the peer failed",
    [CURLE_RECV_ERROR] = "Receiving data from the peer failed",
    [CURLE_SSL_CERTPROBLEM] = "TLS: the client's certificate is not usable",
    [CURLE_SSL_CIPHER] = "TLS: the ciphers that were asked for cannot be used",
    [CURLE_PEER_FAILED_VERIFICATION] = "TLS: the peer's certificate or key was not verified",
    [CURLE_BAD_CONTENT_ENCODING] = "The content encoding is unknown or broken",
    [CURLE_FILESIZE_EXCEEDED] = "The file is larger than allowed",
    [CURLE_USE_SSL_FAILED] = "The level of TLS that was asked for was not reached",
    [CURLE_SEND_FAIL_REWIND] = "Data must be sent again and cannot be rewound",
    [CURLE_SSL_ENGINE_INITFAILED] = "TLS: the crypto engine could not be initialised",
    [CURLE_LOGIN_DENIED] = "Login denied",
    [CURLE_TFTP_NOTFOUND] = "TFTP: file not found",
    [CURLE_TFTP_PERM] = "TFTP: no permission",
    [CURLE_REMOTE_DISK_FULL] = "The server's disk is full or its quota is reached",
    [CURLE_TFTP_ILLEGAL] = "TFTP: illegal operation",
    [CURLE_TFTP_UNKNOWNID] = "TFTP: unknown transfer id",
    [CURLE_REMOTE_FILE_EXISTS] = "The file exists on the server",
    [CURLE_TFTP_NOSUCHUSER] = "TFTP: no such user",
    [CURLE_SSL_CACERT_BADFILE] = "TLS: the file or folder of CA certificates cannot be used",
    [CURLE_REMOTE_FILE_NOT_FOUND] = "The file does not exist on the server",
    [CURLE_SSH] = "SSH: an error",
    [CURLE_SSL_SHUTDOWN_FAILED] = "TLS: the connection could not be shut down",
    [CURLE_AGAIN] = "The socket is not ready: try again",
    [CURLE_SSL_CRL_BADFILE] = "TLS: the file of revoked certificates cannot be used",
    [CURLE_SSL_ISSUER_ERROR] = "TLS: the issuer is not the one asked for",
    [CURLE_FTP_PRET_FAILED] = "FTP: the PRET command was not accepted",
    [CURLE_RTSP_CSEQ_ERROR] = "RTSP: the CSeq numbers differ or are missing",
    [CURLE_RTSP_SESSION_ERROR] = "RTSP: the session ids differ",
    [CURLE_FTP_BAD_FILE_LIST] = "FTP: the file list cannot be parsed",
    [CURLE_CHUNK_FAILED] = "The chunk callback reported an error",
    [CURLE_NO_CONNECTION_AVAILABLE] = "No connection is free and no more are allowed",
    [CURLE_SSL_PINNEDPUBKEYNOTMATCH] = "TLS: the peer's public key is not the pinned one",
    [CURLE_SSL_INVALIDCERTSTATUS] = "TLS: the status of the peer's certificate is bad or missing",
    [CURLE_HTTP2_STREAM] = "HTTP/2: the stream ended with an error",
    [CURLE_RECURSIVE_API_CALL] = "A function was called from inside a callback",
    [CURLE_AUTH_ERROR] = "An authentication function reported an error",
    [CURLE_HTTP3] = "HTTP/3: an error",
    [CURLE_QUIC_CONNECT_ERROR] = "QUIC: the connection failed",
    [CURLE_PROXY] = "The proxy handshake failed",
    [CURLE_SSL_CLIENTCERT] = "TLS: the server wants a client certificate",
    [CURLE_UNRECOVERABLE_POLL] = "Waiting for sockets failed for good",
    [CURLE_TOO_LARGE] = "A value or piece of data is larger than allowed",
    [CURLE_ECH_REQUIRED] = "TLS: ECH was required and failed",
};

const char *curl_easy_strerror(CURLcode code)
{
    return look_up(easy_texts, COUNT(easy_texts), (unsigned)code);
}

static const char *const multi_texts[] = {
    [CURLM_OK] = "No error",
    [CURLM_BAD_HANDLE] = "Not a multi handle",
    [CURLM_BAD_EASY_HANDLE] = "Not an easy handle",
    [CURLM_OUT_OF_MEMORY] = "Out of memory",
    [CURLM_INTERNAL_ERROR] = "An error inside the library",
    [CURLM_BAD_SOCKET] = "Not a socket that the library knows",
    [CURLM_UNKNOWN_OPTION] = "The option is unknown",
    [CURLM_ADDED_ALREADY] = "The easy handle is in a multi handle already",
    [CURLM_RECURSIVE_API_CALL] = "A function was called from inside a callback",
    [CURLM_WAKEUP_FAILURE] = "Wake-ups are not available or failed",
    [CURLM_BAD_FUNCTION_ARGUMENT] = "A function got a bad argument",
    [CURLM_ABORTED_BY_CALLBACK] = "A callback ended the operation",
    [CURLM_UNRECOVERABLE_POLL] = "Waiting for sockets failed for good",
};

const char *curl_multi_strerror(CURLMcode code)
{
    if (code == CURLM_CALL_MULTI_PERFORM)
        return "Call curl_multi_perform() again soon";
    return look_up(multi_texts, COUNT(multi_texts), (unsigned)code);
}

static const char *const share_texts[] = {
    [CURLSHE_OK] = "No error",
    [CURLSHE_BAD_OPTION] = "The option is unknown",
    [CURLSHE_IN_USE] = "The share object is in use",
    [CURLSHE_INVALID] = "Not a share object",
    [CURLSHE_NOMEM] = "Out of memory",
    [CURLSHE_NOT_BUILT_IN] = "The feature is not built into this library",
};

const char *curl_share_strerror(CURLSHcode code)
{
    return look_up(share_texts, COUNT(share_texts), (unsigned)code);
}

static const char *const url_texts[] = {
    [CURLUE_OK] = "No error",
    [CURLUE_BAD_HANDLE] = "Not a URL handle",
    [CURLUE_BAD_PARTPOINTER] = "A pointer for the part is NULL",
    [CURLUE_MALFORMED_INPUT] = "The input is malformed",
    [CURLUE_BAD_PORT_NUMBER] = "The port is not a number from 0 to 65535",
    [CURLUE_UNSUPPORTED_SCHEME] = "The scheme is not supported",
    [CURLUE_URLDECODE] = "The part cannot be decoded",
    [CURLUE_OUT_OF_MEMORY] = "Out of memory",
    [CURLUE_USER_NOT_ALLOWED] = "A user name in the URL is not allowed",
    [CURLUE_UNKNOWN_PART] = "There is no such part",
    [CURLUE_NO_SCHEME] = "The URL has no scheme",
    [CURLUE_NO_USER] = "The URL has no user name",
    [CURLUE_NO_PASSWORD] = "The URL has no password",
    [CURLUE_NO_OPTIONS] = "The URL has no login options",
    [CURLUE_NO_HOST] = "The URL has no host",
    [CURLUE_NO_PORT] = "The URL has no port",
    [CURLUE_NO_QUERY] = "The URL has no query",
    [CURLUE_NO_FRAGMENT] = "The URL has no fragment",
    [CURLUE_NO_ZONEID] = "The URL has no zone id",
    [CURLUE_BAD_FILE_URL] = "The file:// URL is bad",
    [CURLUE_BAD_FRAGMENT] = "The fragment is bad",
    [CURLUE_BAD_HOSTNAME] = "The host name is bad",
    [CURLUE_BAD_IPV6] = "The IPv6 address is bad",
    [CURLUE_BAD_LOGIN] = "The login part is bad",
    [CURLUE_BAD_PASSWORD] = "The password is bad",
    [CURLUE_BAD_PATH] = "The path is bad",
    [CURLUE_BAD_QUERY] = "The query is bad",
    [CURLUE_BAD_SCHEME] = "The scheme is bad",
    [CURLUE_BAD_SLASHES] = "The number of slashes is wrong",
    [CURLUE_BAD_USER] = "The user name is bad",
    [CURLUE_LACKS_IDN] = "International names are not built into this library",
    [CURLUE_TOO_LARGE] = "A value or piece of data is larger than allowed",
    [CURLUE_BACKSLASH] = "There is a backslash where none may be",
};

const char *curl_url_strerror(CURLUcode code)
{
    return look_up(url_texts, COUNT(url_texts), (unsigned)code);
}
