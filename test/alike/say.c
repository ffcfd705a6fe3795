/* SPDX-License-Identifier: MIT */
/* See say.h. */
#include "say.h"

#include <curl/curl.h>

#include <dlfcn.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SHOWN_MAX = 1000 };

static void show_byte(unsigned char byte)
{
    if (byte < ' ' || byte > '~' || byte == '\\') {
        printf("\\x%02x", byte);
    } else {
        putchar(byte);
    }
}

static void show(const char *bytes, size_t len)
{
    uint64_t sum = 14695981039346656037ULL;

    for (size_t i = 0; i < len && i < SHOWN_MAX; i++) {
        show_byte((unsigned char)bytes[i]);
    }
    if (len > SHOWN_MAX) {
        for (size_t i = 0; i < len; i++) {
            sum = (sum ^ (unsigned char)bytes[i]) * 1099511628211ULL;
        }
        printf("...(%zu bytes, sum %llx)", len, (unsigned long long)sum);
    }
}

static void show_format(const char *format, va_list arguments)
{
    char *text = NULL;

    if (vasprintf(&text, format, arguments) < 0) {
        abort();
    }
    show(text, strlen(text));
    free(text);
}

void ask(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    show_format(format, arguments);
    va_end(arguments);
    putchar('\t');
    fflush(stdout); /* the question survives a crash */
}

static void end_line(void)
{
    putchar('\n');
    fflush(stdout);
}

void answer(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    show_format(format, arguments);
    va_end(arguments);
    end_line();
}

void answer_bytes(const char *bytes, size_t len)
{
    if (!bytes) {
        printf("(null)");
    } else {
        putchar('"');
        show(bytes, len);
        putchar('"');
    }
    end_line();
}

void answer_text(const char *text)
{
    answer_bytes(text, text ? strlen(text) : 0);
}

void answer_code_text(int code, const char *text)
{
    printf("%d ", code);
    answer_text(code == 0 ? text : NULL);
}

/* In the parent: how the child ended, if not well. */
static void report(const char *name, pid_t child)
{
    int status = 0;

    if (child < 0 || waitpid(child, &status, 0) != child) {
        abort();
    }
    if (WIFSIGNALED(status)) {
        printf("crash\n%s\tended by signal %d\n", name, WTERMSIG(status));
    } else if (WEXITSTATUS(status) != 0) {
        printf("exit\n%s\tended with %d\n", name, WEXITSTATUS(status));
    }
    fflush(stdout);
}

static pid_t in_child(unsigned seconds)
{
    pid_t child;

    fflush(stdout);
    child = fork();
    if (child == 0) {
        alarm(seconds);
    }
    return child;
}

void apart(const char *name, void (*part)(void))
{
    pid_t child = in_child(30);

    if (child == 0) {
        part();
        fflush(stdout);
        _exit(0);
    }
    report(name, child);
}

void apart_each(const char *name, void (*part)(unsigned index), unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        pid_t child = in_child(5);
        char numbered[100];

        if (child == 0) {
            part(i);
            fflush(stdout);
            _exit(0);
        }
        snprintf(numbered, sizeof numbered, "%s %u", name, i);
        report(numbered, child);
    }
}

char *long_text(size_t len, char byte)
{
    char *text = malloc(len + 1);

    if (!text) {
        abort();
    }
    memset(text, byte, len);
    text[len] = '\0';
    return text;
}

void *newer(const char *name)
{
    return dlsym(RTLD_DEFAULT, name);
}

void say_version(void)
{
    ask("version");
    answer("%s", curl_version());
}
