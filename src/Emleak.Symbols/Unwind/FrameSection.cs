using Emleak.Elf;

namespace Emleak.Symbols.Unwind;

/// <summary>One section of call-frame information.</summary>
/// <param name="Image">The file that has it.</param>
/// <param name="Where">Its name, for messages.</param>
/// <param name="FileOffset">Where its bytes start in the file; not used when <paramref name="Section"/> is given.</param>
/// <param name="Size">How many there are; not used when <paramref name="Section"/> is given.</param>
/// <param name="Address">The address, as linked, of the first byte.</param>
/// <param name="Section">The section, or null for a file without section headers.</param>
/// <param name="IsDebugFrame">True for the format of <c>.debug_frame</c>, false for that of <c>.eh_frame</c>.</param>
internal sealed record FrameSection(
    ElfImage Image, string Where, ulong FileOffset, ulong Size, ulong Address, ElfSection? Section, bool IsDebugFrame)
{
    /// <summary>Without a section header nothing tells the size: an empty entry does.</summary>
    public bool EndsAtEmptyEntry => Section is null;

    /// <exception cref="MalformedDataException">The section lies outside the file, or does not expand.</exception>
    public ReadOnlySpan<byte> Data => Section is null ? Image.GetBytes(FileOffset, Size) : Image.GetData(Section);
}
