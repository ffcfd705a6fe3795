/* SPDX-License-Identifier: MIT */
/* Easy, multi and share handles used wrongly: none, one of another kind, one that is freed, added
 * twice, in use elsewhere, and from inside their own callbacks. Each misuse has a process of its
 * own, since libcurl may not survive it. */
#include <curl/curl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>
#include <unistd.h>

#include "say.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

#pragma GCC diagnostic ignored "-Wdeprecated-declarations"

#undef curl_easy_setopt
#undef curl_easy_getinfo
#undef curl_multi_setopt
#undef curl_share_setopt

/* ---- The calls, with a handle as the caller gives it ---- */

struct call {
    const char *name;
    int (*make)(void *handle);
};

#define EASY_CALL(name, expression)                                                                \
    static int call_##name(void *handle)                                                           \
    {                                                                                              \
        CURL *easy = handle;                                                                       \
        char bytes[8] = "";                                                                        \
        size_t n = 0;                                                                              \
        long number = 0;                                                                           \
        struct curl_header *header = NULL;                                                         \
        const struct curl_ws_frame *frame = NULL;                                                  \
        (void)bytes, (void)n, (void)number, (void)header, (void)frame;                             \
        return (int)(expression);                                                                  \
    }

EASY_CALL(perform, curl_easy_perform(easy))
EASY_CALL(setopt, curl_easy_setopt(easy, CURLOPT_VERBOSE, 0L))
EASY_CALL(getinfo, curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &number))
EASY_CALL(pause, curl_easy_pause(easy, CURLPAUSE_CONT))
EASY_CALL(pause_all, curl_easy_pause(easy, CURLPAUSE_ALL))
EASY_CALL(recv, curl_easy_recv(easy, bytes, sizeof bytes, &n))
EASY_CALL(recv_nowhere, curl_easy_recv(easy, NULL, 0, &n))
EASY_CALL(send, curl_easy_send(easy, "x", 1, &n))
EASY_CALL(upkeep, curl_easy_upkeep(easy))
EASY_CALL(duphandle, curl_easy_duphandle(easy) != NULL)
EASY_CALL(reset, (curl_easy_reset(easy), 0))
EASY_CALL(header, curl_easy_header(easy, "X", 0, CURLH_HEADER, -1, &header))
EASY_CALL(nextheader, curl_easy_nextheader(easy, CURLH_HEADER, -1, NULL) != NULL)
EASY_CALL(escape, (int)strlen(curl_easy_escape(easy, "a b", 0)))
EASY_CALL(unescape, (int)strlen(curl_easy_unescape(easy, "a%20b", 0, NULL)))
EASY_CALL(mime_init, curl_mime_init(easy) != NULL)
EASY_CALL(cleanup, (curl_easy_cleanup(easy), 0))

static const struct call easy_calls[] = {
    {"perform",      call_perform     },
    {"setopt",       call_setopt      },
    {"getinfo",      call_getinfo     },
    {"pause",        call_pause       },
    {"pause all",    call_pause_all   },
    {"recv",         call_recv        },
    {"recv nowhere", call_recv_nowhere},
    {"send",         call_send        },
    {"upkeep",       call_upkeep      },
    {"duphandle",    call_duphandle   },
    {"reset",        call_reset       },
    {"header",       call_header      },
    {"nextheader",   call_nextheader  },
    {"escape",       call_escape      },
    {"unescape",     call_unescape    },
    {"mime_init",    call_mime_init   },
    {"cleanup",      call_cleanup     },
};

#define MULTI_CALL(name, expression)                                                               \
    static int call_multi_##name(void *handle)                                                     \
    {                                                                                              \
        CURLM *multi = handle;                                                                     \
        int n = 0;                                                                                 \
        long ms = 0;                                                                               \
        fd_set sets[3];                                                                            \
        struct curl_waitfd fd = {.fd = -1};                                                        \
        for (int i = 0; i < 3; i++)                                                                \
            FD_ZERO(&sets[i]);                                                                     \
        (void)n, (void)ms, (void)fd;                                                               \
        return (int)(expression);                                                                  \
    }

