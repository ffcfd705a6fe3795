/* SPDX-License-Identifier: MIT */
/* The switch for aarch64 (AAPCS64): saves what a callee must keep (x19 to x30, the low halves of v8
 * to v15, and fpcr) on the stack that is left, and takes it from the one that is gone to. A saved
 * stack, from its sp upwards:
 *
 *     0 x19 .. 72 x28   80 x29 (frame)   88 x30 (link)   96 d8 .. 152 d15   160 fpcr
 */
    .text

/* void switch_stacks(void **ret_from, void *to) */
    .globl  switch_stacks
    .hidden switch_stacks
    .type   switch_stacks, %function
    .p2align 4
switch_stacks:
    .cfi_startproc
    hint    #34 /* bti c */
    sub     sp, sp, #176
    .cfi_adjust_cfa_offset 176
    stp     x19, x20, [sp, #0]
    .cfi_rel_offset x19, 0
    .cfi_rel_offset x20, 8
    stp     x21, x22, [sp, #16]
    .cfi_rel_offset x21, 16
    .cfi_rel_offset x22, 24
    stp     x23, x24, [sp, #32]
    .cfi_rel_offset x23, 32
    .cfi_rel_offset x24, 40
    stp     x25, x26, [sp, #48]
    .cfi_rel_offset x25, 48
    .cfi_rel_offset x26, 56
    stp     x27, x28, [sp, #64]
    .cfi_rel_offset x27, 64
    .cfi_rel_offset x28, 72
    stp     x29, x30, [sp, #80]
    .cfi_rel_offset x29, 80
    .cfi_rel_offset x30, 88
    stp     d8, d9, [sp, #96]
    stp     d10, d11, [sp, #112]
    stp     d12, d13, [sp, #128]
    stp     d14, d15, [sp, #144]
    mrs     x9, fpcr
    str     x9, [sp, #160]
    mov     x9, sp
    str     x9, [x0]
    /* The other stack is laid out alike, so the unwinder's rules stay true. */
    mov     sp, x1
    ldr     x9, [sp, #160]
    msr     fpcr, x9
    ldp     d14, d15, [sp, #144]
    ldp     d12, d13, [sp, #128]
    ldp     d10, d11, [sp, #112]
    ldp     d8, d9, [sp, #96]
    ldp     x29, x30, [sp, #80]
    ldp     x27, x28, [sp, #64]
    ldp     x25, x26, [sp, #48]
    ldp     x23, x24, [sp, #32]
    ldp     x21, x22, [sp, #16]
    ldp     x19, x20, [sp, #0]
    add     sp, sp, #176
    .cfi_adjust_cfa_offset -176
    .cfi_restore x19
    .cfi_restore x20
    .cfi_restore x21
    .cfi_restore x22
    .cfi_restore x23
    .cfi_restore x24
    .cfi_restore x25
    .cfi_restore x26
    .cfi_restore x27
    .cfi_restore x28
    .cfi_restore x29
    .cfi_restore x30
    ret
    .cfi_endproc
    .size   switch_stacks, . - switch_stacks

/* Where a new stack starts: calls the entry, which is in x19. The outermost frame. */
    .type   switch_start, %function
    .p2align 4
switch_start:
    .cfi_startproc
    .cfi_undefined x30
    hint    #36 /* bti j */
    mov     x29, xzr
    mov     x30, xzr
    blr     x19
    brk     #1
    .cfi_endproc
    .size   switch_start, . - switch_start

/* void *switch_prepare(void *top, void (*entry)(void), size_t size) */
    .globl  switch_prepare
    .hidden switch_prepare
    .type   switch_prepare, %function
    .p2align 4
switch_prepare:
    .cfi_startproc
    hint    #34 /* bti c */
    and     x0, x0, #-16
    sub     x0, x0, #176
    stp     x1, xzr, [x0, #0]
    stp     xzr, xzr, [x0, #16]
    stp     xzr, xzr, [x0, #32]
    stp     xzr, xzr, [x0, #48]
    stp     xzr, xzr, [x0, #64]
    adr     x9, switch_start
    stp     xzr, x9, [x0, #80]
    stp     xzr, xzr, [x0, #96]
    stp     xzr, xzr, [x0, #112]
    stp     xzr, xzr, [x0, #128]
    stp     xzr, xzr, [x0, #144]
    mrs     x9, fpcr
    stp     x9, xzr, [x0, #160]
    ret
    .cfi_endproc
    .size   switch_prepare, . - switch_prepare

    .section .note.GNU-stack, "", %progbits
