using System.Runtime.InteropServices;
using Emleak.BpfLoader.Links;
using Emleak.BpfLoader.Maps;
using Emleak.BpfLoader.Object;
using Emleak.BpfLoader.Tests.Programs;

namespace Emleak.BpfLoader.Tests.Links;

/// <summary>Where USDT notes say that arguments are, and how programs are given it.</summary>
public sealed class UsdtArgumentTests
{
    [Theory]
    [InlineData("-4@-20(%rbp)", UsdtArgumentKind.Memory, -20L, 32, 0, 0, -4)]
    [InlineData("8@(%rsp)", UsdtArgumentKind.Memory, 0L, 152, 0, 0, 8)]
    [InlineData("8@-96(%rbp,%rax,8)", UsdtArgumentKind.IndexedMemory, -96L, 32, 80, 3, 8)]
    [InlineData("1@(%rdi,%r9)", UsdtArgumentKind.IndexedMemory, 0L, 112, 64, 0, 1)]
    [InlineData("2@%r10w", UsdtArgumentKind.Register, 0L, 56, 0, 0, 2)]
    [InlineData("-1@%sil", UsdtArgumentKind.Register, 0L, 104, 0, 0, -1)]
    [InlineData("8@$-9", UsdtArgumentKind.Constant, -9L, 0, 0, 0, 8)]
    [InlineData("8@$18446744073709551615", UsdtArgumentKind.Constant, -1L, 0, 0, 0, 8)]
    internal void An_argument_of_x86_64_is_read(string text, UsdtArgumentKind kind, long value, int register, int index, int shift, int size) =>
        Assert.Equal([new UsdtArgument(kind, value, register, index, shift, size)], UsdtArgument.ParseAll(text, Architecture.X64));

    [Theory]
    [InlineData("-4@[sp, 12]", UsdtArgumentKind.Memory, 12L, 248, -4)]
    [InlineData("8@[x19,-8]", UsdtArgumentKind.Memory, -8L, 152, 8)]
    [InlineData("8@[x0]", UsdtArgumentKind.Memory, 0L, 0, 8)]
    [InlineData("4@w3", UsdtArgumentKind.Register, 0L, 24, 4)]
    [InlineData("-4@-5", UsdtArgumentKind.Constant, -5L, 0, -4)]
    internal void An_argument_of_aarch64_is_read(string text, UsdtArgumentKind kind, long value, int register, int size) =>
        Assert.Equal(
            [new UsdtArgument(kind, value, register, 0, 0, size), new UsdtArgument(UsdtArgumentKind.Register, 0, 8, 0, 0, 8)],
            UsdtArgument.ParseAll($"{text} 8@x1", Architecture.Arm64));

    [Theory]
    [InlineData("3@%rax")]
    [InlineData("8@%xmm0")]
    [InlineData("8f@%rax")]
    [InlineData("8@name(%rip)")]
    [InlineData("8@")]
    [InlineData("@%rax")]
    [InlineData("8@$99999999999999999999999")]
    [InlineData("8@(%rax,%rbx,3)")]
    public void An_argument_of_an_unknown_form_is_told(string text) =>
        Assert.Throws<FormatException>(() => UsdtArgument.ParseAll(text, Architecture.X64));

    [Fact]
    public void Arguments_are_written_as_the_object_lays_them_out()
    {
        // The layout since libbpf 1.7, which has elements of arrays.
        BpfObject spec = BpfSource.Compile("""
            struct arg { u64 val_off; u32 arg_type : 8; u32 idx_reg_off : 12; u32 scale_bitshift : 4; u32 reserved : 8; short reg_off; char arg_signed; char arg_bitshift; };
            struct spec { struct arg args[12]; u64 usdt_cookie; short arg_cnt; };
            struct { __uint(type, 2); __uint(max_entries, 4); __type(key, int); __type(value, struct spec); } __bpf_usdt_specs SEC(".maps");
            SEC("usdt") int p(void *ctx) { return 0; }
            """);
        using BpfCollection loaded = spec.Load();
        UsdtSpecs specs = new(spec.Maps[UsdtSpecs.SpecsName], spec.Btf!, loaded.Maps);
        byte[] value = specs.Describe([new(UsdtArgumentKind.Constant, 5, 0, 0, 0, 8), new(UsdtArgumentKind.IndexedMemory, -96, 32, 80, 3, -4)], cookie: 0x1234);
        Assert.Equal([0xa0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 3, 80, 0x30, 0, 32, 0, 1, 32], value[16..32]);
        Assert.Equal(0x1234ul, BitConverter.ToUInt64(value, 192));
        Assert.Equal(2, BitConverter.ToInt16(value, 200));
        Assert.Contains("holds 12", Assert.Throws<BpfException>(() => specs.Describe(new UsdtArgument[13], 0)).Message, StringComparison.Ordinal);
    }
}