MULTI_CALL(perform, curl_multi_perform(multi, &n))
MULTI_CALL(perform_uncounted, curl_multi_perform(multi, NULL))
MULTI_CALL(fdset, curl_multi_fdset(multi, &sets[0], &sets[1], &sets[2], &n))
MULTI_CALL(wait, curl_multi_wait(multi, NULL, 0, 0, &n))
MULTI_CALL(wait_uncounted, curl_multi_wait(multi, NULL, 0, 0, NULL))
MULTI_CALL(wait_negative, curl_multi_wait(multi, NULL, 0, -1, &n))
MULTI_CALL(poll, curl_multi_poll(multi, NULL, 0, 0, &n))
MULTI_CALL(poll_negative, curl_multi_poll(multi, NULL, 0, -1, &n))
MULTI_CALL(poll_no_descriptor, curl_multi_poll(multi, &fd, 1, 0, &n))
MULTI_CALL(wait_no_descriptor, curl_multi_wait(multi, &fd, 1, 0, &n))
MULTI_CALL(wakeup, curl_multi_wakeup(multi))
MULTI_CALL(timeout, curl_multi_timeout(multi, &ms))
MULTI_CALL(info_read, curl_multi_info_read(multi, &n) != NULL)
MULTI_CALL(socket_action, curl_multi_socket_action(multi, CURL_SOCKET_TIMEOUT, 0, &n))
MULTI_CALL(socket_action_foreign, curl_multi_socket_action(multi, 12345, CURL_CSELECT_IN, &n))
MULTI_CALL(socket_action_odd, curl_multi_socket_action(multi, CURL_SOCKET_TIMEOUT, 77, &n))
MULTI_CALL(assign, curl_multi_assign(multi, 12345, NULL))
MULTI_CALL(setopt, curl_multi_setopt(multi, CURLMOPT_PIPELINING, 0L))
MULTI_CALL(add_none, curl_multi_add_handle(multi, NULL))
MULTI_CALL(remove_none, curl_multi_remove_handle(multi, NULL))
MULTI_CALL(add_itself, curl_multi_add_handle(multi, multi))
MULTI_CALL(remove_itself, curl_multi_remove_handle(multi, multi))
MULTI_CALL(cleanup, curl_multi_cleanup(multi))

static const struct call multi_calls[] = {
    {"perform",               call_multi_perform              },
    {"perform uncounted",     call_multi_perform_uncounted    },
    {"fdset",                 call_multi_fdset                },
    {"wait",                  call_multi_wait                 },
    {"wait uncounted",        call_multi_wait_uncounted       },
    {"wait negative",         call_multi_wait_negative        },
    {"poll",                  call_multi_poll                 },
    {"poll negative",         call_multi_poll_negative        },
    {"poll no descriptor",    call_multi_poll_no_descriptor   },
    {"wait no descriptor",    call_multi_wait_no_descriptor   },
    {"wakeup",                call_multi_wakeup               },
    {"timeout",               call_multi_timeout              },
    {"info_read",             call_multi_info_read            },
    {"socket_action",         call_multi_socket_action        },
    {"socket_action foreign", call_multi_socket_action_foreign},
    {"socket_action odd",     call_multi_socket_action_odd    },
    {"assign",                call_multi_assign               },
    {"setopt",                call_multi_setopt               },
    {"add none",              call_multi_add_none             },
    {"remove none",           call_multi_remove_none          },
    {"add itself",            call_multi_add_itself           },
    {"remove itself",         call_multi_remove_itself        },
    {"cleanup",               call_multi_cleanup              },
};

static void make(const struct call *call, const char *of, void *handle)
{
    ask("%s of %s", call->name, of);
    answer("%d", call->make(handle));
}

/* ---- Handles that are none, or not of the kind ---- */

static void easy_of_none(unsigned index)
{
    make(&easy_calls[index], "no easy handle", NULL);
}

static void easy_that_is_new(unsigned index)
{
    make(&easy_calls[index], "a new easy handle", curl_easy_init());
}

static void easy_that_is_a_multi(unsigned index)
{
    make(&easy_calls[index], "a multi handle as an easy one", curl_multi_init());
}

static void easy_that_is_a_share(unsigned index)
{
    make(&easy_calls[index], "a share as an easy handle", curl_share_init());
}

static void easy_that_is_freed(unsigned index)
{
    CURL *easy = curl_easy_init();

    curl_easy_cleanup(easy);
    make(&easy_calls[index], "a freed easy handle", easy);
}

static void multi_of_none(unsigned index)
{
    make(&multi_calls[index], "no multi handle", NULL);
}

static void multi_that_is_new(unsigned index)
{
    make(&multi_calls[index], "a new multi handle", curl_multi_init());
}

