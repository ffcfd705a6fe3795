/* SPDX-License-Identifier: MIT */
#include "boundary/auth_memory.h"

#include "base/mem.h"

void auth_memory_free(struct auth_memory *m)
{
    if (!m)
        return;
    buf_release(&m->origin);
    buf_release(&m->user);
    digest_release(&m->digest);
    mem_free(m);
}
