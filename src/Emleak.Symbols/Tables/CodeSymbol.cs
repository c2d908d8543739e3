using System.Runtime.InteropServices;

namespace Emleak.Symbols.Tables;

/// <summary>A symbol that names code: with its address 16 bytes, all that is needed to tell what it covers.</summary>
/// <param name="Size">Its size in bytes, or the largest number for all that have more; 0 when the file does not say.</param>
/// <param name="Reference">Where it stands.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct CodeSymbol(uint Size, SymbolReference Reference);
