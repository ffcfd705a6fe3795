/* SPDX-License-Identifier: MIT */
#include "support.h"

#include "runtime/stack.h"

#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MANY = 200 };

static void dropped_stack_is_the_next_one_taken(void **state)
{
    struct stack_cache cache = {0};
    struct stack *a = stack_take(&cache), *b = stack_take(&cache);

    (void)state;
    assert_ptr_not_equal(a, b);
    stack_drop(&cache, a);
    stack_drop(&cache, b);
    assert_int_equal(cache.count, 2);
    assert_ptr_equal(stack_take(&cache), b);
    assert_ptr_equal(stack_take(&cache), a);
    assert_int_equal(cache.count, 0);
    stack_drop(&cache, a);
    stack_drop(&cache, b);
    stack_cache_release(&cache);
    assert_null(cache.top);
}

static void all_of_a_stack_can_be_written(void **state)
{
    struct stack_cache cache = {0};
    struct stack *s = stack_take(&cache);

    (void)state;
    assert_true(s->size >= STACK_SIZE - 2048);
    memset(s->low, 1, s->size);
    stack_drop(&cache, s);
    stack_cache_release(&cache);
}

static void tops_of_neighbours_are_coloured(void **state)
{
    struct stack_cache cache = {0};
    struct stack *stacks[16];
    unsigned seen = 0;

    (void)state;
    for (int i = 0; i < 16; i++) {
        stacks[i] = stack_take(&cache);
        seen |= 1u << ((uintptr_t)stacks[i] / 64 % 16);
    }
    assert_in_range(__builtin_popcount(seen), 4, 16);
    for (int i = 0; i < 16; i++)
        stack_drop(&cache, stacks[i]);
    stack_cache_release(&cache);
}

static void trim_gives_back_what_was_not_needed_since_the_last(void **state)
{
    static struct stack *stacks[MANY];
    struct stack_cache cache = {0};

    (void)state;
    for (int i = 0; i < MANY; i++)
        stacks[i] = stack_take(&cache);
    for (int i = 0; i < MANY; i++)
        stack_drop(&cache, stacks[i]);
    stack_trim(&cache); /* all were needed */
    assert_int_equal(cache.count, MANY);
    for (int i = 0; i < 50; i++)
        stacks[i] = stack_take(&cache);
    for (int i = 0; i < 50; i++)
        stack_drop(&cache, stacks[i]);
    stack_trim(&cache);
    assert_int_equal(cache.count, 50);
    stack_trim(&cache);
    assert_int_equal(cache.count, STACK_SPARES_FEW);
    stack_cache_release(&cache);
}

/* What the child's handler looks at: three stacks side by side, the middle one overflows. */
static struct stack *suspects[3];
static char handler_stack[64 * 1024];

static void on_fault(int number, siginfo_t *info, void *context)
{
    const char *address = info->si_addr;
    const char *low = suspects[1]->low;
    int verdict = number == SIGSEGV && address < low && address >= low - STACK_GUARD ? 42 : 1;

    (void)context;
    for (int i = 0; i < 3; i += 2) {
        for (size_t k = 0; k < suspects[i]->size; k++) {
            if (suspects[i]->low[k] != 'x')
                verdict = 2;
        }
    }
    _exit(verdict);
}

static int descend(volatile char *above)
{
    volatile char frame[3000];

    frame[0] = *above;
    return above ? descend(frame) + frame[0] : 0;
}

static void overflow(void *argument)
{
    volatile char c = 0;

    *(int *)argument = descend(&c);
}

static void run_child(void)
{
    struct sigaction action = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | SA_ONSTACK};
    stack_t alternative = {.ss_sp = handler_stack, .ss_size = sizeof(handler_stack)};
    struct worker *w = worker_new_inline();
    int result = 0;

    sigaltstack(&alternative, NULL);
    sigaction(SIGSEGV, &action, NULL);
    suspects[0] = stack_take(&w->stacks);
    suspects[1] = stack_take(&w->stacks);
    suspects[2] = stack_take(&w->stacks);
    memset(suspects[0]->low, 'x', suspects[0]->size);
    memset(suspects[2]->low, 'x', suspects[2]->size);
    stack_drop(&w->stacks, suspects[1]);
    start(w, overflow, &result);
    pass(w);
    _exit(3);
}

static int status_of_child(void (*run)(void))
{
    int status = 0;
    pid_t child = fork();

    if (child == 0) {
        run();
        _exit(4);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    return status;
}

static void overflow_faults_in_the_guard_and_harms_no_neighbour(void **state)
{
    int status = status_of_child(run_child);

    (void)state;
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 42);
}

static void read_guard(void)
{
    struct stack_cache cache = {0};
    struct stack *s = stack_take(&cache);

    signal(SIGSEGV, SIG_DFL);
    signal(SIGBUS, SIG_DFL);
    _exit(*(volatile char *)(s->low - STACK_GUARD));
}

static void guard_cannot_be_touched(void **state)
{
    int status = status_of_child(read_guard);

    (void)state;
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGSEGV);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dropped_stack_is_the_next_one_taken),
        cmocka_unit_test(all_of_a_stack_can_be_written),
        cmocka_unit_test(tops_of_neighbours_are_coloured),
        cmocka_unit_test(trim_gives_back_what_was_not_needed_since_the_last),
        cmocka_unit_test(overflow_faults_in_the_guard_and_harms_no_neighbour),
        cmocka_unit_test(guard_cannot_be_touched),
    };

    return cmocka_run_group_tests_name("runtime/stack", tests, NULL, NULL);
}
