using System.Buffers.Text;
using System.Runtime.InteropServices;

namespace Emleak.Symbols.Tables;

/// <summary>A line of a perf map.</summary>
/// <param name="Start">First address of the code.</param>
/// <param name="NameOffset">Where in the file its name is.</param>
/// <param name="Size">Its size in bytes, never 0.</param>
/// <param name="NameLength">Length of the name in bytes, never 0.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct PerfMapEntry(ulong Start, long NameOffset, uint Size, int NameLength)
{
    /// <summary>Reads a line; false when it names no code.</summary>
    public static bool TryRead(ReadOnlySpan<byte> line, long offset, int maxNameBytes, out PerfMapEntry entry)
    {
        entry = default;
        ReadOnlySpan<byte> rest = line;
        if (!TryReadHex(ref rest, out ulong start) || !TryReadHex(ref rest, out ulong size)) return false;
        if (size == 0 || size > uint.MaxValue || start > ulong.MaxValue - size || rest.IsEmpty) return false;
        entry = new PerfMapEntry(start, offset + (line.Length - rest.Length), (uint)size, Math.Min(rest.Length, maxNameBytes));
        return true;
    }

    private static bool TryReadHex(ref ReadOnlySpan<byte> rest, out ulong value)
    {
        if (rest.StartsWith("0x"u8)) rest = rest[2..];
        if (!Utf8Parser.TryParse(rest, out value, out int consumed, 'x') || consumed >= rest.Length || rest[consumed] != (byte)' ') return false;
        rest = rest[(consumed + 1)..];
        return true;
    }
}
