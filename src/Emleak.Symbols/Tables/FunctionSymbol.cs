using Emleak.Elf;

namespace Emleak.Symbols.Tables;

/// <summary>A function found by name.</summary>
/// <param name="Name">The name as stored.</param>
/// <param name="Address">Virtual address as linked.</param>
/// <param name="FileOffset">Offset of its first instruction in the executable file: what a uprobe wants.</param>
/// <param name="Size">Size in bytes; 0 when the file does not say.</param>
/// <param name="Binding">Who sees it.</param>
/// <param name="IsIndirect">
/// True for a function that only returns the address of the function to use (<c>STT_GNU_IFUNC</c>): a probe there fires
/// when the program is linked at its start, not when the function is called.
/// </param>
/// <param name="Table">Where it was found.</param>
public sealed record FunctionSymbol(
    string Name, ulong Address, ulong FileOffset, ulong Size, ElfSymbolBinding Binding, bool IsIndirect, SymbolTableKind Table);
