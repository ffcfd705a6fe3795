/* SPDX-License-Identifier: MIT */
/* Runs a target without libFuzzer: its seeds, each cut short everywhere, and mutations of them from
 * a generator with a fixed start, so that a failure comes again. The arguments, if any, are files
 * to run instead (what libFuzzer found). */
#include "fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MUTATIONS = 60000, LEN_MAX = 600 };

static uint64_t number = 88172645463325252u;

/* xorshift: below `limit`. */
static size_t some(size_t limit)
{
    number ^= number << 13;
    number ^= number >> 7;
    number ^= number << 17;
    return (size_t)(number % limit);
}

/* A copy of its own makes reads behind the end visible to the sanitizers. */
static void run(const uint8_t *bytes, size_t len)
{
    uint8_t *copy = malloc(len ? len : 1);

    if (!copy)
        abort();
    memcpy(copy, bytes, len);
    LLVMFuzzerTestOneInput(copy, len);
    free(copy);
}

static size_t count_seeds(void)
{
    size_t count = 0;

    while (fuzz_seeds[count])
        count++;
    return count;
}

static void replace_byte(uint8_t *bytes, size_t len)
{
    static const char special[] = "\r\n\t :;,/?#@[]%.0-=&\\\x7f\xff";

    bytes[some(len)] = some(2) ? (uint8_t)special[some(sizeof(special))] : (uint8_t)some(256);
}

/* Takes a piece of another seed in at some place. */
static size_t splice(uint8_t *bytes, size_t len, const char *other)
{
    size_t other_len = strlen(other), from = some(other_len + 1), at = some(len + 1);
    size_t piece = some(other_len - from + 1);

    if (len + piece > LEN_MAX)
        return len;
    memmove(bytes + at + piece, bytes + at, len - at);
    memcpy(bytes + at, other + from, piece);
    return len + piece;
}

static size_t remove_piece(uint8_t *bytes, size_t len)
{
    size_t at = some(len), piece = some(len - at) + 1;

    memmove(bytes + at, bytes + at + piece, len - at - piece);
    return len - piece;
}

static void mutate_and_run(size_t seeds)
{
    uint8_t bytes[LEN_MAX];
    const char *seed = fuzz_seeds[some(seeds)];
    size_t len = strlen(seed);

    if (len > LEN_MAX)
        len = LEN_MAX;
    memcpy(bytes, seed, len);
    for (size_t changes = 1 + some(6); changes && len; changes--) {
        switch (some(4)) {
        case 0:
            len = remove_piece(bytes, len);
            break;
        case 1:
            len = splice(bytes, len, fuzz_seeds[some(seeds)]);
            break;
        default:
            replace_byte(bytes, len);
        }
    }
    run(bytes, len);
}

static int run_file(const char *name)
{
    static uint8_t bytes[1 << 20];
    FILE *file = fopen(name, "rb");
    size_t len;

    if (!file) {
        perror(name);
        return 1;
    }
    len = fread(bytes, 1, sizeof(bytes), file);
    fclose(file);
    run(bytes, len);
    return 0;
}

int main(int argc, char **argv)
{
    size_t seeds = count_seeds();
    int failed = 0;

    for (int i = 1; i < argc; i++)
        failed |= run_file(argv[i]);
    if (argc > 1)
        return failed;
    for (size_t i = 0; i < seeds; i++) {
        for (size_t len = 0; len <= strlen(fuzz_seeds[i]); len++)
            run((const uint8_t *)fuzz_seeds[i], len);
    }
    for (int i = 0; i < MUTATIONS; i++)
        mutate_and_run(seeds);
    return 0;
}