static void multi_that_is_an_easy(unsigned index)
{
    make(&multi_calls[index], "an easy handle as a multi one", curl_easy_init());
}

static void multi_that_is_freed(unsigned index)
{
    CURLM *multi = curl_multi_init();

    curl_multi_cleanup(multi);
    make(&multi_calls[index], "a freed multi handle", multi);
}

static void easy_that_is_added(unsigned index)
{
    CURLM *multi = curl_multi_init();
    CURL *easy = curl_easy_init();

    curl_multi_add_handle(multi, easy);
    make(&easy_calls[index], "an easy handle that is added", easy);
    ask("cleanup after %s of one that is added", easy_calls[index].name);
    answer("%d", (int)curl_multi_cleanup(multi));
}

/* ---- From inside a callback ---- */

static struct {
    CURL *easy;
    CURLM *multi;
    const struct call *call;
    void *handle;
    int calls;
    bool made;
} inside;

static size_t call_from_inside(char *bytes, size_t size, size_t count, void *data)
{
    (void)bytes;
    (void)data;
    if (inside.calls++ == 0) {
        make(inside.call,
             inside.multi ? "its own multi handle, in the callback" : "itself, in the callback",
             inside.handle);
        inside.made = true;
    }
    return size * count;
}

static CURL *inside_easy(void)
{
    inside.easy = curl_easy_init();
    curl_easy_setopt(inside.easy, CURLOPT_URL, "file:///proc/self/cmdline");
    curl_easy_setopt(inside.easy, CURLOPT_WRITEFUNCTION, call_from_inside);
    return inside.easy;
}

/* A pause would last. */
static bool would_not_end(const struct call *call)
{
    return call->make == call_pause_all;
}

static void report_inside(const char *what, int code)
{
    ask("%s, then the transfer", what);
    answer("%d, callback %s", code, inside.made ? "came back" : "did not come");
}

static void easy_inside(unsigned index)
{
    inside.call = &easy_calls[index];
    if (would_not_end(inside.call)) {
        return;
    }
    inside.handle = inside_easy();
    report_inside(inside.call->name, (int)curl_easy_perform(inside.easy));
}

static void drive(const char *what)
{
    int running = 1;
    CURLMcode code = CURLM_OK;
    CURLMsg *message;

    for (int i = 0; i < 100 && running && code == CURLM_OK; i++) {
        code = curl_multi_perform(inside.multi, &running);
        if (code == CURLM_OK) {
            code = curl_multi_poll(inside.multi, NULL, 0, 100, NULL);
        }
    }
    message = curl_multi_info_read(inside.multi, &running);
    report_inside(what, (int)code * 1000 + (message ? (int)message->data.result : -1));
}

static void multi_inside(unsigned index)
{
    inside.call = &multi_calls[index];
    inside.multi = inside.handle = curl_multi_init();
    curl_multi_add_handle(inside.multi, inside_easy());
    drive(inside.call->name);
}

static void easy_inside_multi(unsigned index)
{
    inside.call = &easy_calls[index];
    if (would_not_end(inside.call)) {
        return;
    }
    inside.multi = curl_multi_init();
    inside.handle = inside_easy();
    curl_multi_add_handle(inside.multi, inside.handle);
    drive(inside.call->name);
}

/* ---- Orders of calls ---- */

static void added_and_removed(void)
{
    CURLM *one = curl_multi_init(), *two = curl_multi_init();
    CURL *easy = curl_easy_init();
    CURL *dup;

    ask("remove one that was never added");
    answer("%d", (int)curl_multi_remove_handle(one, easy));
    ask("add");
    answer("%d", (int)curl_multi_add_handle(one, easy));
    ask("add again");
    answer("%d", (int)curl_multi_add_handle(one, easy));
    ask("add elsewhere");
    answer("%d", (int)curl_multi_add_handle(two, easy));
    ask("remove elsewhere");
    answer("%d", (int)curl_multi_remove_handle(two, easy));
    ask("remove");
    answer("%d", (int)curl_multi_remove_handle(one, easy));
    ask("remove again");
    answer("%d", (int)curl_multi_remove_handle(one, easy));
    ask("add elsewhere after that");
    answer("%d", (int)curl_multi_add_handle(two, easy));
    ask("duplicate one that is added");
    dup = curl_easy_duphandle(easy);
    answer("%d", dup != NULL);
    ask("remove a duplicate that is not added");
    answer("%d", (int)curl_multi_remove_handle(two, dup));
    ask("clean up a multi handle that has one");
    answer("%d", (int)curl_multi_cleanup(two));
    ask("add one whose multi handle is gone");
    answer("%d", (int)curl_multi_add_handle(one, easy));
    curl_easy_cleanup(easy);
    curl_easy_cleanup(dup);
    ask("clean up one whose easy handle is gone");
    answer("%d", (int)curl_multi_cleanup(one));
}

