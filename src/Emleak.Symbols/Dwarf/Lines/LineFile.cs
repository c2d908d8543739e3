using System.Runtime.InteropServices;

namespace Emleak.Symbols.Dwarf.Lines;

/// <summary>A file or folder of a line program, as stored.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Folder">For a file, index of its folder.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct LineFile(AttributeValue Name, ulong Folder);
