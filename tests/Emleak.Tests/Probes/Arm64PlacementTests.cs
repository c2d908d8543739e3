using System.Diagnostics;
using System.Globalization;
using Emleak.Elf;
using Emleak.Probes;
using Emleak.Tests.Support;

namespace Emleak.Tests.Probes;

/// <summary>Where probes go on AArch64: in real libraries, judged by a disassembler, and in code made to trap the rules.</summary>
public sealed class Arm64PlacementTests(ITestOutputHelper output)
{
    private const string Glibc = "/usr/aarch64-linux-gnu/lib/libc.so.6";
    private const string Musl = "/lib/ld-musl-aarch64.so.1";

    // What arch/arm64/kernel/probes/decode-insn.c simulates, as a disassembler writes it.
    private static readonly string[] Simulated = ["b", "bl", "br", "blr", "ret", "cbz", "cbnz", "tbz", "tbnz", "adr", "adrp", "nop"];

    /// <summary>
    /// Whatever is chosen: a disassembler calls it one of the simulated instructions, and sees nothing before it that changes an
    /// argument, the stack pointer, or the return address.
    /// </summary>
    [Theory]
    [InlineData(Glibc, 15)]
    [InlineData(Musl, 10)]
    public void Every_choice_in_a_real_library_is_one_that_a_disassembler_confirms(string library, int least)
    {
        int found = 0, simulated = 0;
        foreach (AllocatorFunction function in AllocatorTable.With([]))
        {
            (ulong address, byte[] code) = MachineCode.Of(library, function.Name);
            if (code.Length == 0) continue;
            found++;
            PlacementChoice choice = Arm64Placement.Choose(code, function.Shape.Reads, function.Shape.HasReturn);
            string[] lines = Disassemble(library, address, code.Length);
            string[] before = lines[..(choice.Offset / 4)];
            string chosen = lines[choice.Offset / 4];
            output.WriteLine($"{function.Name}+{choice.Offset}: {chosen} ({choice.Reason})");
            Assert.Equal(choice.IsEmulated, IsSimulated(chosen));
            if (choice.IsEmulated) simulated++;
            Assert.DoesNotContain(before, line => IsSimulated(line) && line != "nop");
            foreach (string line in before)
            {
                string[] written = Written(line);
                for (int argument = 0; argument < 6; argument++)
                {
                    if (((int)function.Shape.Reads & (1 << argument)) != 0) Assert.DoesNotContain($"x{argument}", written);
                }

                if (!function.Shape.HasReturn) continue;
                Assert.DoesNotContain("sp", written);
                Assert.DoesNotContain("x30", line, StringComparison.Ordinal);
                Assert.DoesNotContain("pac", line, StringComparison.Ordinal);
            }
        }

        output.WriteLine($"{simulated} of {found}");
        Assert.True(found >= least, $"{found} functions found in {library}");
        Assert.True(simulated > 0);
    }

    /// <summary>Debian 12's libraries. The expected offsets were read off their disassembly.</summary>
    [Theory]
    [InlineData(Glibc, "malloc", 0, false)]
    [InlineData(Glibc, "free", 0, true)]
    [InlineData(Glibc, "mmap", 4, true)]
    [InlineData(Glibc, "reallocarray", 0, false)]
    [InlineData(Glibc, "mremap", 0, false)]
    public void Real_functions_get_the_first_simulated_instruction(string library, string name, int offset, bool isSimulated)
    {
        FunctionShape shape = AllocatorTable.With([]).Single(function => function.Name == name).Shape;
        PlacementChoice choice = Arm64Placement.Choose(MachineCode.Of(library, name).Code, shape.Reads, shape.HasReturn);
        Assert.Equal((offset, isSimulated), (choice.Offset, choice.IsEmulated));
    }

