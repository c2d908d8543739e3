using System.Text;
using Emleak.Symbols.Tables;

namespace Emleak.Symbols.Tests;

/// <summary>The text of /proc/kallsyms.</summary>
public sealed class KernelSymbolsTests
{
    private const string Text = """
        ffffffff81000000 D not_code
        ffffffff81000000 T _stext
        ffffffff81000000 T start_of_all
        ffffffff81000100 t helper
        ffffffff81000200 D data
        ffffffffc0001000 t ext4_read	[ext4]
        ffffffffc0002000 b last	[ext4]

        """;

    [Theory]
    [InlineData(0xffffffff81000000, "_stext", "kernel")]
    [InlineData(0xffffffff810000ff, "_stext", "kernel")]
    [InlineData(0xffffffff81000100, "helper", "kernel")]
    [InlineData(0xffffffff81000200, null, null)]
    [InlineData(0xffffffffc0001fff, "ext4_read", "ext4")]
    [InlineData(0xffffffffc0002000, null, null)]
    [InlineData(0xffffffff80000000, null, null)]
    [InlineData(0xffffffffffffffff, null, null)]
    public void Code_is_named_with_its_module(ulong address, string? name, string? module)
    {
        KernelSymbols symbols = KernelSymbols.Parse(Encoding.UTF8.GetBytes(Text));
        symbols.TryFind(address, out string? foundName, out string? foundModule, out _);
        Assert.Equal((name, module), (foundName, foundModule));
    }

    [Theory]
    [InlineData("")]
    [InlineData("0000000000000000 T hidden\n")]
    [InlineData("no address at all\nffff\nffffffff81000000\nffffffff81000000 T\n")]
    public void Without_addresses_it_says_why(string text)
    {
        KernelSymbols symbols = KernelSymbols.Parse(Encoding.UTF8.GetBytes(text));
        Assert.NotNull(symbols.Problem);
        Assert.False(symbols.TryFind(ulong.MaxValue, out _, out _, out _));
    }
}
