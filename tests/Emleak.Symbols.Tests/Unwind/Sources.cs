namespace Emleak.Symbols.Tests.Unwind;

/// <summary>Sources of programs with unusual frames.</summary>
internal static class Sources
{
    /// <summary>Frames that are aligned, of variable size, large, and those of callers that the compiler knows to be left for ever.</summary>
    public const string C = """
        #include <stdlib.h>
        #include <string.h>
        typedef int wide __attribute__((vector_size(64)));
        extern void use(void *);
        __attribute__((noinline)) int aligned(int n) { wide w = { n }; char *room = __builtin_alloca(n); use(room); use(&w); return w[0] + room[1]; }
        __attribute__((noinline)) int variable(int n) { int room[n]; use(room); return room[n / 2]; }
        __attribute__((noinline)) int vast(int n) { char room[100000]; memset(room, n, sizeof room); use(room); return room[n]; }
        __attribute__((noinline)) int early(int n, int m) { if (n < 0) return m; int kept[4] = { n, m }; use(kept); if (m) { use(kept + 1); return kept[2]; } use(kept + 2); return kept[3] * m; }
        __attribute__((noinline)) int many(int a, int b, int c, int d, int e, int f, int g, int h) { int s[8] = { a, b, c, d, e, f, g, h }; use(s); return a + b * c - d * e + f * g - h + s[3]; }
        __attribute__((noinline, noreturn)) void leave(int n) { use(&n); abort(); }
        void use(void *p) { __asm__ volatile("" : : "r"(p) : "memory"); }
        int entry(int n) { return aligned(n) + variable(n) + vast(n) + early(n, n) + many(n, n, n, n, n, n, n, n); }
        int main(int argc, char **argv) { (void)argv; if (argc > 5) leave(argc); return entry(argc); }
        """;

    /// <summary>The same without a C library, to be linked for any machine.</summary>
    public const string Freestanding = """
        extern void use(void *);
        __attribute__((noinline)) int variable(int n) { int room[n]; use(room); return room[n / 2]; }
        __attribute__((noinline)) int leaf(int n) { return n * 3; }
        __attribute__((noinline)) int large(int n) { char room[70000]; room[n] = 1; use(room); return room[n + 1] + leaf(n); }
        __attribute__((noinline)) int many(int a, int b, int c, int d) { int s[4] = { a, b, c, d }; use(s); return s[0] + variable(b) * large(c) + leaf(d); }
        __attribute__((noinline)) void use(void *p) { __asm__ volatile("" : : "r"(p) : "memory"); }
        void _start(void) { for (int n = 1;; n++) many(n, n, n, n); }
        """;

    /// <summary>Every call-frame instruction that an assembler writes, and expressions of all shapes.</summary>
    public const string Assembly = """
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
            .skip 70000
        far:
            .cfi_startproc
            .skip 300
            .cfi_def_cfa_offset 24
            .skip 70000
            .cfi_def_cfa_offset 40
            nop
            .cfi_endproc
        """;

    /// <summary>A function for each way to write its address; each has a CFA offset of its own, 64 for the first.</summary>
    public const string Encodings = """
        .macro function name, encoding, offset
        .text
        .globl \name
        \name: nop
        .section .eh_frame, "a", @progbits
        1:  .long 3f - 2f
        2:  .long 0
            .byte 1
            .asciz "zR"
            .uleb128 1
            .sleb128 -8
            .byte 16
            .uleb128 1
            .byte \encoding
            .byte 0x0c, 7, \offset, 0x90, 1
            .balign 4
        3:  .long 5f - 4f
        4:  .long 4b - 1b
        .endm
        .macro end
            .uleb128 0
            .balign 4
        5:
        .endm
        .globl _start
        .text
        # There is a global offset table only where one is used.
        _start: mov data@GOTPCREL(%rip), %rax
        function absolute, 0x00, 64
            .quad absolute, 1
        end
        function relative, 0x1b, 65
            .long relative - ., 1
        end
        function wide, 0x1c, 66
            .quad wide - ., 1
        end
        function unsigned, 0x03, 67
            .long unsigned, 1
        end
        function text, 0x2b, 68
            .long text - .text, 1
        end
        function data, 0x3c, 69
            .quad data@GOTOFF, 1
        end
        function aligned, 0x50, 70
            .balign 8
            .quad aligned, 1
        end
        function indirect, 0x9b, 71
            .long place - ., 1
        end
        function small, 0x1a, 72
            .short small - ., 1
        end
        .section .rodata
            .balign 8
        place: .quad indirect
        """;
}