    [Theory]
    // cbz x0, +8: at once
    [InlineData("400000b4 c0035fd6 c0035fd6", (int)Arguments.First, 0)]
    // mov x1, x0; cbz x1, +8
    [InlineData("e10300aa 410000b4 c0035fd6 c0035fd6", (int)Arguments.First, 4)]
    // bti c; cmp x0, #0; b.eq +8
    [InlineData("5f2403d5 1f0000f1 40000054 c0035fd6 c0035fd6", (int)Arguments.First, 8)]
    // tst x0, #15; b.ne +8: tst has its result in the zero register, not in the stack pointer
    [InlineData("1f0c40f2 41000054 c0035fd6 c0035fd6", (int)Arguments.First, 4)]
    // str x0, [sp, #8]; ldr x2, [x0]; adrp x3: memory may be read and written, other registers too
    [InlineData("e00700f9 020040f9 03000090 c0035fd6", (int)Arguments.First, 8)]
    // ccmp x0, x1, #0, eq; b +4: what looks like a result is a set of flags
    [InlineData("000041fa 01000014 c0035fd6", (int)Arguments.First, 4)]
    public void A_later_instruction_is_taken_when_the_state_there_is_the_entrys(string code, int argumentBits, int offset)
    {
        PlacementChoice choice = Arm64Placement.Choose(MachineCode.Bytes(code), (Arguments)argumentBits, readsReturnAddress: true);
        Assert.True(choice.IsEmulated, choice.Reason);
        Assert.Equal(offset, choice.Offset);
    }

    [Theory]
    // mov x0, x1; cbz x0: the argument is gone
    [InlineData("e00301aa 400000b4 c0035fd6 c0035fd6", (int)Arguments.First, "+0 changes")]
    // mov w0, w1: half of it is as good as all
    [InlineData("e003012a 400000b4 c0035fd6 c0035fd6", (int)Arguments.First, "+0 changes")]
    // ldp x2, x1, [x0]; ret: the second of a pair
    [InlineData("020440a9 c0035fd6", (int)Arguments.Second, "+0 changes")]
    // ldr x2, [x0], #8; ret: the address register is written back
    [InlineData("028440f8 c0035fd6", (int)Arguments.First, "+0 changes")]
    // stp x29, x30, [sp, #-16]!; bl: the stack pointer has moved
    [InlineData("fd7bbfa9 01000094 c0035fd6", (int)Arguments.First, "+0 changes")]
    // sub sp, sp, #16; cbz x0
    [InlineData("ff4300d1 400000b4 c0035fd6 c0035fd6", (int)Arguments.First, "+0 changes")]
    // paciasp; cbz x0: the return address is signed, and the trampoline would not be
    [InlineData("3f2303d5 400000b4 c0035fd6 c0035fd6", (int)Arguments.First, "+0 changes")]
    // mov x9, x30; bl: the function returns by the copy
    [InlineData("e9031eaa 01000094 c0035fd6", (int)Arguments.First, "+0 may copy")]
    // ldaxr w1, [x2]; cbz: an exclusive access; the straight line is not followed through it
    [InlineData("41fc5f88 400000b4 c0035fd6 c0035fd6", (int)Arguments.First, "not known to go on")]
    // svc #0; ret
    [InlineData("010000d4 c0035fd6", (int)Arguments.First, "not known to go on")]
    // cmp x0, #0; cbz x1, +8; ret; b -8: a call would hit the probe twice
    [InlineData("1f0000f1 410000b4 c0035fd6 feffff17", (int)Arguments.First, "+12 jumps to +4")]
    // cmp x0, #0; cbz x1, +8; ret; br x3: it may go anywhere
    [InlineData("1f0000f1 410000b4 c0035fd6 60001fd6", (int)Arguments.First, "indirect jump")]
    [InlineData("", (int)Arguments.First, "size of the function is unknown")]
    [InlineData("1f0000", (int)Arguments.First, "size of the function is unknown")]
    public void The_entry_is_taken_when_anything_is_in_doubt(string code, int argumentBits, string reason)
    {
        PlacementChoice choice = Arm64Placement.Choose(MachineCode.Bytes(code), (Arguments)argumentBits, readsReturnAddress: true);
        Assert.Equal(0, choice.Offset);
        Assert.False(choice.IsEmulated);
        Assert.Contains(reason, choice.Reason, StringComparison.Ordinal);
    }

