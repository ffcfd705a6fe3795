/* SPDX-License-Identifier: MIT */
/* The switch for machines without assembly of their own: <ucontext.h>, at the price of a system
 * call a switch (the signal mask). A saved stack is a ucontext_t that lies on it. */
#include "runtime/switch.h"

#include <stdint.h>
#include <stdlib.h>
#include <ucontext.h>

void *switch_prepare(void *top, void (*entry)(void), size_t size)
{
    uintptr_t place = ((uintptr_t)top - sizeof(ucontext_t)) & ~(uintptr_t)63;
    ucontext_t *saved = (void *)((char *)top - ((uintptr_t)top - place));
    char *low = (char *)top - size;

    if (getcontext(saved))
        abort(); /* documented not to fail */
    saved->uc_stack.ss_sp = low;
    saved->uc_stack.ss_size = (size_t)((char *)saved - low);
    saved->uc_link = NULL;
    makecontext(saved, entry, 0);
    return saved;
}

void switch_stacks(void **ret_from, void *to)
{
    ucontext_t saved;

    *ret_from = &saved; /* cppcheck-suppress autoVariables; it lives until the stack runs again */
    swapcontext(&saved, to);
}
