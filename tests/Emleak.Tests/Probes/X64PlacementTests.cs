using Emleak.Elf;
using Emleak.Probes;
using Emleak.Tests.Support;

namespace Emleak.Tests.Probes;

/// <summary>Where probes go: in real libraries, and in code made to trap the rules.</summary>
public sealed class X64PlacementTests(ITestOutputHelper output)
{
    private const string Glibc = "/lib/x86_64-linux-gnu/libc.so.6";
    private const string Musl = "/lib/ld-musl-x86_64.so.1";
    private const string Jemalloc = "/usr/lib/x86_64-linux-gnu/libjemalloc.so.2";
    private const string Tcmalloc = "/usr/lib/x86_64-linux-gnu/libtcmalloc_minimal.so.4";
    private const string Mimalloc = "/usr/lib/x86_64-linux-gnu/libmimalloc.so.2";

    /// <summary>Debian 12's libraries. The expected offsets were read off their disassembly.</summary>
    [Theory]
    [InlineData(Glibc, "malloc", 0)]
    [InlineData(Glibc, "free", 3)]
    [InlineData(Glibc, "posix_memalign", 7)]
    [InlineData(Glibc, "mmap", 10)]
    [InlineData(Musl, "malloc", 0)]
    [InlineData(Musl, "free", 0)]
    [InlineData(Musl, "calloc", 0)]
    [InlineData(Jemalloc, "malloc", 7)]
    [InlineData(Jemalloc, "free", 48)]
    [InlineData(Tcmalloc, "malloc", 10)]
    [InlineData(Tcmalloc, "free", 10)]
    [InlineData(Mimalloc, "free", 6)]
    public void Real_functions_get_the_first_emulated_instruction(string library, string function, int offset)
    {
        PlacementChoice choice = Choose(library, function);
        output.WriteLine($"{function}+{choice.Offset}: {choice.Reason}");
        Assert.True(choice.IsEmulated, choice.Reason);
        Assert.Equal(offset, choice.Offset);
    }

    /// <summary>Real functions that lose an argument, or the stack pointer, before the first emulated instruction.</summary>
    [Theory]
    [InlineData(Glibc, "reallocarray", "changes RDX")]
    [InlineData(Glibc, "munmap", "straight line ends")]
    [InlineData(Glibc, "mremap", "changes RSP")]
    [InlineData(Mimalloc, "malloc", "changes RDI")]
    public void Real_functions_without_a_better_place_get_their_entry(string library, string function, string reason)
    {
        PlacementChoice choice = Choose(library, function);
        Assert.Equal(0, choice.Offset);
        Assert.False(choice.IsEmulated);
        Assert.Contains(reason, choice.Reason, StringComparison.Ordinal);
    }

    /// <summary>Whatever is chosen, in any library: nothing before it changes what the probe reads, nothing jumps into it.</summary>
    [Theory]
    [InlineData(Glibc)]
    [InlineData(Musl)]
    [InlineData(Jemalloc)]
    [InlineData(Tcmalloc)]
    [InlineData(Mimalloc)]
    public void Every_choice_keeps_to_the_straight_line(string library)
    {
        int found = 0;
        foreach (AllocatorFunction function in AllocatorTable.With([]))
        {
            byte[] code = MachineCode.Of(library, function.Name).Code;
            if (code.Length == 0) continue;
            found++;
            PlacementChoice choice = X64Placement.Choose(code, function.Shape.Reads, function.Shape.HasReturn);
            output.WriteLine($"{function.Name}+{choice.Offset}: {choice.Reason}");

            // A second opinion: the same function up to the chosen place, judged as if it ended there.
            string[] line = Disassemble(code.AsSpan(0, choice.Offset));
            Assert.DoesNotContain(line, text => text.StartsWith('j') || text.StartsWith("call", StringComparison.Ordinal) || text.StartsWith("ret", StringComparison.Ordinal));
            Assert.DoesNotContain(line, text => text.StartsWith("push", StringComparison.Ordinal) || text.StartsWith("pop", StringComparison.Ordinal));
            // Copies of strings have no argument that is a size: what becomes of theirs does not matter.
            if (!function.Shape.Reads.HasFlag(Arguments.First)) continue;
            Assert.DoesNotContain(line, text => text.StartsWith("mov rdi,", StringComparison.Ordinal) || text.StartsWith("mov edi,", StringComparison.Ordinal));
        }

        Assert.True(found >= 8, $"{found} functions found in {library}");
    }

