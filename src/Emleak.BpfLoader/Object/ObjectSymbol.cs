using System.Runtime.InteropServices;
using Emleak.Elf;

namespace Emleak.BpfLoader.Object;

/// <summary>A symbol of a BPF object, with its name.</summary>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct ObjectSymbol(
    string Name, ElfSymbolKind Kind, bool IsLocal, bool IsWeak, bool IsHidden, int Section, ulong Offset, ulong Size);
