using Emleak.Elf;

namespace Emleak.Symbols.Dwarf.Split;

/// <summary>A unit that was left out of the linked file, and the file that has it.</summary>
/// <param name="Unit">The unit.</param>
/// <param name="File">Its own file; null when it is in a package.</param>
internal sealed record SplitUnit(Unit Unit, ElfImage? File) : IDisposable
{
    public void Dispose() => File?.Dispose();
}
