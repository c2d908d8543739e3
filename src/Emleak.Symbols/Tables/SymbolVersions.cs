using System.Buffers.Binary;
using Emleak.Elf;

namespace Emleak.Symbols.Tables;

/// <summary>The versions of a dynamic symbol table: <c>.gnu.version</c>, one number for each symbol.</summary>
/// <seealso href="https://refspecs.linuxfoundation.org/LSB_5.0.0/LSB-Core-generic/LSB-Core-generic/symversion.html"/>
internal readonly ref struct SymbolVersions
{
    private const string Section = ".gnu.version";
    private const ushort Hidden = 0x8000;

    private readonly ReadOnlySpan<byte> _numbers;
    private readonly bool _isBigEndian;

    private SymbolVersions(ReadOnlySpan<byte> numbers, bool isBigEndian)
    {
        _numbers = numbers;
        _isBigEndian = isBigEndian;
    }

    /// <summary>Those of a file; none when it has none, or none that can be read.</summary>
    public static SymbolVersions Of(ElfImage image)
    {
        try
        {
            return image.FindSection(Section) is { } section ? new SymbolVersions(image.GetData(section), image.IsBigEndian) : default;
        }
        catch (MalformedDataException)
        {
            // Without versions every function is as good as the other.
            return default;
        }
    }

    /// <summary>True for a symbol that only programs of an earlier day are linked to.</summary>
    public bool IsHidden(int index)
    {
        if (index >= _numbers.Length / 2) return false;
        ReadOnlySpan<byte> number = _numbers.Slice(index * 2, 2);
        return ((_isBigEndian ? BinaryPrimitives.ReadUInt16BigEndian(number) : BinaryPrimitives.ReadUInt16LittleEndian(number)) & Hidden) != 0;
    }
}
