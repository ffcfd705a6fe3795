/* SPDX-License-Identifier: MIT */
/* Warnings for arguments of the wrong type to curl_easy_setopt() and curl_easy_getinfo(), whose
 * "..." takes anything: macros of the same name look at the type when the option is a constant, and
 * call a function whose declaration carries the warning. Nothing of it is left in the program.
 * Included by curl.h, last; off with CURL_DISABLE_TYPECHECK, in C++, and with other compilers. */
#ifndef CURLINC_TYPECHECK_GCC_H
#define CURLINC_TYPECHECK_GCC_H

#define curl_easy_setopt(handle, option, value)                                                    \
    __extension__({                                                                                \
        CURL_IGNORE_DEPRECATION(if (__builtin_constant_p(option)){curlcheck_numbers(               \
            option, value) curlcheck_pointers(option, value) curlcheck_functions(option, value)})  \
        curl_easy_setopt(handle, option, value);                                                   \
    })

#define curl_easy_getinfo(handle, info, pointer)                                                   \
    __extension__({                                                                                \
        CURL_IGNORE_DEPRECATION(if (__builtin_constant_p(info)){curlcheck_info(info, pointer)})    \
        curl_easy_getinfo(handle, info, pointer);                                                  \
    })

/* Exactly three arguments; their types are not looked at. */
#define curl_share_setopt(share, option, value) curl_share_setopt(share, option, value)
#define curl_multi_setopt(multi, option, value) curl_multi_setopt(multi, option, value)

/* ---- The warnings ---- */

#define CURLCHECK_WARNING(name, text)                                                              \
    static void __attribute__((__warning__(text), __unused__, __noinline__)) name(void)            \
    {                                                                                              \
        __asm__("");                                                                               \
    }

CURLCHECK_WARNING(curlcheck_warn_long, "curl_easy_setopt expects a long argument")
CURLCHECK_WARNING(curlcheck_warn_off_t, "curl_easy_setopt expects a curl_off_t argument")
CURLCHECK_WARNING(curlcheck_warn_string, "curl_easy_setopt expects a string (char * or char[])")
CURLCHECK_WARNING(curlcheck_warn_slist, "curl_easy_setopt expects a struct curl_slist *")
CURLCHECK_WARNING(curlcheck_warn_blob, "curl_easy_setopt expects a struct curl_blob *")
CURLCHECK_WARNING(curlcheck_warn_pointer, "curl_easy_setopt expects a pointer")
CURLCHECK_WARNING(curlcheck_warn_error_buffer, "curl_easy_setopt expects a char[CURL_ERROR_SIZE]")
CURLCHECK_WARNING(curlcheck_warn_file, "curl_easy_setopt expects a FILE *")
CURLCHECK_WARNING(curlcheck_warn_form, "curl_easy_setopt expects a struct curl_httppost *")
CURLCHECK_WARNING(curlcheck_warn_mime, "curl_easy_setopt expects a curl_mime *")
CURLCHECK_WARNING(curlcheck_warn_function, "curl_easy_setopt expects a callback of another type")
CURLCHECK_WARNING(curlcheck_warn_info_string, "curl_easy_getinfo expects a char **")
CURLCHECK_WARNING(curlcheck_warn_info_long, "curl_easy_getinfo expects a long *")
CURLCHECK_WARNING(curlcheck_warn_info_double, "curl_easy_getinfo expects a double *")
CURLCHECK_WARNING(curlcheck_warn_info_slist, "curl_easy_getinfo expects a struct curl_slist **")
CURLCHECK_WARNING(curlcheck_warn_info_tls,
                  "curl_easy_getinfo expects a struct curl_tlssessioninfo **")
CURLCHECK_WARNING(curlcheck_warn_info_certs, "curl_easy_getinfo expects a struct curl_certinfo **")
CURLCHECK_WARNING(curlcheck_warn_info_socket, "curl_easy_getinfo expects a curl_socket_t *")
CURLCHECK_WARNING(curlcheck_warn_info_off_t, "curl_easy_getinfo expects a curl_off_t *")

/* ---- Types of values ---- */

/* The type of `value` after the usual conversions: arrays and functions are pointers. */
#define curlcheck_is(value, type)                                                                  \
    __builtin_types_compatible_p(__typeof__(1 ? (value) : (value)), type)

/* GCC's classes: 1 to 4 are integers, 5 is a pointer. */
#define curlcheck_is_integer(value)                                                                \
    (__builtin_classify_type(value) >= 1 && __builtin_classify_type(value) <= 4)