    /// <summary>What releases has no return probe: the prologue may be passed.</summary>
    [Theory]
    [InlineData("3f2303d5 fd7bbfa9 400000b4 c0035fd6 c0035fd6", 8)]
    [InlineData("e9031eaa 01000094 c0035fd6", 4)]
    public void Without_a_return_probe_the_return_address_does_not_matter(string code, int offset) =>
        Assert.Equal(offset, Arm64Placement.Choose(MachineCode.Bytes(code), Arguments.First, readsReturnAddress: false).Offset);

    /// <summary>Any bytes give a place in them, at an instruction.</summary>
    [Fact]
    public void Any_bytes_give_a_place_within_them()
    {
        Random random = new(8);
        for (int i = 0; i < 20000; i++)
        {
            byte[] code = new byte[4 * random.Next(1, 24)];
            random.NextBytes(code);
            PlacementChoice choice = Arm64Placement.Choose(code, (Arguments)random.Next(64), random.Next(2) == 0);
            Assert.InRange(choice.Offset, 0, code.Length - 4);
            Assert.Equal(0, choice.Offset % 4);
        }
    }

    private static bool IsSimulated(string line)
    {
        string mnemonic = line.Split(' ')[0];
        bool isLiteral = mnemonic is "ldr" or "ldrsw" && line.Contains(", 0x", StringComparison.Ordinal) && !line.Contains('[', StringComparison.Ordinal);
        return isLiteral || mnemonic.StartsWith("b.", StringComparison.Ordinal) || Simulated.Contains(mnemonic, StringComparer.Ordinal);
    }

    // The registers that an instruction changes, as far as its text says: the first one unless it stores or compares, and with write-back the address.
    private static string[] Written(string line)
    {
        string[] words = line.Split((char[])[' ', ','], StringSplitOptions.RemoveEmptyEntries);
        List<string> written = [];
        bool stores = words[0].StartsWith("st", StringComparison.Ordinal);
        bool compares = words[0].StartsWith("cmp", StringComparison.Ordinal) || words[0].StartsWith("cmn", StringComparison.Ordinal)
            || words[0].StartsWith("tst", StringComparison.Ordinal) || words[0].StartsWith("ccm", StringComparison.Ordinal);
        if (!stores && !compares && words.Length > 1) written.Add(words[1].Replace('w', 'x'));
        if (words[0].StartsWith("ldp", StringComparison.Ordinal)) written.Add(words[2].Replace('w', 'x'));
        int bracket = line.IndexOf('[', StringComparison.Ordinal);
        bool writesBack = line.EndsWith('!') || (bracket >= 0 && line.IndexOf("],", bracket, StringComparison.Ordinal) >= 0);
        if (writesBack) written.Add(line[(bracket + 1)..].Split(',', ']')[0]);
        return [.. written];
    }

    private static string[] Disassemble(string library, ulong address, int length)
    {
        string range = string.Create(CultureInfo.InvariantCulture, $"--start-address=0x{address:x}");
        string end = string.Create(CultureInfo.InvariantCulture, $"--stop-address=0x{address + (ulong)length:x}");
        using Process objdump = Process.Start(new ProcessStartInfo(
            "llvm-objdump-19", ["-d", "--no-show-raw-insn", "--no-leading-addr", "--mattr=+all", range, end, library])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
        })!;
        string text = objdump.StandardOutput.ReadToEnd();
        objdump.WaitForExit();
        return [.. text.Split('\n').Where(line => line.StartsWith('\t') || line.StartsWith("  ", StringComparison.Ordinal)).Select(line => string.Join(' ', line.Split((char[])['\t', ' '], StringSplitOptions.RemoveEmptyEntries)))];
    }
}
