namespace Emleak.Elf;

/// <summary>
/// Gives the sections of a relocatable file addresses of their own, as a linker would: in such a file all of them start at 0, and an
/// address alone does not say where it is.
/// </summary>
internal static class ElfLayout
{
    // Debug information of code that is gone has addresses at or near 0.
    private const ulong FirstAddress = 1 << 16;
    private const ulong LastAddress = 1UL << 47;

    /// <exception cref="MalformedDataException">The sections are larger than any machine's memory.</exception>
    public static ElfSection[] Place(IReadOnlyList<ElfSection> sections)
    {
        var placed = new ElfSection[sections.Count];
        ulong next = FirstAddress;
        for (int i = 0; i < placed.Length; i++)
        {
            ElfSection section = sections[i];
            placed[i] = section;
            if (!section.IsAllocated) continue;

            // At least a page each: code may refer to the end of its section.
            ulong alignment = Math.Clamp(section.Alignment, 0x1000, 1UL << 32);
            ulong address = (next + alignment - 1) / alignment * alignment;
            next = address + Math.Min(section.Size, LastAddress) + 1;
            if (next > LastAddress) throw new MalformedDataException(section.Name, 0, $"0x{section.Size:x} bytes: all sections together are too large");
            placed[i] = section with { Address = address };
        }

        return placed;
    }
}
