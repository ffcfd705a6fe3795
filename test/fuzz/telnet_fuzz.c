/* SPDX-License-Identifier: MIT */
/* However the bytes are split, the same data and the same answers come of them; data never grows;
 * what is answered has a bound by what was received. */
#include "fuzz.h"

#include "wire/telnet.h"

#include <string.h>

const char *const fuzz_seeds[] = {
    "\377\375\30\377\375\43\377\375\47\377\375\37\377\372\30\1\377\360text\r\1",
    "\377\373\1\377\373\3a\377\377b\377\366\377\374\3\377\376\1",
    NULL,
};

enum { MOST = 4096, ANSWER_MAX = 1024 };

static void set_up(struct telnet *t)
{
    assert(!telnet_set(t, "TTYPE=vt100"));
    assert(!telnet_set(t, "XDISPLOC=here:0"));
    assert(!telnet_set(t, "NEW_ENV=A,b"));
    assert(!telnet_set(t, "WS=255x65535"));
}

static size_t run(char *bytes, size_t len, size_t step, struct buf *answers)
{
    struct telnet t = {0};
    size_t kept = 0;

    set_up(&t);
    for (size_t at = 0; at < len; at += step) {
        size_t part = len - at < step ? len - at : step;
        size_t got = telnet_decode(&t, bytes + at, part, answers, NULL, NULL);

        assert(got <= part);
        memmove(bytes + kept, bytes + at, got);
        kept += got;
    }
    telnet_release(&t);
    return kept;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    static char once[MOST], single[MOST];
    scoped(buf) answers = {0}, others = {0};
    size_t kept;

    len = len < MOST ? len : MOST;
    memcpy(once, bytes, len);
    memcpy(single, bytes, len);
    kept = run(once, len, len ? len : 1, &answers);
    assert(kept == run(single, len, 1, &others) && !memcmp(once, single, kept));
    assert(answers.len <= ANSWER_MAX + len * 16);
    return 0;
}
