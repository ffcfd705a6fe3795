/* SPDX-License-Identifier: MIT */
/* Preloaded into the programs of the tests: when one exits, it leaves a file named after its
 * process in the folder EXIT_REPORTS, with a line for its program, for each libcurl that it has
 * loaded and for each descriptor that is still open. A process that dies otherwise leaves none. */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char folder[3000];

__attribute__((constructor)) static void remember_folder(void)
{
    const char *path = getenv("EXIT_REPORTS");
    if (path && strlen(path) < sizeof(folder)) {
        memcpy(folder, path, strlen(path) + 1);
    }
}

static void report_link(FILE *report, const char *word, const char *link)
{
    char target[4096];
    ssize_t len = readlink(link, target, sizeof(target) - 1);
    if (len > 0) {
        target[len] = '\0';
        fprintf(report, "%s %s\n", word, target);
    }
}

static void report_libraries(FILE *report)
{
    char line[4400];
    FILE *maps = fopen("/proc/self/maps", "re");
    while (maps && fgets(line, sizeof(line), maps)) {
        const char *path = strchr(line, '/');
        if (path && strstr(path, "/libcurl") && strstr(line, " r-xp ")) {
            fprintf(report, "library %s", path);
        }
    }
    if (maps) {
        fclose(maps);
    }
}

static void report_descriptors(FILE *report)
{
    DIR *open_ones = opendir("/proc/self/fd");
    if (!open_ones) {
        return;
    }
    for (const struct dirent *entry; (entry = readdir(open_ones));) {
        int number = (int)strtol(entry->d_name, NULL, 10);
        char link[64];
        if (number > 2 && number != dirfd(open_ones) && number != fileno(report)) {
            snprintf(link, sizeof(link), "/proc/self/fd/%d", number);
            report_link(report, "descriptor", link);
        }
    }
    closedir(open_ones);
}

__attribute__((destructor)) static void report_exit(void)
{
    char path[3100];
    if (!folder[0]) {
        return;
    }
    snprintf(path, sizeof(path), "%s/%ld", folder, (long)getpid());
    FILE *report = fopen(path, "we");
    if (!report) {
        return;
    }
    report_link(report, "program", "/proc/self/exe");
    report_libraries(report);
    report_descriptors(report);
    fclose(report);
}