#define curlcheck_is_pointer(value)                                                                \
    (__builtin_classify_type(value) == 5 || curlcheck_is(value, __typeof__(NULL)))

/* NULL, or a void * that may be anything. */
#define curlcheck_is_any(value) curlcheck_is(value, void *)

#define curlcheck_is_one_of(value, type)                                                           \
    (curlcheck_is_any(value) || curlcheck_is(value, type *) || curlcheck_is(value, const type *))

#define curlcheck_is_string(value)                                                                 \
    (curlcheck_is_one_of(value, char) || curlcheck_is_one_of(value, signed char) ||                \
     curlcheck_is_one_of(value, unsigned char))

/* ---- Options ---- */

#define curlcheck(applies, good, warning)                                                          \
    if ((applies) && !(good)) {                                                                    \
        warning();                                                                                 \
    }

#define curlcheck_numbers(option, value)                                                           \
    curlcheck((option) < CURLOPTTYPE_OBJECTPOINT, curlcheck_is_integer(value),                     \
              curlcheck_warn_long)                                                                 \
        curlcheck((option) > CURLOPTTYPE_OFF_T && (option) < CURLOPTTYPE_BLOB,                     \
                  curlcheck_is_integer(value) && sizeof(value) == sizeof(curl_off_t),              \
                  curlcheck_warn_off_t)

#define curlcheck_pointers(option, value)                                                          \
    curlcheck(curlcheck_slist_option(option), curlcheck_is_one_of(value, struct curl_slist),       \
              curlcheck_warn_slist)                                                                \
        curlcheck((option) == CURLOPT_ERRORBUFFER,                                                 \
                  curlcheck_is_any(value) || curlcheck_is(value, char *),                          \
                  curlcheck_warn_error_buffer)                                                     \
            curlcheck((option) == CURLOPT_STDERR, curlcheck_is_one_of(value, FILE),                \
                      curlcheck_warn_file)                                                         \
                curlcheck((option) == CURLOPT_HTTPPOST,                                            \
                          curlcheck_is_one_of(value, struct curl_httppost), curlcheck_warn_form)   \
                    curlcheck((option) == CURLOPT_MIMEPOST, curlcheck_is_one_of(value, curl_mime), \
                              curlcheck_warn_mime)                                                 \
                        curlcheck(curlcheck_pointer_option(option), curlcheck_is_pointer(value),   \
                                  curlcheck_warn_pointer)                                          \
                            curlcheck(curlcheck_string_option(option), curlcheck_is_string(value), \
                                      curlcheck_warn_string)                                       \
                                curlcheck((option) > CURLOPTTYPE_BLOB,                             \
                                          curlcheck_is_one_of(value, struct curl_blob),            \
                                          curlcheck_warn_blob)

/* The objects that are nothing else. */
#define curlcheck_string_option(option)                                                            \
    ((option) > CURLOPTTYPE_OBJECTPOINT && (option) < CURLOPTTYPE_FUNCTIONPOINT &&                 \
     !curlcheck_slist_option(option) && !curlcheck_pointer_option(option) &&                       \
     (option) != CURLOPT_ERRORBUFFER && (option) != CURLOPT_STDERR &&                              \
     (option) != CURLOPT_HTTPPOST && (option) != CURLOPT_MIMEPOST)

#define curlcheck_slist_option(option)                                                             \
    ((option) == CURLOPT_HTTPHEADER || (option) == CURLOPT_QUOTE ||                                \
     (option) == CURLOPT_POSTQUOTE || (option) == CURLOPT_TELNETOPTIONS ||                         \
     (option) == CURLOPT_PREQUOTE || (option) == CURLOPT_HTTP200ALIASES ||                         \
     (option) == CURLOPT_MAIL_RCPT || (option) == CURLOPT_RESOLVE ||                               \
     (option) == CURLOPT_PROXYHEADER || (option) == CURLOPT_CONNECT_TO)

