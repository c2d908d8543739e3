using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Emleak.Elf;
using Emleak.Symbols.Dwarf.Split;

namespace Emleak.Symbols.Dwarf;

/// <summary>The bytes of a section, found once: each lookup of an address reads several sections many times. They do not move as long as the image lives.</summary>
internal sealed unsafe class SectionBytes(ElfImage image, ElfSection? section, PackageSlice? slice = null)
{
    private byte* _start;
    private int _length = section is null ? 0 : -1;

    /// <summary>Empty when there is no such section.</summary>
    /// <exception cref="MalformedDataException">The section lies outside the file or does not expand.</exception>
    public ReadOnlySpan<byte> Span
    {
        get
        {
            if (_length < 0) Find();
            return new ReadOnlySpan<byte>(_start, _length);
        }
    }

    private void Find()
    {
        ReadOnlySpan<byte> bytes = image.GetData(section!);
        if (slice is { } part) bytes = part.Of(bytes, section!.Name);
        _start = (byte*)Unsafe.AsPointer(ref MemoryMarshal.GetReference(bytes));
        _length = bytes.Length;
    }
}
