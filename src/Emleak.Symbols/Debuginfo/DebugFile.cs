using Emleak.Elf;

namespace Emleak.Symbols.Debuginfo;

/// <summary>A separate debug file that belongs to a module.</summary>
internal sealed record DebugFile(string Path, ElfImage Image);
