# SPDX-License-Identifier: BSD-3-Clause
.text
.globl _start
.type _start, @function
_start:
    .cfi_startproc
    .cfi_undefined rip
    nop
    .cfi_endproc
saves:
    .cfi_startproc
    push %rbp
    .cfi_adjust_cfa_offset 8
    .cfi_rel_offset rbp, 0
    nop
    .cfi_remember_state
    .cfi_def_cfa rbp, 16
    nop
    .cfi_restore_state
    .cfi_same_value rbp
    nop
    .cfi_offset rbp, -40000
    nop
    .cfi_restore rbp
    nop
    .cfi_undefined rbp
    nop
    .cfi_def_cfa_register rbx
    nop
    .cfi_def_cfa_offset 100000
    nop
    .cfi_def_cfa rsp, -16
    nop
    .cfi_register rbp, r12
    nop
    .cfi_endproc
expressions:
    .cfi_startproc
    .cfi_escape 0x0f, 0x03, 0x77, 0x10, 0x06
    nop
    .cfi_escape 0x0f, 0x05, 0x76, 0x78, 0x06, 0x23, 0x08
    nop
    .cfi_escape 0x0f, 0x06, 0x77, 0x88, 0x01, 0x06, 0x23, 0x40
    nop
    .cfi_escape 0x0f, 0x02, 0x73, 0x00
    nop
    .cfi_escape 0x10, 0x06, 0x02, 0x76, 0x00
    .cfi_def_cfa rsp, 32
    nop
    .cfi_escape 0x10, 0x06, 0x02, 0x76, 0x08
    nop
    .cfi_escape 0x16, 0x06, 0x02, 0x77, 0x00
    nop
    .cfi_offset rbp, -24
    nop
    .cfi_escape 0x2e, 0x20
    nop
    .cfi_endproc
trampoline:
    .cfi_startproc
    .cfi_signal_frame
    .cfi_escape 0x0f, 0x04, 0x77, 0xa0, 0x01, 0x06
    nop
    .cfi_endproc
    .skip 300
far:
    .cfi_startproc
    .skip 300
    .cfi_def_cfa_offset 24
    .skip 300
    .cfi_def_cfa_offset 40
    nop
    .cfi_endproc
