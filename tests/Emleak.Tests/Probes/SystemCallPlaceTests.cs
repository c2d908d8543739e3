using Emleak.Elf;
using Emleak.Probes;
using Emleak.Tests.Support;
using Emleak.Tracing.Records;

namespace Emleak.Tests.Probes;

/// <summary>Where a system call is over: offsets were read off the disassembly of Debian 12's libraries.</summary>
public sealed class SystemCallPlaceTests
{
    private const string Glibc = "/lib/x86_64-linux-gnu/libc.so.6";
    private const string Musl = "/lib/ld-musl-x86_64.so.1";

    [Theory]
    [InlineData(Glibc, "mmap", 25, true)]
    [InlineData(Glibc, "munmap", 16, false)]
    [InlineData(Glibc, "mremap", 54, true)]
    [InlineData(Musl, "mmap", 75, true)]
    [InlineData(Musl, "munmap", 33, true)]
    [InlineData(Musl, "mremap", 66, true)]
    public void It_is_found_in_real_libraries(string library, string name, int offset, bool isEmulated)
    {
        Assert.SkipUnless(File.Exists(library), $"needs {library}");
        Assert.Equal([(offset, isEmulated)], SystemCallPlace.Find(ElfMachine.X64, MachineCode.Of(library, name).Code, KindOf(name)));
    }

    /// <summary>There the compiler has written it twice.</summary>
    [Fact]
    public void It_is_found_on_aarch64()
    {
        const string Library = "/usr/aarch64-linux-gnu/lib/libc.so.6";
        Assert.SkipUnless(File.Exists(Library), $"needs {Library}");
        Assert.Equal([(60, true), (148, true)], SystemCallPlace.Find(ElfMachine.Arm64, MachineCode.Of(Library, "mremap").Code, Shape.Mremap));
    }

    [Theory]
    // mov $9, %eax; syscall; mov %rax, %rsi; cmp $-4096, %rax; ja: the length is gone.
    [InlineData("b8 09000000 0f05 4889c6 483d00f0ffff 7701 c3 c3", 7)]
    // nop.
    [InlineData("b8 09000000 0f05 90 c3", 7)]
    // Nothing is emulated.
    [InlineData("b8 09000000 0f05 4885c0 c3", 7)]
    public void It_is_the_next_instruction_where_nothing_else_will_do(string code, int offset) =>
        Assert.Equal(offset, SystemCallPlace.Find(ElfMachine.X64, MachineCode.Bytes(code), Shape.Mmap).Single().Offset);

    [Theory]
    // Another system call; another one, too; none; a jump to between the call and the place.
    [InlineData("b8 0a000000 0f05 483d00f0ffff 7701 c3 c3")]
    [InlineData("b8 09000000 0f05 b8 0a000000 0f05 483d00f0ffff 7701 c3 c3")]
    [InlineData("b8 09000000 c3")]
    [InlineData("eb07 b8 09000000 0f05 483d00f0ffff 77f6 c3 c3")]
    public void Other_code_has_none(string code) => Assert.Empty(SystemCallPlace.Find(ElfMachine.X64, MachineCode.Bytes(code), Shape.Mmap));

    private static Shape KindOf(string name) => name switch { "mmap" => Shape.Mmap, "munmap" => Shape.Munmap, _ => Shape.Mremap };
}