    [Theory]
    // endbr64; push rbx; ret
    [InlineData("f30f1efa 53 5b c3", (int)Arguments.First, 4)]
    // mov rax, rdi; test rax, rax; je +1; ret; ret
    [InlineData("4889f8 4885c0 7401 c3 c3", (int)Arguments.First, 6)]
    // push r12: one REX.B is emulated
    [InlineData("4154 415c c3", (int)Arguments.First, 0)]
    // nop
    [InlineData("90 c3", (int)Arguments.None, 0)]
    // sub rax, rax; call +0 ; ret
    [InlineData("4829c0 e800000000 c3", (int)Arguments.First, 3)]
    public void A_later_instruction_is_taken_when_the_state_there_is_the_entrys(string code, int argumentBits, int offset)
    {
        PlacementChoice choice = X64Placement.Choose(MachineCode.Bytes(code), (Arguments)argumentBits, readsReturnAddress: true);
        Assert.True(choice.IsEmulated, choice.Reason);
        Assert.Equal(offset, choice.Offset);
    }

    [Theory]
    // mov edi, eax; push rbx: the argument is gone
    [InlineData("89c7 53 5b c3", (int)Arguments.First, "changes RDI")]
    // xor esi, esi; je: only the second argument is read
    [InlineData("31f6 7400 c3", (int)Arguments.Second, "changes RSI")]
    // sub rsp, 8; jmp: the return address is not at the stack pointer
    [InlineData("4883ec08 eb00 c3", (int)Arguments.First, "changes RSP")]
    // test rdi, rdi; je +2; jmp back to the je: a call would hit the probe twice
    [InlineData("4885ff 7402 ebfc c3", (int)Arguments.First, "jumps to +3")]
    // mov rax, rdi; push rbx; ... jmp into the middle of the line
    [InlineData("4889f8 4889fa 53 5b ebf9 c3", (int)Arguments.First, "jumps to +3")]
    // test rdi, rdi; je; jmp rax: it may go anywhere
    [InlineData("4885ff 7402 ffe0 c3", (int)Arguments.First, "indirect jump")]
    // ret at once
    [InlineData("c3", (int)Arguments.First, "straight line ends")]
    // two-byte nop: older kernels step it; then nothing
    [InlineData("6690 c3", (int)Arguments.First, "straight line ends")]
    // an invalid byte somewhere behind
    [InlineData("4885ff 7400 06 c3", (int)Arguments.First, "does not decode")]
    [InlineData("", (int)Arguments.First, "size of the function is unknown")]
    public void The_entry_is_taken_when_anything_is_in_doubt(string code, int argumentBits, string reason)
    {
        PlacementChoice choice = X64Placement.Choose(MachineCode.Bytes(code), (Arguments)argumentBits, readsReturnAddress: true);
        Assert.Equal(0, choice.Offset);
        Assert.False(choice.IsEmulated);
        Assert.Contains(reason, choice.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_a_return_probe_the_stack_pointer_may_move()
    {
        byte[] code = MachineCode.Bytes("4883ec08 eb00 c3");
        Assert.Equal(4, X64Placement.Choose(code, Arguments.First, readsReturnAddress: false).Offset);
    }

    private static PlacementChoice Choose(string library, string name)
    {
        FunctionShape shape = AllocatorTable.With([]).Single(function => function.Name == name).Shape;
        return X64Placement.Choose(MachineCode.Of(library, name).Code, shape.Reads, shape.HasReturn);
    }

    private static string[] Disassemble(ReadOnlySpan<byte> code)
    {
        Iced.Intel.Decoder decoder = Iced.Intel.Decoder.Create(64, code.ToArray());
        List<string> lines = [];
        while (decoder.IP < (ulong)code.Length) lines.Add(decoder.Decode().ToString().Replace(",", ", ", StringComparison.Ordinal));
        return [.. lines];
    }
}
