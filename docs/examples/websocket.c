/* SPDX-License-Identifier: MIT */
/* Says each of its arguments over a WebSocket, shows as many messages as answers, and closes:
 *
 *     websocket wss://host/path MESSAGE...
 *
 * The read callback gives the frames that go out, the write callback gets those that come in; pings
 * are answered by the library. */
#include <curl/curl.h>

#include <stdio.h>
#include <string.h>

struct talk {
    CURL *easy;
    char **next;     /* the message to be said */
    size_t said;     /* bytes of it */
    int unanswered;  /* messages */
    CURLcode failed; /* why we closed; CURLE_OK: because all is said */
};

/* Called until it returns 0: each message is a frame of its own, in as many calls as it takes. */
static size_t say(char *to, size_t size, size_t room, void *user)
{
    struct talk *talk = user;
    const char *message = *talk->next;
    size_t len;

    (void)size;
    if (!message)
        return 0;
    len = strlen(message);
    if (!talk->said && curl_ws_start_frame(talk->easy, CURLWS_TEXT, (curl_off_t)len) != CURLE_OK)
        return CURL_READFUNC_ABORT;
    len -= talk->said;
    if (len > room)
        len = room;
    memcpy(to, message + talk->said, len);
    talk->said += len;
    if (!message[talk->said]) {
        talk->next++;
        talk->said = 0;
    }
    return len;
}

/* A message may come in several frames, and a frame in several pieces. */
static size_t show(char *bytes, size_t size, size_t len, void *user)
{
    static const char goodbye[] = {0x03, (char)0xe8}; /* 1000: a normal end */
    struct talk *talk = user;
    const struct curl_ws_frame *frame = curl_ws_meta(talk->easy);

    if (!frame || !(frame->flags & (CURLWS_TEXT | CURLWS_BINARY)))
        return size * len;
    fwrite(bytes, size, len, stdout);
    if (frame->bytesleft || frame->flags & CURLWS_CONT)
        return size * len;
    putchar('\n');
    if (!--talk->unanswered)
        talk->failed = curl_ws_send(talk->easy, goodbye, sizeof(goodbye), NULL, 0, CURLWS_CLOSE);
    return talk->failed ? CURL_WRITEFUNC_ERROR : size * len;
}

int main(int argc, char **argv)
{
    struct talk talk = {.next = argv + 2, .unanswered = argc - 2};
    CURLcode result;

    if (argc < 3) {
        fprintf(stderr, "usage: websocket URL MESSAGE...\n");
        return 2;
    }
    if (curl_global_init(CURL_GLOBAL_DEFAULT))
        return 1;
    talk.easy = curl_easy_init();
    curl_easy_setopt(talk.easy, CURLOPT_URL, argv[1]);
    curl_easy_setopt(talk.easy, CURLOPT_UPLOAD, 1L);
    curl_easy_setopt(talk.easy, CURLOPT_READFUNCTION, say);
    curl_easy_setopt(talk.easy, CURLOPT_READDATA, &talk);
    curl_easy_setopt(talk.easy, CURLOPT_WRITEFUNCTION, show);
    curl_easy_setopt(talk.easy, CURLOPT_WRITEDATA, &talk);
    result = curl_easy_perform(talk.easy);
    if (result)
        fprintf(stderr, "error %d (%s) %s\n", (int)result, curl_easy_strerror(result), argv[1]);
    curl_easy_cleanup(talk.easy);
    curl_global_cleanup();
    return result ? 1 : 0;
}
