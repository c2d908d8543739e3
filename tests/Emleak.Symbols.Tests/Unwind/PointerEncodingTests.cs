using System.Text;
using Emleak.Elf;
using Emleak.Elf.Tests;
using Emleak.Symbols.Unwind;

namespace Emleak.Symbols.Tests.Unwind;

/// <summary>Addresses of functions, written in every way that can stand for one.</summary>
public sealed class PointerEncodingTests : IDisposable
{
    private readonly Workshop _workshop = new();

    public void Dispose() => _workshop.Dispose();

    [Theory]
    [InlineData("absolute", 64)]
    [InlineData("relative", 65)]
    [InlineData("wide", 66)]
    [InlineData("unsigned", 67)]
    [InlineData("text", 68)]
    [InlineData("data", 69)]
    [InlineData("aligned", 70)]
    [InlineData("indirect", 71)]
    [InlineData("small", 72)]
    public void A_function_is_found_where_its_symbol_is(string function, int offset)
    {
        _workshop.Write("encodings.s", Sources.Encodings);
        _workshop.Run("gcc", "-nostdlib", "-static", "-Wl,-z,noseparate-code", "-Wl,--no-relax", "encodings.s", "-o", "encodings");
        using ElfImage image = ElfImage.Open(_workshop["encodings"]);
        UnwindTable table = UnwindTable.Read(image);
        Assert.Equal(0, table.DamagedEntries);
        Assert.Equal(new UnwindRule(offset, 0, 0, -1, UnwindKind.StackPointer), table.Find(AddressOf(image, function)));
    }

    private static ulong AddressOf(ElfImage image, string name)
    {
        ElfSymbolTable symbols = image.Symbols;
        for (int i = 0; i < symbols.Count; i++)
        {
            if (symbols.HasName(symbols[i], Encoding.UTF8.GetBytes(name))) return symbols[i].Value;
        }

        throw new InvalidOperationException($"no symbol {name}");
    }
}