static void one_that_performs(void)
{
    CURLM *multi = curl_multi_init();
    CURL *easy = curl_easy_init();
    int running = -1;

    ask("perform without a URL");
    answer("%d", (int)curl_easy_perform(easy));
    curl_multi_add_handle(multi, easy);
    ask("perform one that is added");
    answer("%d", (int)curl_easy_perform(easy));
    ask("multi perform without a URL");
    answer("%d", (int)curl_multi_perform(multi, &running));
    curl_easy_cleanup(easy);
    curl_multi_cleanup(multi);
}

static void odd_waits(void)
{
    CURLM *multi = curl_multi_init();
    int pair[2], count = -7;
    struct curl_waitfd fds[3] = {
        {.fd = -1},
        {           .fd = -1       },
        { .fd = 12345,        .events = CURL_WAIT_POLLIN}
    };

    if (pipe(pair)) {
        abort();
    }
    fds[0].fd = pair[1];
    fds[0].events = CURL_WAIT_POLLOUT;
    ask("poll with one that is writable");
    answer("%d, %d", (int)curl_multi_poll(multi, fds, 1, 1000, &count), count);
    ask("what was seen of it");
    answer("%d", fds[0].revents & CURL_WAIT_POLLOUT);
    ask("wait with one that is writable");
    answer("%d, %d", (int)curl_multi_wait(multi, fds, 1, 1000, &count), count);
    ask("poll with three");
    answer("%d, %d", (int)curl_multi_poll(multi, fds, 3, 0, &count), count);
    ask("poll with descriptors that there are none of");
    answer("%d", (int)curl_multi_poll(multi, NULL, 0, 0, &count));
    ask("poll that was woken");
    curl_multi_wakeup(multi);
    answer("%d, %d", (int)curl_multi_poll(multi, NULL, 0, 10000, &count), count);
    ask("poll again for no time");
    answer("%d, %d", (int)curl_multi_poll(multi, NULL, 0, 0, &count), count);
    curl_multi_cleanup(multi);
}

static void nowhere_to_answer(unsigned index)
{
    CURLM *multi = curl_multi_init();
    fd_set set;
    int n = 0;

    FD_ZERO(&set);
    switch (index) {
    case 0:
        ask("timeout into nothing");
        answer("%d", (int)curl_multi_timeout(multi, NULL));
        break;
    case 1:
        ask("fdset into nothing");
        answer("%d", (int)curl_multi_fdset(multi, NULL, NULL, NULL, &n));
        break;
    case 2:
        ask("fdset without a highest");
        answer("%d", (int)curl_multi_fdset(multi, &set, &set, &set, NULL));
        break;
    case 3:
        ask("info_read without a count");
        answer("%d", curl_multi_info_read(multi, NULL) != NULL);
        break;
    case 4:
        ask("socket_action without a count");
        answer("%d", (int)curl_multi_socket_action(multi, CURL_SOCKET_TIMEOUT, 0, NULL));
        break;
    case 5:
        ask("socket_all without a count");
        answer("%d", (int)curl_multi_socket_all(multi, NULL));
        break;
    default:
        ask("poll with a count and no descriptors");
        answer("%d", (int)curl_multi_poll(multi, NULL, 2, 0, &n));
    }
}

/* ---- Shares ---- */

static void shares(void)
{
    CURLSH *share = curl_share_init();
    CURL *easy = curl_easy_init(), *other = curl_easy_init();

    ask("clean up no share");
    answer("%d", (int)curl_share_cleanup(NULL));
    ask("use it");
    answer("%d", (int)curl_easy_setopt(easy, CURLOPT_SHARE, share));
    ask("use it again");
    answer("%d", (int)curl_easy_setopt(easy, CURLOPT_SHARE, share));
    ask("use it twice");
    answer("%d", (int)curl_easy_setopt(other, CURLOPT_SHARE, share));
    ask("clean up a share in use");
    answer("%d", (int)curl_share_cleanup(share));
    ask("change a share in use");
    answer("%d", (int)curl_share_setopt(share, CURLSHOPT_SHARE, CURL_LOCK_DATA_DNS));
    ask("other functions of a share in use");
    answer("%d", (int)curl_share_setopt(share, CURLSHOPT_LOCKFUNC, NULL));
    curl_easy_cleanup(other);
    ask("clean up a share in use by one less");
    answer("%d", (int)curl_share_cleanup(share));
    ask("reset does not let it go");
    curl_easy_reset(easy);
    answer("%d", (int)curl_share_cleanup(share));
    ask("let it go");
    answer("%d", (int)curl_easy_setopt(easy, CURLOPT_SHARE, NULL));
    ask("clean up a share");
    answer("%d", (int)curl_share_cleanup(share));
    curl_easy_cleanup(easy);
}

