/* SPDX-License-Identifier: MIT */
/* The options whose value is more than a value to store: they share a field with others, have gaps
 * in their range, or are text with a meaning. Each is an option_setter (options.h). */
#ifndef API_OPTION_SETTERS_H
#define API_OPTION_SETTERS_H

#include "api/options.h"

/* Methods: what is asked for last counts. */
option_setter set_httpget, set_nobody, set_post, set_upload;

/* The body of a POST. */
option_setter set_postfields, set_copypostfields, set_postfieldsize;

/* -1 is an offset of other protocols only. */
option_setter set_resume_from;

/* CURLOPT_ACCEPT_ENCODING: the empty text stands for all that are built. */
option_setter set_accept_encoding;

/* Names of protocols, comma separated. */
option_setter set_protocols_str, set_redir_protocols_str;

/* Two kinds of path in one field. */
option_setter set_unix_socket_path, set_abstract_unix_socket;

/* This end of connections: every part that is said has a name. */
option_setter set_interface;

/* TLS: two versions in one number; bits; NULL for a file is not its default; types of files. */
option_setter set_sslversion, set_ssl_options, set_ca_file, set_ca_path, set_cert_type,
    set_key_type;

/* Who the program is: "name:password" in two fields; methods, of which those that are not built are
 * left out. */
option_setter set_userpwd, set_httpauth, set_aws_sigv4;

/* Of proxies: the name and password are URL-encoded; of the methods of SOCKS5 only the password is
 * built. */
option_setter set_proxyuserpwd, set_proxyauth, set_socks5_auth, set_headeropt;

/* TLS to a proxy, as with the server. */
option_setter set_proxy_sslversion, set_proxy_ssl_options, set_proxy_ca_file, set_proxy_ca_path,
    set_proxy_cert_type, set_proxy_key_type;

/* Puts a copy in the place of what `field` has; a NULL text takes that away. CURLE_OUT_OF_MEMORY:
 * the field is as before. */
CURLcode option_put_string(struct rstr **field, const char *text);
CURLcode option_put_bytes(struct rstr **field, const void *bytes, size_t len);

/* Splits "name:password"; NULL takes both away, without a colon there is no password. */
CURLcode option_put_userpwd(struct rstr **name, struct rstr **password, const char *text);

/* A mask of CURLAUTH_* for a field. CURLE_NOT_BUILT_IN when nothing of it is built. */
CURLcode option_put_auth(long *field, curl_off_t mask);

#endif