/* Any pointer: for callbacks, for the program itself, handles, bytes. */
#define curlcheck_pointer_option(option)                                                           \
    ((option) == CURLOPT_WRITEDATA || (option) == CURLOPT_READDATA ||                              \
     (option) == CURLOPT_POSTFIELDS || (option) == CURLOPT_HEADERDATA ||                           \
     (option) == CURLOPT_XFERINFODATA || (option) == CURLOPT_DEBUGDATA ||                          \
     (option) == CURLOPT_SHARE || (option) == CURLOPT_PRIVATE ||                                   \
     (option) == CURLOPT_SSL_CTX_DATA || (option) == CURLOPT_IOCTLDATA ||                          \
     (option) == CURLOPT_SOCKOPTDATA || (option) == CURLOPT_OPENSOCKETDATA ||                      \
     (option) == CURLOPT_COPYPOSTFIELDS || (option) == CURLOPT_SEEKDATA ||                         \
     (option) == CURLOPT_SSH_KEYDATA || (option) == CURLOPT_INTERLEAVEDATA ||                      \
     (option) == CURLOPT_CHUNK_DATA || (option) == CURLOPT_FNMATCH_DATA ||                         \
     (option) == CURLOPT_CLOSESOCKETDATA || (option) == CURLOPT_STREAM_DEPENDS ||                  \
     (option) == CURLOPT_STREAM_DEPENDS_E || (option) == CURLOPT_RESOLVER_START_DATA ||            \
     (option) == CURLOPT_CURLU || (option) == CURLOPT_TRAILERDATA ||                               \
     (option) == CURLOPT_HSTSREADDATA || (option) == CURLOPT_HSTSWRITEDATA ||                      \
     (option) == CURLOPT_PREREQDATA || (option) == CURLOPT_SSH_HOSTKEYDATA)

/* ---- Callbacks ---- */

#define curlcheck_functions(option, value)                                                         \
    curlcheck(curlcheck_write_option(option), curlcheck_is_writer(value), curlcheck_warn_function) \
        curlcheck((option) == CURLOPT_READFUNCTION, curlcheck_is_reader(value),                    \
                  curlcheck_warn_function)                                                         \
            curlcheck((option) > CURLOPTTYPE_FUNCTIONPOINT && (option) < CURLOPTTYPE_OFF_T &&      \
                          !curlcheck_write_option(option) && (option) != CURLOPT_READFUNCTION,     \
                      curlcheck_is_any(value) || curlcheck_other(option, value),                   \
                      curlcheck_warn_function)

#define curlcheck_write_option(option)                                                             \
    ((option) == CURLOPT_WRITEFUNCTION || (option) == CURLOPT_HEADERFUNCTION ||                    \
     (option) == CURLOPT_INTERLEAVEFUNCTION)

/* Programs leave out or add const, and name their own type where the callback has void *. */
#define curlcheck_is_stream(value, bytes)                                                          \
    (curlcheck_is(value, size_t(*)(bytes, size_t, size_t, void *)) ||                              \
     curlcheck_is(value, size_t(*)(bytes, size_t, size_t, const void *)) ||                        \
     curlcheck_is(value, size_t(*)(bytes, size_t, size_t, char *)) ||                              \
     curlcheck_is(value, size_t(*)(bytes, size_t, size_t, FILE *)))

#define curlcheck_is_reader(value)                                                                 \
    (curlcheck_is_any(value) || curlcheck_is_stream(value, void *) ||                              \
     curlcheck_is_stream(value, char *) || curlcheck_is(value, __typeof__(&fread)))

#define curlcheck_is_writer(value)                                                                 \
    (curlcheck_is_reader(value) || curlcheck_is_stream(value, const void *) ||                     \
     curlcheck_is_stream(value, const char *) || curlcheck_is(value, __typeof__(&fwrite)))

/* The others: their own type, looked up by option. */
#define curlcheck_is_for(option, name, value, type)                                                \
    ((option) == (name) && curlcheck_is(value, type))

