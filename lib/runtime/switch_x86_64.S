/* SPDX-License-Identifier: MIT */
/* The switch for x86-64 (System V ABI): saves what a callee must keep (rbx, rbp, r12 to r15 and the
 * control words of SSE and x87) on the stack that is left, and takes it from the one that is gone
 * to. A saved stack, from its sp upwards:
 *
 *     0 mxcsr   4 x87 control word   8 r15   16 r14   24 r13   32 r12   40 rbx   48 rbp   56 rip
 *
 * It leaves by a jump and not by a return: the return would never be predicted, the jump mostly
 * goes to the one place that calls this. There is no note that promises shadow stacks (CET), since
 * this switch does not keep them; the linker then leaves them off for the whole library. */
    .text

/* void switch_stacks(void **ret_from, void *to) */
    .globl  switch_stacks
    .hidden switch_stacks
    .type   switch_stacks, @function
    .p2align 4
switch_stacks:
    .cfi_startproc
    pushq   %rbp
    .cfi_adjust_cfa_offset 8
    .cfi_rel_offset %rbp, 0
    pushq   %rbx
    .cfi_adjust_cfa_offset 8
    .cfi_rel_offset %rbx, 0
    pushq   %r12
    .cfi_adjust_cfa_offset 8
    .cfi_rel_offset %r12, 0
    pushq   %r13
    .cfi_adjust_cfa_offset 8
    .cfi_rel_offset %r13, 0
    pushq   %r14
    .cfi_adjust_cfa_offset 8
    .cfi_rel_offset %r14, 0
    pushq   %r15
    .cfi_adjust_cfa_offset 8
    .cfi_rel_offset %r15, 0
    subq    $8, %rsp
    .cfi_adjust_cfa_offset 8
    stmxcsr (%rsp)
    fnstcw  4(%rsp)
    movq    %rsp, (%rdi)
    /* The other stack is laid out alike, so the unwinder's rules stay true. */
    movq    %rsi, %rsp
    ldmxcsr (%rsp)
    fldcw   4(%rsp)
    addq    $8, %rsp
    .cfi_adjust_cfa_offset -8
    popq    %r15
    .cfi_adjust_cfa_offset -8
    .cfi_restore %r15
    popq    %r14
    .cfi_adjust_cfa_offset -8
    .cfi_restore %r14
    popq    %r13
    .cfi_adjust_cfa_offset -8
    .cfi_restore %r13
    popq    %r12
    .cfi_adjust_cfa_offset -8
    .cfi_restore %r12
    popq    %rbx
    .cfi_adjust_cfa_offset -8
    .cfi_restore %rbx
    popq    %rbp
    .cfi_adjust_cfa_offset -8
    .cfi_restore %rbp
    popq    %rcx
    .cfi_adjust_cfa_offset -8
    .cfi_register %rip, %rcx
    jmp     *%rcx
    .cfi_endproc
    .size   switch_stacks, . - switch_stacks

/* Where a new stack starts: calls the entry, which is in rbx. The outermost frame: there is no
 * return address for a debugger to follow. */
    .type   switch_start, @function
    .p2align 4
switch_start:
    .cfi_startproc
    .cfi_undefined %rip
    xorl    %ebp, %ebp
    callq   *%rbx
    ud2
    .cfi_endproc
    .size   switch_start, . - switch_start

/* void *switch_prepare(void *top, void (*entry)(void), size_t size) */
    .globl  switch_prepare
    .hidden switch_prepare
    .type   switch_prepare, @function
    .p2align 4
switch_prepare:
    .cfi_startproc
    andq    $-16, %rdi
    leaq    switch_start(%rip), %rax
    movq    %rax, -8(%rdi)
    xorl    %eax, %eax
    movq    %rax, -16(%rdi)
    movq    %rsi, -24(%rdi)
    movq    %rax, -32(%rdi)
    movq    %rax, -40(%rdi)
    movq    %rax, -48(%rdi)
    movq    %rax, -56(%rdi)
    movl    $0x1f80, -64(%rdi)
    movl    $0x037f, -60(%rdi)
    leaq    -64(%rdi), %rax
    retq
    .cfi_endproc
    .size   switch_prepare, . - switch_prepare

    .section .note.GNU-stack, "", @progbits
