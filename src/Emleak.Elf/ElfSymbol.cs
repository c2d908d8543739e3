using System.Runtime.InteropServices;

namespace Emleak.Elf;

/// <summary>One row of a symbol table. The name stays in the string table until <see cref="ElfSymbolTable.GetName"/> is asked.</summary>
/// <param name="NameOffset">Offset of the name in the table's strings.</param>
/// <param name="Kind">What the symbol names.</param>
/// <param name="Binding">Who sees it.</param>
/// <param name="SectionIndex">The section it is defined in; 0 when it is only referred to.</param>
/// <param name="Value">Virtual address as linked; in a relocatable file the offset in its section, unless that was laid out.</param>
/// <param name="Size">Size in bytes; 0 when the file does not say.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct ElfSymbol(
    uint NameOffset, ElfSymbolKind Kind, ElfSymbolBinding Binding, ushort SectionIndex, ulong Value, ulong Size)
{
    private const ushort AbsoluteSection = 0xfff1;
    private const ushort CommonSection = 0xfff2;

    /// <summary>True when the file itself defines the symbol, at an address that is loaded.</summary>
    public bool IsDefined => SectionIndex is not (0 or AbsoluteSection or CommonSection);
}