#define curlcheck_other(option, value)                                                             \
    (curlcheck_is_for(option, CURLOPT_PROGRESSFUNCTION, value, curl_progress_callback) ||          \
     curlcheck_is_for(option, CURLOPT_DEBUGFUNCTION, value, curl_debug_callback) ||                \
     curlcheck_is_for(option, CURLOPT_SSL_CTX_FUNCTION, value, curl_ssl_ctx_callback) ||           \
     curlcheck_is_for(option, CURLOPT_IOCTLFUNCTION, value, curl_ioctl_callback) ||                \
     curlcheck_is_for(option, CURLOPT_CONV_FROM_NETWORK_FUNCTION, value, curl_conv_callback) ||    \
     curlcheck_is_for(option, CURLOPT_CONV_TO_NETWORK_FUNCTION, value, curl_conv_callback) ||      \
     curlcheck_is_for(option, CURLOPT_CONV_FROM_UTF8_FUNCTION, value, curl_conv_callback) ||       \
     curlcheck_is_for(option, CURLOPT_SOCKOPTFUNCTION, value, curl_sockopt_callback) ||            \
     curlcheck_is_for(option, CURLOPT_OPENSOCKETFUNCTION, value, curl_opensocket_callback) ||      \
     curlcheck_is_for(option, CURLOPT_SEEKFUNCTION, value, curl_seek_callback) ||                  \
     curlcheck_is_for(option, CURLOPT_SSH_KEYFUNCTION, value, curl_sshkeycallback) ||              \
     curlcheck_is_for(option, CURLOPT_CHUNK_BGN_FUNCTION, value, curl_chunk_bgn_callback) ||       \
     curlcheck_is_for(option, CURLOPT_CHUNK_END_FUNCTION, value, curl_chunk_end_callback) ||       \
     curlcheck_is_for(option, CURLOPT_FNMATCH_FUNCTION, value, curl_fnmatch_callback) ||           \
     curlcheck_is_for(option, CURLOPT_CLOSESOCKETFUNCTION, value, curl_closesocket_callback) ||    \
     curlcheck_is_for(option, CURLOPT_XFERINFOFUNCTION, value, curl_xferinfo_callback) ||          \
     curlcheck_is_for(option, CURLOPT_RESOLVER_START_FUNCTION, value,                              \
                      curl_resolver_start_callback) ||                                             \
     curlcheck_is_for(option, CURLOPT_TRAILERFUNCTION, value, curl_trailer_callback) ||            \
     curlcheck_is_for(option, CURLOPT_HSTSREADFUNCTION, value, curl_hstsread_callback) ||          \
     curlcheck_is_for(option, CURLOPT_HSTSWRITEFUNCTION, value, curl_hstswrite_callback) ||        \
     curlcheck_is_for(option, CURLOPT_PREREQFUNCTION, value, curl_prereq_callback) ||              \
     curlcheck_is_for(option, CURLOPT_SSH_HOSTKEYFUNCTION, value, curl_sshhostkeycallback))

/* ---- Infos ---- */

#define curlcheck_info_type(info) ((info)&CURLINFO_TYPEMASK)

#define curlcheck_tls_info(info) ((info) == CURLINFO_TLS_SSL_PTR || (info) == CURLINFO_TLS_SESSION)

#define curlcheck_info(info, pointer)                                                              \
    curlcheck(curlcheck_info_type(info) == CURLINFO_STRING && (info) != CURLINFO_PRIVATE,          \
              curlcheck_is_one_of(pointer, char *) || curlcheck_is(pointer, const char **),        \
              curlcheck_warn_info_string) curlcheck((info) == CURLINFO_PRIVATE,                    \
                                                    curlcheck_is_pointer(pointer),                 \
                                                    curlcheck_warn_info_string)                    \
        curlcheck(curlcheck_info_type(info) == CURLINFO_LONG, curlcheck_is_one_of(pointer, long),  \
                  curlcheck_warn_info_long)                                                        \
            curlcheck(curlcheck_info_type(info) == CURLINFO_DOUBLE,                                \
                      curlcheck_is_one_of(pointer, double), curlcheck_warn_info_double)            \
                curlcheck(curlcheck_tls_info(info),                                                \
                          curlcheck_is_one_of(pointer, struct curl_tlssessioninfo *),              \
                          curlcheck_warn_info_tls)                                                 \
                    curlcheck((info) == CURLINFO_CERTINFO,                                         \
                              curlcheck_is_one_of(pointer, struct curl_certinfo *),                \
                              curlcheck_warn_info_certs)                                           \
                        curlcheck(curlcheck_info_type(info) == CURLINFO_SLIST &&                   \
                                      !curlcheck_tls_info(info) && (info) != CURLINFO_CERTINFO,    \
                                  curlcheck_is_one_of(pointer, struct curl_slist *),               \
                                  curlcheck_warn_info_slist)                                       \
                            curlcheck(curlcheck_info_type(info) == CURLINFO_SOCKET,                \
                                      curlcheck_is_one_of(pointer, curl_socket_t),                 \
                                      curlcheck_warn_info_socket)                                  \
                                curlcheck(curlcheck_info_type(info) == CURLINFO_OFF_T,             \
                                          curlcheck_is_one_of(pointer, curl_off_t),                \
                                          curlcheck_warn_info_off_t)

#endif