static void shares_that_are_none(unsigned index)
{
    CURL *easy = curl_easy_init();
    CURLSH *share = curl_share_init();

    switch (index) {
    case 0:
        ask("clean up an easy handle as a share");
        answer("%d", (int)curl_share_cleanup((CURLSH *)easy));
        break;
    case 1:
        ask("set an option of an easy handle as a share");
        answer("%d", (int)curl_share_setopt((CURLSH *)easy, CURLSHOPT_SHARE, CURL_LOCK_DATA_DNS));
        break;
    case 2:
        curl_share_cleanup(share);
        ask("clean up a share twice");
        answer("%d", (int)curl_share_cleanup(share));
        break;
    default:
        curl_share_cleanup(share);
        ask("use a share that is freed");
        answer("%d", (int)curl_easy_setopt(easy, CURLOPT_SHARE, share));
    }
}

static void texts_of_codes(void)
{
    for (int code = -2; code < 120; code++) {
        ask("easy code %d", code);
        answer_text(curl_easy_strerror((CURLcode)code));
        ask("multi code %d", code);
        answer_text(curl_multi_strerror((CURLMcode)code));
        ask("share code %d", code);
        answer_text(curl_share_strerror((CURLSHcode)code));
    }
}

static void globals(void)
{
    const curl_ssl_backend **backends = NULL;

    ask("init twice");
    answer("%d", (int)curl_global_init(CURL_GLOBAL_ALL) + (int)curl_global_init(CURL_GLOBAL_ALL));
    ask("init of memory without functions");
    answer("%d", (int)curl_global_init_mem(CURL_GLOBAL_ALL, NULL, NULL, NULL, NULL, NULL));
    ask("TLS that is not there");
    answer("%d", (int)curl_global_sslset((curl_sslbackend)99, NULL, &backends));
    ask("TLS by no name");
    answer("%d", (int)curl_global_sslset(CURLSSLBACKEND_NONE, NULL, NULL));
    ask("version of an age to come");
    answer("%d", curl_version_info((CURLversion)99) != NULL);
    ask("cleanup more often than init");
    for (int i = 0; i < 6; i++) {
        curl_global_cleanup();
    }
    answer("done");
    ask("easy handle after that");
    answer("%d", curl_easy_init() != NULL);
}

int main(void)
{
    say_version();
    apart_each("easy of none", easy_of_none, COUNT(easy_calls));
    apart_each("easy that is new", easy_that_is_new, COUNT(easy_calls));
    apart_each("easy that is a multi", easy_that_is_a_multi, COUNT(easy_calls));
    apart_each("easy that is a share", easy_that_is_a_share, COUNT(easy_calls));
    apart_each("easy that is freed", easy_that_is_freed, COUNT(easy_calls));
    apart_each("easy that is added", easy_that_is_added, COUNT(easy_calls));
    apart_each("multi of none", multi_of_none, COUNT(multi_calls));
    apart_each("multi that is new", multi_that_is_new, COUNT(multi_calls));
    apart_each("multi that is an easy", multi_that_is_an_easy, COUNT(multi_calls));
    apart_each("multi that is freed", multi_that_is_freed, COUNT(multi_calls));
    apart_each("easy inside", easy_inside, COUNT(easy_calls));
    apart_each("multi inside", multi_inside, COUNT(multi_calls));
    apart_each("easy inside multi", easy_inside_multi, COUNT(easy_calls));
    apart("added and removed", added_and_removed);
    apart("one that performs", one_that_performs);
    apart("odd waits", odd_waits);
    apart_each("nowhere to answer", nowhere_to_answer, 7);
    apart("shares", shares);
    apart_each("shares that are none", shares_that_are_none, 4);
    apart("texts of codes", texts_of_codes);
    apart("globals", globals);
    return 0;
}
