using System.Buffers;

namespace Emleak.Symbols.Demangling;

/// <summary>The digits that manglings use for bits.</summary>
internal static class HexDigits
{
    public static readonly SearchValues<byte> Lower = SearchValues.Create("0123456789abcdef"u8);
}
