using Emleak.Elf;

namespace Emleak.Symbols.Dwarf.Split;

/// <summary>What one unit has of a section of a package.</summary>
internal readonly record struct PackageSlice(uint Offset, uint Size)
{
    /// <exception cref="MalformedDataException">It lies outside the section.</exception>
    public ReadOnlySpan<byte> Of(ReadOnlySpan<byte> section, string name)
    {
        if ((ulong)Offset + Size <= (ulong)section.Length) return section.Slice((int)Offset, (int)Size);
        throw new MalformedDataException(name, Offset, $"0x{Size:x} bytes of a split unit in a section of 0x{section.Length:x}");
    }
}
