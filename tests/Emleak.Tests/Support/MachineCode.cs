using Emleak.Elf;

namespace Emleak.Tests.Support;

/// <summary>Instructions: of libraries' functions, and written out.</summary>
internal static class MachineCode
{
    /// <summary>A function that a library exports: its address as linked and its bytes, of which there are none when it is not there.</summary>
    public static (ulong Address, byte[] Code) Of(string library, string name)
    {
        using ElfImage image = ElfImage.Open(library);
        ElfSymbolTable symbols = image.DynamicSymbols;
        for (int i = 0; i < symbols.Count; i++)
        {
            ElfSymbol symbol = symbols[i];
            if (!symbol.IsDefined || symbols.GetNameString(symbol) != name) continue;
            Assert.True(image.TryGetFileOffset(symbol.Value, out ulong offset));
            return (symbol.Value, image.GetBytes(offset, symbol.Size).ToArray());
        }

        return (0, []);
    }

    /// <summary>From hexadecimal digits, with spaces anywhere between bytes.</summary>
    public static byte[] Bytes(string hex) => Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal));
}
