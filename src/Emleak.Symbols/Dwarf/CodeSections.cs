using Emleak.Elf;

namespace Emleak.Symbols.Dwarf;

/// <summary>
/// Where a file has instructions. Debug information of functions that the linker dropped stays behind, with addresses at
/// or near 0 (or at the very top) that would otherwise claim code which is really there.
/// </summary>
internal sealed class CodeSections
{
    private readonly ulong[] _starts;
    private readonly ulong[] _ends;

    public CodeSections(ElfImage image)
    {
        List<ElfSection> code = [.. image.Sections.Where(section => section.IsAllocated && section.IsExecutable && section.Size != 0)];
        code.Sort((left, right) => left.Address.CompareTo(right.Address));
        _starts = [.. code.Select(section => section.Address)];
        _ends = [.. code.Select(section => unchecked(section.Address + section.Size))];
    }

    public bool Contains(ulong address)
    {
        int position = Array.BinarySearch(_starts, address);
        if (position < 0) position = ~position - 1;
        return position >= 0 && address < _ends[position];
    }
}
