using Emleak.Elf;
using Emleak.Symbols.Tables;

namespace Emleak.Probes;

/// <summary>The instructions of a function.</summary>
internal static class FunctionCode
{
    /// <summary>All of them as they are in the file; none when the symbol lies about its size.</summary>
    public static ReadOnlySpan<byte> Of(ElfImage image, FunctionSymbol symbol)
    {
        try
        {
            return image.GetBytes(symbol.FileOffset, symbol.Size);
        }
        catch (MalformedDataException)
        {
            return default;
        }
    }
}
