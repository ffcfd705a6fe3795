/* SPDX-License-Identifier: MIT */
#include "wire/md4.h"

#include <stdint.h>
#include <string.h>

enum { BLOCK = 64 };

static uint32_t rotate(uint32_t word, unsigned bits)
{
    return word << bits | word >> (32 - bits);
}

static uint32_t read_word(const unsigned char *at)
{
    return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

static void write_word(unsigned char *at, uint32_t word)
{
    for (unsigned i = 0; i < 4; i++)
        at[i] = (unsigned char)(word >> (8 * i));
}

/* The three functions of RFC 1320 3.4. */
static uint32_t mix(int round, uint32_t x, uint32_t y, uint32_t z)
{
    if (round == 0)
        return (x & y) | (~x & z);
    if (round == 1)
        return (x & y) | (x & z) | (y & z);
    return x ^ y ^ z;
}

static void add_block(uint32_t state[4], const unsigned char *block)
{
    static const uint32_t constants[3] = {0, 0x5a827999, 0x6ed9eba1};
    static const unsigned char shifts[3][4] = {
        {3, 7, 11, 19},
        {3, 5, 9,  13},
        {3, 9, 11, 15}
    };
    static const unsigned char order[3][16] = {
        {0, 1, 2, 3,  4, 5,  6, 7,  8, 9, 10, 11, 12, 13, 14, 15},
        {0, 4, 8, 12, 1, 5,  9, 13, 2, 6, 10, 14, 3,  7,  11, 15},
        {0, 8, 4, 12, 2, 10, 6, 14, 1, 9, 5,  13, 3,  11, 7,  15}
    };
    uint32_t s[4];

    memcpy(s, state, sizeof(s));
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < 16; i++) {
            uint32_t word = read_word(block + (size_t)4 * order[round][i]);
            uint32_t sum = s[0] + mix(round, s[1], s[2], s[3]) + word + constants[round];
            s[0] = s[3];
            s[3] = s[2];
            s[2] = s[1];
            s[1] = rotate(sum, shifts[round][i % 4]);
        }
    }
    for (int i = 0; i < 4; i++)
        state[i] += s[i];
}

void md4(const void *bytes, size_t len, unsigned char ret_sum[16])
{
    uint32_t state[4] = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476};
    unsigned char last[2 * BLOCK] = {0};
    const unsigned char *at = bytes;
    size_t left = len, padded;

    for (; left >= BLOCK; left -= BLOCK, at += BLOCK)
        add_block(state, at);
    if (left)
        memcpy(last, at, left);
    last[left] = 0x80;
    padded = left < BLOCK - 8 ? BLOCK : 2 * BLOCK;
    write_word(last + padded - 8, (uint32_t)(len << 3));
    write_word(last + padded - 4, (uint32_t)((uint64_t)len >> 29));
    add_block(state, last);
    if (padded > BLOCK)
        add_block(state, last + BLOCK);
    for (size_t i = 0; i < 4; i++)
        write_word(ret_sum + 4 * i, state[i]);
}
